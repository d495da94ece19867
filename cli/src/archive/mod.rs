//! The archive: opens and verifies what arrived.
//!
//! [`verify_epoch`] is the core: bytes in, findings out. Around it, `folder` reads an archive from
//! disk, and one room a command prints.

mod consents;
mod epoch;
mod finding;
mod folder;
mod inside;
mod name;
mod outside;
mod report;
mod trusted;
mod whole;

pub use epoch::{Ledger, OpenedBatch, Visitor, verify_epoch};
pub use finding::{Fault, Finding, MAX_FINDINGS, Place, Weight};
pub use folder::{Folder, LedgerFiles};
pub use name::{BatchName, Part};
pub use outside::{StoredBatch, Unread};
pub use report::{Blind, Counts, EpochReport};
pub use trusted::Trusted;
pub use whole::{ArchiveReport, verify_archive};

use crate::error::CliError;
use crate::output::Output;

/// Arguments of `fenming archive`.
#[derive(clap::Args)]
pub struct Args {}

/// Runs the command.
///
/// # Errors
/// [`CliError`].
pub fn run(_args: Args, _out: &mut Output) -> Result<(), CliError> {
    Err(CliError::fault("this command is not built yet"))
}

#[cfg(test)]
mod tests;
