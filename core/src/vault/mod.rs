//! The store on the phone: encrypted values in one SQLite file, its keys wrapped by hardware.
//!
//! This room alone names `rusqlite` and an AEAD. A message body gets in as a [`Record`] or as a
//! [`Held`] item, and there is no other way.
//!
//! ```text
//! DIR/store.db      the store          DIR/store.lock   held while the store is open
//! DIR/spool/        sealed batches     DIR/store.damaged-TIME-N.*   what was set aside
//! ```
//!
//! One connection, one writer. Every method that changes something is one transaction that is on
//! disk when it returns. Time comes from the clock port: within one run of the phone the steady
//! clock decides, across restarts wall time does too; nothing captured is ever destroyed by time.
//!
//! [`Record`]: crate::record::Record
//! [`Held`]: crate::record::Held

pub(crate) mod aead;
mod batches;
mod changes;
mod chats;
mod counters;
mod documents;
mod forwarding;
mod holds;
mod index;
mod listing;
mod numbers;
mod pending;
mod records;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use fenming_wire::id::{DeviceId, Epoch};
use fenming_wire::record::Cause;
use fenming_wire::time::Timestamp;

use crate::clock::Clock;
use crate::error::AgentError;
use crate::ports::{KeyVault, Random};
use crate::record::Declaration;

pub use batches::{Batch, BatchId, Commit, SealedBatch, Settled, Unsealed};
pub use changes::LoggedChange;
pub use chats::{Chat, ChatPage, StoredVerdict, VerdictKind};
pub use counters::{Counter, Counters};
pub use documents::Stored;
pub use forwarding::ForwardingState;
pub use holds::{Hold, HoldId, HoldOutcome};
pub use listing::{RecordPage, RecordQuery, RecordState, RecordView};
pub use numbers::Numbers;
pub use pending::{Pending, PendingLine, PendingRule};
pub use records::{Appended, Entry, RecordId};

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
    pub fn open(_dir: &Path, _ports: Ports) -> Result<Opened, AgentError> {
        Err(UNFINISHED)
    }

    /// Writes everything into the one file, closes it, lets go of its lock and forgets the keys:
    /// before the OS suspends the process, or when the phone is locked for good.
    ///
    /// # Errors
    /// As the store's; it is suspended all the same.
    pub fn suspend(&mut self) -> Result<(), AgentError> {
        Err(UNFINISHED)
    }

    /// Opens a suspended store again. One that is open stays as it is.
    ///
    /// # Errors
    /// As [`Vault::open`].
    pub fn resume(&mut self) -> Result<Found, AgentError> {
        Err(UNFINISHED)
    }

    /// Whether it is suspended.
    #[must_use]
    pub const fn is_suspended(&self) -> bool {
        true
    }

    /// Stores the declaration of the gap and stops reporting the recovery, both or neither.
    ///
    /// # Errors
    /// As the store's.
    pub fn declare_recovery(&mut self, _gap: &Declaration) -> Result<(), AgentError> {
        Err(UNFINISHED)
    }

    /// Gives the epoch up and begins a new one in the same store, because the endpoint's signed
    /// state shows that this store is an older copy. Records without a receipt go back to the
    /// queue and the books begin anew with them; chats, keys and documents stay, so the custodian
    /// finds doubles by equal lines. Returns the epoch and the spool files that are void.
    ///
    /// # Errors
    /// As the store's.
    pub fn begin_epoch(&mut self, _cause: Damage) -> Result<(Epoch, Vec<String>), AgentError> {
        Err(UNFINISHED)
    }

    /// The epoch.
    ///
    /// # Errors
    /// As the store's.
    pub fn epoch(&self) -> Result<Epoch, AgentError> {
        Err(UNFINISHED)
    }

    /// The device whose ledger this is, once it has been set.
    ///
    /// # Errors
    /// As the store's.
    pub fn device(&self) -> Result<Option<DeviceId>, AgentError> {
        Err(UNFINISHED)
    }

    /// Says whose ledger this is. The same device may be set again.
    ///
    /// # Errors
    /// [`AgentError::WrongTenant`] where the ledger is another device's; as the store's.
    pub fn set_device(&mut self, _device: DeviceId) -> Result<(), AgentError> {
        Err(UNFINISHED)
    }

    /// The folder for sealed batches. It exists, on the same volume as the store.
    #[must_use]
    pub fn spool(&self) -> PathBuf {
        self.dir.join("spool")
    }
}

pub(crate) const UNFINISHED: AgentError = AgentError::Internal("not finished");
