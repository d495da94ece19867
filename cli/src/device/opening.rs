//! Opens the agent in a folder: `keys/`, `device.key` and `store/`.

use std::path::Path;
use std::sync::Arc;

use fenming_core::agent::SystemResolver;
use fenming_core::agent::{Agent, HttpsConnector, Ports, Setup};
use fenming_core::clock::Clock;
use fenming_core::ports::SystemRandom;

use super::ports::{FileKeys, FileSigner, SystemClock, make_private_dir};
use crate::error::CliError;

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
        signer: FileSigner::open(&key).map_err(|error| CliError::io(&key, &error))?,
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

/// The agent's own folder within the device's.
const STORE: &str = "store";
