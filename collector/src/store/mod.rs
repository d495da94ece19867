//! The one room that writes to the disk: SQLite for what is looked up, a folder for what is kept.
//!
//! SQLite runs in WAL mode with `synchronous=FULL`: what was committed survives a power loss.
//! One connection behind a lock; requests of different devices meet only here.

mod attachments;
pub(crate) mod decisions;
mod documents;
mod enrolments;
pub(crate) mod folder;
mod heartbeats;
mod ledger;
mod nonces;
mod schema;
pub(crate) mod upload;

use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fenming_wire::content::{Code, Loggable};
use fenming_wire::id::TenantId;
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

pub(crate) use attachments::UploadRow;
pub(crate) use documents::PublishRefused;
pub(crate) use enrolments::{DeviceRow, EnrolRefused, Registered};
pub(crate) use heartbeats::HeartbeatRow;
pub(crate) use ledger::{Append, BatchRow, View};

/// The database's name in the data folder.
pub(crate) const DATABASE: &str = "collector.sqlite";

/// How long one process waits for another one's write, such as a console's.
const BUSY: Duration = Duration::from_secs(5);

/// The database.
pub(crate) struct Store {
    connection: Mutex<Connection>,
}

/// Why the store did not do its work. No variant holds a value of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The disk is full, or nearly so.
    #[error("the disk is full: free space below the data folder")]
    Full,
    /// Another endpoint serves this folder.
    #[error("the data folder is in use by another endpoint: stop that one, or use another folder")]
    InUse,
    /// The database was written by a newer program.
    #[error("the database has schema {found}, this program knows {known}: use a newer program")]
    Newer {
        /// The schema that was found.
        found: i64,
        /// The newest schema that this program knows.
        known: i64,
    },
    /// The file is another program's database.
    #[error("`collector.sqlite` belongs to another program: use another data folder")]
    Foreign,
    /// The folder holds another tenant's data.
    #[error("the data folder belongs to another tenant: use one folder for each tenant")]
    OtherTenant,
    /// The database is damaged, or holds what this program never wrote.
    #[error("the database is damaged: restore it from a copy together with the folder")]
    Damaged,
    /// The system refused a file operation.
    #[error("a file of the data folder cannot be used: {0}")]
    Io(io::ErrorKind),
    /// SQLite refused, with its extended code.
    #[error("SQLite refused with code {0}")]
    Sql(i32),
    /// The system gave no randomness.
    #[error("the system gives no randomness")]
    Random,
    /// A one-time token was asked for with a life of nothing, or longer than 31 days.
    #[error("a token lives 1 ms to 31 days")]
    TokenLife,
}

impl Store {
    /// Opens or makes the database below the data folder.
    pub(crate) fn open(data: &Path) -> Result<Self, StoreError> {
        folder::make_dir(data)?;
        let path = data.join(DATABASE);
        folder::make_private_file(&path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(&path, flags)?;
        connection.busy_timeout(BUSY)?;
        schema::check(&connection)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "trusted_schema", false)?;
        schema::migrate(&mut connection)?;
        Ok(Self { connection: Mutex::new(connection) })
    }

    /// Binds the database to its tenant, or refuses another one.
    pub(crate) fn claim(&self, tenant: &TenantId) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "INSERT OR IGNORE INTO tenant (one, name) VALUES (1, ?1)",
                [tenant.as_str()],
            )?;
            let found: String =
                transaction.query_row("SELECT name FROM tenant WHERE one = 1", [], |r| r.get(0))?;
            if found == tenant.as_str() { Ok(()) } else { Err(StoreError::OtherTenant) }
        })
    }

    /// Reads; the closure sees one state of the database.
    fn read<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
        work(&transaction)
    }

    /// Writes all of it or nothing; what it returned is durable.
    fn write<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut connection = self.lock();
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(StoreError::from)?;
        let done = work(&transaction)?;
        transaction.commit().map_err(StoreError::from)?;
        Ok(done)
    }

    /// A panic while the lock was held rolled its transaction back, so the lock may be used on.
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StoreError {
    /// A word for logs and metrics.
    #[must_use]
    pub const fn code(self) -> Code {
        Code(match self {
            Self::Full => "store_full",
            Self::InUse => "store_in_use",
            Self::Newer { .. } => "store_newer",
            Self::Foreign => "store_foreign",
            Self::OtherTenant => "store_other_tenant",
            Self::Damaged => "store_damaged",
            Self::Io(_) => "store_io",
            Self::Sql(_) => "store_sql",
            Self::Random => "store_random",
            Self::TokenLife => "token_life",
        })
    }
}

impl Loggable for StoreError {}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let rusqlite::Error::SqliteFailure(failure, _) = &error else {
            // A value of the wrong type or length: not what this program writes.
            return Self::Damaged;
        };
        match failure.code {
            ErrorCode::DiskFull => Self::Full,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Damaged,
            _ => Self::Sql(failure.extended_code),
        }
    }
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            kind => Self::Io(kind),
        }
    }
}

/// A count or size as SQLite keeps it.
pub(crate) fn integer(value: u64) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|_| StoreError::Damaged)
}

/// A count or size as SQLite gave it.
pub(crate) fn natural(value: i64) -> Result<u64, StoreError> {
    u64::try_from(value).map_err(|_| StoreError::Damaged)
}
