//! What SQLite and the file system report, as the caller must act on it. Their texts are dropped:
//! they may hold values.

use std::io;

use rusqlite::ffi::ErrorCode;

use crate::error::AgentError;

impl From<rusqlite::Error> for AgentError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::Error as Sql;
        match error {
            Sql::SqliteFailure(failure, _) => from_code(failure),
            // Values that no version of ours wrote.
            Sql::FromSqlConversionFailure(..)
            | Sql::IntegralValueOutOfRange(..)
            | Sql::InvalidColumnType(..)
            | Sql::Utf8Error(..)
            | Sql::QueryReturnedNoRows => Self::StoreDamaged,
            _ => Self::Internal("a statement was used wrongly"),
        }
    }
}

fn from_code(failure: rusqlite::ffi::Error) -> AgentError {
    match failure.code {
        ErrorCode::DiskFull => AgentError::StoreFull,
        // Our statements are fixed and fit our schema and our rules: where one does not, the file
        // is not as we left it.
        ErrorCode::DatabaseCorrupt
        | ErrorCode::NotADatabase
        | ErrorCode::TypeMismatch
        | ErrorCode::ConstraintViolation
        | ErrorCode::Unknown => AgentError::StoreDamaged,
        ErrorCode::DatabaseBusy
        | ErrorCode::DatabaseLocked
        | ErrorCode::FileLockingProtocolFailed => AgentError::StoreBusy,
        ErrorCode::ReadOnly => AgentError::StoreUnavailable("it is read-only"),
        ErrorCode::CannotOpen => AgentError::StoreUnavailable("its file cannot be opened"),
        ErrorCode::PermissionDenied => AgentError::StoreUnavailable("access is denied"),
        ErrorCode::SystemIoFailure => from_io_code(failure.extended_code),
        ErrorCode::OutOfMemory => AgentError::StoreUnavailable("memory is short"),
        _ => AgentError::Internal("SQLite refused"),
    }
}

fn from_io_code(code: i32) -> AgentError {
    use rusqlite::ffi;
    match code {
        // The shared-memory file beside the WAL could not grow.
        ffi::SQLITE_IOERR_SHMSIZE => AgentError::StoreFull,
        ffi::SQLITE_IOERR_CORRUPTFS | ffi::SQLITE_IOERR_DATA | ffi::SQLITE_IOERR_SHORT_READ => {
            AgentError::StoreDamaged
        }
        _ => AgentError::StoreUnavailable("reading or writing failed"),
    }
}

/// A failure of the file system outside SQLite.
pub(super) fn from_io(error: &io::Error) -> AgentError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => AgentError::StoreFull,
        io::ErrorKind::PermissionDenied => AgentError::StoreUnavailable("access is denied"),
        io::ErrorKind::ReadOnlyFilesystem => AgentError::StoreUnavailable("it is read-only"),
        io::ErrorKind::NotADirectory | io::ErrorKind::NotFound => {
            AgentError::StoreUnavailable("its folder does not exist")
        }
        _ => AgentError::StoreUnavailable("reading or writing failed"),
    }
}

/// A count as SQLite holds it.
pub(super) fn stored(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A length as SQLite holds it.
pub(super) fn length(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// A count as it was stored; a negative one was never written by us.
pub(super) fn counted(stored: i64) -> Result<u64, AgentError> {
    u64::try_from(stored).map_err(|_| AgentError::StoreDamaged)
}

/// Bytes of a fixed length as they were stored.
pub(super) fn exact<const N: usize>(bytes: &[u8]) -> Result<[u8; N], AgentError> {
    bytes.try_into().map_err(|_| AgentError::StoreDamaged)
}
