//! Who is told of a label, and how often: a pure rule of what was told before, and the time.
//!
//! The state is stored with the records, so that a restart repeats nothing.

use std::collections::BTreeMap;

use fenming_wire::id::ChatId;
use fenming_wire::screening::{Label, LabelKind, Screening};
use fenming_wire::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use crate::limits::{MAX_WAITING_WARNINGS, MAX_WARNED_CHATS};

/// Something to be shown. It holds no content and no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// To whom it is addressed.
    pub kind: WarningKind,
    /// What was seen.
    pub label: LabelKind,
    /// In which chat.
    pub chat: ChatId,
    /// When.
    pub at: Timestamp,
}

/// To whom a warning is addressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WarningKind {
    /// To the employee, on their screen.
    Employee,
    /// To the counterpart: the employee is asked to pass the policy's notice on. Never because of
    /// a suspicion.
    Counterpart,
}

/// What was told, when, and what still waits to be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warnings {
    #[serde(default)]
    employee: BTreeMap<LabelKind, Timestamp>,
    #[serde(default)]
    counterpart: BTreeMap<ChatId, Timestamp>,
    #[serde(default)]
    waiting: Vec<Warning>,
}

impl Warnings {
    /// Takes the labels of a message. Returns whether anything changed, so that it is to be stored.
    pub fn take(
        &mut self,
        rule: &Screening,
        chat: ChatId,
        labels: &[Label],
        now: Timestamp,
    ) -> bool {
        let before = self.waiting.len();
        let mut moved = false;
        let hours = Span::hours(i64::from(rule.warn_hours));
        for label in labels.iter().map(|label| label.kind) {
            let known = self.employee.get(&label).copied();
            if is_due(known, hours, now) && self.has_room() {
                self.employee.insert(label, now);
                self.waiting.push(Warning { kind: WarningKind::Employee, label, chat, at: now });
            } else if known.is_some_and(|known| known > now) {
                // The clock was set back: the wait begins anew, and stays bounded.
                self.employee.insert(label, now);
                moved = true;
            }
        }
        let told = labels.iter().map(|label| label.kind).find(|kind| !kind.is_suspicion());
        if let (Some(notice), Some(label)) = (&rule.counterpart, told) {
            let hours = Span::hours(i64::from(notice.hours));
            let known = self.counterpart.get(&chat).copied();
            if is_due(known, hours, now) && self.has_room() {
                self.forget_oldest_chat();
                self.counterpart.insert(chat, now);
                self.waiting.push(Warning { kind: WarningKind::Counterpart, label, chat, at: now });
            } else if known.is_some_and(|known| known > now) {
                self.counterpart.insert(chat, now);
                moved = true;
            }
        }
        moved || self.waiting.len() != before
    }

    /// What waits to be shown, oldest first. It is shown once.
    #[must_use]
    pub fn drain(&mut self) -> Vec<Warning> {
        std::mem::take(&mut self.waiting)
    }

    /// Whether nothing waits to be shown.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// What finds no room is not marked as told, and comes again with the next message.
    const fn has_room(&self) -> bool {
        self.waiting.len() < MAX_WAITING_WARNINGS
    }

    fn forget_oldest_chat(&mut self) {
        if self.counterpart.len() >= MAX_WARNED_CHATS {
            let oldest = self.counterpart.iter().min_by_key(|(_, at)| **at).map(|(chat, _)| *chat);
            if let Some(oldest) = oldest {
                self.counterpart.remove(&oldest);
            }
        }
    }
}

fn is_due(known: Option<Timestamp>, wait: Span, now: Timestamp) -> bool {
    known.is_none_or(|known| now >= known + wait)
}

#[cfg(test)]
mod tests;
