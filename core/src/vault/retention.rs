//! What ends: keys that are to be destroyed, and records that were delivered long ago.
//!
//! Nothing that was captured and not delivered ever ends here.

use fenming_wire::time::Span;
use rusqlite::params;

use super::keys::KeyRing;
use super::session::Session;
use super::{Live, Ports, Vault};
use crate::error::AgentError;

impl Session<'_> {
    /// Writes down that a hardware key is to be destroyed.
    pub(super) fn doom(&self, alias: &str) -> Result<(), AgentError> {
        self.prepare("INSERT OR IGNORE INTO doomed (alias) VALUES (?1)")?.execute([alias])?;
        Ok(())
    }
}

impl Vault {
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
        let gone = self.change(0, |session| {
            let gone = session
                .prepare(
                    "DELETE FROM records WHERE batch IN (
                         SELECT id FROM batches WHERE delivered IS NOT NULL AND delivered < ?1 + (
                             SELECT max(delivered) FROM batches))",
                )?
                .execute([keep.as_millis().saturating_neg()])?;
            Ok(u64::try_from(gone).unwrap_or(u64::MAX))
        })?;
        Ok(gone)
    }

    /// Makes what was removed unreadable for ever, in flash, in old images and in copies of the
    /// store: keys of days of which nothing is left are dropped, the others move to a new hardware
    /// key, and the old hardware key is destroyed.
    ///
    /// # Errors
    /// As the store's; where a key cannot be made, everything stays as it is.
    pub fn shred(&mut self) -> Result<(), AgentError> {
        self.change(0, |session| {
            session
                .prepare(
                    "DELETE FROM keys WHERE purpose = 4 AND day < ?1 AND id NOT IN (
                         SELECT key FROM records WHERE key IS NOT NULL)",
                )?
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

impl Live {
    /// As [`Vault::destroy_doomed`].
    pub(super) fn destroy_doomed(&mut self, ports: &Ports) -> Result<(), AgentError> {
        let doomed: Vec<String> = self
            .sql
            .prepare_cached("SELECT alias FROM doomed")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let gone: Vec<String> =
            doomed.into_iter().filter(|alias| ports.keys.destroy(alias).is_ok()).collect();
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
