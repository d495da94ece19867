//! `fenming archive verify`.

use fenming_wire::balance::Books;
use serde::Serialize;

use super::finding::Weight;
use super::report::EpochReport;
use super::whole::ArchiveReport;
use super::{Source, verdict};
use crate::error::CliError;
use crate::output::{Output, Table, counted};

/// The report in JSON.
#[derive(Serialize)]
struct Verified<'a> {
    sound: bool,
    faults: usize,
    batches: u64,
    lines: u64,
    #[serde(flatten)]
    report: &'a ArchiveReport,
}

pub(super) fn run(source: &Source, out: &mut Output) -> Result<(), CliError> {
    let report = source.verify_shown(&mut (), out)?;
    let faults = report.faults();
    out.json(&Verified {
        sound: faults == 0,
        faults,
        batches: report.batches(),
        lines: report.lines(),
        report: &report,
    });
    out.heading("Archive");
    let tenant = report.tenant.as_ref().map_or_else(|| "–".to_owned(), ToString::to_string);
    let trust =
        report.trust_version.map_or_else(|| "none is good".to_owned(), |v| format!("version {v}"));
    let looked = if report.opened { "from outside and inside" } else { "from outside only" };
    out.facts(&[
        ("folder", source.folder.display().to_string()),
        ("tenant", tenant),
        ("trust document", trust),
        ("verified", looked.to_owned()),
    ]);
    if report.epochs.is_empty() && report.tenant.is_some() {
        out.line("");
        out.line("Nothing has arrived yet.");
    } else if !report.epochs.is_empty() {
        ledgers(&report.epochs, out);
    }
    if report.opened && !report.epochs.is_empty() {
        contents(&report.epochs, out);
    }
    findings(&report, out);
    verdict(&report)
}

fn ledgers(epochs: &[EpochReport], out: &mut Output) {
    out.heading("Ledgers");
    let headings = ["device", "epoch", "person", "batches", "lines", "bytes", "last received", ""];
    let mut table = Table::new(&headings).right(&[3, 4, 5]);
    for epoch in epochs {
        let dash = || "–".to_owned();
        table.row(vec![
            epoch.device.to_string(),
            epoch.epoch.to_string(),
            epoch.person.as_ref().map_or_else(dash, ToString::to_string),
            epoch.batches.to_string(),
            epoch.end.seq.to_string(),
            epoch.sealed_bytes.to_string(),
            epoch.last_received.map_or_else(dash, |at| at.to_string()),
            if epoch.is_sound() { "✓ sound" } else { "✗ faults" }.to_owned(),
        ]);
    }
    out.table(&table);
}

fn contents(epochs: &[EpochReport], out: &mut Output) {
    out.heading("What they hold");
    let headings =
        ["epoch", "messages", "recalls", "calls", "chat lines", "blind spots", "overrides"];
    let mut table = Table::new(&headings).right(&[1, 2, 3, 4, 5, 6]);
    for EpochReport { epoch, counts, blind, .. } in epochs {
        let numbers = [counts.messages, counts.recalls, counts.calls, counts.chats];
        let mut row = vec![epoch.to_string()];
        row.extend(numbers.iter().map(ToString::to_string));
        row.extend([blind.len().to_string(), counts.overrides.to_string()]);
        table.row(row);
    }
    out.table(&table);
    out.heading("The device's books");
    let headings = [
        "epoch",
        "captured",
        "= forwarded",
        "+ queued",
        "+ retracted",
        "+ parked",
        "+ destroyed",
        "counsel",
        "held",
        "expired",
    ];
    let mut table = Table::new(&headings).right(&[1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for epoch in epochs {
        let mut row = vec![epoch.epoch.to_string()];
        match epoch.books {
            Some(books) => row.extend(numbers(&books).iter().map(ToString::to_string)),
            None => row.extend(std::iter::repeat_n("–".to_owned(), 9)),
        }
        table.row(row);
    }
    out.table(&table);
}

const fn numbers(books: &Books) -> [u64; 9] {
    let Books { captured, forwarded, queued, retracted, parked, destroyed, counsel, held, expired } =
        *books;
    [captured, forwarded, queued, retracted, parked, destroyed, counsel, held, expired]
}

fn findings(report: &ArchiveReport, out: &mut Output) {
    let mut all = report.all_findings().peekable();
    if all.peek().is_some() {
        out.heading("Findings");
    }
    for finding in all {
        let text = format!("{finding} [{}]", finding.code.code());
        match finding.weight {
            Weight::Fault => out.wrong(&text),
            Weight::Notice => out.caution(&text),
        }
    }
    out.line("");
    if report.faults() == 0 {
        let batches = counted(report.batches(), "batch", "batches");
        let lines = counted(report.lines(), "line", "lines");
        out.done(&format!("no fault in {batches} with {lines}"));
        if !report.opened {
            out.aside("Give --identity to verify lines, books and consents as well.");
        }
        match report.complete_until {
            Some(at) => out.aside(&format!(
                "By the endpoint's signed word of {at} no batch is missing at the end. A folder that \
                 was set back as a whole shows only against the phone, or a later copy.",
            )),
            None => out.aside(
                "Files alone cannot show that the newest batches are missing: compare where a \
                 ledger ends with `fenming collector devices`, or with the phone.",
            ),
        }
    }
}
