//! The world of a simulation, and what each operation does in it.

use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::path::PathBuf;
use std::sync::Arc;

use fenming::archive::{Folder, OpenedBatch, Visitor, verify_archive};
use fenming_core::agent::Budget;
use fenming_core::clock::{Span, Timestamp};
use fenming_core::error::AgentError;
use fenming_core::ports::DeviceSigner;
use fenming_core::testing::{MemoryKeys, SeededRandom, SoftwareSigner};
use fenming_wire::api::BATCHES_PATH;
use fenming_wire::id::DeviceId;
use fenming_wire::policy::{HoldRule, Policy};
use fenming_wire::record::{Body, Cause};
use fenming_wire::schedule::Window;
use tempfile::TempDir;

use super::handset::Handset;
use super::op::{Chat, Op, PHONES};
use super::watch::{CANARY, Watch, is_open, unexplained};
use crate::power::history::{holds, scratch};
use crate::stage::{Custodian, DAY_BEGINS, StageClock, files_below, lasting_policy, next_version};
use crate::world::{Hardware, Phone, World};

/// Everybody, and what is watched.
pub struct Scene {
    world: World,
    phones: Vec<Handset>,
    messages: u32,
    /// What each published version of the policy says: whether hours are set, and its purposes.
    published: BTreeMap<u64, (bool, usize)>,
    running: bool,
    tally: Tally,
    folder: TempDir,
}

/// What happened in histories, in numbers, so that nobody takes empty ones for good ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Messages in archives that had to be there.
    pub archived: usize,
    /// Requests with a batch, repeats included.
    pub batches: usize,
    /// All requests.
    pub requests: usize,
    /// Keys that were lost.
    pub keys_lost: usize,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, more: Self) {
        self.archived += more.archived;
        self.batches += more.batches;
        self.requests += more.requests;
        self.keys_lost += more.keys_lost;
    }
}

/// What the custodian finds of a device.
#[derive(Default)]
struct Found(BTreeMap<DeviceId, (Vec<String>, Vec<Cause>)>);

impl Visitor for Found {
    fn opened(&mut self, batch: &OpenedBatch<'_>) {
        let (texts, causes) = self.0.entry(batch.device).or_default();
        for line in batch.lines.iter().filter_map(|(_, line)| line.as_ref()) {
            match &line.body {
                Body::Message(message) => texts.push(message.text.expose().to_owned()),
                Body::Coverage(line) => causes.push(line.cause),
                _ => {}
            }
        }
    }
}

impl Scene {
    /// A custodian, an endpoint, and phones that know nothing yet.
    ///
    /// # Panics
    /// Where the machine has no room for it.
    #[must_use]
    pub fn new(phones: usize) -> Self {
        let folder = scratch().unwrap();
        let start: Timestamp = DAY_BEGINS.parse().unwrap();
        let world = World::open(folder.path(), Custodian::new(policy()), start);
        let handset = |number: usize| {
            let (keys, signer) = (Arc::new(MemoryKeys::new()), SoftwareSigner::generate().unwrap());
            let (clock, device) =
                (Arc::new(StageClock::at(start)), signer.public_key().unwrap().device_id());
            let hardware = Hardware {
                keys: Arc::<MemoryKeys>::clone(&keys),
                signer: Arc::new(signer),
                random: Arc::new(SeededRandom::new(u64::try_from(number).unwrap())),
                clock: Arc::clone(&clock),
            };
            let home = folder.path().join(format!("phone-{number}"));
            std::fs::create_dir(&home).unwrap();
            let mut phone = Phone::new(&world, &home, hardware);
            phone.open().unwrap();
            let watch = Watch::default();
            let (last, wrong_by, purposes) = (None, 0, 0);
            let (enrolled, half_enrolled) = (false, false);
            Handset {
                phone,
                keys,
                clock,
                device,
                watch,
                last,
                wrong_by,
                enrolled,
                half_enrolled,
                purposes,
            }
        };
        let phones = (0..phones.clamp(1, PHONES)).map(handset).collect();
        let says = (false, world.custodian.policy.purposes.len());
        let published = BTreeMap::from([(world.custodian.policy.version, says)]);
        let tally = Tally::default();
        Self { world, phones, messages: 0, published, running: true, tally, folder }
    }

    /// Does an operation. What is wrong afterwards comes back.
    pub fn step(&mut self, op: &Op) -> Vec<String> {
        let before: Vec<bool> = (0..self.phones.len()).map(|n| self.has_hours(n)).collect();
        let mut wrong = self.act(op);
        let now = self.world.now();
        for (number, before) in before.into_iter().enumerate() {
            let narrow = before && self.has_hours(number);
            let Some(handset) = self.phones.get_mut(number) else { continue };
            let sent = handset.phone.link.take_sent();
            let batches = sent.iter().filter(|(path, _)| path == BATCHES_PATH).count();
            self.tally.batches += batches;
            self.tally.requests += sent.len();
            if batches > 0 && handset.wrong_by == 0 && !is_open(narrow, now) {
                wrong.push(format!("phone {number} sent while the hours were closed"));
            }
            if sent.iter().any(|(path, body)| is_private(body) || is_private(path.as_bytes())) {
                wrong.push(format!("phone {number} sent something private"));
            }
            if handset.phone.is_open() {
                let found = handset.watch.look(handset.phone.agent());
                wrong.extend(found.into_iter().map(|what| format!("phone {number}: {what}")));
            }
        }
        wrong
    }

    fn act(&mut self, op: &Op) -> Vec<String> {
        match *op {
            Op::Pass(minutes) => self.pass(Span::minutes(i64::from(minutes))),
            Op::Days(days) => self.pass(Span::days(i64::from(days))),
            Op::Stop => {
                self.running = false;
                self.world.stop();
            }
            Op::Start => self.start(),
            Op::Publish => self.publish(|_| {}),
            Op::Widen => self.publish(widen),
            Op::Hours(narrow) => self.publish(|policy| {
                policy.schedule.windows = if narrow { vec![hours()] } else { Vec::new() };
            }),
            Op::Message(number, chat) => return self.message(number, chat),
            Op::Enrol(number) => return self.enrol(number),
            Op::Agree(number) => return self.agree(number),
            _ => return self.act_on(op),
        }
        Vec::new()
    }

    /// What concerns one phone alone.
    fn act_on(&mut self, op: &Op) -> Vec<String> {
        let Some(handset) = op.phone().and_then(|number| self.phones.get_mut(number)) else {
            return Vec::new();
        };
        let done = match *op {
            Op::Lock(_, locked) => handset.lock(locked),
            Op::LoseKeys(_) => handset.lose_keys(),
            Op::Restart(_) => handset.restart(),
            Op::Reboot(_) => {
                handset.clock.0.reboot(Span::seconds(20));
                handset.restart()
            }
            Op::Clock(_, days) => {
                handset.wrong_by = days;
                handset.clock.put_phone_wrong(i64::from(days));
                Ok(())
            }
            Op::Meet(_, after, mishap) => {
                let calm = std::iter::repeat_n(None, usize::from(after));
                let meets: Vec<_> = calm.chain([Some(mishap)]).collect();
                handset.phone.link.meet(&meets);
                Ok(())
            }
            Op::Cut(_, cut) => {
                handset.phone.link.cut(cut);
                Ok(())
            }
            _ if !handset.phone.is_open() => Ok(()),
            Op::Again(_) => return handset.again(),
            _ => handset.act(op),
        };
        explain(op, done)
    }

    fn message(&mut self, number: usize, chat: Chat) -> Vec<String> {
        self.messages += 1;
        let mut wrong = Vec::new();
        let scopes = self.scopes();
        for (seen_by, handset) in self.phones.iter_mut().enumerate() {
            // What is said in a group arrives at everybody who has been set up.
            let sees = seen_by == number || (chat == Chat::Group && handset.enrolled);
            if sees && handset.phone.is_open() {
                let scope = scopes.get(seen_by).copied().unwrap_or_default();
                wrong.extend(handset.see(self.messages, chat, scope));
            }
        }
        wrong
    }

    fn enrol(&mut self, number: usize) -> Vec<String> {
        let Some(handset) = self.phones.get_mut(number) else { return Vec::new() };
        if !self.running || !handset.phone.is_open() {
            return Vec::new();
        }
        // A shell repeats what failed; the agent still has the token.
        let done = if handset.half_enrolled {
            handset.phone.agent().enrol()
        } else {
            let person = "p-0017".parse().unwrap();
            let token = self.world.endpoint(|endpoint| {
                endpoint.console().issue_token(&person, Span::hours(1)).unwrap()
            });
            handset.phone.enrol(&self.world.profile(), token.expose())
        };
        if let (true, Err(AgentError::ConfigInvalid { key, .. })) = (handset.half_enrolled, &done) {
            return vec![format!("an enrolment cannot be repeated: {key}")];
        }
        // A token that is over needs a new one.
        handset.half_enrolled = done.is_err() && !handset.half_enrolled;
        // The documents may be in force although the last question failed.
        let status = handset.phone.agent().status();
        handset.enrolled |= status.is_ok_and(|status| status.policy_version > 0);
        explain(&Op::Enrol(number), done)
    }

    fn agree(&mut self, number: usize) -> Vec<String> {
        let purposes = self.scopes().get(number).copied().unwrap_or_default();
        let Some(handset) = self.phones.get_mut(number) else { return Vec::new() };
        if !handset.phone.is_open() {
            return Vec::new();
        }
        let done = handset.phone.agree(true);
        if done.is_ok() {
            (handset.watch.consent, handset.purposes) = (true, purposes);
        }
        explain(&Op::Agree(number), done)
    }

    fn publish(&mut self, change: impl FnOnce(&mut Policy)) {
        if !self.running {
            return;
        }
        let policy = &mut self.world.custodian.policy;
        next_version(&mut policy.version);
        change(policy);
        let says = (!policy.schedule.windows.is_empty(), policy.purposes.len());
        self.published.insert(policy.version, says);
        self.world.publish();
    }

    fn start(&mut self) {
        if !std::mem::replace(&mut self.running, true) {
            self.world.start();
        }
    }

    fn pass(&self, span: Span) {
        self.world.clock.0.advance(span);
        for handset in &self.phones {
            handset.clock.0.advance(span);
        }
    }

    /// How many purposes the policy in force names, phone by phone.
    fn scopes(&self) -> Vec<usize> {
        (0..self.phones.len()).map(|number| self.in_force(number).1).collect()
    }

    fn has_hours(&self, number: usize) -> bool {
        self.in_force(number).0
    }

    fn in_force(&self, number: usize) -> (bool, usize) {
        let open = self.phones.get(number).filter(|handset| handset.phone.is_open());
        let status = open.and_then(|handset| handset.phone.agent().status().ok());
        let version = status.map_or(0, |status| status.policy_version);
        self.published.get(&version).copied().unwrap_or_default()
    }

    /// Mends everything, drains every phone, and opens the archive.
    pub fn finish(&mut self) -> Vec<String> {
        let mut wrong = Vec::new();
        self.start();
        for number in 0..self.phones.len() {
            wrong.extend(self.mend(number));
        }
        for number in 0..self.phones.len() {
            wrong.extend(self.drain(number));
        }
        let mut found = Found::default();
        wrong.extend(self.open_archive(&mut found));
        for (number, handset) in self.phones.iter().enumerate() {
            let (texts, causes) = found.0.remove(&handset.device).unwrap_or_default();
            let compared = handset.watch.account.compare(&texts);
            self.tally.archived += handset.watch.account.must.len();
            self.tally.keys_lost += usize::try_from(handset.watch.keys_lost).unwrap_or(0);
            wrong.extend(compared.into_iter().map(|what| format!("phone {number}: {what}")));
            if handset.watch.keys_lost > 0 && !causes.contains(&Cause::KeyLost) {
                wrong.push(format!("phone {number} lost its keys, and its ledger does not say so"));
            }
        }
        let files = files_below(self.folder.path());
        let private = files.into_iter().filter(|(_, bytes)| is_private(bytes));
        wrong.extend(private.map(|(path, _)| format!("private: {}", path.display())));
        wrong
    }

    /// What is wrong with the archive. There is none before a phone has enrolled.
    fn open_archive(&self, found: &mut Found) -> Vec<String> {
        let Ok(folder) = Folder::open(&self.world.endpoint_folder()) else {
            let captured = self.phones.iter().any(|handset| !handset.watch.account.must.is_empty());
            return captured.then(|| "there is no archive".to_owned()).into_iter().collect();
        };
        let custodian = &self.world.custodian;
        let identities = std::slice::from_ref(&custodian.archive);
        let root = custodian.root.public();
        let report = verify_archive(&folder, &root, identities, &|_| true, found);
        report.all_faults().map(ToString::to_string).collect()
    }

    /// What happened so far, in numbers.
    #[must_use]
    pub const fn tally(&self) -> Tally {
        self.tally
    }

    /// The folder of the endpoint, for a test that spoils it.
    #[must_use]
    pub fn endpoint_folder(&self) -> PathBuf {
        self.world.endpoint_folder()
    }

    fn mend(&mut self, number: usize) -> Vec<String> {
        let mut wrong = Vec::new();
        let (mut enrol, mut agree) = (false, false);
        if let Some(handset) = self.phones.get_mut(number) {
            handset.phone.link.calm();
            handset.clock.put_phone_wrong(0);
            handset.wrong_by = 0;
            wrong.extend(explain(&Op::Lock(number, false), handset.lock(false)));
            let lost = handset.watch.keys_lost > 0;
            enrol = lost && !handset.enrolled;
            agree = (lost || handset.enrolled) && !handset.watch.consent;
        }
        if enrol {
            wrong.extend(self.enrol(number));
        }
        if agree {
            wrong.extend(self.agree(number));
        }
        wrong
    }

    fn drain(&self, number: usize) -> Vec<String> {
        let Some(handset) = self.phones.get(number).filter(|handset| handset.enrolled) else {
            return Vec::new();
        };
        let agent = handset.phone.agent();
        let drained = (|| {
            for _ in 0..200 {
                if agent.status()?.numbers.backlog() == 0 {
                    return Ok(true);
                }
                let due = agent.next_wake()?.map(|due| due.since(handset.phone.now()));
                self.pass(due.unwrap_or_default().max(Span::minutes(1)));
                agent.run(Budget { batches: 64, now: true })?;
            }
            Ok(false)
        })();
        match drained {
            Ok(true) => Vec::new(),
            Ok(false) => {
                let status = agent.status().map(|status| status.forwarding);
                vec![format!("phone {number} does not drain: {status:?}")]
            }
            Err(error) => {
                let error: AgentError = error;
                vec![format!("phone {number} does not drain: {error}")]
            }
        }
    }
}

fn explain(op: &Op, done: Result<(), AgentError>) -> Vec<String> {
    let failed = done.err().and_then(|error| unexplained(&format!("{op:?}"), &error));
    failed.into_iter().collect()
}

fn is_private(bytes: &[u8]) -> bool {
    holds(bytes, CANARY)
}

fn policy() -> Policy {
    let mut policy = lasting_policy();
    policy.hold = Some(HoldRule { max_hours: 24 });
    policy.review_minutes = 30;
    policy.schedule.interval_minutes = 5;
    policy
}

/// Office hours on every day.
fn hours() -> Window {
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    serde_json::from_value(serde_json::json!({ "days": days, "from": "09:00", "until": "21:30" }))
        .unwrap()
}

fn widen(policy: &mut Policy) {
    let mut more = policy.purposes.first().cloned().unwrap();
    more.code = format!("records.more{}", policy.purposes.len()).parse().unwrap();
    policy.purposes.push(more);
}
