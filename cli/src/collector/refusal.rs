//! The endpoint's refusals as the program ends with them.

use std::path::Path;

use fenming_collector::{ConfigError, StartError, StoreError};

use crate::error::{CliError, Exit};

pub(super) fn config(path: &Path, error: &ConfigError) -> CliError {
    let exit = match error {
        ConfigError::Unreadable { .. } => Exit::Io,
        ConfigError::TrustRefused(_)
        | ConfigError::PolicyRefused(_)
        | ConfigError::WrongTenant(_)
        | ConfigError::Rollback { .. } => Exit::Unverified,
        // The library may learn of more; whatever it is, the file asks for it.
        _ => Exit::Input,
    };
    let refused = CliError::new(exit, format!("{}: {error}", path.display()));
    match error {
        ConfigError::Unreadable { key: "config", .. } => {
            refused.hint("`fenming collector init` makes an endpoint's folder with config.json")
        }
        _ => refused,
    }
}

pub(super) fn store(error: &StoreError) -> CliError {
    let exit = match error {
        StoreError::InUse | StoreError::OtherTenant => Exit::Refused,
        StoreError::TokenLife => Exit::Input,
        StoreError::Random => Exit::Fault,
        _ => Exit::Io,
    };
    CliError::new(exit, error.to_string())
}

pub(super) fn start(path: &Path, error: &StartError) -> CliError {
    match error {
        StartError::Config(error) => config(path, error),
        StartError::Store(error) => store(error),
        StartError::Listen(_) => CliError::refused(format!("{}: {error}", path.display())),
        _ => CliError::fault(error.to_string()),
    }
}
