//! The quarantine: undecided items that only this phone opens, each under a key of its own.
//!
//! Destroying the hardware alias destroys the item, whatever is left of it in flash or in an old
//! copy of the store.

use fenming_wire::Content;
use fenming_wire::id::{ChatId, Digest};
use fenming_wire::record::{Body, Why};
use fenming_wire::time::Timestamp;

use super::{Appended, UNFINISHED, Vault};
use crate::error::AgentError;
use crate::record::{Held, Record};

/// A held item in this store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HoldId(pub(super) i64);

/// What became of an item that was to be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldOutcome {
    /// It waits for the employee.
    New(HoldId),
    /// It waits already, or was stored as a record.
    Duplicate,
    /// It is older than the quarantine lasts, or the quarantine is full: it was dropped.
    Dropped,
}

/// A held item as the employee sees it.
pub struct Hold {
    /// Its id.
    pub id: HoldId,
    /// The chat.
    pub chat: ChatId,
    /// The chat's title.
    pub title: Content,
    /// What speaks for business.
    pub signal: Why,
    /// The consent that it rests on, by its payload's digest.
    pub grant: Digest,
    /// When it happened.
    pub at: Timestamp,
    /// When it is destroyed at the latest, by the phone's clock.
    pub until: Timestamp,
    /// What tells it from every other.
    pub fingerprint: Content,
    /// What it says.
    pub body: Body,
}

impl HoldId {
    /// The number by which a shell names it.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0
    }

    /// From the number that a shell names.
    #[must_use]
    pub const fn from_number(number: i64) -> Self {
        Self(number)
    }
}

impl Vault {
    /// Puts an item into quarantine, for as long as it may wait.
    ///
    /// # Errors
    /// [`AgentError::InputInvalid`] where its line would be too long; as the store's.
    pub fn hold(&mut self, _held: &Held) -> Result<HoldOutcome, AgentError> {
        Err(UNFINISHED)
    }

    /// The held items, oldest first. Those whose time is over are not among them.
    ///
    /// # Errors
    /// As the store's.
    pub fn holds(&self) -> Result<Vec<Hold>, AgentError> {
        Err(UNFINISHED)
    }

    /// The employee decided for business: the item becomes a captured record and its key is
    /// destroyed.
    ///
    /// # Errors
    /// [`AgentError::NotFound`] where it is gone; [`AgentError::InputInvalid`] where the record is
    /// of another chat or has another fingerprint; as the store's.
    pub fn promote(&mut self, _hold: HoldId, _record: &Record) -> Result<Appended, AgentError> {
        Err(UNFINISHED)
    }

    /// The employee decided against it: destroys the item with its key. The books count it as
    /// expired, so that the decision stays theirs.
    ///
    /// # Errors
    /// [`AgentError::NotFound`]; as the store's.
    pub fn discard(&mut self, _hold: HoldId) -> Result<(), AgentError> {
        Err(UNFINISHED)
    }

    /// Destroys every item whose time is over, by the earliest estimate. Call it at every wake-up.
    /// Returns how many were destroyed.
    ///
    /// # Errors
    /// As the store's.
    pub fn expire_holds(&mut self) -> Result<u64, AgentError> {
        Err(UNFINISHED)
    }

    /// Destroys every held item, as after a withdrawal. Returns how many.
    ///
    /// # Errors
    /// As the store's.
    pub fn discard_all(&mut self) -> Result<u64, AgentError> {
        Err(UNFINISHED)
    }
}
