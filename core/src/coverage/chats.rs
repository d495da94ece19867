//! What of a business chat could not be seen, or was not kept.

use fenming_wire::id::ChatId;
use fenming_wire::record::{Cause, CoverageLine, CoverageState};
use fenming_wire::source::Source;
use fenming_wire::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::standing::Coverage;
use crate::limits::MAX_TRACKED_CHATS;
use crate::tag::Business;

/// A sign in a business chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChatSign {
    /// Its first record is being made. The line says how much of the chat can be seen at most,
    /// and has no end.
    First,
    /// So many messages were never visible.
    Missed(u32),
    /// The OS redacted the text of a message.
    Redacted,
    /// Nothing of it is kept, since the counterpart was not told or objected.
    Withheld(Cause),
    /// Something of it is kept.
    Kept,
}

/// A business chat of which nothing is kept at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Withheld {
    chat: ChatId,
    since: i64,
    cause: Cause,
}

impl Coverage {
    /// Takes a sign in a chat that is business and says what must be written.
    pub fn take_chat(
        &mut self,
        at: Timestamp,
        _business: &Business,
        chat: ChatId,
        sign: ChatSign,
    ) -> Vec<CoverageLine> {
        let at = at.millis();
        if !self.speaks() {
            return Vec::new();
        }
        match sign {
            ChatSign::First => {
                let seen = (CoverageState::IncomingOnly, Cause::ListenerOn);
                vec![self.line(Some(chat), (at, None), seen)]
            }
            ChatSign::Missed(0) => Vec::new(),
            ChatSign::Missed(missed) => vec![self.unseen(at, chat, Cause::CountJump, missed)],
            ChatSign::Redacted => vec![self.unseen(at, chat, Cause::RedactedByOs, 1)],
            ChatSign::Withheld(cause) => self.withhold(at, chat, Some(cause)),
            ChatSign::Kept => self.withhold(at, chat, None),
        }
    }

    /// Says that the employee shared a stretch of a chat, which closes what gaps there are in it as
    /// far as they selected everything.
    pub fn shared(
        &self,
        (from, until): (Timestamp, Timestamp),
        _business: &Business,
        chat: ChatId,
    ) -> Option<CoverageLine> {
        let span = (from.millis(), Some(until.millis()));
        let line = self.line(Some(chat), span, (CoverageState::Observed, Cause::Shared));
        self.speaks().then_some(CoverageLine { src: Source::WechatShare, ..line })
    }

    fn unseen(&self, at: i64, chat: ChatId, cause: Cause, missed: u32) -> CoverageLine {
        let line = self.line(Some(chat), (at, Some(at)), (CoverageState::Blind, cause));
        CoverageLine { missed: Some(missed), ..line }
    }

    fn withhold(&mut self, at: i64, chat: ChatId, cause: Option<Cause>) -> Vec<CoverageLine> {
        let place = self.withheld.iter().position(|entry| entry.chat == chat);
        let before = place.and_then(|n| self.withheld.get(n).copied());
        if before.map(|entry| entry.cause) == cause {
            return Vec::new();
        }
        let mut lines = Vec::new();
        if let Some(n) = place {
            self.withheld.remove(n);
        }
        if let Some(entry) = before {
            let span = (entry.since, Some(at.max(entry.since)));
            lines.push(self.line(Some(chat), span, (CoverageState::Off, entry.cause)));
        }
        if let Some(cause) = cause {
            if self.withheld.len() >= MAX_TRACKED_CHATS {
                // The oldest is forgotten: its next event only states it once more.
                self.withheld.remove(0);
            }
            self.withheld.push(Withheld { chat, since: at, cause });
            lines.push(self.line(Some(chat), (at, None), (CoverageState::Off, cause)));
        }
        lines
    }
}
