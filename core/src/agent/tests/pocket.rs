//! A phone in a pocket: an agent that is enrolled, on a real store.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use fenming_wire::policy::HoldRule;
use fenming_wire::record::Body;
use fenming_wire::source::Source;
use fenming_wire::text::Language;
use tempfile::TempDir;

use crate::agent::{Agent, HttpsConnector, Observed, Ports, Setup, SystemResolver};
use crate::clock::Clock as _;
use crate::consent::sample::noon;
use crate::error::AgentError;
use crate::observation::{Notification, Observation, PlatformFact};
use crate::parse::sample::{direct, group};
use crate::policy::sample::Employer;
use crate::ports::{DeviceSigner as _, KeyError, Random};
use crate::testing::{ManualClock, MemoryKeys, SeededRandom, SoftwareSigner};
use crate::vault;
use fenming_wire::time::{Span, Timestamp};

/// Titles that the employer's directory has, and some that it has not.
pub(super) const CLIENT: &str = "栗山精工 陶工";
pub(super) const PROJECT: &str = "栗山精工项目沟通群";
pub(super) const FRIEND: &str = "小满";
pub(super) const STRANGER: &str = "阿泽";

/// The phone.
pub(super) struct Pocket {
    pub(super) dir: TempDir,
    pub(super) keys: Arc<MemoryKeys>,
    pub(super) random: Arc<Fuse>,
    pub(super) clock: Arc<ManualClock>,
    pub(super) employer: Employer,
    signer: Arc<SoftwareSigner>,
    agent: Option<Agent>,
}

/// Randomness that can run out: every sealed value takes some.
pub(super) struct Fuse {
    seeded: SeededRandom,
    left: Mutex<Option<u32>>,
}

/// What makes a call fail.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    /// The store cannot grow by more than so many pages.
    Full(i64),
    /// The source of randomness fails after so many uses.
    Spent(u32),
    /// The phone is locked.
    Locked,
}

impl Random for Fuse {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), KeyError> {
        let mut left = self.left.lock().unwrap();
        match left.as_mut() {
            Some(0) => return Err(KeyError::Failed),
            Some(left) => *left -= 1,
            None => {}
        }
        self.seeded.fill(buffer)
    }
}

impl Pocket {
    /// The employee has agreed, to the quarantine as well, and the listener is on.
    pub(super) fn new() -> Self {
        let mut employer = Employer::new();
        employer.policy.hold = Some(HoldRule { max_hours: 24 });
        employer.policy.sources.insert(Source::WechatShare);
        let mut pocket = Self {
            dir: TempDir::new().unwrap(),
            keys: Arc::new(MemoryKeys::new()),
            random: Arc::new(Fuse { seeded: SeededRandom::new(11), left: Mutex::new(None) }),
            clock: Arc::new(ManualClock::at(noon())),
            employer,
            signer: Arc::new(SoftwareSigner::generate().unwrap()),
            agent: None,
        };
        pocket.restart();
        pocket.enrol();
        pocket.agree();
        pocket.see(&[Observation::Platform(PlatformFact::Listener { at: noon(), on: true })]);
        pocket
    }

    /// Puts the employer's present documents in force.
    pub(super) fn enrol(&mut self) {
        let device = self.signer.public_key().unwrap().device_id();
        {
            let mut inner = self.agent().lock().unwrap();
            inner.vault.set_device(device).unwrap();
            inner.vault.put(&self.employer.signed_trust()).unwrap();
            inner.vault.put(&self.employer.signed_policy()).unwrap();
            let (flat, person) = (self.employer.profile.to_map(), "p-4821".parse().unwrap());
            inner
                .set(|settings| {
                    settings.profile = flat;
                    settings.person = Some(person);
                })
                .unwrap();
        }
        self.restart();
    }

    pub(super) fn agree(&self) {
        let notice = self.agent().notice(Language::Chinese).unwrap();
        self.agent().agree(Language::Chinese, notice.digest, true).unwrap();
    }

    /// The process ends and starts again.
    pub(super) fn restart(&mut self) {
        self.agent = None;
        let ports = Ports {
            keys: self.keys.clone(),
            signer: self.signer.clone(),
            random: self.random.clone(),
            clock: self.clock.clone(),
            connector: Arc::new(HttpsConnector { resolver: Arc::new(SystemResolver) }),
        };
        let setup = Setup { dir: self.dir.path().to_owned(), os: "test".to_owned(), ports };
        self.agent = Some(Agent::open(setup).unwrap());
    }

    pub(super) fn agent(&self) -> &Agent {
        self.agent.as_ref().unwrap()
    }

    /// Hands observations in, when the last of them was made.
    pub(super) fn try_see(&self, observations: &[Observation]) -> Result<Observed, AgentError> {
        let now = self.clock.now();
        let last = observations.iter().map(Observation::at).max().unwrap_or(now);
        if last > now {
            self.clock.advance(last.since(now));
        }
        self.agent().observe(observations)
    }

    pub(super) fn see(&self, observations: &[Observation]) -> Observed {
        self.try_see(observations).unwrap()
    }

    /// Lets everything that touches a bad part of the phone fail, or recover.
    pub(super) fn suffer(&self, fault: Option<Fault>) {
        let pages = if let Some(Fault::Full(pages)) = fault { Some(pages) } else { None };
        let uses = if let Some(Fault::Spent(uses)) = fault { Some(uses) } else { None };
        vault::sample::limit(&self.agent().lock().unwrap().vault, pages);
        *self.random.left.lock().unwrap() = uses;
        match fault {
            Some(Fault::Locked) => self.keys.lock(),
            Some(_) | None => self.keys.recover(),
        }
    }

    /// Everything that can be known of the agent, in words.
    pub(super) fn picture(&self) -> String {
        let mut said = String::new();
        let agent = self.agent();
        let status = agent.status().unwrap();
        let (books, queued) = (status.numbers.books, status.numbers.queued);
        writeln!(said, "{books:?} {queued} {:?} {:?}", status.counters, status.coverage).unwrap();
        for record in agent.records(None, None, 500).unwrap().records {
            // Signatures are random, so the consent differs from phone to phone.
            let body = match &record.body {
                Body::ConsentGrant(_) => "consent".to_owned(),
                body => String::from_utf8(body.to_json().unwrap()).unwrap(),
            };
            writeln!(said, "record {} {body}", record.id.number()).unwrap();
        }
        for chat in agent.chats(None, 500).unwrap().chats {
            let title = chat.title.as_ref().map_or("", |title| title.expose());
            writeln!(said, "chat {} {title} {} {:?}", chat.id, chat.captured, chat.kind).unwrap();
        }
        for hold in agent.holds().unwrap() {
            let body = String::from_utf8(hold.body.to_json().unwrap()).unwrap();
            writeln!(said, "held {} {} {body}", hold.chat, hold.title.expose()).unwrap();
        }
        for chat in agent.recent_chats().unwrap() {
            let signal = chat.signal.is_some();
            writeln!(said, "recent {} {} {signal}", chat.id, chat.title.expose()).unwrap();
        }
        said
    }

    /// The lines of a cause, as JSON.
    pub(super) fn lines(&self, holding: &str) -> Vec<String> {
        let records = self.agent().records(None, None, 500).unwrap().records;
        let bodies = records.iter().map(|record| record.body.to_json().unwrap());
        let lines = bodies.map(|body| String::from_utf8(body).unwrap());
        lines.filter(|line| line.contains(holding)).collect()
    }
}

/// A notification as a shell hands it in, in its chat, so many seconds after noon.
pub(super) fn shown(mut seen: Notification, seconds: i64) -> Observation {
    let title = seen.title.as_ref().map_or("", |title| title.expose());
    seen.id = title.bytes().fold(7, |id, byte| id * 31 % 1_000_003 + i32::from(byte));
    seen.at = after(seconds);
    seen.when = seen.at;
    Observation::WechatNotification(seen)
}

/// A person's message.
pub(super) fn says(name: &str, count: u32, text: &str, seconds: i64) -> Observation {
    shown(direct(name, count, text, 0), seconds)
}

/// A group member's message.
pub(super) fn in_group(who: &str, count: u32, text: &str, seconds: i64) -> Observation {
    shown(group(PROJECT, (who, text), count, 0), seconds)
}

pub(super) fn after(seconds: i64) -> Timestamp {
    noon() + Span::seconds(seconds)
}
