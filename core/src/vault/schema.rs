//! The database file: its settings, its migrations and whether it can be trusted.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::error::from_io;
use crate::error::AgentError;

/// `FMV1`: marks the file as a store of ours.
const APPLICATION_ID: i32 = 0x464d_5631;

/// One step for each schema version, in order. A step that was released never changes.
pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_store.sql"),
    include_str!("migrations/0002_attachments.sql"),
    include_str!("migrations/0003_counsel.sql"),
];

/// What an existing file turned out to be.
pub(super) enum Checked {
    /// A store of ours in the present schema.
    Sound(Connection),
    /// Not a store, or one whose pages contradict themselves.
    Damaged,
}

/// Makes a new, empty store under a name of its own. It becomes the store when it is renamed.
pub(super) fn create(path: &Path) -> Result<Connection, AgentError> {
    let mut sql = connect(path, OpenFlags::SQLITE_OPEN_CREATE)?;
    settle(&sql)?;
    sql.pragma_update(None, "application_id", APPLICATION_ID)?;
    migrate(&mut sql, MIGRATIONS)?;
    Ok(sql)
}

/// Opens an existing store, checks it and brings its schema up to date. A newer one is refused
/// and not written to; a damaged one is left as it is.
pub(super) fn open(path: &Path) -> Result<Checked, AgentError> {
    match check(path) {
        Ok(sql) => Ok(Checked::Sound(sql)),
        Err(AgentError::StoreDamaged) => Ok(Checked::Damaged),
        Err(other) => Err(other),
    }
}

fn check(path: &Path) -> Result<Connection, AgentError> {
    if !has_our_format(path)? {
        return Err(AgentError::StoreDamaged);
    }
    let mut sql = connect(path, OpenFlags::empty())?;
    // Until it is known to be ours, closing must not fold the WAL into the file.
    sql.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    let application: i32 = sql.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if application != APPLICATION_ID {
        return Err(AgentError::StoreDamaged);
    }
    known(version(&sql)?, MIGRATIONS)?;
    if version(&sql)? == latest(MIGRATIONS) && !is_ours(&sql)? {
        return Err(AgentError::StoreDamaged);
    }
    let verdict: String = sql.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        return Err(AgentError::StoreDamaged);
    }
    sql.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    let mode: String =
        sql.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode != "wal" {
        return Err(AgentError::StoreUnavailable("it cannot be put into WAL mode"));
    }
    settle(&sql)?;
    migrate(&mut sql, MIGRATIONS)?;
    Ok(sql)
}

/// Whether the file's header names a format that this SQLite writes. One that it does not would
/// be opened for reading only, and pass for a read-only disk.
fn has_our_format(path: &Path) -> Result<bool, AgentError> {
    let mut header = [0; 20];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut header));
    match read {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
        other => other.map_err(|error| from_io(&error))?,
    }
    let [.., write, read] = header;
    Ok((1..=2).contains(&write) && (1..=2).contains(&read))
}

/// A connection whose file, schema and SQL functions can do no harm.
fn connect(path: &Path, extra: OpenFlags) -> Result<Connection, AgentError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | extra;
    let sql = Connection::open_with_flags(path, flags)?;
    sql.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    sql.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    sql.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    sql.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    sql.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(sql)
}

/// Prepared statements that are kept: about as many as the store has.
const STATEMENTS: usize = 96;

/// Durable before a method returns; freed pages overwritten; nothing in temporary files.
fn settle(sql: &Connection) -> Result<(), AgentError> {
    sql.pragma_update(None, "synchronous", "FULL")?;
    sql.pragma_update(None, "secure_delete", "ON")?;
    sql.pragma_update(None, "foreign_keys", "ON")?;
    sql.pragma_update(None, "temp_store", "MEMORY")?;
    // On Apple's systems a plain fsync does not reach the medium; elsewhere this does nothing.
    sql.pragma_update(None, "fullfsync", "ON")?;
    sql.pragma_update(None, "checkpoint_fullfsync", "ON")?;
    Ok(())
}

/// Brings the schema from any earlier version to the present one, all or nothing.
pub(super) fn migrate(sql: &mut Connection, steps: &[&str]) -> Result<(), AgentError> {
    if known(version(sql)?, steps)? == steps.len() {
        return Ok(());
    }
    let transaction = sql.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    let done = known(version(&transaction)?, steps)?;
    for step in steps.iter().skip(done) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", latest(steps))?;
    Ok(transaction.commit()?)
}

fn version(sql: &Connection) -> Result<u32, AgentError> {
    Ok(sql.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// How many of the steps a store of this version has behind it.
fn known(version: u32, steps: &[&str]) -> Result<usize, AgentError> {
    let done = usize::try_from(version).unwrap_or(usize::MAX);
    if done <= steps.len() {
        return Ok(done);
    }
    Err(AgentError::StoreTooNew { found: version, known: latest(steps) })
}

fn latest(steps: &[&str]) -> u32 {
    u32::try_from(steps.len()).unwrap_or(u32::MAX)
}

/// Whether every table and index is defined as the migrations define it.
fn is_ours(sql: &Connection) -> Result<bool, AgentError> {
    let mut model = Connection::open_in_memory()?;
    migrate(&mut model, MIGRATIONS)?;
    Ok(definitions(sql)? == definitions(&model)?)
}

type Definition = (String, String, Option<String>);

fn definitions(sql: &Connection) -> Result<Vec<Definition>, AgentError> {
    let mut statement =
        sql.prepare("SELECT name, tbl_name, sql FROM sqlite_schema ORDER BY name")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests;
