//! `fenming archive open --merged`: every line once, in the order of time, with all the places
//! where it was seen. What was sealed stands in it byte for byte.

use std::collections::BTreeMap;

use fenming_wire::time::Timestamp;
use serde::Serialize;
use zeroize::Zeroizing;

use super::epoch::{OpenedBatch, Visitor};
use super::gather::Gatherer;
use super::merge::{Duplicate, LinePlace, Why};
use super::{Source, end};
use crate::device::shown::happened;
use crate::error::CliError;
use crate::output::Output;

/// What stands in front of a line.
#[derive(Serialize)]
struct Head<'a> {
    #[serde(flatten)]
    place: LinePlace,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    also: &'a [Also],
}

/// Another place where the line was seen.
#[derive(Clone, Serialize)]
struct Also {
    #[serde(flatten)]
    place: LinePlace,
    why: Why,
}

pub(super) fn run(source: &Source, out: &mut Output) -> Result<(), CliError> {
    source.must_open()?;
    let mut gatherer = Gatherer::default();
    let report = source.verify_shown(&mut gatherer, out)?;
    let found = gatherer.duplicates(&report);
    let mut lines = Lines { found: &found, also: also(&found), lines: BTreeMap::new() };
    source.verify_shown(&mut lines, out)?;
    for line in lines.lines.values() {
        out.bytes(line);
    }
    out.note(&format!("{} duplicates were left out: `archive duplicates` names them", found.len()));
    end(&report, out)
}

/// Every line that stays for others, with the places of those.
fn also(found: &BTreeMap<LinePlace, Duplicate>) -> BTreeMap<LinePlace, Vec<Also>> {
    let mut places: BTreeMap<LinePlace, Vec<Also>> = BTreeMap::new();
    for (place, duplicate) in found {
        // What it repeats may itself repeat a line of another device.
        let stays = found.get(&duplicate.of).map_or(duplicate.of, |next| next.of);
        places.entry(stays).or_default().push(Also { place: *place, why: duplicate.why });
    }
    places
}

/// Collects the lines that stay.
struct Lines<'a> {
    found: &'a BTreeMap<LinePlace, Duplicate>,
    also: BTreeMap<LinePlace, Vec<Also>>,
    lines: BTreeMap<(Timestamp, LinePlace), Zeroizing<Vec<u8>>>,
}

impl Visitor for Lines<'_> {
    fn opened(&mut self, batch: &OpenedBatch<'_>) {
        let (device, epoch) = (batch.device, batch.epoch);
        let mut last = Timestamp::default();
        for (bytes, line) in &batch.lines {
            // A line that is no record is a fault of its own, and stands in what `open` writes.
            let Some(line) = line else { continue };
            let place = LinePlace { device, epoch, seq: line.seq };
            if self.found.contains_key(&place) {
                continue;
            }
            last = happened(&line.body).unwrap_or(last);
            let head = Head { place, also: self.also.get(&place).map_or(&[], Vec::as_slice) };
            if let Some(text) = text(&head, bytes) {
                self.lines.insert((last, place), text);
            }
        }
    }
}

fn text(head: &Head<'_>, line: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let head = serde_json::to_vec(head).ok()?;
    let mut text = Zeroizing::new(Vec::with_capacity(head.len() + line.len() + 16));
    text.extend_from_slice(head.strip_suffix(b"}")?);
    text.extend_from_slice(b",\"line\":");
    text.extend_from_slice(line);
    text.extend_from_slice(b"}\n");
    Some(text)
}
