//! The change log of the rules, which the employee sees.

use fenming_wire::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{UNFINISHED, Vault};
use crate::consent::ChangedRule;
use crate::error::AgentError;

/// A change of the policy's rules, and when it took effect here.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedChange {
    /// When the policy that brought it was taken.
    pub at: Timestamp,
    /// That policy's version.
    pub policy_version: u64,
    /// What changed.
    pub change: ChangedRule,
}

impl Vault {
    /// Writes changes down, in their order.
    ///
    /// # Errors
    /// As the store's.
    pub fn log_changes(&mut self, _changes: &[LoggedChange]) -> Result<(), AgentError> {
        Err(UNFINISHED)
    }

    /// The latest changes, newest first, at most so many.
    ///
    /// # Errors
    /// As the store's.
    pub fn changes(&self, _limit: u16) -> Result<Vec<LoggedChange>, AgentError> {
        Err(UNFINISHED)
    }
}
