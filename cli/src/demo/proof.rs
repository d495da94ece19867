//! The proof: the archive verified and opened with the custodian's key, and how to do it by hand.

use fenming_wire::id::Digest;

use super::stage::Stage;
use crate::archive::{ArchiveReport, Folder, Part, stock_lines, verify_archive};
use crate::error::CliError;
use crate::output::Output;

/// Opens and verifies everything that arrived.
pub(super) fn verify(stage: &Stage, out: &mut Output) -> Result<ArchiveReport, CliError> {
    out.heading("6  The custodian opens and verifies the archive");
    let folder = Folder::open(&stage.archive())?;
    let root = stage.cast.root.public();
    let identities = std::slice::from_ref(&stage.cast.archive);
    let report = verify_archive(&folder, &root, identities, &|_| true, &mut ());
    for epoch in &report.epochs {
        let head: Digest = epoch.end.head;
        out.facts(&[
            ("device", epoch.device.to_string()),
            ("epoch", epoch.epoch.to_string()),
            ("lines", epoch.end.seq.to_string()),
            ("head", head.to_string()),
        ]);
    }
    if report.faults() == 0 {
        out.done("trust document, genesis, consent, chain, books, signatures and receipts hold");
    }
    for finding in report.all_findings() {
        out.wrong(&finding.to_string());
    }
    Ok(report)
}

/// Prints how stock tools open a batch, where there is one.
pub(super) fn show_stock_commands(stage: &Stage, out: &mut Output) {
    let Some(batch) = first_batch(stage) else { return };
    out.heading("Without us: stock tools open a batch");
    let lines = stock_lines(&stage.shown(&stage.archive_key()), &stage.shown(&batch));
    out.line(&format!("    {lines} | jq -r 'select(.kind == \"message\") | .text'"));
}

fn first_batch(stage: &Stage) -> Option<std::path::PathBuf> {
    let folder = Folder::open(&stage.archive()).ok()?;
    let ledgers = folder.ledgers(&mut Vec::new());
    let ledger = ledgers.first()?;
    let batch = ledger.batches().next()?;
    Some(ledger.path(batch.name, Part::Sealed))
}
