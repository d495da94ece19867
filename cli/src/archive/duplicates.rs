//! `fenming archive duplicates`: which lines repeat others, and why.

use fenming_wire::time::Span;
use serde::Serialize;

use super::gather::Gatherer;
use super::merge::{LinePlace, Why};
use super::{Source, end};
use crate::error::CliError;
use crate::output::{Output, Table};

/// A duplicate in JSON.
#[derive(Serialize)]
struct Named {
    line: LinePlace,
    of: LinePlace,
    why: Why,
    apart_ms: Span,
}

pub(super) fn run(source: &Source, out: &mut Output) -> Result<(), CliError> {
    source.must_open()?;
    let mut gatherer = Gatherer::default();
    let report = source.verify_shown(&mut gatherer, out)?;
    let found = gatherer.duplicates(&report);
    let mut table = Table::new(&["line", "repeats", "apart", "why"]).right(&[2]);
    for (line, duplicate) in &found {
        let seconds = duplicate.apart.as_millis() / 1_000;
        let why = duplicate.why.text().to_owned();
        table.row(vec![named(line), named(&duplicate.of), format!("{seconds} s"), why]);
    }
    let named = found.iter().map(|(line, duplicate)| Named {
        line: *line,
        of: duplicate.of,
        why: duplicate.why,
        apart_ms: duplicate.apart,
    });
    out.json(&named.collect::<Vec<_>>());
    if found.is_empty() {
        out.line("No line repeats another.");
    } else {
        out.table(&table);
        out.aside("All of them stay in the archive; `open --merged` leaves them out.");
    }
    end(&report, out)
}

fn named(at: &LinePlace) -> String {
    format!("{}/{}/{}", at.device, at.epoch, at.seq)
}
