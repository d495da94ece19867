//! What the store is: its epoch, its device, and a recovery that was not declared yet.

use fenming_wire::id::{DeviceId, Digest, Epoch};
use fenming_wire::ledger::Position;
use rusqlite::{OptionalExtension, params};

use super::error::{counted, exact};
use super::session::Session;
use super::steady::Steady;
use super::{Damage, Vault, opening, records};
use crate::error::AgentError;
use crate::record::Declaration;

impl Damage {
    pub(super) const fn code(self) -> i64 {
        match self {
            Self::Missing => 1,
            Self::Unreadable => 2,
            Self::KeyLost => 3,
            Self::OldCopy => 4,
        }
    }

    pub(super) const fn of(code: i64) -> Option<Self> {
        match code {
            1 => Some(Self::Missing),
            2 => Some(Self::Unreadable),
            3 => Some(Self::KeyLost),
            4 => Some(Self::OldCopy),
            _ => None,
        }
    }
}

impl Vault {
    /// Stores the declaration of the gap and stops reporting the recovery, both or neither.
    ///
    /// # Errors
    /// As the store's.
    pub fn declare_recovery(&mut self, gap: &Declaration) -> Result<(), AgentError> {
        self.change(records::VALUES, |session| {
            records::declare(session, gap)?;
            session.prepare("UPDATE meta SET damage = NULL, damaged_at = NULL")?.execute([])?;
            Ok(())
        })
    }

    /// Gives the epoch up and begins a new one in the same store, because the endpoint's signed
    /// state shows that this store is an older copy. Records without a receipt go back to the
    /// queue and the books begin anew with them; chats, keys and documents stay, so the custodian
    /// finds doubles by equal lines. Returns the epoch and the spool files that are void.
    ///
    /// # Errors
    /// As the store's.
    pub fn begin_epoch(&mut self, cause: Damage) -> Result<(Epoch, Vec<String>), AgentError> {
        self.alone()?;
        let done = self.change(0, |session| {
            let files = super::batches::requeue_open(session)?;
            let row = session.facts.row.saturating_add(1);
            opening::new_epoch(session.sql, session.ports, row)?;
            carry_over(session, row, cause)?;
            let bytes: Vec<u8> = session
                .prepare("SELECT epoch FROM epochs WHERE id = ?1")?
                .query_row([row], |row| row.get(0))?;
            Ok((row, Epoch::from_bytes(exact(&bytes)?), files))
        })?;
        let (row, epoch, files) = done;
        if let Some(live) = &mut self.live {
            (live.facts.row, live.facts.epoch) = (row, epoch);
        }
        Ok((epoch, files))
    }

    /// The epoch.
    ///
    /// # Errors
    /// As the store's.
    pub fn epoch(&self) -> Result<Epoch, AgentError> {
        Ok(self.live()?.facts.epoch)
    }

    /// The device whose ledger this is, once it has been set.
    ///
    /// # Errors
    /// As the store's.
    pub fn device(&self) -> Result<Option<DeviceId>, AgentError> {
        self.read(device)
    }

    /// Says whose ledger this is. The same device may be set again.
    ///
    /// # Errors
    /// [`AgentError::WrongTenant`] where the ledger is another device's; as the store's.
    pub fn set_device(&mut self, named: DeviceId) -> Result<(), AgentError> {
        match self.device()? {
            Some(known) if known == named => return Ok(()),
            Some(_) => return Err(AgentError::WrongTenant { document: "ledger" }),
            None => {}
        }
        self.change(0, |session| {
            let start = Position::start(named, session.facts.epoch);
            session.prepare("UPDATE meta SET device = ?1")?.execute([named.as_bytes()])?;
            session
                .prepare("UPDATE epochs SET head = ?2 WHERE id = ?1")?
                .execute(params![session.facts.row, start.head.as_bytes()])?;
            Ok(())
        })
    }
}

/// The device whose ledger this is.
fn device(session: &Session<'_>) -> Result<Option<DeviceId>, AgentError> {
    let bytes: Option<Vec<u8>> =
        session.prepare("SELECT device FROM meta")?.query_row([], |row| row.get(0))?;
    bytes.map(|bytes| Ok(DeviceId::from_bytes(exact(&bytes)?))).transpose()
}

/// The ledger as far as it is sealed; none before the device is known.
pub(super) fn sealed(session: &Session<'_>) -> Result<Option<Position>, AgentError> {
    let found: Option<(i64, Option<Vec<u8>>)> = session
        .prepare("SELECT seq, head FROM epochs WHERE id = ?1")?
        .query_row([session.facts.row], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (seq, head) = found.ok_or(AgentError::StoreDamaged)?;
    head.map(|head| position(seq, &head)).transpose()
}

/// The ledger as far as every batch has its receipt; none before the device is known.
pub(super) fn receipted(session: &Session<'_>) -> Result<Option<Position>, AgentError> {
    let open: Option<(i64, Vec<u8>)> = session
        .prepare(
            "SELECT from_seq, from_head FROM batches WHERE delivered IS NULL AND epoch = ?1
             ORDER BY id LIMIT 1",
        )?
        .query_row([session.facts.row], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match open {
        Some((seq, head)) => position(seq, &head).map(Some),
        None => sealed(session),
    }
}

/// A place in the ledger as it was stored.
pub(super) fn position(seq: i64, head: &[u8]) -> Result<Position, AgentError> {
    Ok(Position { seq: counted(seq)?, head: Digest::from_bytes(exact(head)?) })
}

/// Keeps the clock and the last id for the next session.
pub(super) fn keep_time(session: &Session<'_>, steady: Steady) -> Result<(), AgentError> {
    let Steady { run, boot, base, elapsed } = steady;
    session
        .prepare("UPDATE meta SET last_id = ?1, run = ?2, boot = ?3, base = ?4, elapsed = ?5")?
        .execute(params![session.last_id.get(), run, boot, base, elapsed])?;
    Ok(())
}

/// Opens the new epoch's books with what waits, and leaves the old ones closed.
fn carry_over(session: &Session<'_>, row: i64, cause: Damage) -> Result<(), AgentError> {
    session
        .prepare(
            "UPDATE epochs SET (captured, queued, parked, waiting, held, holding) = (
                 SELECT old.queued + old.parked, old.queued, old.parked, old.waiting,
                        old.holding, old.holding
                 FROM epochs AS old WHERE old.id = ?2) WHERE id = ?1",
        )?
        .execute([row, session.facts.row])?;
    session
        .prepare(
            "UPDATE epochs SET captured = forwarded + retracted + destroyed, queued = 0,
                 parked = 0, waiting = 0, holding = 0 WHERE id = ?1",
        )?
        .execute([session.facts.row])?;
    session
        .prepare("UPDATE meta SET epoch = ?1, damage = ?2, damaged_at = ?3")?
        .execute(params![row, cause.code(), session.now.wall])?;
    // A sequence of the epoch before means nothing in this one.
    session.prepare("UPDATE records SET seq = NULL WHERE state = 3")?.execute([])?;
    if let Some(device) = device(session)? {
        let bytes: Vec<u8> = session
            .prepare("SELECT epoch FROM epochs WHERE id = ?1")?
            .query_row([row], |row| row.get(0))?;
        let start = Position::start(device, Epoch::from_bytes(exact(&bytes)?));
        session
            .prepare("UPDATE epochs SET head = ?2 WHERE id = ?1")?
            .execute(params![row, start.head.as_bytes()])?;
    }
    Ok(())
}
