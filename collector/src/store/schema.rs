//! The schema, one numbered step after the other. A step that was released never changes.

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;

/// Marks the file as ours: "FMCO".
const APPLICATION_ID: i64 = 0x464D_434F;

/// The steps; the schema's number is how many were taken.
const STEPS: [&str; 3] = [
    "
CREATE TABLE tenant (one INTEGER PRIMARY KEY CHECK (one = 1), name TEXT NOT NULL) STRICT;

-- Every document that was served, so that no older one is served again.
CREATE TABLE documents (
    kind TEXT NOT NULL, version INTEGER NOT NULL, digest BLOB NOT NULL,
    PRIMARY KEY (kind, version)
) STRICT, WITHOUT ROWID;

-- One-time tokens by digest; `device` is who used it.
CREATE TABLE tokens (
    digest BLOB PRIMARY KEY, person TEXT NOT NULL, expires INTEGER NOT NULL, device BLOB
) STRICT, WITHOUT ROWID;

CREATE TABLE devices (
    device BLOB PRIMARY KEY, key BLOB NOT NULL, person TEXT NOT NULL,
    enrolled INTEGER NOT NULL, blocked INTEGER
) STRICT, WITHOUT ROWID;

-- Requests that were seen, until their signatures are too old to pass anyway.
CREATE TABLE nonces (
    device BLOB NOT NULL, nonce TEXT NOT NULL, forget INTEGER NOT NULL,
    PRIMARY KEY (device, nonce)
) STRICT, WITHOUT ROWID;
CREATE INDEX nonces_forget ON nonces (forget);

-- The highest place of every epoch; `turn` orders them by their last batch.
CREATE TABLE epochs (
    device BLOB NOT NULL REFERENCES devices, epoch BLOB NOT NULL,
    seq INTEGER NOT NULL, head BLOB NOT NULL, turn INTEGER NOT NULL,
    PRIMARY KEY (device, epoch)
) STRICT, WITHOUT ROWID;

CREATE TABLE batches (
    device BLOB NOT NULL, epoch BLOB NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    ciphertext BLOB NOT NULL, size INTEGER NOT NULL, class TEXT NOT NULL,
    received INTEGER NOT NULL, manifest BLOB NOT NULL, receipt BLOB NOT NULL,
    PRIMARY KEY (device, epoch, first),
    FOREIGN KEY (device, epoch) REFERENCES epochs
) STRICT, WITHOUT ROWID;

CREATE TABLE heartbeats (
    id INTEGER PRIMARY KEY, device BLOB NOT NULL REFERENCES devices,
    received INTEGER NOT NULL, document BLOB NOT NULL
) STRICT;
CREATE INDEX heartbeats_device ON heartbeats (device, id);
",
    "
-- Sealed attachments: `received` bytes of `size` are durably in the file, from its start. With a
-- receipt the file is whole and in its place. `turn` orders them by their first chunk.
CREATE TABLE attachments (
    device BLOB NOT NULL REFERENCES devices, ciphertext BLOB NOT NULL,
    size INTEGER NOT NULL, received INTEGER NOT NULL, turn INTEGER NOT NULL, receipt BLOB,
    PRIMARY KEY (device, ciphertext)
) STRICT, WITHOUT ROWID;
",
    "
-- Counsel's decisions, each for one device.
CREATE TABLE decisions (
    device BLOB NOT NULL REFERENCES devices, number INTEGER NOT NULL, envelope BLOB NOT NULL,
    PRIMARY KEY (device, number)
) STRICT, WITHOUT ROWID;
",
];

/// Refuses a database that is not ours or is newer than this program, before it is written to.
pub(super) fn check(connection: &Connection) -> Result<(), StoreError> {
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables > 0 && pragma(connection, "application_id")? != APPLICATION_ID {
        return Err(StoreError::Foreign);
    }
    let (found, known) = (pragma(connection, "user_version")?, known());
    if found > known { Err(StoreError::Newer { found, known }) } else { Ok(()) }
}

/// Takes the steps that are still to be taken, all or none.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    check(&transaction)?;
    let taken = usize::try_from(pragma(&transaction, "user_version")?).unwrap_or(0);
    if taken < STEPS.len() {
        for step in STEPS.iter().skip(taken) {
            transaction.execute_batch(step)?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", known())?;
    }
    transaction.commit()?;
    Ok(())
}

fn known() -> i64 {
    i64::try_from(STEPS.len()).unwrap_or(i64::MAX)
}

fn pragma(connection: &Connection, name: &str) -> Result<i64, StoreError> {
    Ok(connection.pragma_query_value(None, name, |row| row.get(0))?)
}
