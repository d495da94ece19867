//! Where the store stands, in one cheap call.

use std::fs;

use fenming_wire::balance::Books;
use fenming_wire::id::Epoch;
use fenming_wire::ledger::Position;
use fenming_wire::time::{Span, Timestamp};
use rusqlite::OptionalExtension;

use super::error::counted;
use super::session::Session;
use super::{Vault, counsel, meta};
use crate::error::AgentError;
use crate::limits::{MAX_QUEUED_RECORDS, MAX_STORE_BYTES};

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
    /// Items that wait for counsel. Only whether there are any ever leaves the phone.
    pub counsel: u64,
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
        self.read(|session| {
            let open = Open::of(session)?;
            let queue: Option<i64> = session
                .prepare("SELECT wall FROM records WHERE state = 0 ORDER BY id LIMIT 1")?
                .query_row([], |row| row.get(0))
                .optional()?;
            let now = Timestamp::from_millis(session.now.wall);
            let oldest = queue.into_iter().chain(open.oldest).min();
            Ok(Numbers {
                epoch: session.facts.epoch,
                queued: waiting(session)?,
                in_flight: open.lines,
                oldest: oldest.map(|oldest| now.since(Timestamp::from_millis(oldest))),
                open_batches: open.batches,
                held: holding(session)?,
                counsel: counsel::held(session)?,
                sealed: meta::sealed(session)?,
                receipted: meta::receipted(session)?,
                books: books(session)?,
                store_bytes: bytes(session, &open)?,
                full: room(session)? == 0,
            })
        })
    }
}

/// Batches that wait for a receipt.
struct Open {
    batches: u64,
    lines: u64,
    bytes: u64,
    oldest: Option<i64>,
}

impl Open {
    fn of(session: &Session<'_>) -> Result<Self, AgentError> {
        let sums: (i64, i64, i64, Option<i64>) = session
            .prepare(
                "SELECT count(*), coalesce(sum(lines), 0), coalesce(sum(size), 0), min(oldest)
                 FROM batches WHERE delivered IS NULL",
            )?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
        let (batches, lines, bytes, oldest) = sums;
        Ok(Self {
            batches: counted(batches)?,
            lines: counted(lines)?,
            bytes: counted(bytes)?,
            oldest,
        })
    }
}

/// How many more records may be stored.
pub(super) fn room(session: &Session<'_>) -> Result<u64, AgentError> {
    let open = Open::of(session)?;
    let backlog = waiting(session)?.saturating_add(open.lines);
    if bytes(session, &open)? >= MAX_STORE_BYTES {
        return Ok(0);
    }
    Ok(MAX_QUEUED_RECORDS.saturating_sub(backlog))
}

/// The books of the epoch.
pub(super) fn books(session: &Session<'_>) -> Result<Books, AgentError> {
    let columns: [i64; 9] = session
        .prepare(
            "SELECT captured + counsel, forwarded, queued, retracted, parked, destroyed, counsel,
                    held, expired FROM epochs WHERE id = ?1",
        )?
        .query_row([session.facts.row], |row| {
            let mut columns = [0; 9];
            for (n, column) in columns.iter_mut().enumerate() {
                *column = row.get(n)?;
            }
            Ok(columns)
        })?;
    let [captured, forwarded, queued, retracted, parked, destroyed, counsel, held, expired] =
        columns;
    Ok(Books {
        captured: counted(captured)?,
        forwarded: counted(forwarded)?,
        queued: counted(queued)?,
        retracted: counted(retracted)?,
        parked: counted(parked)?,
        destroyed: counted(destroyed)?,
        counsel: counted(counsel)?,
        held: counted(held)?,
        expired: counted(expired)?,
    })
}

/// Items in quarantine.
pub(super) fn holding(session: &Session<'_>) -> Result<u64, AgentError> {
    epoch_column(session, "SELECT holding FROM epochs WHERE id = ?1")
}

/// Unsealed lines.
fn waiting(session: &Session<'_>) -> Result<u64, AgentError> {
    epoch_column(session, "SELECT waiting FROM epochs WHERE id = ?1")
}

fn epoch_column(session: &Session<'_>, statement: &str) -> Result<u64, AgentError> {
    counted(session.prepare(statement)?.query_row([session.facts.row], |row| row.get(0))?)
}

/// Bytes in use: pages with contents, the WAL, and the spool.
fn bytes(session: &Session<'_>, open: &Open) -> Result<u64, AgentError> {
    let pragma = |text: &str| -> Result<u64, AgentError> {
        counted(session.prepare(text)?.query_row([], |row| row.get(0))?)
    };
    let pages = pragma("PRAGMA page_count")?.saturating_sub(pragma("PRAGMA freelist_count")?);
    let store = pages.saturating_mul(pragma("PRAGMA page_size")?);
    let wal = session.sql.path().map(|path| format!("{path}-wal"));
    let wal = wal.and_then(|path| fs::metadata(path).ok()).map_or(0, |wal| wal.len());
    Ok(store.saturating_add(wal).saturating_add(open.bytes))
}

#[cfg(test)]
mod tests;
