//! Records: what was captured, and what the agent says of itself.

use fenming_wire::time::Span;

use super::{UNFINISHED, Vault};
use crate::error::AgentError;
use crate::record::{Declaration, Record};

/// A record in this store. Later ones are greater, whatever the clock said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId(pub(super) i64);

/// What became of a record that was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// It is stored.
    New(RecordId),
    /// It has been stored before, under the same fingerprint; nothing changed.
    Duplicate,
    /// Too much waits on the phone; nothing was stored. Capture has to stop and to say so.
    QueueFull,
}

/// What [`Vault::write`] stores.
#[derive(Clone, Copy)]
pub enum Entry<'a> {
    /// Something captured.
    Record(&'a Record),
    /// Something that the agent says of itself; it is stored even where the queue is full.
    Declaration(&'a Declaration),
}

impl RecordId {
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
    /// Stores a record, once. A recall gets up to three candidates: the latest messages of the
    /// chat, of the same sender where it is shown.
    ///
    /// # Errors
    /// [`AgentError::InputInvalid`] where its line would be too long; as the store's.
    pub fn append(&mut self, record: &Record) -> Result<Appended, AgentError> {
        self.write(&[Entry::Record(record)])?.pop().ok_or(UNFINISHED)
    }

    /// Stores a declaration.
    ///
    /// # Errors
    /// As the store's.
    pub fn declare(&mut self, declaration: &Declaration) -> Result<Appended, AgentError> {
        self.write(&[Entry::Declaration(declaration)])?.pop().ok_or(UNFINISHED)
    }

    /// Stores several entries in one transaction, all or none, in their order. Returns what became
    /// of each.
    ///
    /// # Errors
    /// As [`Vault::append`].
    pub fn write(&mut self, _entries: &[Entry<'_>]) -> Result<Vec<Appended>, AgentError> {
        Err(UNFINISHED)
    }

    /// Takes a record back: its content is overwritten, the books count it as retracted.
    ///
    /// # Errors
    /// [`AgentError::TooLate`] where it was sealed or the review window has passed;
    /// [`AgentError::NotFound`]; as the store's.
    pub fn retract(&mut self, _record: RecordId, _review: Span) -> Result<(), AgentError> {
        Err(UNFINISHED)
    }

    /// Destroys what was captured and not yet sealed, after a withdrawal under a policy that says
    /// so. Declarations stay. Returns how many counted records the books now call destroyed.
    ///
    /// # Errors
    /// As the store's.
    pub fn destroy_unsent(&mut self) -> Result<u64, AgentError> {
        Err(UNFINISHED)
    }
}
