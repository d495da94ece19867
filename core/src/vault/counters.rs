//! Counters that stay on the phone.

use super::{UNFINISHED, Vault};
use crate::error::AgentError;

/// What is counted. None of these numbers ever leaves the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Counter {
    /// Observations handed in.
    Observed,
    /// Events of personal chats, dropped.
    Personal,
    /// Undecided events, dropped.
    Undecided,
    /// Business events dropped for want of consent, or while paused.
    Refused,
    /// Observations with nothing to keep.
    Ignored,
}

/// The counters of this store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Observations handed in.
    pub observed: u64,
    /// Events of personal chats, dropped.
    pub personal: u64,
    /// Undecided events, dropped.
    pub undecided: u64,
    /// Business events dropped for want of consent, or while paused.
    pub refused: u64,
    /// Observations with nothing to keep.
    pub ignored: u64,
}

impl Vault {
    /// Adds to counters, all in one transaction.
    ///
    /// # Errors
    /// As the store's.
    pub fn count(&mut self, _added: &[(Counter, u64)]) -> Result<(), AgentError> {
        Err(UNFINISHED)
    }

    /// The counters.
    ///
    /// # Errors
    /// As the store's.
    pub fn counters(&self) -> Result<Counters, AgentError> {
        Err(UNFINISHED)
    }
}
