//! The archive: opens and verifies what arrived.
//!
//! [`verify_epoch`] is the core: bytes in, findings out. Around it, `folder` reads an archive from
//! disk, and one room a command prints.

mod attachment;
mod consents;
mod duplicates;
mod epoch;
mod finding;
mod folder;
mod gather;
mod inside;
mod list;
mod merge;
mod merged;
mod moment;
mod name;
mod open;
mod outside;
mod report;
mod tail;
mod trusted;
mod verify;
mod whole;

pub use epoch::{Ledger, OpenedBatch, Visitor, verify_epoch};
pub use finding::{Fault, Finding, MAX_FINDINGS, Place, Weight};
pub use folder::{Folder, LedgerFiles};
pub use gather::Gatherer;
pub use merge::{Duplicate, Entry, LinePlace, MAX_APART, Shared, Why, duplicates};
pub use name::{BatchName, Part};
pub use open::{stock_command, stock_lines};
pub use outside::{StoredBatch, Unread};
pub use report::{Blind, Counts, EpochReport};
pub use trusted::Trusted;
pub use whole::{ArchiveReport, verify_archive};

use std::path::PathBuf;

use clap::Subcommand;
use fenming_wire::id::{DeviceId, Epoch};
use fenming_wire::seal::Identity;

use crate::error::CliError;
use crate::keys::{self, PublicKeyArg};
use crate::output::{Output, Progress};

/// Arguments of `fenming archive`.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Verify signatures, chain, receipts and, with an identity, lines, books and consents
    Verify {
        #[command(flatten)]
        source: Source,
    },
    /// List chats, messages, calls, recalls and gaps
    List {
        #[command(flatten)]
        source: Source,
        #[command(flatten)]
        filter: list::Filter,
    },
    /// Write what was sealed as JSON Lines
    Open {
        #[command(flatten)]
        source: Source,
        /// Write one file a batch below this folder instead of to standard output
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// Leave duplicates out, in the order of time; each line says where it stands and where else
        /// it was seen
        #[arg(long, conflicts_with = "out")]
        merged: bool,
    },
    /// List lines that repeat others: on another device of the person, or in another epoch
    Duplicates {
        #[command(flatten)]
        source: Source,
    },
}

/// Which archive, and the keys.
#[derive(clap::Args)]
struct Source {
    /// The data folder of a collector, or a copy of it
    folder: PathBuf,
    /// The custodian's root key, or the file that holds it
    #[arg(long, value_name = "KEY|FILE")]
    root: PublicKeyArg,
    /// A private key that opens the archive, as `age -i` takes it; may be given more than once
    #[arg(long = "identity", short, value_name = "FILE")]
    identities: Vec<PathBuf>,
    /// Only this device
    #[arg(long, value_name = "ID")]
    device: Option<DeviceId>,
    /// Only this epoch
    #[arg(long, value_name = "ID")]
    epoch: Option<Epoch>,
}

/// Runs the command.
///
/// # Errors
/// [`CliError`]; [`Exit::Unverified`](crate::Exit::Unverified) where there is a fault.
pub fn run(args: Args, out: &mut Output) -> Result<(), CliError> {
    match args.action {
        Action::Verify { source } => verify::run(&source, out),
        Action::List { source, filter } => list::run(&source, &filter, out),
        Action::Open { source, merged: true, .. } => merged::run(&source, out),
        Action::Open { source, out: dir, .. } => open::run(&source, dir.as_deref(), out),
        Action::Duplicates { source } => duplicates::run(&source, out),
    }
}

impl Source {
    /// Verifies what was asked for, and shows the progress of it. Not for a visitor who prints.
    fn verify_shown(
        &self,
        visitor: &mut dyn Visitor,
        out: &Output,
    ) -> Result<ArchiveReport, CliError> {
        let mut shown = Shown { visitor, progress: None, out };
        let report = self.verify(&mut shown)?;
        if let Some(progress) = shown.progress {
            progress.finish();
        }
        Ok(report)
    }

    /// Verifies what was asked for.
    fn verify(&self, visitor: &mut dyn Visitor) -> Result<ArchiveReport, CliError> {
        let root = self.root.key()?;
        let identities = self.read_identities()?;
        let folder = Folder::open(&self.folder)?;
        let wanted = |files: &LedgerFiles| {
            self.device.is_none_or(|device| device == files.device)
                && self.epoch.is_none_or(|epoch| epoch == files.epoch)
        };
        let report = verify_archive(&folder, &root, &identities, &wanted, visitor);
        let narrowed = self.device.is_some() || self.epoch.is_some();
        if narrowed && report.epochs.is_empty() && report.tenant.is_some() {
            return Err(CliError::input("the archive has no such device or epoch")
                .hint("`fenming archive verify` without --device and --epoch lists them all"));
        }
        Ok(report)
    }

    fn read_identities(&self) -> Result<Vec<Identity>, CliError> {
        let mut identities = Vec::new();
        for path in &self.identities {
            identities.extend(keys::read_identities(path)?);
        }
        Ok(identities)
    }

    /// Refuses to go on without a private key.
    fn must_open(&self) -> Result<(), CliError> {
        if self.identities.is_empty() {
            return Err(CliError::input("--identity is required: the archive is sealed")
                .hint("give the custodian's private key, as `age -i` takes it"));
        }
        Ok(())
    }
}

/// Ends a command as the findings demand.
/// Names every fault, and ends with them.
fn end(report: &ArchiveReport, out: &Output) -> Result<(), CliError> {
    for finding in report.all_faults() {
        out.complain(finding);
    }
    verdict(report)
}

fn verdict(report: &ArchiveReport) -> Result<(), CliError> {
    match report.faults() {
        0 => Ok(()),
        1 => Err(CliError::unverified("the archive has 1 fault")),
        many => Err(CliError::unverified(format!("the archive has {many} faults"))),
    }
    .map_err(|error: CliError| {
        error.hint("docs/custodian.md says what each fault means and what to do")
    })
}

/// A visitor whose progress is shown.
struct Shown<'a> {
    visitor: &'a mut dyn Visitor,
    progress: Option<Progress>,
    out: &'a Output,
}

impl Visitor for Shown<'_> {
    fn begins(&mut self, batches: u64) {
        self.progress = Some(self.out.progress("verify batches", batches));
        self.visitor.begins(batches);
    }

    fn opened(&mut self, batch: &OpenedBatch<'_>) {
        self.visitor.opened(batch);
    }

    fn verified(&mut self) {
        if let Some(progress) = &mut self.progress {
            progress.step(1);
        }
        self.visitor.verified();
    }
}

#[cfg(test)]
mod tests;
