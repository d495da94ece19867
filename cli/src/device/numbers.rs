//! What became of observations, as a table.

use fenming_core::agent::Observed;
use serde::Serialize;

use crate::output::{Output, Table};

/// The numbers in JSON.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Numbers {
    observed: u64,
    captured: u64,
    recalls: u64,
    calls: u64,
    repeated: u64,
    personal: u64,
    undecided: u64,
    held: u64,
    refused: u64,
    ignored: u64,
    blind: u64,
}

impl Numbers {
    /// Prints them for people.
    pub(super) fn show(&self, out: &mut Output) {
        let mut table = Table::new(&["what", "how many"]).right(&[1]);
        for (name, number) in self.lines() {
            table.row(vec![name.to_owned(), number.to_string()]);
        }
        out.table(&table);
    }

    const fn lines(&self) -> [(&'static str, u64); 11] {
        [
            ("observations", self.observed),
            ("business, stored", self.captured),
            ("  of these recalls", self.recalls),
            ("  of these calls", self.calls),
            ("business, stored before", self.repeated),
            ("business, not stored (no consent, paused, counterpart, queue full)", self.refused),
            ("personal, dropped", self.personal),
            ("undecided, dropped", self.undecided),
            ("undecided, waiting for you", self.held),
            ("nothing to keep", self.ignored),
            ("blind spots", self.blind),
        ]
    }
}

impl From<Observed> for Numbers {
    fn from(seen: Observed) -> Self {
        Self {
            observed: seen.observed,
            captured: seen.captured,
            recalls: seen.recalls,
            calls: seen.calls,
            repeated: seen.repeated,
            personal: seen.personal,
            undecided: seen.undecided,
            held: seen.held,
            refused: seen.refused,
            ignored: seen.ignored,
            blind: seen.blind,
        }
    }
}
