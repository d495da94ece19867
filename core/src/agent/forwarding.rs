//! Forwarding: when to wake, and the work that is due.

use fenming_wire::time::Timestamp;

use super::{Agent, Inner};
use crate::error::AgentError;

/// How much one run may do.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Most batches that are sent.
    pub batches: u32,
}

impl Agent {
    /// When the shell should wake the agent next; none where only a change of something else can
    /// bring work.
    ///
    /// # Errors
    /// As the store's.
    pub fn next_wake(&self) -> Result<Option<Timestamp>, AgentError> {
        self.lock()?.next_due()
    }
}

impl Inner {
    pub(super) fn next_due(&self) -> Result<Option<Timestamp>, AgentError> {
        Ok(None)
    }
}
