//! What an archive is verified against: the trust documents that the root key signed.

use std::collections::BTreeMap;

use fenming_wire::envelope::Envelope;
use fenming_wire::id::{Digest, KeyId, TenantId};
use fenming_wire::key::{Ed25519Key, Verifier};
use fenming_wire::time::Timestamp;
use fenming_wire::trust::TrustDocument;

use super::finding::{Fault, Finding, Place};

/// The trust documents of an archive, all signed by one root key.
pub struct Trusted {
    tenant: TenantId,
    documents: BTreeMap<u64, (Digest, TrustDocument)>,
}

impl Trusted {
    /// Checks trust documents, the current one and those of before, each with the name of its
    /// file. Every refusal is a finding; `None` where no document is good.
    #[must_use]
    pub fn check(root: &Ed25519Key, files: &[(String, Vec<u8>)]) -> (Option<Self>, Vec<Finding>) {
        let mut findings = Vec::new();
        let mut trusted: Option<Self> = None;
        let mut refuse = |code, detail: String| {
            findings.push(Finding::new(Place::default(), code, detail));
        };
        for (file, bytes) in files {
            let checked = Envelope::<TrustDocument>::from_bytes(bytes)
                .and_then(|envelope| Ok((envelope.payload_digest(), envelope.verify(&[*root])?)));
            let (digest, document) = match checked {
                Ok(checked) => checked,
                Err(error) => {
                    refuse(Fault::TrustRefused, format!("{file}: {error}"));
                    continue;
                }
            };
            let all = trusted.get_or_insert_with(|| Self {
                tenant: document.tenant.clone(),
                documents: BTreeMap::new(),
            });
            if document.tenant != all.tenant {
                refuse(Fault::TrustRefused, format!("{file}: names another tenant"));
                continue;
            }
            let version = document.version;
            let known = all.documents.entry(version).or_insert((digest, document));
            if known.0 != digest {
                refuse(Fault::TrustConflict, format!("{file}: version {version}"));
            }
        }
        if files.is_empty() {
            refuse(Fault::TrustMissing, "put it beside `batches` as `trust.json`".to_owned());
        }
        (trusted, findings)
    }

    /// The tenant.
    #[must_use]
    pub const fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// The document with the highest version.
    #[must_use]
    pub fn newest(&self) -> Option<&TrustDocument> {
        self.documents.values().next_back().map(|(_, document)| document)
    }

    /// How many versions there are.
    #[must_use]
    pub fn versions(&self) -> usize {
        self.documents.len()
    }

    /// Whether one of the documents has this payload digest.
    pub(super) fn knows(&self, digest: &Digest) -> bool {
        self.documents.values().any(|(known, _)| known == digest)
    }

    /// All keys that were ever trusted to sign receipts.
    pub(super) fn receipt_keys(&self) -> Vec<Ed25519Key> {
        let all = self.documents.values().flat_map(|(_, document)| &document.receipt_keys);
        all.copied().collect()
    }

    /// Whether all of these keys are recipients of one and the same document; else the first key
    /// that is foreign to the document that knows most of them.
    pub(super) fn recipients(&self, keys: &[KeyId]) -> Result<(), Option<KeyId>> {
        let mut stranger = None;
        for (_, document) in self.documents.values() {
            let known: Vec<KeyId> = document.recipients.iter().map(|r| r.key.key_id()).collect();
            match keys.iter().find(|key| !known.contains(key)) {
                None => return Ok(()),
                Some(key) => stranger = Some(*key),
            }
        }
        Err(stranger)
    }

    /// The version that had dropped this receipt key by the given time, where one had.
    pub(super) fn retired(&self, key: KeyId, at: Timestamp) -> Option<u64> {
        let issued = self.documents.values().rev().find(|(_, d)| d.issued <= at);
        issued
            .filter(|(_, document)| document.receipt_keys.iter().all(|k| k.key_id() != key))
            .map(|(_, document)| document.version)
    }
}
