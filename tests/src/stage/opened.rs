//! The archive as the custodian opens it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use fenming::archive::{
    ArchiveReport, Duplicate, Folder, Gatherer, LedgerFiles, LinePlace, OpenedBatch, Visitor,
    verify_archive,
};
use fenming_wire::id::DeviceId;
use fenming_wire::record::{Body, CoverageLine, Line};

use super::Custodian;

/// Everything that an archive holds, opened and verified.
pub struct Opened {
    /// What verification found.
    pub report: ArchiveReport,
    /// Every line as it was sealed, and its reading.
    pub lines: Vec<(Vec<u8>, Line)>,
    /// Where each of them stands.
    pub places: Vec<LinePlace>,
    /// The lines that repeat others.
    pub duplicates: BTreeMap<LinePlace, Duplicate>,
}

/// A record that the books count: kind, time, words.
pub type Counted = (&'static str, i64, String);

#[derive(Default)]
struct Lines(Vec<(Vec<u8>, Line)>, Vec<LinePlace>, Gatherer);

impl Visitor for Lines {
    fn opened(&mut self, batch: &OpenedBatch<'_>) {
        for (bytes, _) in &batch.lines {
            if let Ok(line) = Line::from_json(bytes) {
                let (device, epoch) = (batch.device, batch.epoch);
                self.1.push(LinePlace { device, epoch, seq: line.seq });
                self.0.push((bytes.to_vec(), line));
            }
        }
        self.2.opened(batch);
    }
}

impl Opened {
    /// Opens and verifies a folder.
    ///
    /// # Panics
    /// Where it is no archive.
    #[must_use]
    pub fn read(folder: &Path, custodian: &Custodian) -> Self {
        Self::chosen(folder, custodian, &|_| true)
    }

    /// Opens and verifies what a folder holds of one device.
    ///
    /// # Panics
    /// Where it is no archive.
    #[must_use]
    pub fn of_device(folder: &Path, custodian: &Custodian, device: DeviceId) -> Self {
        Self::chosen(folder, custodian, &|files| files.device == device)
    }

    fn chosen(folder: &Path, custodian: &Custodian, wanted: &dyn Fn(&LedgerFiles) -> bool) -> Self {
        let folder = Folder::open(folder).map_err(|error| error.to_string()).unwrap();
        let identities = std::slice::from_ref(&custodian.archive);
        let (root, mut lines) = (custodian.root.public(), Lines::default());
        let report = verify_archive(&folder, &root, identities, wanted, &mut lines);
        let duplicates = lines.2.duplicates(&report);
        Self { report, lines: lines.0, places: lines.1, duplicates }
    }

    /// Fails unless everything holds: signatures, receipts, chain and books.
    ///
    /// # Panics
    /// With every fault that was found.
    pub fn assert_sound(&self) {
        let found: Vec<String> = self.report.all_findings().map(ToString::to_string).collect();
        assert_eq!(self.report.faults(), 0, "{found:#?}");
    }

    /// The texts of all messages, as the ledger runs.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        self.bodies()
            .filter_map(|body| match body {
                Body::Message(message) => Some(message.text.expose().to_owned()),
                _ => None,
            })
            .collect()
    }

    /// The texts of all messages that repeat no other line, sorted.
    #[must_use]
    pub fn merged_texts(&self) -> Vec<String> {
        let mut texts: Vec<String> = self
            .merged_bodies()
            .filter_map(|body| match body {
                Body::Message(message) => Some(message.text.expose().to_owned()),
                _ => None,
            })
            .collect();
        texts.sort();
        texts
    }

    /// Everything that the books count, in the order of time: kind, time, words.
    #[must_use]
    pub fn records(&self) -> Vec<Counted> {
        counted(self.bodies())
    }

    /// The same without what repeats another line.
    #[must_use]
    pub fn merged_records(&self) -> Vec<Counted> {
        counted(self.merged_bodies())
    }

    fn merged_bodies(&self) -> impl Iterator<Item = &Body> {
        let all = self.lines.iter().zip(&self.places);
        all.filter(|(_, place)| !self.duplicates.contains_key(*place))
            .map(|((_, line), _)| &line.body)
    }

    /// All statements on coverage, as the ledger runs.
    #[must_use]
    pub fn coverage(&self) -> Vec<CoverageLine> {
        self.bodies()
            .filter_map(|body| match body {
                Body::Coverage(line) => Some(line.clone()),
                _ => None,
            })
            .collect()
    }

    /// What every line says.
    pub fn bodies(&self) -> impl Iterator<Item = &Body> {
        self.lines.iter().map(|(_, line)| &line.body)
    }
}

fn counted<'a>(bodies: impl Iterator<Item = &'a Body>) -> Vec<Counted> {
    let read = |body: &Body| match body {
        Body::Message(line) => Some(("message", line.t, line.text.expose().to_owned())),
        Body::Recall(line) => Some(("recall", line.t, String::new())),
        Body::Call(line) => Some(("call", line.t, String::new())),
        _ => None,
    };
    let mut found: Vec<Counted> = bodies.filter_map(read).collect();
    found.sort();
    found
}

/// Every file below a folder, with its bytes.
///
/// # Panics
/// Where a folder or a file cannot be read.
#[must_use]
pub fn files_below(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = fs::read(&path).unwrap();
                found.push((path, bytes));
            }
        }
    }
    found
}
