//! Sealed batches: from their sealing to their receipt.

use fenming_wire::envelope::Envelope;
use fenming_wire::id::{Epoch, RetentionClass};
use fenming_wire::ledger::Position;
use fenming_wire::manifest::Manifest;
use fenming_wire::receipt::Receipt;
use fenming_wire::time::Timestamp;

use super::{Pending, UNFINISHED, Vault};
use crate::error::AgentError;

/// A batch in this store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BatchId(pub(super) i64);

/// A batch that was just sealed, its bytes already on disk and synced.
pub struct SealedBatch {
    /// The manifest.
    pub manifest: Manifest,
    /// The manifest as the device signed it.
    pub envelope: Envelope<Manifest>,
    /// Name of the file in the spool, without a folder.
    pub file: String,
}

/// What became of a batch that was to be committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commit {
    /// It is part of the ledger.
    Done(BatchId),
    /// Its lines are no longer as they were (one was taken back meanwhile); nothing changed.
    /// Remove the file and compose again.
    Stale,
}

/// A batch that waits for its receipt.
pub struct Batch {
    /// Its id.
    pub id: BatchId,
    /// The epoch.
    pub epoch: Epoch,
    /// The ledger before it.
    pub from: Position,
    /// The ledger after it.
    pub to: Position,
    /// The retention class.
    pub class: RetentionClass,
    /// The manifest as the device signed it.
    pub envelope: Envelope<Manifest>,
    /// Name of the file in the spool.
    pub file: String,
    /// Length of that file in bytes.
    pub size: u64,
    /// When it was sealed.
    pub sealed: Timestamp,
    /// How many lines it holds beside genesis and balance.
    pub lines: u64,
}

/// What became of a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The batch is delivered; its file can go.
    Delivered(BatchId),
    /// It had been delivered before.
    Already(BatchId),
    /// It fits none of this store's batches; nothing changed.
    Unknown,
}

/// What was taken back into the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsealed {
    /// How many batches.
    pub batches: u64,
    /// Their files in the spool, which can go.
    pub files: Vec<String>,
}

impl BatchId {
    /// The number by which it is named in logs.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0
    }
}

impl Vault {
    /// Makes a sealed batch part of the ledger: gives its lines their sequences and moves head and
    /// books.
    ///
    /// # Errors
    /// [`AgentError::Internal`] where manifest and lines do not belong together; as the store's.
    pub fn commit_batch(
        &mut self,
        _pending: &Pending,
        _batch: &SealedBatch,
    ) -> Result<Commit, AgentError> {
        Err(UNFINISHED)
    }

    /// The batches without a receipt, oldest first.
    ///
    /// # Errors
    /// As the store's.
    pub fn open_batches(&self) -> Result<Vec<Batch>, AgentError> {
        Err(UNFINISHED)
    }

    /// Files in the spool that belong to no open batch: delivered, or never committed.
    ///
    /// # Errors
    /// As the store's.
    pub fn stray_files(&self) -> Result<Vec<String>, AgentError> {
        Err(UNFINISHED)
    }

    /// Marks the batch that this verified receipt is for as delivered, and keeps the receipt.
    ///
    /// # Errors
    /// As the store's.
    pub fn settle(
        &mut self,
        _envelope: &Envelope<Receipt>,
        _receipt: &Receipt,
    ) -> Result<Settled, AgentError> {
        Err(UNFINISHED)
    }

    /// The latest receipt of this epoch.
    ///
    /// # Errors
    /// As the store's.
    pub fn latest_receipt(&self) -> Result<Option<Envelope<Receipt>>, AgentError> {
        Err(UNFINISHED)
    }

    /// Takes a batch and all later ones back into the queue. Only for a caller who has the
    /// endpoint's signed word that it does not have them.
    ///
    /// # Errors
    /// [`AgentError::NotFound`] where it is not open; [`AgentError::Internal`] where a later one
    /// was delivered; as the store's.
    pub fn unseal(&mut self, _batch: BatchId) -> Result<Unsealed, AgentError> {
        Err(UNFINISHED)
    }

    /// Takes a batch and all later ones back as [`Vault::unseal`] does, and parks the record that
    /// had this sequence in it: it is never sealed again, stays visible, and stands in the books.
    ///
    /// # Errors
    /// [`AgentError::NotFound`] where the batch has no record with this sequence (genesis, balance
    /// and declarations are not parked); as [`Vault::unseal`].
    pub fn park(&mut self, _batch: BatchId, _seq: u64) -> Result<Unsealed, AgentError> {
        Err(UNFINISHED)
    }
}
