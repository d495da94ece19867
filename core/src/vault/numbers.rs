//! Where the store stands, in one cheap call.

use fenming_wire::balance::Books;
use fenming_wire::id::Epoch;
use fenming_wire::ledger::Position;
use fenming_wire::time::Span;

use super::{UNFINISHED, Vault};
use crate::error::AgentError;

/// Where the store stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// The epoch.
    pub epoch: Epoch,
    /// Lines that wait: in the review window or for a batch.
    pub queued: u64,
    /// Lines in batches that wait for a receipt.
    pub in_flight: u64,
    /// Age of the oldest of them all.
    pub oldest: Option<Span>,
    /// Batches that wait for a receipt.
    pub open_batches: u64,
    /// Items in quarantine.
    pub held: u64,
    /// The ledger as far as it is sealed; none before the device is known.
    pub sealed: Option<Position>,
    /// The ledger as far as it is receipted; none before the device is known.
    pub receipted: Option<Position>,
    /// The books of this epoch.
    pub books: Books,
    /// Bytes of the store and the spool.
    pub store_bytes: u64,
    /// Whether no record would be taken now.
    pub full: bool,
}

impl Numbers {
    /// Lines that wait for anything at all.
    #[must_use]
    pub const fn backlog(&self) -> u64 {
        self.queued.saturating_add(self.in_flight)
    }
}

impl Vault {
    /// Where the store stands, from counters alone.
    ///
    /// # Errors
    /// As the store's.
    pub fn numbers(&self) -> Result<Numbers, AgentError> {
        Err(UNFINISHED)
    }
}
