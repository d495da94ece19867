//! What verification accepts and, above all, what it refuses.

mod commands;
mod edits;
mod folders;
mod inside;
pub(crate) mod ledger;
mod outside;

use fenming_wire::seal::Identity;

use super::{EpochReport, Fault, Finding, StoredBatch, Trusted, Weight, verify_epoch};
use ledger::Writer;

/// Verifies what a writer wrote, with the custodian's key.
fn verify(writer: &Writer) -> EpochReport {
    verify_files(writer, writer.stored())
}

/// Verifies files with a writer's keys.
fn verify_files(writer: &Writer, files: Vec<StoredBatch>) -> EpochReport {
    let trusted = writer.trusted();
    verify_epoch(&writer.ledger(&trusted, &identities(writer)), files, &mut ())
}

/// Verifies files without any private key.
fn verify_outside(writer: &Writer, files: Vec<StoredBatch>) -> EpochReport {
    let trusted: Trusted = writer.trusted();
    verify_epoch(&writer.ledger(&trusted, &[]), files, &mut ())
}

fn identities(writer: &Writer) -> Vec<Identity> {
    vec![writer.custodian.expose_secret().parse().unwrap()]
}

/// Sequence and code of every fault.
fn faults(report: &EpochReport) -> Vec<(Option<u64>, Fault)> {
    let faults = report.findings.iter().filter(|finding| finding.weight == Weight::Fault);
    faults.map(|finding| (finding.place.seq, finding.code)).collect()
}

/// The one finding of this kind.
fn only(report: &EpochReport, code: Fault) -> &Finding {
    let mut found = report.findings.iter().filter(|finding| finding.code == code);
    let first = found.next().unwrap_or_else(|| panic!("{code:?} not in {:?}", report.findings));
    assert!(found.next().is_none(), "{code:?} more than once in {:?}", report.findings);
    first
}
