//! Chats: what the employee and the rules say of them.
//!
//! A title is stored only of a business chat. Of any other chat the store knows at most a keyed
//! hash and what the employee said of it.

use fenming_wire::Content;
use fenming_wire::id::{ChatId, RetentionClass};
use fenming_wire::policy::ChatKind;
use fenming_wire::record::Why;
use fenming_wire::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{UNFINISHED, Vault};
use crate::consent::Counterpart;
use crate::error::AgentError;
use crate::event::{ChatSeen, Origin};
use crate::tag::{Business, EmployeeTag, Verdict};

/// A chat as the store knows it.
pub struct Chat {
    /// Its id.
    pub id: ChatId,
    /// Its title as last shown; only of a business chat.
    pub title: Option<Content>,
    /// Its kind, as far as it is known.
    pub kind: ChatKind,
    /// What the employee said of it.
    pub tag: Option<EmployeeTag>,
    /// The last verdict that was stored.
    pub verdict: Option<StoredVerdict>,
    /// What its counterpart knows.
    pub counterpart: Counterpart,
    /// When it was first stored.
    pub since: Timestamp,
    /// When something of it was last captured.
    pub last: Option<Timestamp>,
    /// Messages, recalls and calls captured of it.
    pub captured: u64,
}

/// A page of chats, the latest first.
pub struct ChatPage {
    /// The chats.
    pub chats: Vec<Chat>,
    /// Where the next page begins, where there is one.
    pub next: Option<u64>,
}

/// A verdict as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredVerdict {
    /// What the chat is.
    pub kind: VerdictKind,
    /// Why; of an undecided chat, what speaks for business.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
    /// Of a business chat, the retention class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<RetentionClass>,
}

/// What a chat is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictKind {
    /// Business.
    Business,
    /// Personal.
    Personal,
    /// Undecided.
    Undecided,
}

impl From<&Verdict> for StoredVerdict {
    fn from(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Business(business) => business.into(),
            Verdict::Personal(why) => {
                Self { kind: VerdictKind::Personal, why: Some(why.clone()), class: None }
            }
            Verdict::Undecided { signal } => {
                Self { kind: VerdictKind::Undecided, why: signal.clone(), class: None }
            }
        }
    }
}

impl From<&Business> for StoredVerdict {
    fn from(business: &Business) -> Self {
        Self {
            kind: VerdictKind::Business,
            why: Some(business.why().clone()),
            class: Some(business.class().clone()),
        }
    }
}

impl Vault {
    /// A chat, where the store knows it.
    ///
    /// # Errors
    /// As the store's.
    pub fn chat(&self, _chat: ChatId) -> Result<Option<Chat>, AgentError> {
        Err(UNFINISHED)
    }

    /// The business chat that last had this title, for a call whose peer's name is all that is
    /// known. None where two chats share the title.
    ///
    /// # Errors
    /// As the store's.
    pub fn chat_titled(
        &self,
        _origin: Origin,
        _title: &Content,
    ) -> Result<Option<ChatId>, AgentError> {
        Err(UNFINISHED)
    }

    /// Stores what is known of a business chat: title, kind and verdict. Returns whether any of
    /// it is new.
    ///
    /// # Errors
    /// As the store's.
    pub fn put_business_chat(
        &mut self,
        _chat: ChatId,
        (_origin, _seen): (Origin, &ChatSeen),
        _business: &Business,
    ) -> Result<bool, AgentError> {
        Err(UNFINISHED)
    }

    /// Stores what the employee says of a chat; none takes it back. A chat that is tagged personal
    /// loses its title.
    ///
    /// # Errors
    /// As the store's.
    pub fn tag_chat(&mut self, _chat: ChatId, _tag: Option<EmployeeTag>) -> Result<(), AgentError> {
        Err(UNFINISHED)
    }

    /// Stores what the counterpart of a chat knows.
    ///
    /// # Errors
    /// As the store's.
    pub fn set_counterpart(
        &mut self,
        _chat: ChatId,
        _counterpart: Counterpart,
    ) -> Result<(), AgentError> {
        Err(UNFINISHED)
    }

    /// The chats that the store knows, the latest first; `before` is [`ChatPage::next`].
    ///
    /// # Errors
    /// As the store's.
    pub fn chats(&self, _before: Option<u64>, _limit: u16) -> Result<ChatPage, AgentError> {
        Err(UNFINISHED)
    }
}
