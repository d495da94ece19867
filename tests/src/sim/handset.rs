//! A phone of a simulation, and what one operation does to it.

use std::sync::Arc;

use fenming_core::agent::{Budget, EmployeeTag, RecordState};
use fenming_core::error::AgentError;
use fenming_core::observation::Observation;
use fenming_core::testing::MemoryKeys;
use fenming_wire::id::DeviceId;

use super::op::{Chat, Op};
use super::watch::{CANARY, Watch, unexplained};
use crate::stage::{StageClock, group, message, seen};
use crate::world::{Phone, text_of};

/// A phone, its hardware and what is known of it.
pub(super) struct Handset {
    pub(super) phone: Phone,
    pub(super) keys: Arc<MemoryKeys>,
    pub(super) clock: Arc<StageClock>,
    pub(super) device: DeviceId,
    pub(super) watch: Watch,
    pub(super) last: Option<(Observation, String)>,
    pub(super) wrong_by: i16,
    pub(super) enrolled: bool,
    /// An enrolment failed, and the process that has its token still runs.
    pub(super) half_enrolled: bool,
    /// Purposes of the policy to which the employee agreed.
    pub(super) purposes: usize,
}

impl Handset {
    pub(super) fn act(&mut self, op: &Op) -> Result<(), AgentError> {
        let agent = self.phone.agent();
        match *op {
            Op::Withdraw(_) => {
                let done = agent.withdraw();
                // It holds from this moment, even where the store fails.
                self.watch.consent = false;
                done
            }
            Op::Pause(_, paused) => agent.pause(paused),
            Op::Hidden(_) => {
                let at = self.phone.now().to_string();
                let hidden = "你收到了一条消息";
                self.phone.observe(&[seen(&at, 90, "微信", (hidden, hidden))]).map(drop)
            }
            Op::Wake(_) => agent.run(Budget { batches: 64, now: false }).map(drop),
            Op::Send(_) => agent.run(Budget { batches: 64, now: true }).map(drop),
            Op::Refresh(_) => agent.refresh(),
            Op::Suspend(_) => {
                agent.suspend()?;
                let resumed = agent.resume();
                if resumed.is_err() {
                    self.phone.close();
                }
                resumed
            }
            Op::Retract(_) => self.retract(),
            Op::Tag(_, chat, tag) => self.tag(chat, tag),
            Op::Discard(_) => {
                for hold in agent.holds()? {
                    agent.discard(hold.id)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// A message is seen.
    pub(super) fn see(&mut self, count: u32, chat: Chat, purposes: usize) -> Vec<String> {
        let text = match chat {
            Chat::Client | Chat::Group => format!("第{count}条消息"),
            Chat::Private => format!("{CANARY} {count}"),
            Chat::Unlisted => format!("第{count}份合同"),
        };
        let (at, id) = (self.phone.now().to_string(), 100 + i32::from(chat as u8));
        let one = match chat {
            Chat::Group => group(&at, id, chat.title(), ("陈默", &text)),
            _ => message(&at, id, chat.title(), &text),
        };
        self.last = Some((one.clone(), text));
        let wrong = self.again();
        let grown = purposes > self.purposes && self.last_was_captured();
        let grown = grown.then(|| "captured under purposes that nobody agreed to".to_owned());
        wrong.into_iter().chain(grown).collect()
    }

    fn last_was_captured(&self) -> bool {
        self.last.as_ref().is_some_and(|(_, text)| self.watch.account.must.contains(text))
    }

    /// The last message is handed in, for the first time or again.
    pub(super) fn again(&mut self) -> Vec<String> {
        let Some((one, text)) = &self.last else { return Vec::new() };
        match self.phone.agent().observe(std::slice::from_ref(one)) {
            Ok(seen) => {
                let mut wrong = self.watch.captured(text, seen.captured);
                if seen.held > 0 && !self.watch.consent {
                    wrong.push("held without consent".to_owned());
                }
                wrong
            }
            Err(error) => unexplained("observe", &error).into_iter().collect(),
        }
    }

    pub(super) fn restart(&mut self) -> Result<(), AgentError> {
        self.phone.close();
        self.half_enrolled = false;
        self.phone.open()?;
        self.phone.begin_process()
    }

    pub(super) fn lock(&mut self, locked: bool) -> Result<(), AgentError> {
        if locked {
            self.keys.lock();
            return Ok(());
        }
        self.keys.recover();
        if self.phone.is_open() { Ok(()) } else { self.restart() }
    }

    /// What was not delivered is gone with the keys, and the phone begins anew.
    pub(super) fn lose_keys(&mut self) -> Result<(), AgentError> {
        let mut delivered = Vec::new();
        if self.phone.is_open() {
            let records = self.phone.agent().records(None, None, 500);
            let records = records.map(|page| page.records).unwrap_or_default().into_iter();
            let records = records.filter(|record| record.state == RecordState::Delivered);
            delivered.extend(records.filter_map(|record| text_of(&record.body)));
        }
        let waiting: Vec<String> = self
            .watch
            .account
            .must
            .iter()
            .filter(|text| !delivered.contains(text))
            .cloned()
            .collect();
        self.watch.account.unsure(waiting);
        self.watch.keys_lost += 1;
        (self.watch.consent, self.enrolled, self.last) = (false, false, None);
        self.keys.lose_all();
        self.restart()
    }

    fn retract(&mut self) -> Result<(), AgentError> {
        let page = self.phone.agent().records(None, None, 500)?;
        let in_review = page.records.into_iter().filter(|r| r.state == RecordState::InReview);
        let latest = in_review.filter_map(|r| Some((r.id, text_of(&r.body)?))).next();
        let Some((id, text)) = latest else { return Ok(()) };
        self.phone.agent().retract(id)?;
        self.watch.account.gone(&[text]);
        Ok(())
    }

    fn tag(&mut self, chat: Chat, business: Option<bool>) -> Result<(), AgentError> {
        let agent = self.phone.agent();
        let Some(id) = self.phone.chat_titled(chat.title())? else { return Ok(()) };
        let page = match agent.records(Some(id), None, 500) {
            Err(AgentError::NotEnrolled) => return Ok(()),
            page => page?,
        };
        let in_review = page.records.iter().filter(|r| r.state == RecordState::InReview);
        let texts: Vec<String> = in_review.filter_map(|r| text_of(&r.body)).collect();
        let held = agent.holds()?.into_iter().filter(|hold| hold.chat == id);
        let held: Vec<String> = held.filter_map(|hold| text_of(&hold.body)).collect();
        let tag = business.map(|business| match business {
            true => EmployeeTag::Business,
            false => EmployeeTag::Personal,
        });
        // Nobody knows what came of it where the tag fails halfway; a unit of work does not.
        let taken = agent.tag(id, tag)?;
        match business {
            Some(true) if taken.promoted > 0 => self.watch.account.must.extend(held),
            Some(false) => self.watch.account.gone(&texts),
            Some(true) | None => {}
        }
        Ok(())
    }
}
