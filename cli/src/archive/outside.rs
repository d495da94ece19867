//! What can be checked of a batch without any private key: names, signatures, digests, receipts.

use std::path::PathBuf;

use fenming_wire::envelope::{Document, Envelope};
use fenming_wire::id::{DeviceId, Digest, Epoch};
use fenming_wire::key::{DeviceKey, Verifier};
use fenming_wire::manifest::Manifest;
use fenming_wire::receipt::Receipt;

use super::attachment;
use super::finding::{Fault, Findings};
use super::name::{BatchName, Part};
use super::trusted::Trusted;

/// The three files of a batch, as far as they could be read.
pub struct StoredBatch {
    /// The name that they share.
    pub name: BatchName,
    /// The sealed bytes.
    pub sealed: Result<Vec<u8>, Unread>,
    /// The manifest.
    pub manifest: Result<Vec<u8>, Unread>,
    /// The receipt.
    pub receipt: Result<Vec<u8>, Unread>,
    /// The folder of the device's attachments, where there is one.
    pub attachments: Option<PathBuf>,
}

/// Why a file was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It is not there.
    Missing,
    /// It is larger than such a file may be.
    TooLarge,
    /// It is a link or a special file.
    Special,
    /// The system says why.
    Failed(std::io::ErrorKind),
}

/// What a batch says of itself, as far as it could be checked.
pub(super) struct Outside {
    pub(super) manifest: Manifest,
    pub(super) receipt: Option<Receipt>,
    /// The sealed bytes, where they are those of the manifest.
    pub(super) sealed: Option<Vec<u8>>,
    /// The folder of the device's attachments.
    pub(super) attachments: Option<PathBuf>,
}

/// Where batches lie and whose they are.
pub(super) struct Owner {
    pub(super) device: DeviceId,
    pub(super) epoch: Epoch,
    pub(super) key: Option<DeviceKey>,
}

/// Checks a batch from outside; `None` where its manifest cannot be read at all.
pub(super) fn check(
    batch: StoredBatch,
    owner: &Owner,
    trusted: &Trusted,
    findings: &mut Findings,
) -> Option<Outside> {
    let seq = batch.name.first;
    let mut read = |part, stored: Result<Vec<u8>, Unread>| {
        stored.map_err(|why| unread(seq, part, &why, findings)).ok()
    };
    let sealed = read(Part::Sealed, batch.sealed);
    let manifest = read(Part::Manifest, batch.manifest);
    let receipt = read(Part::Receipt, batch.receipt);

    let keys = owner.key.as_slice();
    let manifest = document::<Manifest, _>(&manifest?, (seq, Part::Manifest), keys, findings)?.0;
    if let Some(what) = misplaced(&manifest, batch.name, owner, trusted) {
        findings.at(seq, Fault::Elsewhere, format!("{}: {what}", Part::Manifest));
    }
    if let Err(stranger) = trusted.recipients(&manifest.recipients) {
        findings.at(seq, Fault::Recipient, stranger.map(|k| k.to_string()).unwrap_or_default());
    }
    let attachments = batch.attachments;
    for file in &manifest.attachments {
        if !attachments.as_ref().is_some_and(|folder| attachment::is_whole(folder, file)) {
            findings.at(seq, Fault::Attachments, file.ciphertext.to_string());
        }
    }
    let sealed = sealed.filter(|bytes| {
        let same = manifest.ciphertext == Digest::of(bytes)
            && u64::try_from(bytes.len()) == Ok(manifest.size);
        if !same {
            findings.at(seq, Fault::Ciphertext, "");
        }
        same
    });
    let receipt =
        receipt.and_then(|bytes| check_receipt(&bytes, (seq, &manifest), trusted, findings));
    Some(Outside { manifest, receipt, sealed, attachments })
}

fn check_receipt(
    bytes: &[u8],
    (seq, manifest): (u64, &Manifest),
    trusted: &Trusted,
    findings: &mut Findings,
) -> Option<Receipt> {
    let keys = trusted.receipt_keys();
    let (receipt, envelope) = document::<Receipt, _>(bytes, (seq, Part::Receipt), &keys, findings)?;
    if !receipt.fits(manifest) {
        findings.at(seq, Fault::Receipt, "");
        return None;
    }
    for signature in envelope.signatures() {
        if let Some(version) = trusted.retired(signature.keyid, receipt.received) {
            let detail = format!("key {}, trust document {version}", signature.keyid);
            findings.at(seq, Fault::ReceiptKey, detail);
        }
    }
    Some(receipt)
}

/// Reads and verifies a document. Where the signature is wrong, or there is no key to check it
/// with, that is a finding, and what the document claims is still looked at, so that one fault
/// does not hide the next.
fn document<T: Document, V: Verifier>(
    bytes: &[u8],
    (seq, part): (u64, Part),
    keys: &[V],
    findings: &mut Findings,
) -> Option<(T, Envelope<T>)> {
    let refused = |error| format!("{part}: {error}");
    let envelope = match Envelope::<T>::from_bytes(bytes) {
        Ok(envelope) => envelope,
        Err(error) => {
            findings.at(seq, Fault::Refused, refused(error));
            return None;
        }
    };
    if envelope.to_bytes().ok().as_deref() != Some(bytes) {
        findings.at(seq, Fault::Rewritten, part.to_string());
    }
    if envelope.signatures().len() != 1 {
        findings.at(seq, Fault::Signatures, part.to_string());
    }
    // Without any key the whole epoch is reported once.
    let verified = if keys.is_empty() { envelope.peek_unverified() } else { envelope.verify(keys) };
    match verified {
        Ok(document) => Some((document, envelope)),
        Err(error) => {
            findings.at(seq, Fault::Refused, refused(error));
            envelope.peek_unverified().ok().map(|document| (document, envelope))
        }
    }
}

fn misplaced(
    manifest: &Manifest,
    name: BatchName,
    owner: &Owner,
    trusted: &Trusted,
) -> Option<&'static str> {
    let first = manifest.from.seq.checked_add(1);
    [
        (manifest.tenant == *trusted.tenant(), "tenant"),
        (manifest.device == owner.device, "device"),
        (manifest.epoch == owner.epoch, "epoch"),
        (first == Some(name.first) && manifest.to.seq == name.last, "range"),
    ]
    .into_iter()
    .find_map(|(right, what)| (!right).then_some(what))
}

fn unread(seq: u64, part: Part, why: &Unread, findings: &mut Findings) {
    let (code, detail) = match why {
        Unread::Missing => (Fault::Missing, part.to_string()),
        Unread::TooLarge => (Fault::Unread, format!("{part}: larger than it may be")),
        Unread::Special => (Fault::Special, part.to_string()),
        Unread::Failed(kind) => (Fault::Unread, format!("{part}: {kind}")),
    };
    findings.at(seq, code, detail);
}
