//! The day in numbers.

use fenming_core::agent::Observed;
use fenming_core::agent::RunReport;
use fenming_core::clock::Timestamp;
use fenming_core::status::Status;
use serde::Serialize;

use crate::archive::ArchiveReport;
use crate::output::{Output, Table, counted};

/// The day in numbers.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Summary {
    /// Observations handed in.
    pub(super) observed: u64,
    /// Events of personal chats, dropped.
    pub(super) personal: u64,
    /// Events of undecided chats, dropped.
    pub(super) undecided: u64,
    /// Events of undecided chats that waited for the employee.
    pub(super) held: u64,
    /// Messages, recalls and calls stored as business.
    pub(super) business: u64,
    /// Of these, recalls.
    pub(super) recalls: u64,
    /// Of these, calls.
    pub(super) calls: u64,
    /// Doubles and observations with nothing to keep.
    pub(super) ignored: u64,
    /// Statements in the archive on what could not be seen.
    pub(super) blind_spots: u64,
    /// Chats that the employee tagged personal.
    pub(super) tagged: u64,
    /// Records taken back within the review window.
    pub(super) retracted: u64,
    /// Messages, recalls and calls sealed and sent.
    pub(super) forwarded: u64,
    /// Of these, covered by a signed receipt that was verified.
    pub(super) receipted: u64,
    /// Batches with a receipt.
    pub(super) batches: u64,
    /// Bytes handed to the network, without HTTP and TLS.
    pub(super) bytes_on_the_wire: u64,
    /// Messages, recalls and calls that the custodian found in the archive.
    pub(super) opened: u64,
    /// Faults that the verification of the archive found.
    pub(super) faults: u64,
    #[serde(skip)]
    pub(super) taken_back: u64,
}

impl Summary {
    pub(super) fn add_observed(&mut self, seen: Observed) {
        self.observed += seen.observed;
        self.personal += seen.personal;
        self.undecided += seen.undecided;
        self.held += seen.held;
        self.business += seen.captured;
        self.recalls += seen.recalls;
        self.calls += seen.calls;
        self.ignored += seen.ignored + seen.repeated;
    }

    pub(super) fn add_run(&mut self, report: &RunReport) {
        self.batches += u64::from(report.delivered);
        self.bytes_on_the_wire += report.bytes;
    }

    pub(super) fn add_status(&mut self, status: &Status) {
        let books = status.numbers.books;
        self.retracted = books.retracted;
        self.forwarded = books.forwarded;
        let all = status.numbers.sealed == status.numbers.receipted;
        self.receipted = if all { books.forwarded } else { 0 };
    }

    pub(super) fn add_report(&mut self, report: &ArchiveReport) {
        for epoch in &report.epochs {
            let counts = epoch.counts;
            self.opened += counts.messages + counts.recalls + counts.calls;
            self.blind_spots += u64::try_from(epoch.blind.len()).unwrap_or(u64::MAX);
        }
        self.faults = u64::try_from(report.faults()).unwrap_or(u64::MAX);
    }

    /// Whether everything that was captured was taken back, or is in the archive with a receipt.
    pub(super) const fn is_balanced(&self) -> bool {
        self.business == self.forwarded + self.retracted
            && self.forwarded == self.receipted
            && self.forwarded == self.opened
    }

    /// The day so far, in one line.
    pub(super) fn line(&self, at: Timestamp) -> String {
        format!(
            "{at}: {} business, {} personal and {} undecided dropped, {} receipted",
            self.business,
            self.personal,
            self.undecided,
            counted(self.batches, "batch", "batches")
        )
    }

    /// The closing table.
    pub(super) fn print(&self, out: &mut Output) {
        out.json(self);
        out.heading("The day in numbers");
        let mut table = Table::new(&["", "number", "what became of it"]).right(&[1]);
        let rows: [(&str, u64, &str); 13] = [
            ("observed", self.observed, "handed to the agent, in memory only"),
            ("personal", self.personal, "dropped and counted; the count stays on the phone"),
            ("undecided", self.undecided, "dropped and counted"),
            ("business", self.business, "stored encrypted under the employee's consent"),
            ("  recalls", self.recalls, "kept beside the original, which stays"),
            ("  calls", self.calls, "metadata only"),
            ("blind spots", self.blind_spots, "stated in the archive"),
            ("retracted", self.retracted, "taken back by the employee before sealing"),
            ("forwarded", self.forwarded, "sealed to the custodian's key and sent"),
            ("receipted", self.receipted, "signed receipt verified on the phone"),
            ("opened", self.opened, "read by the custodian from the archive"),
            ("batches", self.batches, "each one age file"),
            ("bytes on the wire", self.bytes_on_the_wire, "manifests and sealed batches"),
        ];
        for (name, number, words) in rows {
            table.row(vec![name.to_owned(), number.to_string(), words.to_owned()]);
        }
        out.table(&table);
    }
}
