//! Files of keys and documents: read with a limit, written whole, never over another.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use zeroize::Zeroizing;

use crate::error::{CliError, Exit};

/// Largest key file in bytes: a comment, a public key and a private key fit many times.
pub const MAX_KEY_BYTES: usize = 64 * 1024;

/// Who may read a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Its owner only: keys and what was opened.
    Owner,
    /// Whoever may enter the folder: documents without secrets.
    Shared,
}

/// Reads a whole file that is at most `limit` bytes long.
///
/// # Errors
/// [`CliError`] that names the file.
pub fn read(path: &Path, limit: usize) -> Result<Vec<u8>, CliError> {
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)
        .and_then(|file| file.take(most).read_to_end(&mut bytes))
        .map_err(|error| CliError::io(path, &error))?;
    if bytes.len() > limit {
        let text = format!("{}: is larger than {limit} bytes", path.display());
        return Err(CliError::input(text));
    }
    Ok(bytes)
}

/// Reads a key file, whose bytes are overwritten when they are dropped.
///
/// # Errors
/// [`CliError`] that names the file.
pub fn read_secret(path: &Path) -> Result<Zeroizing<Vec<u8>>, CliError> {
    read(path, MAX_KEY_BYTES).map(Zeroizing::new)
}

/// Writes a new file and syncs it. One that exists stays as it is.
///
/// # Errors
/// [`CliError`] with [`Exit::Refused`] where the file exists, with [`Exit::Io`] otherwise.
pub fn write_new(path: &Path, bytes: &[u8], access: Access) -> Result<(), CliError> {
    let mode = match access {
        Access::Owner => 0o600,
        Access::Shared => 0o644,
    };
    let opened = OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    let mut file = match opened {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let text = format!("{}: exists already and stays as it is", path.display());
            return Err(CliError::new(Exit::Refused, text)
                .hint("name another file, or move this one away first"));
        }
        Err(error) => return Err(CliError::io(path, &error)),
    };
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if let Err(error) = written {
        // Half a key is worse than none.
        let _ = fs::remove_file(path);
        return Err(CliError::io(path, &error));
    }
    Ok(())
}

/// Makes a folder, and those above it, that only its owner may enter.
///
/// # Errors
/// [`CliError`] that names the folder.
pub fn make_private_dir(path: &Path) -> Result<(), CliError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|error| CliError::io(path, &error))
}
