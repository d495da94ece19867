//! What ends: keys that are to be destroyed, and records that were delivered long ago.
//!
//! Nothing that was captured and not delivered ever ends here.

use fenming_wire::time::Span;
use rusqlite::params;

use super::keys::KeyRing;
use super::session::Session;
use super::{Live, Ports, Vault};
use crate::error::AgentError;
use crate::limits::KEEP_DELIVERED;

impl Session<'_> {
    /// Writes down that a hardware key is to be destroyed.
    pub(super) fn doom(&self, alias: &str) -> Result<(), AgentError> {
        self.prepare("INSERT OR IGNORE INTO doomed (alias) VALUES (?1)")?.execute([alias])?;
        Ok(())
    }
}

/// What [`Vault::upkeep`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Upkeep {
    /// Held items whose time was over.
    pub expired: u64,
    /// Records that were delivered long ago.
    pub forgotten: u64,
    /// Whether keys were shredded, so that what is gone is gone in old copies too.
    pub shredded: bool,
}

impl Vault {
    /// What a wake-up has to end: held items whose time is over, records that were delivered
    /// [`KEEP_DELIVERED`] ago, and the keys of days of which nothing is left.
    ///
    /// # Errors
    /// As the store's. A key store that refuses is no error here: its part is done another time.
    pub fn upkeep(&mut self) -> Result<Upkeep, AgentError> {
        let expired = self.expire_holds()?;
        let forgotten = self.forget_delivered(KEEP_DELIVERED)?;
        let shredded = self.read(has_empty_days)?
            && match self.shred() {
                Ok(()) => true,
                Err(AgentError::KeyUnavailable(_)) => false,
                Err(other) => return Err(other),
            };
        Ok(Upkeep { expired, forgotten, shredded })
    }

    /// Destroys the hardware keys that were doomed. Where the key store refuses now, they stay
    /// doomed and are tried again at the next opening and the next wake-up.
    pub(super) fn destroy_doomed(&mut self) -> Result<(), AgentError> {
        let live = self.live.as_mut().ok_or(AgentError::Suspended)?;
        live.destroy_doomed(&self.ports)
    }

    /// Removes records that were delivered long ago from the phone; the archive has them. Age is
    /// measured between two times that the endpoint signed, so no clock of the phone can hasten
    /// it. Returns how many went.
    ///
    /// # Errors
    /// As the store's.
    pub fn forget_delivered(&mut self, keep: Span) -> Result<u64, AgentError> {
        let keep = keep.as_millis();
        let old = format!("SELECT 1 FROM records WHERE batch IN ({OLD_BATCHES}) LIMIT 1");
        if !self.read(|session| Ok(session.prepare(&old)?.exists([keep])?))? {
            return Ok(0);
        }
        let delete = format!("DELETE FROM records WHERE batch IN ({OLD_BATCHES})");
        self.change(0, |session| {
            let gone = session.prepare(&delete)?.execute([keep])?;
            Ok(u64::try_from(gone).unwrap_or(u64::MAX))
        })
    }

    /// Makes what was removed unreadable for ever, in flash, in old images and in copies of the
    /// store: keys of days of which nothing is left are dropped, the others move to a new hardware
    /// key, and the old hardware key is destroyed.
    ///
    /// # Errors
    /// As the store's; where a key cannot be made, everything stays as it is.
    pub fn shred(&mut self) -> Result<(), AgentError> {
        self.alone()?;
        self.change(0, |session| {
            session
                .prepare(&format!("DELETE FROM keys WHERE id IN ({EMPTY_DAYS})"))?
                .execute([session.day()])?;
            let old: String = session
                .prepare("SELECT alias FROM keys WHERE purpose = 0")?
                .query_row([], |row| row.get(0))?;
            session.doom(&old)?;
            session.ring.rewrap(session.sql, session.ports, session.facts.name)
        })?;
        let live = self.live.as_mut().ok_or(AgentError::Suspended)?;
        let reloaded = KeyRing::load(&live.sql, &*self.ports.keys, live.facts.name)?;
        live.ring = reloaded?;
        // The WAL may still hold pages wrapped by the old key.
        live.sql.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        self.destroy_doomed()
    }
}

/// Batches that the endpoint received so long before the latest one that it received.
const OLD_BATCHES: &str =
    "SELECT id FROM batches WHERE delivered < (SELECT max(delivered) FROM batches) - ?1";

/// Keys of past days of which nothing is left.
const EMPTY_DAYS: &str = "SELECT k.id FROM keys AS k WHERE k.purpose = 4 AND k.day < ?1
     AND NOT EXISTS (SELECT 1 FROM records AS r WHERE r.key = k.id)
     AND NOT EXISTS (SELECT 1 FROM attachments AS a WHERE a.key = k.id)";

fn has_empty_days(session: &Session<'_>) -> Result<bool, AgentError> {
    Ok(session.prepare(EMPTY_DAYS)?.exists([session.day()])?)
}

impl Live {
    /// As [`Vault::destroy_doomed`]. Inside a unit of work it waits for the unit's end: what is
    /// rolled back must still have its key.
    pub(super) fn destroy_doomed(&mut self, ports: &Ports) -> Result<(), AgentError> {
        if let Some(unit) = &mut self.unit {
            unit.dooms = true;
            return Ok(());
        }
        let doomed: Vec<String> = self
            .sql
            .prepare_cached("SELECT alias FROM doomed")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let doomed = doomed.into_iter().filter(|alias| !self.spare.contains(alias));
        let gone: Vec<String> = doomed.filter(|alias| ports.keys.destroy(alias).is_ok()).collect();
        if gone.is_empty() {
            return Ok(());
        }
        self.change(ports, 0, |session| {
            for alias in &gone {
                session.prepare("DELETE FROM doomed WHERE alias = ?1")?.execute(params![alias])?;
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests;
