//! Sealed batches as files, written and synced before they are first sent. age is not
//! deterministic, so only these bytes are the batch, and they are sent until their fate is known.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use fenming_wire::id::Digest;
use fenming_wire::limits::{MAX_BATCH_BYTES, MAX_CHUNK_BYTES};
use fenming_wire::manifest::SealedFile;
use fenming_wire::seal::{Recipient, StreamError, seal_stream};

use crate::error::AgentError;

/// The folder of sealed batches, which stands on the same volume as the store.
#[derive(Clone, Debug)]
pub struct Spool {
    dir: PathBuf,
}

/// What a batch's file turned out to be.
#[derive(Clone, PartialEq, Eq)]
pub enum Spooled {
    /// The bytes that were sealed.
    Whole(Vec<u8>),
    /// It is gone, or its bytes are others.
    Damaged,
}

impl Spool {
    /// A folder that exists.
    #[must_use]
    pub const fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// Writes sealed bytes, durably and in one step: under a temporary name, synced, renamed, and
    /// the folder synced. Returns the file's name, which is the digest's.
    ///
    /// # Errors
    /// [`AgentError::StoreFull`], [`AgentError::StoreUnavailable`].
    pub fn write(&self, digest: &Digest, sealed: &[u8]) -> Result<String, AgentError> {
        let name = format!("{digest}.age");
        let temporary = self.dir.join(format!("{digest}.part"));
        let written = write_synced(&temporary, sealed)
            .and_then(|()| fs::rename(&temporary, self.dir.join(&name)))
            .and_then(|()| sync_folder(&self.dir));
        match written {
            Ok(()) => Ok(name),
            Err(error) => {
                // What is left of it is a stray file, which the next run removes as well.
                let _ = fs::remove_file(&temporary);
                Err(unusable(&error))
            }
        }
    }

    /// Reads a file and compares it with the digest that the ledger has.
    ///
    /// # Errors
    /// [`AgentError::StoreUnavailable`] where it is there and cannot be read.
    pub fn read(&self, name: &str, digest: &Digest) -> Result<Spooled, AgentError> {
        let file = match File::open(self.path(name)?) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Spooled::Damaged),
            Err(error) => return Err(unusable(&error)),
        };
        let limit = u64::try_from(MAX_BATCH_BYTES).unwrap_or(u64::MAX).saturating_add(1);
        let mut bytes = Vec::new();
        file.take(limit).read_to_end(&mut bytes).map_err(|error| unusable(&error))?;
        if Digest::of(&bytes) == *digest { Ok(Spooled::Whole(bytes)) } else { Ok(Spooled::Damaged) }
    }

    /// Seals a stream into a file of its own, durably and in one step. None where its bytes do not
    /// open, so that there is nothing to seal.
    ///
    /// # Errors
    /// [`AgentError::StoreFull`], [`AgentError::StoreUnavailable`].
    pub fn seal(
        &self,
        plain: &mut dyn Read,
        recipients: &[Recipient],
    ) -> Result<Option<SealedFile>, AgentError> {
        let temporary = self.dir.join(ATTACHMENT_PART);
        let done = self.seal_into(&temporary, plain, recipients);
        if !matches!(done, Ok(Some(_))) {
            // What is left of it is a stray file, which the next run removes as well.
            let _ = fs::remove_file(&temporary);
        }
        done
    }

    fn seal_into(
        &self,
        temporary: &Path,
        plain: &mut dyn Read,
        recipients: &[Recipient],
    ) -> Result<Option<SealedFile>, AgentError> {
        let mut file = File::create(temporary).map_err(|error| unusable(&error))?;
        let sealed = match seal_stream(plain, &mut file, recipients) {
            Ok(sealed) => sealed,
            Err(StreamError::Read(error)) if error.kind() == io::ErrorKind::InvalidData => {
                return Ok(None);
            }
            Err(StreamError::Read(error) | StreamError::Write(error)) => {
                return Err(unusable(&error));
            }
            Err(_) => return Err(AgentError::Internal("an attachment could not be sealed")),
        };
        file.sync_all()
            .and_then(|()| {
                fs::rename(temporary, self.dir.join(attachment_name(&sealed.ciphertext)))
            })
            .and_then(|()| sync_folder(&self.dir))
            .map_err(|error| unusable(&error))?;
        Ok(Some(sealed))
    }

    /// The chunk of a sealed attachment that begins at an offset; none where the file is gone or
    /// has another length.
    ///
    /// # Errors
    /// [`AgentError::StoreUnavailable`] where it is there and cannot be read.
    pub fn chunk(&self, file: &SealedFile, offset: u64) -> Result<Option<Vec<u8>>, AgentError> {
        let path = self.path(&attachment_name(&file.ciphertext))?;
        let mut open = match File::open(path) {
            Ok(open) => open,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unusable(&error)),
        };
        let mut read = || -> io::Result<Option<Vec<u8>>> {
            if open.metadata()?.len() != file.size {
                return Ok(None);
            }
            open.seek(SeekFrom::Start(offset))?;
            let mut chunk = Vec::with_capacity(MAX_CHUNK_BYTES);
            let most = u64::try_from(MAX_CHUNK_BYTES).unwrap_or(u64::MAX);
            (&mut open).take(most).read_to_end(&mut chunk)?;
            Ok(Some(chunk).filter(|chunk| !chunk.is_empty()))
        };
        read().map_err(|error| unusable(&error))
    }

    /// Removes a file; one that is not there is no error. What is left behind by a crash right
    /// after is a stray file, which the next run removes.
    ///
    /// # Errors
    /// [`AgentError::StoreUnavailable`].
    pub fn remove(&self, name: &str) -> Result<(), AgentError> {
        match fs::remove_file(self.path(name)?) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(unusable(&error)),
        }
    }

    /// A name leads to a file of this folder and nowhere else.
    fn path(&self, name: &str) -> Result<PathBuf, AgentError> {
        if Path::new(name).file_name().is_some_and(|file| file == name) {
            Ok(self.dir.join(name))
        } else {
            Err(AgentError::Internal("a spool file's name holds a folder"))
        }
    }
}

/// The name of a sealed attachment's file.
#[must_use]
pub fn attachment_name(ciphertext: &Digest) -> String {
    format!("{ciphertext}.age")
}

/// The name of an attachment that is being sealed; one at a time.
const ATTACHMENT_PART: &str = "attachment.part";

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes a rename durable. Where a folder cannot be opened, the system does so itself.
fn sync_folder(dir: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(dir)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = dir;
    Ok(())
}

fn unusable(error: &io::Error) -> AgentError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => AgentError::StoreFull,
        io::ErrorKind::NotFound => AgentError::StoreUnavailable("the spool folder is missing"),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            AgentError::StoreUnavailable("the spool folder cannot be written")
        }
        _ => AgentError::StoreUnavailable("the spool cannot be read or written"),
    }
}

#[cfg(test)]
mod tests;
