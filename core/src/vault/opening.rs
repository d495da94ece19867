//! Opening: a new store, the store, or a new one in the place of one that cannot be used.

use fenming_wire::id::Epoch;
use fenming_wire::time::Timestamp;
use rusqlite::{Connection, params};
use std::path::Path;

use super::error::exact;
use super::keys::KeyRing;
use super::place::Folder;
use super::schema::{self, Checked};
use super::session::Facts;
use super::steady::Steady;
use super::{Damage, Found, Live, Ports, Recovery, audit};
use crate::error::AgentError;
use crate::ports::KeyError;

/// Opens what is there. Nothing is set aside before its successor is complete.
pub(super) fn open(dir: &Path, ports: &Ports) -> Result<(Live, Found), AgentError> {
    let folder = Folder::take(dir)?;
    let damage = match existing(&folder, ports)? {
        Ok(found) => return enter(folder, ports, found),
        Err(damage) => damage,
    };
    make(&folder, ports, damage)?;
    if damage.is_some() {
        folder.set_aside(ports.clock.now())?;
    }
    folder.install_new()?;
    folder.clear_suspect()?;
    match existing(&folder, ports)? {
        Ok(found) if damage.is_none() => {
            enter(folder, ports, found).map(|(live, _)| (live, Found::Fresh))
        }
        Ok(found) => enter(folder, ports, found),
        Err(_) => Err(AgentError::StoreDamaged),
    }
}

type Sound = (Connection, KeyRing);

/// The store where it is sound; otherwise what is wrong with it, or nothing where there never was
/// one.
fn existing(folder: &Folder, ports: &Ports) -> Result<Result<Sound, Option<Damage>>, AgentError> {
    if !folder.store().exists() {
        return Ok(Err(folder.has_traces()?.then_some(Damage::Missing)));
    }
    let Checked::Sound(sql) = schema::open(&folder.store())? else {
        return Ok(Err(Some(Damage::Unreadable)));
    };
    match sound(&sql, folder, ports) {
        Ok(Ok(ring)) => Ok(Ok((sql, ring))),
        Ok(Err(KeyError::Lost)) => Ok(Err(Some(Damage::KeyLost))),
        Ok(Err(unavailable)) => Err(AgentError::KeyUnavailable(unavailable)),
        Err(AgentError::StoreDamaged) => Ok(Err(Some(Damage::Unreadable))),
        Err(other) => Err(other),
    }
}

fn sound(
    sql: &Connection,
    folder: &Folder,
    ports: &Ports,
) -> Result<Result<KeyRing, KeyError>, AgentError> {
    let (facts, ..) = facts(sql)?;
    let ring = match KeyRing::load(sql, &*ports.keys, facts.name)? {
        Ok(ring) => ring,
        Err(error) => return Ok(Err(error)),
    };
    audit::books(sql)?;
    if folder.is_suspect() {
        audit::values(sql, &ring)?;
        folder.clear_suspect()?;
    }
    Ok(Ok(ring))
}

fn enter(folder: Folder, ports: &Ports, (sql, ring): Sound) -> Result<(Live, Found), AgentError> {
    let (facts, steady, last_id, recovery) = facts(&sql)?;
    let found = recovery.map_or(Found::Existing, Found::Recovered);
    let (unit, spare) = (None, Vec::new());
    let mut live = Live { sql, ring, facts, steady, last_id, unit, spare, _folder: folder };
    live.destroy_doomed(ports)?;
    Ok((live, found))
}

fn facts(sql: &Connection) -> Result<(Facts, Steady, i64, Option<Recovery>), AgentError> {
    let mut statement = sql.prepare(
        "SELECT meta.name, meta.epoch, epochs.epoch, meta.run, meta.boot, meta.base,
                meta.elapsed, meta.last_id, meta.damage, meta.damaged_at
         FROM meta JOIN epochs ON epochs.id = meta.epoch WHERE meta.id = 1",
    )?;
    let mut rows = statement.query([])?;
    let row = rows.next()?.ok_or(AgentError::StoreDamaged)?;
    let name: Vec<u8> = row.get(0)?;
    let epoch: Vec<u8> = row.get(2)?;
    let boot: Vec<u8> = row.get(4)?;
    let facts =
        Facts { name: exact(&name)?, row: row.get(1)?, epoch: Epoch::from_bytes(exact(&epoch)?) };
    let steady =
        Steady { run: row.get(3)?, boot: exact(&boot)?, base: row.get(5)?, elapsed: row.get(6)? };
    let damage: Option<i64> = row.get(8)?;
    let at: Option<i64> = row.get(9)?;
    let recovery = match (damage, at) {
        (None, _) => None,
        (Some(code), at) => Some(Recovery {
            cause: Damage::of(code).ok_or(AgentError::StoreDamaged)?,
            at: Timestamp::from_millis(at.unwrap_or(0)),
        }),
    };
    Ok((facts, steady, row.get(7)?, recovery))
}

/// Makes a complete new store beside the present one.
fn make(folder: &Folder, ports: &Ports, damage: Option<Damage>) -> Result<(), AgentError> {
    let mut name = [0; 8];
    ports.random.fill(&mut name)?;
    let now = ports.clock.now();
    let mut sql = schema::create(&folder.clear_new()?)?;
    let transaction = sql.transaction()?;
    let epoch = new_epoch(&transaction, ports, 1)?;
    let steady = Steady::begin(ports.clock.boot());
    transaction.execute(
        "INSERT INTO meta (id, name, made, epoch, damage, damaged_at, last_id, run, boot, base,
                           elapsed)
         VALUES (1, ?1, ?2, ?3, ?4, ?5, 0, ?6, ?7, ?8, ?9)",
        params![
            name,
            now.millis(),
            epoch,
            damage.map(Damage::code),
            damage.map(|_| now.millis()),
            steady.run,
            steady.boot,
            steady.base,
            steady.elapsed
        ],
    )?;
    KeyRing::create(&transaction, (&*ports.keys, &*ports.random), name)?;
    transaction.commit()?;
    sql.close().map_err(|(_, error)| error.into())
}

/// Begins a random epoch and names its row.
pub(super) fn new_epoch(sql: &Connection, ports: &Ports, row: i64) -> Result<i64, AgentError> {
    let mut epoch = [0; 8];
    ports.random.fill(&mut epoch)?;
    sql.execute(
        "INSERT INTO epochs (id, epoch, begun) VALUES (?1, ?2, ?3)",
        params![row, epoch, ports.clock.now().millis()],
    )?;
    Ok(row)
}
