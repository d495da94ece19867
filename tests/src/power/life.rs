//! The life of one phone, as a seed says it, step by step; and what must then be in the archive.
//!
//! The subject writes into its trace when a step begins and when it is done, so that every history
//! knows what had been acknowledged when the power went.

mod expected;

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use fenming::device::ports::{FileKeys, FileSigner};
use fenming_core::agent::{EmployeeTag, RecordState};
use fenming_core::clock::{Span, Timestamp};
use fenming_core::error::AgentError;
use fenming_core::observation::Observation;
use fenming_core::ports::SystemRandom;
use fenming_wire::id::ChatId;
use fenming_wire::policy::{HoldRule, Policy, WithdrawalRule};
use serde::{Deserialize, Serialize};

pub use self::expected::Expected;
use super::disk::Dice;
use crate::stage::{Custodian, DAY_BEGINS, Secrets, StageClock, message, next_version, policy};
use crate::world::{Hardware, Phone, World, text_of};

/// A step of a life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The phone enrols.
    Enrol,
    /// The employee agrees.
    Agree,
    /// Messages are seen, one in each of these chats, and handed in at once.
    Observe(Vec<Chat>),
    /// Minutes pass.
    Pass(i64),
    /// The agent wakes up.
    Run,
    /// The custodian publishes the next policy, and the phone fetches it.
    Publish,
    /// The agent is suspended and resumed.
    Suspend,
    /// The process ends and starts again.
    Reopen,
    /// The phone is switched off and on.
    Reboot,
    /// The employee takes the latest message back that still can be.
    Retract,
    /// The employee tags a chat.
    Tag(Chat, Option<EmployeeTag>),
    /// The employee withdraws.
    Withdraw,
    /// The employee pauses capture, or ends the pause.
    Pause(bool),
}

/// The chats of a life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Chat {
    /// Of the directory.
    Client,
    /// Of the directory as well.
    Second,
    /// Nothing speaks for business.
    Private,
    /// Not of the directory, but its texts speak for business.
    Unlisted,
}

/// What the subject says of a step.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Mark {
    /// The step's number.
    pub step: usize,
    /// Whether it was done, or only begun.
    pub done: bool,
    /// The time, in milliseconds.
    pub now: i64,
    /// The enrolment token.
    pub token: Option<String>,
    /// Whether the phone knows the chat that the step is about.
    pub known: bool,
    /// The texts that the step is about.
    pub texts: Vec<String>,
}

/// A phone that lives.
pub struct Life {
    /// Everything around it.
    pub world: World,
    /// The phone.
    pub phone: Phone,
    plan: Vec<Step>,
}

/// The folder of the agent, which the power loss concerns.
pub const DEVICE: &str = "device";

/// Where the subject says how far it is.
const MARKS: &str = "marks";

/// Steps of a life.
const STEPS: usize = 56;

/// What no file may ever hold.
pub const CANARY: &str = "canary-private";

impl Chat {
    const ALL: [Self; 4] = [Self::Client, Self::Second, Self::Private, Self::Unlisted];

    const fn title(self) -> &'static str {
        match self {
            Self::Client => "林嘉怡（恒远资本）",
            Self::Second => "Marcus Tan (Meridian)",
            Self::Private => "外婆",
            Self::Unlisted => "周海",
        }
    }

    fn text(self, step: usize, place: usize) -> String {
        match self {
            Self::Client | Self::Second => format!("第{step}步的第{place}条消息"),
            Self::Private => format!("{CANARY} {step} {place}"),
            Self::Unlisted => format!("第{step}步的第{place}份合同"),
        }
    }
}

/// What a seed makes of a life. It begins with enrolment and consent, and every kind of step is
/// in it.
#[must_use]
pub fn plan(seed: u64) -> Vec<Step> {
    let mut dice = Dice::new(seed);
    let mut plan = vec![Step::Enrol, Step::Agree];
    while plan.len() < STEPS {
        plan.extend(step(&mut dice));
    }
    plan
}

fn step(dice: &mut Dice) -> Vec<Step> {
    use Step::{Agree, Observe, Pass, Pause, Publish, Reboot, Reopen, Retract, Run, Suspend, Tag};
    let chat = |dice: &mut Dice| Chat::ALL.get(dice.below(4)).copied().unwrap_or(Chat::Client);
    match dice.below(100) {
        0..38 => {
            let burst = 1 + dice.below(6);
            vec![Observe((0..burst).map(|_| chat(dice)).collect())]
        }
        38..52 => vec![Pass(i64::try_from(dice.below(45)).unwrap_or(0))],
        52..70 => vec![Run],
        70..74 => vec![Suspend],
        74..78 => vec![Reopen],
        78..80 => vec![Reboot],
        80..84 => vec![Retract],
        84..87 => vec![Publish],
        87..89 => vec![Tag(Chat::Unlisted, Some(EmployeeTag::Business))],
        89..91 => vec![Tag(Chat::Second, Some(EmployeeTag::Personal))],
        91..93 => vec![Tag(Chat::Second, None)],
        93..95 => vec![Pause(true), Observe(vec![Chat::Client]), Pause(false)],
        95..97 => vec![Step::Withdraw, Observe(vec![Chat::Client, Chat::Second]), Agree],
        // Held items expire.
        97..99 => vec![Pass(26 * 60), Run],
        // Delivered records are forgotten and keys are shredded.
        _ => vec![Run, Pass(91 * 24 * 60), Run],
    }
}

/// The policy of a life.
#[must_use]
pub fn policy_of(seed: u64) -> Policy {
    let mut policy = policy();
    policy.hold = Some(HoldRule { max_hours: 24 });
    policy.expires = "2090-01-01T00:00:00Z".parse().unwrap();
    if seed % 4 == 3 {
        policy.on_withdrawal = WithdrawalRule::DestroyUnsent;
    }
    policy
}

/// When every life begins.
#[must_use]
pub fn beginning() -> Timestamp {
    DAY_BEGINS.parse().unwrap()
}

impl Life {
    /// Takes a life up in a folder: from its beginning, or where the marks say that it stood.
    ///
    /// # Errors
    /// As [`Phone::open`].
    ///
    /// # Panics
    /// Where the endpoint does not start.
    pub fn take_up(
        folder: &Path,
        secrets: &Secrets,
        seed: u64,
        marks: &[Mark],
    ) -> Result<Self, AgentError> {
        let plan = plan(seed);
        let mut custodian = Custodian::with(secrets, policy_of(seed));
        let begun = marks.iter().filter(|mark| !mark.done);
        let step = |mark: &Mark| plan.get(mark.step).cloned();
        for mark in begun {
            if step(mark) == Some(Step::Publish) {
                next_version(&mut custodian.policy.version);
            }
        }
        let now = marks.last().map_or_else(beginning, |m| Timestamp::from_millis(m.now));
        let world = World::open(folder, custodian, now);
        let off = Span::seconds(30);
        for mark in marks {
            if mark.done && step(mark) == Some(Step::Reboot) {
                world.clock.0.reboot(Span::default());
            }
        }
        if !marks.is_empty() {
            world.clock.0.reboot(off);
        }
        let hardware = hardware(folder, &world.clock);
        let device = folder.join(DEVICE);
        fs::create_dir_all(&device).unwrap();
        let mut phone = Phone::new(&world, &device, hardware);
        phone.open()?;
        let life = Self { world, phone, plan };
        life.phone.begin_process()?;
        Ok(life)
    }

    /// Lives the whole life, and says how far it is in the folder's marks.
    ///
    /// # Errors
    /// As the agent.
    ///
    /// # Panics
    /// Where the marks cannot be written.
    pub fn live(&mut self) -> Result<(), AgentError> {
        let file = self.world.folder().join(MARKS);
        let mut marks = OpenOptions::new().append(true).create(true).open(file).unwrap();
        for number in 0..self.plan.len() {
            let mark = self.prepare(number)?;
            put(&mut marks, &mark);
            self.perform(&mark)?;
            let now = self.world.now().millis();
            put(&mut marks, &Mark { done: true, now, ..mark });
        }
        Ok(())
    }

    /// How a step will begin.
    ///
    /// # Errors
    /// As the agent.
    ///
    /// # Panics
    /// Where the endpoint issues no token.
    pub fn prepare(&self, step: usize) -> Result<Mark, AgentError> {
        let now = self.world.now().millis();
        let mut mark =
            Mark { step, done: false, now, token: None, known: false, texts: Vec::new() };
        match self.step(step) {
            Step::Enrol => {
                let person = "p-0017".parse().unwrap();
                let token = self.world.endpoint(|endpoint| {
                    endpoint.console().issue_token(&person, Span::hours(10)).unwrap()
                });
                mark.token = Some(token.expose().to_owned());
            }
            Step::Retract => mark.texts = self.in_review(None)?.into_iter().take(1).collect(),
            Step::Tag(chat, _) => {
                let known = self.phone.chat_titled(chat.title())?;
                mark.known = known.is_some();
                mark.texts = known.map_or(Ok(Vec::new()), |id| self.in_review(Some(id)))?;
                if chat == Chat::Unlisted {
                    let holds = self.phone.agent().holds()?;
                    mark.texts.extend(holds.iter().filter_map(|hold| text_of(&hold.body)));
                }
            }
            // What is destroyed with the consent.
            Step::Withdraw => mark.texts = self.in_review(None)?,
            _ => {}
        }
        Ok(mark)
    }

    /// Does a step. Doing one again that was done, or half done, is what a shell or an employee
    /// would do as well.
    ///
    /// # Errors
    /// As the agent.
    pub fn perform(&mut self, mark: &Mark) -> Result<(), AgentError> {
        let agent = || self.phone.agent();
        match self.step(mark.step) {
            Step::Enrol => {
                let token = mark.token.clone().unwrap_or_default();
                self.phone.enrol(&self.world.profile(), &token)
            }
            Step::Agree => self.phone.agree(true),
            Step::Observe(chats) => {
                self.phone.observe(&seen(mark, &chats))?;
                self.world.clock.0.advance(Span::seconds(10));
                Ok(())
            }
            Step::Pass(minutes) => {
                self.world.clock.0.advance(Span::minutes(minutes));
                Ok(())
            }
            Step::Run => self.phone.run().map(drop),
            Step::Publish => {
                next_version(&mut self.world.custodian.policy.version);
                self.world.publish();
                self.phone.agent().refresh()
            }
            Step::Suspend => agent().suspend().and_then(|()| agent().resume()),
            Step::Reopen => self.reopen(),
            Step::Reboot => {
                self.world.clock.0.reboot(Span::default());
                self.reopen()
            }
            Step::Retract => self.retract(&mark.texts),
            Step::Tag(chat, tag) => self.tag(chat, tag),
            Step::Withdraw => match agent().withdraw() {
                // It was done before the power went.
                Err(AgentError::NotFound(_)) => Ok(()),
                other => other,
            },
            Step::Pause(paused) => agent().pause(paused),
        }
    }

    /// The step of this number.
    #[must_use]
    pub fn step(&self, number: usize) -> Step {
        self.plan.get(number).cloned().unwrap_or(Step::Run)
    }

    /// How many steps there are.
    #[must_use]
    pub const fn steps(&self) -> usize {
        self.plan.len()
    }

    fn reopen(&mut self) -> Result<(), AgentError> {
        self.phone.close();
        self.phone.open()?;
        self.phone.begin_process()
    }

    fn retract(&self, texts: &[String]) -> Result<(), AgentError> {
        let page = self.phone.agent().records(None, None, 500)?;
        for record in page.records {
            let wanted = text_of(&record.body).is_some_and(|text| texts.contains(&text));
            if wanted && record.state == RecordState::InReview {
                self.phone.agent().retract(record.id)?;
            }
        }
        Ok(())
    }

    fn tag(&self, chat: Chat, tag: Option<EmployeeTag>) -> Result<(), AgentError> {
        match self.phone.chat_titled(chat.title())? {
            Some(id) => self.phone.agent().tag(id, tag).map(drop),
            None => Ok(()),
        }
    }

    /// Texts that can still be taken back, the latest first.
    fn in_review(&self, chat: Option<ChatId>) -> Result<Vec<String>, AgentError> {
        let page = self.phone.agent().records(chat, None, 500)?.records.into_iter();
        let waits = page.filter(|record| record.state == RecordState::InReview);
        Ok(waits.filter_map(|record| text_of(&record.body)).collect())
    }
}

/// The marks of a folder that a history left.
#[must_use]
pub fn marks(bytes: &[u8]) -> Vec<Mark> {
    let lines = bytes.split(|byte| *byte == b'\n');
    lines.filter_map(|line| serde_json::from_slice(line).ok()).collect()
}

fn put(file: &mut File, mark: &Mark) {
    let mut line = serde_json::to_vec(mark).unwrap();
    line.push(b'\n');
    file.write_all(&line).unwrap();
}

fn hardware(folder: &Path, clock: &Arc<StageClock>) -> Hardware {
    let keys = folder.join("keys");
    Hardware {
        keys: FileKeys::open(&keys.join("wrapping")).unwrap(),
        signer: FileSigner::open(&keys.join("device.key")).unwrap(),
        random: Arc::new(SystemRandom),
        clock: Arc::clone(clock),
    }
}

/// What is seen in a burst, as it was when the step began.
fn seen(mark: &Mark, chats: &[Chat]) -> Vec<Observation> {
    let one = |(place, chat): (usize, &Chat)| {
        let seconds = i64::try_from(place).unwrap_or(0);
        let at = Timestamp::from_millis(mark.now) + Span::seconds(seconds);
        let id = 100 + i32::from(*chat as u8);
        message(&at.to_string(), id, chat.title(), &chat.text(mark.step, place))
    };
    chats.iter().enumerate().map(one).collect()
}
