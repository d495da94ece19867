//! Whether a store's numbers and values agree with each other.

use rusqlite::Connection;

use super::aead::Place;
use super::keys::KeyRing;
use crate::error::AgentError;

/// Every column that holds sealed values, by table. Documents bind their kind in the place of the
/// column's name. The quarantine is not among them: its keys are elsewhere.
pub(super) const SEALED: &[(&str, &str)] = &[
    ("attachments", "secret"),
    ("bases", "why"),
    ("batches", "manifest"),
    ("changes", "body"),
    ("chats", "title"),
    ("chats", "verdict"),
    ("counsel", "kept"),
    ("counsel", "labels"),
    ("documents", "body"),
    ("receipts", "envelope"),
    ("records", "body"),
];

/// Compares counters with what they count, and batches with the ledger. Runs at every opening.
pub(super) fn books(sql: &Connection) -> Result<(), AgentError> {
    let sound: bool = sql.query_row(
        "SELECT
             e.waiting = (SELECT count(*) FROM records WHERE state = 0)
             AND e.queued = (SELECT count(*) FROM records WHERE state = 0 AND counted)
             AND e.counsel = (SELECT count(*) FROM counsel WHERE epoch = e.id AND counted)
             AND e.holding = (SELECT count(*) FROM holds)
             AND e.seq = coalesce((SELECT max(to_seq) FROM batches WHERE epoch = e.id), 0)
             AND (e.head IS NULL OR e.seq = 0 OR e.head = (
                 SELECT to_head FROM batches WHERE epoch = e.id ORDER BY to_seq DESC LIMIT 1))
             AND NOT EXISTS (
                 SELECT 1 FROM batches AS b WHERE b.epoch = e.id AND b.from_seq > 0
                     AND NOT EXISTS (SELECT 1 FROM batches AS a WHERE a.epoch = e.id
                         AND a.to_seq = b.from_seq AND a.to_head = b.from_head))
         FROM meta JOIN epochs AS e ON e.id = meta.epoch",
        [],
        |row| row.get(0),
    )?;
    if sound { Ok(()) } else { Err(AgentError::StoreDamaged) }
}

/// Opens every sealed value and checks every index. Runs at an opening after a value did not
/// open.
pub(super) fn values(sql: &Connection, ring: &KeyRing) -> Result<(), AgentError> {
    let verdict: String = sql.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        return Err(AgentError::StoreDamaged);
    }
    for (table, column) in SEALED {
        let key = row_key(table);
        let bound = if *table == "documents" { "kind" } else { "NULL" };
        let mut statement = sql.prepare(&format!(
            "SELECT {key}, {column}, {bound} FROM {table} WHERE {column} IS NOT NULL"
        ))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let kind: Option<String> = row.get(2)?;
            let column = kind.as_deref().unwrap_or(column);
            let place = Place { table, column, row: row.get(0)? };
            ring.open(place, &row.get::<_, Vec<u8>>(1)?)?;
        }
    }
    Ok(())
}

/// The column that names a row of the table.
pub(super) fn row_key(table: &str) -> &'static str {
    if table == "receipts" { "batch" } else { "id" }
}

#[cfg(test)]
mod tests;
