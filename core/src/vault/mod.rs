//! The store on the phone: encrypted values in one SQLite file, its keys wrapped by hardware.
//!
//! This room alone names `rusqlite` and an AEAD. A message body gets in as a [`Record`] or as a
//! [`Held`] item, and there is no other way.
//!
//! ```text
//! DIR/store.db      the store          DIR/store.lock   held while the store is open
//! DIR/attachments/  encrypted files of records that wait
//! DIR/spool/        sealed batches     DIR/store.damaged-TIME-N.*   what was set aside
//! ```
//!
//! One connection, one writer. Every method that changes something is one transaction that is on
//! disk when it returns, unless a caller makes one unit of several with `together`. Time comes from the clock port: within one run of the phone the steady
//! clock decides, across restarts wall time does too; nothing captured is ever destroyed by time.
//!
//! [`Record`]: crate::record::Record
//! [`Held`]: crate::record::Held

pub(crate) mod aead;
mod audit;
mod batches;
mod changes;
mod chats;
mod counsel;
mod counters;
mod documents;
mod error;
pub(crate) mod files;
mod forwarding;
mod holds;
mod index;
mod keys;
mod listing;
mod meta;
mod numbers;
mod opening;
mod pending;
mod place;
mod recall;
mod records;
mod retention;
#[cfg(test)]
pub(crate) mod sample;
mod schema;
mod session;
mod steady;
mod unit;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use fenming_wire::record::Cause;
use fenming_wire::time::Timestamp;
use rusqlite::Connection;

use self::keys::KeyRing;
use self::place::Folder;
use self::session::Facts;
use self::steady::Steady;
use self::unit::Unit;
use crate::clock::Clock;
use crate::error::AgentError;
use crate::ports::{KeyVault, Random};

pub use batches::{Batch, BatchId, Commit, SealedBatch, Settled, Unsealed};
pub use changes::LoggedChange;
pub use chats::{BusinessChat, Chat, ChatPage, StoredVerdict, VerdictKind};
pub use counsel::{CounselHeld, Obeyed};
pub use counters::{Counter, Counters};
pub(crate) use documents::Stored;
pub use files::{FileId, FileReader, FileRefused, StoredFile, ToSeal};
pub use forwarding::ForwardingState;
pub use holds::{Hold, HoldId, HoldOutcome};
pub use listing::{RecordPage, RecordQuery, RecordState, RecordView};
pub use numbers::Numbers;
pub use pending::{Pending, PendingLine, PendingRule};
pub use records::{Appended, Entry, RecordId};
pub use retention::Upkeep;
pub(crate) use unit::together;

/// The ports that a store is opened on.
#[derive(Clone)]
pub struct Ports {
    /// Wrapping keys.
    pub keys: Arc<dyn KeyVault>,
    /// Randomness for keys, nonces and epochs.
    pub random: Arc<dyn Random>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// The store. All methods may fail as [`AgentError`] says for stores and keys:
/// [`AgentError::Suspended`] while it is suspended, [`AgentError::StoreFull`],
/// [`AgentError::StoreUnavailable`], [`AgentError::StoreDamaged`] (open it again, and it is set
/// aside) and [`AgentError::KeyUnavailable`] (nothing was touched; try again later).
pub struct Vault {
    dir: PathBuf,
    ports: Ports,
    live: Option<Live>,
}

/// An open store, and what was found where it stands.
pub struct Opened {
    /// The store.
    pub vault: Vault,
    /// What was found.
    pub found: Found,
}

/// What was found when a store was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing; a new store was made.
    Fresh,
    /// The store.
    Existing,
    /// Something that cannot be used. It was set aside and a new store with a new epoch stands in
    /// its place. The agent declares the gap with [`Vault::declare_recovery`]; until then every
    /// opening says so again.
    Recovered(Recovery),
}

/// A store that was set aside, or an epoch that was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// Why.
    pub cause: Damage,
    /// When it was noticed.
    pub at: Timestamp,
}

/// Why a store, or an epoch, was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// The file is gone while traces of it are there.
    Missing,
    /// The file is no store, or its contents contradict themselves.
    Unreadable,
    /// The hardware key that wraps its keys is gone.
    KeyLost,
    /// The endpoint has more than this store ever sealed: an older copy was put back.
    OldCopy,
}

impl Damage {
    /// The cause that the coverage record names.
    #[must_use]
    pub const fn cause(self) -> Cause {
        match self {
            Self::Missing | Self::Unreadable | Self::OldCopy => Cause::StoreDamaged,
            Self::KeyLost => Cause::KeyLost,
        }
    }
}

impl Vault {
    /// Opens the store in a folder of its own, or makes one. A damaged store, or one whose key is
    /// lost, is set aside by rename and replaced; a locked key is no damage and touches nothing.
    ///
    /// # Errors
    /// [`AgentError::StoreBusy`], [`AgentError::StoreTooNew`], [`AgentError::StoreFull`],
    /// [`AgentError::StoreUnavailable`], [`AgentError::KeyUnavailable`].
    pub fn open(dir: &Path, ports: Ports) -> Result<Opened, AgentError> {
        let (live, found) = opening::open(dir, &ports)?;
        let mut vault = Self { dir: dir.to_owned(), ports, live: Some(live) };
        // What cannot be removed now is swept at the next run.
        let _ = vault.sweep_files();
        Ok(Opened { vault, found })
    }

    /// Writes everything into the one file, closes it, lets go of its lock and forgets the keys:
    /// before the OS suspends the process, or when the phone is locked for good.
    ///
    /// # Errors
    /// As the store's; it is suspended all the same.
    pub fn suspend(&mut self) -> Result<(), AgentError> {
        let Some(live) = self.live.take() else {
            return Ok(());
        };
        let folded = live.sql.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        live.sql.flush_prepared_statement_cache();
        let closed = live.sql.close().map_err(|(_, error)| error);
        Ok(folded.and(closed)?)
    }

    /// Opens a suspended store again. One that is open stays as it is.
    ///
    /// # Errors
    /// As [`Vault::open`].
    pub fn resume(&mut self) -> Result<Found, AgentError> {
        if self.live.is_some() {
            return Ok(Found::Existing);
        }
        let (live, found) = opening::open(&self.dir, &self.ports)?;
        self.live = Some(live);
        Ok(found)
    }

    /// Whether it is suspended.
    #[must_use]
    pub const fn is_suspended(&self) -> bool {
        self.live.is_none()
    }

    /// The folder for sealed batches. It exists, on the same volume as the store.
    #[must_use]
    pub fn spool(&self) -> PathBuf {
        self.dir.join(place::SPOOL)
    }

    fn live(&self) -> Result<&Live, AgentError> {
        self.live.as_ref().ok_or(AgentError::Suspended)
    }

    fn noted<T>(&self, result: Result<T, AgentError>) -> Result<T, AgentError> {
        if matches!(result, Err(AgentError::StoreDamaged)) {
            place::mark_suspect(&self.dir);
        }
        result
    }
}

/// An open store.
struct Live {
    sql: Connection,
    ring: KeyRing,
    facts: Facts,
    steady: Steady,
    last_id: i64,
    /// The unit of work that is under way.
    unit: Option<Unit>,
    /// Aliases for items that will be held: written down as doomed, with no key made yet.
    spare: Vec<String>,
    /// Held as long as the store is open; dropped last.
    _folder: Folder,
}

#[cfg(test)]
mod tests;
