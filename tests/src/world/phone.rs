//! One phone of a world: its agent, its hardware, its clock and its way to the endpoint.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fenming_core::agent::{Agent, Budget, Ports, Setup};
use fenming_core::clock::{Clock, Span, Timestamp};
use fenming_core::error::AgentError;
use fenming_core::forward::run::RunReport;
use fenming_core::observation::Observation;
use fenming_core::ports::{DeviceSigner, KeyVault, Random};
use fenming_wire::Content;
use fenming_wire::id::ChatId;
use fenming_wire::profile::Profile;
use fenming_wire::record::Body;
use fenming_wire::text::Language;

use super::{Link, World};
use crate::stage::{StageClock, listener, restarted};

/// What of a phone outlives its store.
#[derive(Clone)]
pub struct Hardware {
    /// Wrapping keys.
    pub keys: Arc<dyn KeyVault>,
    /// The device key.
    pub signer: Arc<dyn DeviceSigner>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// The phone's clock.
    pub clock: Arc<StageClock>,
}

/// A phone.
pub struct Phone {
    /// Its way to the endpoint.
    pub link: Arc<Link>,
    hardware: Hardware,
    folder: PathBuf,
    agent: Option<Agent>,
}

impl Phone {
    /// A phone whose agent is not open yet.
    #[must_use]
    pub fn new(world: &World, folder: &Path, hardware: Hardware) -> Self {
        Self { link: world.link(), hardware, folder: folder.to_owned(), agent: None }
    }

    /// The agent.
    ///
    /// # Panics
    /// While it is closed.
    #[must_use]
    pub const fn agent(&self) -> &Agent {
        self.agent.as_ref().expect("the agent is open")
    }

    /// Whether the agent is open.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.agent.is_some()
    }

    /// Everything that the agent has on disk.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The phone's time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Clock::now(self.hardware.clock.as_ref())
    }

    /// Opens the agent on what its folder holds.
    ///
    /// # Errors
    /// As [`Agent::open`].
    pub fn open(&mut self) -> Result<(), AgentError> {
        let Hardware { keys, signer, random, clock } = self.hardware.clone();
        let connector = Arc::<Link>::clone(&self.link);
        let ports = Ports { keys, signer, random, clock, connector };
        let setup = Setup { dir: self.folder.clone(), os: "test".to_owned(), ports };
        self.agent = Some(Agent::open(setup)?);
        Ok(())
    }

    /// Closes the agent, as the OS does.
    pub fn close(&mut self) {
        self.agent = None;
    }

    /// Takes the profile with a token, and enrols.
    ///
    /// # Errors
    /// As [`Agent::enrol`].
    pub fn enrol(&self, profile: &Profile, token: &str) -> Result<(), AgentError> {
        let mut flat: BTreeMap<String, String> = profile.to_map();
        flat.insert("enrolment_token".to_owned(), token.to_owned());
        self.agent().apply_profile(&flat)?;
        self.agent().enrol()
    }

    /// The employee reads the notice and agrees.
    ///
    /// # Errors
    /// As [`Agent::agree`].
    pub fn agree(&self, hold: bool) -> Result<(), AgentError> {
        let notice = self.agent().notice(Language::Chinese)?;
        self.agent().agree(Language::Chinese, notice.digest, hold && notice.offers_hold)
    }

    /// Hands observations in, all at once.
    ///
    /// # Errors
    /// As [`Agent::observe`].
    pub fn observe(&self, seen: &[Observation]) -> Result<u64, AgentError> {
        Ok(self.agent().observe(seen)?.captured)
    }

    /// What a shell says when its process starts.
    ///
    /// # Errors
    /// As [`Agent::observe`].
    pub fn begin_process(&self) -> Result<(), AgentError> {
        let now = self.now().to_string();
        self.observe(&[restarted(&now, &now), listener(&now, true)]).map(drop)
    }

    /// The chat of this title that is stored, or of which something is held.
    ///
    /// # Errors
    /// As [`Agent::chats`].
    pub fn chat_titled(&self, title: &str) -> Result<Option<ChatId>, AgentError> {
        let named = |other: &Content| other.expose() == title;
        let mut stored = self.agent().chats(None, 100)?.chats.into_iter();
        if let Some(stored) = stored.find(|chat| chat.title.as_ref().is_some_and(named)) {
            return Ok(Some(stored.id));
        }
        let mut held = self.agent().holds()?.into_iter();
        Ok(held.find(|hold| named(&hold.title)).map(|hold| hold.chat))
    }

    /// One wake-up that the employee asked for.
    ///
    /// # Errors
    /// As [`Agent::run`].
    pub fn run(&self) -> Result<RunReport, AgentError> {
        self.agent().run(Budget { batches: 64, now: true })
    }

    /// Wakes the agent at every time that it names, until nothing waits any more. The endpoint's
    /// clock goes along where it is another one.
    ///
    /// # Errors
    /// As [`Agent::run`].
    ///
    /// # Panics
    /// Where it does not come to an end.
    pub fn drain(&self, world: &World) -> Result<(), AgentError> {
        for _ in 0..200 {
            if self.agent().status()?.numbers.backlog() == 0 {
                return Ok(());
            }
            let due = self.agent().next_wake()?.map(|due| due.since(self.now()));
            let wait = due.unwrap_or_default().max(Span::minutes(1));
            self.pass(world, wait);
            self.run()?;
        }
        let status = self.agent().status()?;
        panic!("{} lines still wait: {:?}", status.numbers.backlog(), status.forwarding)
    }

    /// Time passes, here and at the endpoint.
    pub fn pass(&self, world: &World, span: Span) {
        self.hardware.clock.0.advance(span);
        if !Arc::ptr_eq(&self.hardware.clock, &world.clock) {
            world.clock.0.advance(span);
        }
    }
}

/// What a message says; none for other lines.
#[must_use]
pub fn text_of(body: &Body) -> Option<String> {
    match body {
        Body::Message(message) => Some(message.text.expose().to_owned()),
        _ => None,
    }
}
