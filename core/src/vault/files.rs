//! Attachments on the phone: encrypted files beside the store, read and written in flat memory.
//!
//! ```text
//! attachments/<16 random bytes>.bin    chunks of 64 KiB, each with its tag
//! ```
//!
//! The bytes are on disk, synced and under their name, before the row that tells of them is; a file
//! without a row is removed. Each file has a key of its own, which the row holds under the key of
//! the day, so that a shredded day takes its files with it.

mod at_rest;
mod sealed;

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use fenming_wire::attachment::Kept;
use fenming_wire::limits::MAX_ATTACHMENT_BYTES;
use rusqlite::params;
use zeroize::Zeroizing;

pub use self::at_rest::FileReader;
use self::at_rest::{Stop, write};
pub(super) use self::sealed::of_record;
pub use self::sealed::{FileId, ToSeal};
use super::aead::Place;
use super::error::{counted, from_io, stored};
use super::session::Session;
use super::{RecordId, Vault};
use crate::error::AgentError;
use crate::limits::MAX_ATTACHMENT_STORE_BYTES;

/// A file that is on disk and that no row tells of yet: [`Vault::attach`] it to its record, or
/// [`Vault::sweep_files`] removes it.
pub struct StoredFile {
    name: String,
    key: Zeroizing<[u8; 32]>,
    /// Its length and digest, for the record.
    pub kept: Kept,
}

/// Why a file was not stored.
#[derive(Debug, thiserror::Error)]
pub enum FileRefused {
    /// It is longer than 100 MiB.
    #[error("the file is longer than 100 MiB")]
    TooLarge,
    /// It could not be read to its end.
    #[error("the file cannot be read to its end")]
    Unreadable,
    /// The store did not take it.
    #[error(transparent)]
    Store(#[from] AgentError),
}

impl Vault {
    /// Writes a file's bytes to the disk, encrypted and synced. It does not belong to anything yet.
    ///
    /// # Errors
    /// [`FileRefused`]; nothing of it is then left.
    pub fn store_file(&self, from: &mut dyn Read) -> Result<StoredFile, FileRefused> {
        let room = self.read(|session| {
            let used: i64 = session
                .prepare("SELECT coalesce(sum(size), 0) FROM attachments")?
                .query_row([], |row| row.get(0))?;
            Ok(MAX_ATTACHMENT_STORE_BYTES.saturating_sub(counted(used)?))
        })?;
        let (mut name, mut key) = ([0; 16], Zeroizing::new([0; 32]));
        self.ports.random.fill(&mut name).map_err(AgentError::from)?;
        self.ports.random.fill(&mut *key).map_err(AgentError::from)?;
        let name = HEXLOWER.encode(&name);
        let folder = self.file_folder();
        let done = make_folder(&folder)
            .map_err(|error| from_io(&error).into())
            .and_then(|()| self.fill(&name, &key, (from, room)));
        if done.is_err() {
            // What cannot be removed is swept later.
            let _ = fs::remove_file(folder.join(format!("{name}{PART}")));
        }
        done.map(|kept| StoredFile { name, key, kept })
    }

    fn fill(
        &self,
        name: &str,
        key: &[u8; 32],
        (from, room): (&mut dyn Read, u64),
    ) -> Result<Kept, FileRefused> {
        let folder = self.file_folder();
        let part = folder.join(format!("{name}{PART}"));
        let mut to = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&part)
            .map_err(|error| from_io(&error))?;
        let most = MAX_ATTACHMENT_BYTES.min(room);
        let kept = write(from, &mut to, (key, name), most).map_err(|stop| match stop {
            Stop::TooLarge if room < MAX_ATTACHMENT_BYTES => AgentError::StoreFull.into(),
            Stop::TooLarge => FileRefused::TooLarge,
            Stop::Read => FileRefused::Unreadable,
            Stop::Write(error) => from_io(&error).into(),
            Stop::Key(error) => AgentError::from(error).into(),
        })?;
        to.sync_all()
            .and_then(|()| fs::rename(&part, folder.join(format!("{name}{WHOLE}"))))
            .and_then(|()| File::open(&folder)?.sync_all())
            .map_err(|error| from_io(&error))?;
        Ok(kept)
    }

    /// Gives stored files to their record, in the order in which its body names those that were
    /// kept. Part of the unit that stores the record.
    ///
    /// # Errors
    /// As the store's.
    pub fn attach(&mut self, record: RecordId, files: &[StoredFile]) -> Result<(), AgentError> {
        self.change(files.len(), |session| {
            for (place, file) in files.iter().enumerate() {
                let id = session.next_id();
                let (key, secret) = session.seal_day(secret_of(id), &*file.key)?;
                session
                    .prepare(
                        "INSERT INTO attachments (id, record, place, file, size, key, secret)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    )?
                    .execute(params![
                        id,
                        record.0,
                        i64::try_from(place).unwrap_or(i64::MAX),
                        file.name,
                        stored(file.kept.size),
                        key,
                        secret
                    ])?;
            }
            Ok(())
        })
    }

    /// Removes files that no row tells of: what was never attached, was taken back, or was
    /// delivered. Outside of any unit of work. Returns how many.
    ///
    /// # Errors
    /// As the store's.
    pub fn sweep_files(&mut self) -> Result<u64, AgentError> {
        self.alone()?;
        let folder = self.file_folder();
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(from_io(&error)),
        };
        let known: BTreeSet<String> = self.read(|session| {
            let mut statement = session.prepare("SELECT file FROM attachments")?;
            let names = statement.query_map([], |row| row.get::<_, String>(0))?;
            let names = names.map(|name| Ok(format!("{}{WHOLE}", name?)));
            names.collect::<Result<_, rusqlite::Error>>().map_err(AgentError::from)
        })?;
        let mut swept = 0;
        for entry in entries {
            let name = entry.map_err(|error| from_io(&error))?.file_name();
            if name.to_str().is_some_and(|name| known.contains(name)) {
                continue;
            }
            fs::remove_file(folder.join(&name)).map_err(|error| from_io(&error))?;
            swept += 1;
        }
        Ok(swept)
    }

    fn file_folder(&self) -> PathBuf {
        self.dir.join(FOLDER)
    }
}

/// Removes what is known of a record's files; the files themselves are swept.
pub(super) fn forget_of(session: &Session<'_>, record: i64) -> Result<(), AgentError> {
    session.prepare("DELETE FROM attachments WHERE record = ?1")?.execute([record])?;
    Ok(())
}

/// The folder of attachments, beside the store.
pub(super) const FOLDER: &str = "attachments";

const WHOLE: &str = ".bin";
const PART: &str = ".part";

fn secret_of(row: i64) -> Place<'static> {
    Place { table: "attachments", column: "secret", row }
}

fn make_folder(path: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
        Ok(()) => path.parent().map_or(Ok(()), |above| File::open(above)?.sync_all()),
    }
}

#[cfg(test)]
mod tests;
