//! The folder of the store: its lock, and what is set aside.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use fenming_wire::time::Timestamp;

use super::error::from_io;
use crate::error::AgentError;

/// The folder while this process has it to itself.
pub(super) struct Folder {
    dir: PathBuf,
    /// The operating system lets go of it when the process ends, however it ends.
    _lock: File,
}

impl Folder {
    /// Makes the folder where it is missing, and locks it.
    pub(super) fn take(dir: &Path) -> Result<Self, AgentError> {
        let make = |path: &Path| DirBuilder::new().recursive(true).mode(0o700).create(path);
        make(dir).and_then(|()| make(&dir.join(SPOOL))).map_err(|e| from_io(&e))?;
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(dir.join("store.lock"))
            .map_err(|e| from_io(&e))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { dir: dir.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(AgentError::StoreBusy),
            Err(TryLockError::Error(error)) => Err(from_io(&error)),
        }
    }

    /// The store's file.
    pub(super) fn store(&self) -> PathBuf {
        self.dir.join("store.db")
    }

    /// Where a new store is made before it becomes the store. What an interrupted attempt left
    /// there is removed; nothing was ever captured into it.
    pub(super) fn clear_new(&self) -> Result<PathBuf, AgentError> {
        for suffix in ["", "-journal", "-wal", "-shm"] {
            remove(&self.dir.join(format!("{NEW}{suffix}")))?;
        }
        Ok(self.dir.join(NEW))
    }

    /// Makes the new store the store.
    pub(super) fn install_new(&self) -> Result<(), AgentError> {
        fs::rename(self.dir.join(NEW), self.store()).map_err(|e| from_io(&e))?;
        self.sync()
    }

    /// Whether a value of the store did not open while it was used.
    pub(super) fn is_suspect(&self) -> bool {
        suspect(&self.dir).exists()
    }

    /// Forgets the suspicion.
    pub(super) fn clear_suspect(&self) -> Result<(), AgentError> {
        remove(&suspect(&self.dir))
    }

    /// Whether there are traces of an earlier store.
    pub(super) fn has_traces(&self) -> Result<bool, AgentError> {
        let spooled = fs::read_dir(self.dir.join(SPOOL)).map_err(|e| from_io(&e))?.count() > 0;
        let mut entries = fs::read_dir(&self.dir).map_err(|e| from_io(&e))?;
        Ok(spooled
            || entries.any(|entry| {
                entry.is_ok_and(|entry| {
                    let name = entry.file_name();
                    let name = name.to_string_lossy();
                    name.starts_with(ASIDE) || name == "store.db-wal"
                })
            }))
    }

    /// Renames the store, its WAL and its spool, so that nothing of them is lost and nothing of
    /// them is used. The file goes first: a WAL without it is a trace, while a file without its
    /// WAL would pass for an older store.
    pub(super) fn set_aside(&self, now: Timestamp) -> Result<(), AgentError> {
        let name = self.free_name(now);
        for suffix in ["", "-journal", "-wal", "-shm"] {
            let from = self.dir.join(format!("store.db{suffix}"));
            rename_if_there(&from, &self.dir.join(format!("{name}.db{suffix}")))?;
        }
        let spool = self.dir.join(SPOOL);
        rename_if_there(&spool, &self.dir.join(format!("{name}.spool")))?;
        let attached = self.dir.join(super::files::FOLDER);
        rename_if_there(&attached, &self.dir.join(format!("{name}.{}", super::files::FOLDER)))?;
        DirBuilder::new().mode(0o700).create(spool).map_err(|e| from_io(&e))?;
        self.sync()
    }

    fn free_name(&self, now: Timestamp) -> String {
        let time: String = now.to_string().chars().filter(|c| c.is_ascii_alphanumeric()).collect();
        let taken = |name: &String| {
            ["db", "db-wal", "spool", super::files::FOLDER]
                .iter()
                .any(|end| self.dir.join(format!("{name}.{end}")).exists())
        };
        let mut names = (1u64..).map(|n| format!("{ASIDE}{time}-{n}"));
        names.find(|name| !taken(name)).unwrap_or_default()
    }

    fn sync(&self) -> Result<(), AgentError> {
        File::open(&self.dir).and_then(|dir| dir.sync_all()).map_err(|e| from_io(&e))
    }
}

/// Writes down that a value did not open, so that the next opening looks at every value.
pub(super) fn mark_suspect(dir: &Path) {
    // Where even that cannot be written, the next use of the value finds it again.
    let _ = OpenOptions::new().write(true).create(true).truncate(true).open(suspect(dir));
}

/// The folder of sealed batches.
pub(super) const SPOOL: &str = "spool";

const NEW: &str = "store.new.db";

const ASIDE: &str = "store.damaged-";

fn suspect(dir: &Path) -> PathBuf {
    dir.join("store.suspect")
}

fn remove(path: &Path) -> Result<(), AgentError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(from_io(&error)),
        _ => Ok(()),
    }
}

fn rename_if_there(from: &Path, to: &Path) -> Result<(), AgentError> {
    match fs::rename(from, to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(from_io(&error)),
        _ => Ok(()),
    }
}
