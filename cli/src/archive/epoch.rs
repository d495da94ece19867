//! Verifies one epoch of one device: bytes in, findings out. Nothing here touches a file.

use std::path::Path;

use fenming_wire::id::{DeviceId, Epoch};
use fenming_wire::key::DeviceKey;
use fenming_wire::ledger::Position;
use fenming_wire::manifest::Manifest;
use fenming_wire::receipt::Receipt;
use fenming_wire::record::Line;
use fenming_wire::seal::{self, Identity};

use super::finding::{Fault, Findings, Place};
use super::inside::{self, Inside};
use super::name::BatchName;
use super::outside::{self, Outside, Owner, StoredBatch};
use super::report::EpochReport;
use super::trusted::Trusted;

/// Which ledger is verified, and with what.
pub struct Ledger<'a> {
    /// The device under whose name the batches lie.
    pub device: DeviceId,
    /// The epoch under whose name they lie.
    pub epoch: Epoch,
    /// The device's public key, where it is known from outside. It must be the key that the
    /// device's name is made of; without it the genesis is asked, which an identity opens.
    pub key: Option<DeviceKey>,
    /// The trust documents.
    pub trusted: &'a Trusted,
    /// Private keys that open batches; without one, batches are verified from outside only.
    pub identities: &'a [Identity],
}

/// A batch that was opened.
pub struct OpenedBatch<'a> {
    /// The device under whose name it lies.
    pub device: DeviceId,
    /// The epoch under whose name it lies.
    pub epoch: Epoch,
    /// Its name.
    pub name: BatchName,
    /// Its manifest.
    pub manifest: &'a Manifest,
    /// Its receipt, where that is good.
    pub receipt: Option<&'a Receipt>,
    /// Its lines as they were sealed, each with its reading where it is a record.
    pub lines: Vec<(&'a [u8], Option<Line>)>,
    /// The folder of the device's sealed attachments.
    pub attachments: Option<&'a Path>,
}

/// Is told what is verified while it is verified.
pub trait Visitor {
    /// So many batches are about to be verified.
    fn begins(&mut self, _batches: u64) {}

    /// A batch could be opened. It may be unsound: the report says what is wrong.
    fn opened(&mut self, _batch: &OpenedBatch<'_>) {}

    /// A batch was verified.
    fn verified(&mut self) {}
}

impl Visitor for () {}

/// Verifies the batches of an epoch, which must come in the order of their names.
pub fn verify_epoch(
    ledger: &Ledger<'_>,
    batches: impl IntoIterator<Item = StoredBatch>,
    visitor: &mut dyn Visitor,
) -> EpochReport {
    let mut walk = Walk::new(ledger);
    for batch in batches {
        walk.batch(batch, visitor);
        visitor.verified();
    }
    walk.finish()
}

struct Walk<'a> {
    ledger: &'a Ledger<'a>,
    owner: Owner,
    /// Where the next batch must begin; unknown after a batch whose manifest cannot be read.
    at: Option<Position>,
    inside: Inside,
    findings: Findings,
    report: EpochReport,
}

impl<'a> Walk<'a> {
    fn new(ledger: &'a Ledger<'a>) -> Self {
        let Ledger { device, epoch, .. } = *ledger;
        let start = Position::start(device, epoch);
        let place = Place { device: Some(device), epoch: Some(epoch), seq: None };
        let mut findings = Findings::new(place);
        let key = ledger.key.filter(|key| key.device_id() == device);
        if key.is_none() && ledger.key.is_some() {
            findings.whole(Fault::DeviceKey, "the key that lies there is another device's");
        }
        Self {
            ledger,
            owner: Owner { device, epoch, key },
            at: Some(start),
            inside: Inside::default(),
            findings,
            report: EpochReport::new(device, epoch, start),
        }
    }

    fn batch(&mut self, batch: StoredBatch, visitor: &mut dyn Visitor) {
        let name = batch.name;
        self.report.batches = self.report.batches.saturating_add(1);
        if self.owner.key.is_none()
            && let Ok(sealed) = &batch.sealed
        {
            self.owner.key = inside::find_key(sealed, self.ledger.identities, self.owner.device);
        }
        let trusted = self.ledger.trusted;
        let Some(outside) = outside::check(batch, &self.owner, trusted, &mut self.findings) else {
            self.at = None;
            self.inside.lose_count();
            return;
        };
        self.continues(name, &outside.manifest);
        self.note(&outside);
        if !self.ledger.identities.is_empty() {
            self.open(name, &outside, visitor);
        }
    }

    /// Compares where the batch begins with where the ledger stands.
    fn continues(&mut self, name: BatchName, manifest: &Manifest) {
        let from = manifest.from;
        if let Some(at) = self.at {
            if from.seq > at.seq {
                let first = at.seq.saturating_add(1);
                self.findings.at(first, Fault::Gap, format!("{first} to {}", from.seq));
                self.inside.lose_count();
            } else if from.seq < at.seq {
                let last = at.seq.min(manifest.to.seq);
                self.findings.at(name.first, Fault::Overlap, format!("{} to {last}", name.first));
                self.inside.lose_count();
            } else if from.head != at.head {
                self.findings.at(name.first, Fault::Head, "");
            }
        }
        self.at = Some(manifest.to);
    }

    fn note(&mut self, outside: &Outside) {
        let report = &mut self.report;
        report.end = outside.manifest.to;
        report.ends.push(outside.manifest.to);
        report.sealed_bytes = report.sealed_bytes.saturating_add(outside.manifest.size);
        if let Some(receipt) = &outside.receipt {
            report.first_received.get_or_insert(receipt.received);
            report.last_received = Some(receipt.received);
        }
    }

    fn open(&mut self, name: BatchName, outside: &Outside, visitor: &mut dyn Visitor) {
        let Some(sealed) = &outside.sealed else {
            self.inside.lose_count();
            return;
        };
        let plain = match seal::open(sealed, self.ledger.identities) {
            Ok(plain) => plain,
            Err(error) => {
                self.findings.at(name.first, Fault::Unopenable, error.to_string());
                self.inside.lose_count();
                return;
            }
        };
        let context = inside::Context {
            owner: &self.owner,
            trusted: self.ledger.trusted,
            manifest: &outside.manifest,
        };
        let lines = self.inside.batch(&context, &plain, &mut self.findings, &mut self.report);
        self.report.opened = self.report.opened.saturating_add(1);
        let (manifest, receipt) = (&outside.manifest, outside.receipt.as_ref());
        let Owner { device, epoch, .. } = self.owner;
        let attachments = outside.attachments.as_deref();
        visitor.opened(&OpenedBatch { device, epoch, name, manifest, receipt, lines, attachments });
    }

    fn finish(mut self) -> EpochReport {
        if self.owner.key.is_none() && self.ledger.key.is_none() && self.report.batches > 0 {
            let detail = "its public key is neither beside the batches nor in an opened genesis";
            self.findings.whole(Fault::DeviceKey, detail);
        }
        self.inside.finish(&mut self.findings);
        self.report.findings = self.findings.finish();
        self.report
    }
}
