//! What the employee sees of their records.

use fenming_wire::id::{ChatId, Digest};
use fenming_wire::json;
use fenming_wire::limits::MAX_LINE_BYTES;
use fenming_wire::record::{Body, Why};
use fenming_wire::time::{Span, Timestamp};
use rusqlite::{Row, params};

use super::aead::Place;
use super::chats::MAX_PAGE;
use super::error::{counted, exact, length};
use super::session::{Session, chat_id};
use super::steady::Moment;
use super::{RecordId, Vault, numbers};
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
    pub fn records(&self, query: &RecordQuery) -> Result<RecordPage, AgentError> {
        self.read(|session| {
            let limit = usize::from(query.limit.clamp(1, MAX_PAGE));
            let chat = if query.chat.is_some() { "r.chat = ?3" } else { "?3 IS NULL" };
            let mut statement = session.prepare(&format!(
                "{SELECT} WHERE r.id < ?1 AND {chat} AND r.body IS NOT NULL
                 ORDER BY r.id DESC LIMIT ?2"
            ))?;
            let mut rows = statement.query(params![
                query.before.map_or(i64::MAX, RecordId::number),
                length(limit),
                query.chat.as_ref().map(ChatId::as_bytes)
            ])?;
            let mut records: Vec<RecordView> = Vec::new();
            while let Some(row) = rows.next()? {
                records.push(read(session, row, query.review)?);
            }
            let full = records.len() == limit;
            let next = records.last().filter(|_| full).map(|record| record.id);
            Ok(RecordPage { records, next, retracted: numbers::books(session)?.retracted })
        })
    }

    /// One record.
    ///
    /// # Errors
    /// [`AgentError::NotFound`], also where it was taken back; as the store's.
    pub fn record(&self, record: RecordId, review: Span) -> Result<RecordView, AgentError> {
        self.read(|session| {
            let mut statement =
                session.prepare(&format!("{SELECT} WHERE r.id = ?1 AND r.body IS NOT NULL"))?;
            let mut rows = statement.query([record.0])?;
            let row = rows.next()?.ok_or(AgentError::NotFound("record"))?;
            read(session, row, review)
        })
    }
}

const SELECT: &str = "SELECT r.id, r.state, r.seen IS NOT NULL, r.chat, r.wall, r.run, r.tick,
        r.body, r.seq, b.sealed, b.delivered, s.id, s.consent, s.why
     FROM records AS r
     LEFT JOIN batches AS b ON b.id = r.batch
     LEFT JOIN bases AS s ON s.id = r.basis";

fn read(session: &Session<'_>, row: &Row<'_>, review: Span) -> Result<RecordView, AgentError> {
    let id = row.get(0)?;
    let captured = Moment { wall: row.get(4)?, run: row.get(5)?, tick: row.get(6)? };
    let sealed: Option<i64> = row.get(9)?;
    let delivered: Option<i64> = row.get(10)?;
    let in_review = row.get(2)? && !captured.reviewed(session.now, review);
    let state = match row.get::<_, i64>(1)? {
        0 if in_review => RecordState::InReview,
        0 => RecordState::Queued,
        1 if delivered.is_some() => RecordState::Delivered,
        1 => RecordState::Sealed,
        3 => RecordState::Parked,
        _ => return Err(AgentError::StoreDamaged),
    };
    let place = Place { table: "records", column: "body", row: id };
    let body = session.open(place, &row.get::<_, Vec<u8>>(7)?)?;
    let chat: Option<Vec<u8>> = row.get(3)?;
    let grant: Option<Vec<u8>> = row.get(12)?;
    Ok(RecordView {
        id: RecordId(id),
        state,
        chat: chat.map(|chat| chat_id(&chat)).transpose()?,
        why: why(session, row)?,
        grant: grant.map(|grant| exact(&grant).map(Digest::from_bytes)).transpose()?,
        captured: Timestamp::from_millis(captured.wall),
        sealed: sealed.map(Timestamp::from_millis),
        delivered: delivered.map(Timestamp::from_millis),
        seq: row.get::<_, Option<i64>>(8)?.map(counted).transpose()?,
        body: json::parse(&body, MAX_LINE_BYTES).map_err(|_| AgentError::StoreDamaged)?,
    })
}

fn why(session: &Session<'_>, row: &Row<'_>) -> Result<Option<Why>, AgentError> {
    let Some(basis) = row.get::<_, Option<i64>>(11)? else {
        return Ok(None);
    };
    let place = Place { table: "bases", column: "why", row: basis };
    let plain = session.open(place, &row.get::<_, Vec<u8>>(13)?)?;
    json::parse(&plain, MAX_LINE_BYTES).map(Some).map_err(|_| AgentError::StoreDamaged)
}

#[cfg(test)]
mod tests;
