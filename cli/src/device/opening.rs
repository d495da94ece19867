//! Opens the agent in a folder: `keys/`, `device.key` and `store/`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use fenming_core::agent::SystemResolver;
use fenming_core::agent::{Agent, HttpsConnector, Ports, Setup};
use fenming_core::clock::Clock;
use fenming_core::ports::SystemRandom;

use super::ports::{FileKeys, FileSigner, SystemClock, make_private_dir};
use crate::error::{CliError, Exit};

/// Opens the agent in a folder, or makes a new one there, by the system's clock.
///
/// # Errors
/// [`CliError`] that names the file; as [`Agent::open`].
pub fn open(dir: &Path) -> Result<Agent, CliError> {
    open_by(dir, Arc::new(SystemClock))
}

/// Opens the agent in a folder, or makes a new one there, by the given clock.
///
/// # Errors
/// As [`open`].
pub fn open_by(dir: &Path, clock: Arc<dyn Clock>) -> Result<Agent, CliError> {
    let (keys, key, store) = (dir.join("keys"), dir.join("device.key"), dir.join(STORE));
    make_private_dir(dir).map_err(|error| CliError::io(dir, &error))?;
    make_private_dir(&store).map_err(|error| CliError::io(&store, &error))?;
    let resolver = Arc::new(SystemResolver);
    let connector = Arc::new(HttpsConnector { resolver });
    let ports = Ports {
        keys: FileKeys::open(&keys).map_err(|error| CliError::io(&keys, &error))?,
        signer: signer(&key, &store)?,
        random: Arc::new(SystemRandom),
        clock,
        connector,
    };
    let setup = Setup { dir: store, os: std::env::consts::OS.to_owned(), ports };
    Ok(Agent::open(setup)?)
}

/// Opens the agent in a folder where there is one. A mistyped folder must not become a new device.
pub(super) fn existing(dir: &Path) -> Result<Agent, CliError> {
    if dir.join(STORE).is_dir() {
        return open(dir);
    }
    let text = format!("{}: there is no device in this folder", dir.display());
    Err(CliError::refused(text)
        .hint("name its folder with --dir, or enrol: fenming device enrol --profile FILE"))
}

/// The device key. A store is of one key: without it a new one would only make a device that the
/// store does not know.
fn signer(key: &Path, store: &Path) -> Result<Arc<FileSigner>, CliError> {
    let hint = "put the file back from a copy; without it enrol as a new device in another --dir: \
                what this folder has not forwarded stays in it";
    let used = std::fs::read_dir(store).is_ok_and(|mut entries| entries.next().is_some());
    if used && !key.exists() {
        let text = format!("{}: is gone, and the store belongs to that key", key.display());
        return Err(CliError::new(Exit::Io, text).hint(hint));
    }
    FileSigner::open(key).map_err(|error| {
        let unusable = error.kind() == std::io::ErrorKind::InvalidData;
        let error = CliError::io(key, &error);
        if unusable { error.hint(hint) } else { error }
    })
}

/// Databases and spools that were damaged and set aside in a device's folder.
pub(super) fn set_aside(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir.join(STORE)).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.file_name().is_some_and(is_set_aside))
        .collect();
    found.sort();
    found
}

/// The vault names them so.
fn is_set_aside(name: &std::ffi::OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with("store.damaged-"))
}

/// The agent's own folder within the device's.
const STORE: &str = "store";
