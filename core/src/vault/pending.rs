//! The next batch's lines.

use fenming_wire::balance::Books;
use fenming_wire::id::RetentionClass;
use fenming_wire::ledger::Position;
use fenming_wire::time::Span;
use zeroize::Zeroizing;

use super::{RecordId, UNFINISHED, Vault};
use crate::error::AgentError;

/// What may go into the next batch.
#[derive(Clone, Copy, Debug)]
pub struct PendingRule<'a> {
    /// The review window: a record must be older. Declarations have none.
    pub review: Span,
    /// The retention class of declarations.
    pub declarations: &'a RetentionClass,
    /// Most lines, genesis and balance not counted.
    pub max_lines: usize,
    /// Most bytes of their bodies together; one line alone may be larger.
    pub max_bytes: usize,
}

/// The lines of the next batch, in capture order, all of one retention class.
///
/// The batch begins at `from`. In an epoch's first batch the genesis has the first sequence; then,
/// in every batch, comes the balance; then these lines, the first of them at `first_seq`.
pub struct Pending {
    /// The ledger before the batch.
    pub from: Position,
    /// The retention class.
    pub class: RetentionClass,
    /// The sequence of the first of `lines`.
    pub first_seq: u64,
    /// The lines, at least one.
    pub lines: Vec<PendingLine>,
}

/// A line that waits.
pub struct PendingLine {
    /// Its id in this store.
    pub id: RecordId,
    /// Whether the books count it.
    pub counted: bool,
    /// For a recall: the sequences of the messages that may have been recalled.
    pub of: Vec<u64>,
    /// The body's JSON, for [`compose_line`](fenming_wire::record::compose_line).
    pub body: Zeroizing<Vec<u8>>,
}

impl Pending {
    /// Whether the batch begins with the genesis.
    #[must_use]
    pub const fn begins_epoch(&self) -> bool {
        self.from.seq == 0
    }

    /// The sequence of the balance.
    #[must_use]
    pub const fn balance_seq(&self) -> u64 {
        self.first_seq.saturating_sub(1)
    }

    /// The last sequence of the batch.
    #[must_use]
    pub fn last_seq(&self) -> u64 {
        self.balance_seq().saturating_add(u64::try_from(self.lines.len()).unwrap_or(u64::MAX))
    }

    /// How many of the lines the books count.
    #[must_use]
    pub fn counted(&self) -> u64 {
        u64::try_from(self.lines.iter().filter(|line| line.counted).count()).unwrap_or(u64::MAX)
    }
}

impl Vault {
    /// The lines of the next batch, or none where nothing is due. A consent that was given or
    /// withdrawn keeps its place: no line captured after it is sealed before it.
    ///
    /// # Errors
    /// [`AgentError::NotEnrolled`] before [`Vault::set_device`]; as the store's.
    pub fn pending(&self, _rule: &PendingRule<'_>) -> Result<Option<Pending>, AgentError> {
        Err(UNFINISHED)
    }

    /// The ledger as far as it is sealed.
    ///
    /// # Errors
    /// [`AgentError::NotEnrolled`] before [`Vault::set_device`]; as the store's.
    pub fn position(&self) -> Result<Position, AgentError> {
        Err(UNFINISHED)
    }

    /// The ledger as far as every batch has its receipt.
    ///
    /// # Errors
    /// As [`Vault::position`].
    pub fn receipted(&self) -> Result<Position, AgentError> {
        Err(UNFINISHED)
    }

    /// The books of this epoch as they stand.
    ///
    /// # Errors
    /// As the store's.
    pub fn books(&self) -> Result<Books, AgentError> {
        Err(UNFINISHED)
    }

    /// The books as they will stand when these lines are sealed, for the balance in their batch.
    ///
    /// # Errors
    /// As the store's.
    pub fn books_if_sealed(&self, _pending: &Pending) -> Result<Books, AgentError> {
        Err(UNFINISHED)
    }

    /// Sequences that the endpoint refused and this device parked in this epoch, for the balance.
    ///
    /// # Errors
    /// As the store's.
    pub fn parked(&self) -> Result<Vec<u64>, AgentError> {
        Err(UNFINISHED)
    }
}
