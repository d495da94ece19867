//! A trace: what a program asked of its disk, in order.

use std::io;
use std::path::{Path, PathBuf};

/// What a program asked of its disk.
#[derive(Clone, Debug, Default)]
pub struct Trace(pub Vec<Entry>);

/// One change, or one sync. Files go by inode, since names move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A file was made under this name.
    Create {
        /// The name.
        path: PathBuf,
        /// The file.
        inode: u64,
    },
    /// Bytes were written.
    Write {
        /// The file.
        inode: u64,
        /// Where.
        offset: usize,
        /// What.
        bytes: Vec<u8>,
    },
    /// The file got this length.
    Truncate {
        /// The file.
        inode: u64,
        /// In bytes.
        length: usize,
    },
    /// What was written into the file is durable.
    SyncFile {
        /// The file.
        inode: u64,
    },
    /// The names in the folder are durable.
    SyncFolder {
        /// The folder.
        path: PathBuf,
    },
    /// A name moved.
    Rename {
        /// From here.
        from: PathBuf,
        /// To here.
        to: PathBuf,
    },
    /// A file got a second name.
    Link {
        /// Its first name.
        from: PathBuf,
        /// Its second name.
        to: PathBuf,
    },
    /// A file's name, or an empty folder, went away.
    Remove {
        /// The name.
        path: PathBuf,
    },
    /// A folder was made.
    MakeFolder {
        /// Its name.
        path: PathBuf,
    },
}

impl Trace {
    /// Reads what the shim wrote.
    ///
    /// # Errors
    /// Where the file cannot be read, or is no trace.
    pub fn read(file: &Path) -> io::Result<Self> {
        let bytes = std::fs::read(file)?;
        let mut rest = bytes.as_slice();
        let mut entries = Vec::new();
        while !rest.is_empty() {
            let (entry, left) = Entry::read(rest).ok_or(io::ErrorKind::InvalidData)?;
            entries.push(entry);
            rest = left;
        }
        Ok(Self(entries))
    }

    /// Everything that was ever written into a file, whatever became of it.
    pub fn written(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().filter_map(|entry| match entry {
            Entry::Write { bytes, .. } => Some(bytes.as_slice()),
            _ => None,
        })
    }
}

impl Entry {
    fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (head, rest) = bytes.split_at_checked(32)?;
        let short = |at: usize| Some(u32::from_ne_bytes(head.get(at..at + 4)?.try_into().ok()?));
        let long = |at: usize| Some(u64::from_ne_bytes(head.get(at..at + 8)?.try_into().ok()?));
        let (first, rest) = rest.split_at_checked(usize::try_from(short(4)?).ok()?)?;
        let (second, rest) = rest.split_at_checked(usize::try_from(short(8)?).ok()?)?;
        let (inode, number) = (long(16)?, usize::try_from(long(24)?).ok()?);
        let path = |bytes| Some(PathBuf::from(std::str::from_utf8(bytes).ok()?));
        let entry = match short(0)? {
            1 => Self::Create { path: path(first)?, inode },
            2 => Self::Write { inode, offset: number, bytes: first.to_vec() },
            3 => Self::Truncate { inode, length: number },
            4 => Self::SyncFile { inode },
            5 => Self::SyncFolder { path: path(first)? },
            6 => Self::Rename { from: path(first)?, to: path(second)? },
            7 => Self::Link { from: path(first)?, to: path(second)? },
            8 | 10 => Self::Remove { path: path(first)? },
            9 => Self::MakeFolder { path: path(first)? },
            _ => return None,
        };
        Some((entry, rest))
    }
}
