//! What the employee sees of their records.

use fenming_wire::id::{ChatId, Digest};
use fenming_wire::record::{Body, Why};
use fenming_wire::time::{Span, Timestamp};

use super::{RecordId, UNFINISHED, Vault};
use crate::error::AgentError;

/// Which records to list, newest first.
#[derive(Clone, Copy, Debug, Default)]
pub struct RecordQuery {
    /// Only of this chat.
    pub chat: Option<ChatId>,
    /// Only older ones than this, as [`RecordPage::next`] says.
    pub before: Option<RecordId>,
    /// How many at most; clamped to 1 … 500.
    pub limit: u16,
    /// The review window of the policy.
    pub review: Span,
}

/// A page of records, newest first.
pub struct RecordPage {
    /// The records.
    pub records: Vec<RecordView>,
    /// Where the next page begins, where there is one.
    pub next: Option<RecordId>,
    /// Records taken back in this epoch. Nothing else is left of them.
    pub retracted: u64,
}

/// A record as the employee sees it.
pub struct RecordView {
    /// Its id.
    pub id: RecordId,
    /// Where it is on its way.
    pub state: RecordState,
    /// The chat; none for a declaration about a source.
    pub chat: Option<ChatId>,
    /// Why it is business; none for a declaration.
    pub why: Option<Why>,
    /// The consent that it rests on, by its payload's digest; none for a declaration.
    pub grant: Option<Digest>,
    /// When it was stored, by the phone's clock.
    pub captured: Timestamp,
    /// When its batch was sealed.
    pub sealed: Option<Timestamp>,
    /// When the endpoint received it, by the endpoint's clock.
    pub delivered: Option<Timestamp>,
    /// Its sequence, once it is sealed.
    pub seq: Option<u64>,
    /// What it says.
    pub body: Body,
}

/// Where a record is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordState {
    /// It can still be taken back.
    InReview,
    /// It waits for a batch.
    Queued,
    /// It is sealed into a batch that waits for a receipt.
    Sealed,
    /// The endpoint has signed for it.
    Delivered,
    /// The endpoint refused it; it stays on the phone.
    Parked,
}

impl Vault {
    /// Lists records, newest first, without those that were taken back or destroyed.
    ///
    /// # Errors
    /// As the store's.
    pub fn records(&self, _query: &RecordQuery) -> Result<RecordPage, AgentError> {
        Err(UNFINISHED)
    }

    /// One record.
    ///
    /// # Errors
    /// [`AgentError::NotFound`], also where it was taken back; as the store's.
    pub fn record(&self, _record: RecordId, _review: Span) -> Result<RecordView, AgentError> {
        Err(UNFINISHED)
    }
}
