//! The custodian: all keys, the trust document and the policy, as they stand now.

use fenming_wire::envelope::Envelope;
use fenming_wire::json;
use fenming_wire::key::Ed25519Signer;
use fenming_wire::policy::Policy;
use fenming_wire::seal::Identity;
use fenming_wire::text::Bilingual;
use fenming_wire::trust::{NamedRecipient, TrustDocument};
use zeroize::Zeroizing;

/// Keys and documents. Change a document, raise its version with [`next_version`], and publish.
pub struct Custodian {
    /// Signs the trust document; offline.
    pub root: Ed25519Signer,
    /// Signs the policy.
    pub policy_key: Ed25519Signer,
    /// Signs receipts; the endpoint has it.
    pub receipt_key: Ed25519Signer,
    /// The same key as the endpoint is given it.
    pub receipt_pkcs8: Zeroizing<Vec<u8>>,
    /// Opens the archive.
    pub archive: Identity,
    /// Counsel's key.
    pub counsel: Identity,
    /// The trust document.
    pub trust: TrustDocument,
    /// The policy.
    pub policy: Policy,
}

/// The demo's policy, without the directory entry that its employee overrides. Batches go out at
/// any time of any day.
const POLICY: &[u8] = include_bytes!("../../../cli/data/demo-policy.json");

/// A policy to begin with: the demo's rules, a review window of half an hour, no quarantine.
///
/// # Panics
/// Where the demo's policy is none.
#[must_use]
pub fn policy() -> Policy {
    let mut policy: Policy = json::parse(POLICY, 1 << 20).unwrap();
    policy.directory.retain(|entry| entry.id.to_string() != "dir.xukexin");
    policy.schedule.windows.clear();
    policy.schedule.unmetered_only = false;
    policy.schedule.interval_minutes = 5;
    policy
}

/// The version after this one.
pub const fn next_version(version: &mut u64) {
    *version += 1;
}

impl Custodian {
    pub(super) fn new(policy: Policy) -> Self {
        let generate = || Ed25519Signer::generate().unwrap();
        let ((root, _), (policy_key, _), (receipt_key, receipt_pkcs8)) =
            (generate(), generate(), generate());
        let (archive, counsel) = (Identity::generate(), Identity::generate());
        let trust = TrustDocument {
            tenant: policy.tenant.clone(),
            version: 1,
            issued: policy.issued,
            organisation: Bilingual::new("恒远证券（测试）", "Hengyuan Securities (test)"),
            recipients: vec![NamedRecipient {
                name: Bilingual::new("档案保管人", "Archive custodian"),
                key: archive.recipient(),
            }],
            counsel: NamedRecipient {
                name: Bilingual::new("外部律师", "Outside counsel"),
                key: counsel.recipient(),
            },
            counsel_keys: Vec::new(),
            policy_keys: vec![policy_key.public()],
            receipt_keys: vec![receipt_key.public()],
            export_routes: Vec::new(),
        };
        Self { root, policy_key, receipt_key, receipt_pkcs8, archive, counsel, trust, policy }
    }

    /// Names another receipt key in the next version of the trust document. Returns the key that
    /// the endpoint had until now.
    pub fn replace_receipt_key(&mut self) -> (Ed25519Signer, Zeroizing<Vec<u8>>) {
        let (key, pkcs8) = Ed25519Signer::generate().unwrap();
        self.trust.receipt_keys = vec![key.public()];
        next_version(&mut self.trust.version);
        let old = std::mem::replace(&mut self.receipt_key, key);
        (old, std::mem::replace(&mut self.receipt_pkcs8, pkcs8))
    }

    /// The trust document as the root key signs it.
    #[must_use]
    pub fn signed_trust(&self) -> Envelope<TrustDocument> {
        Envelope::sign(&self.trust, &self.root).unwrap()
    }

    /// The policy as the policy key signs it.
    #[must_use]
    pub fn signed_policy(&self) -> Envelope<Policy> {
        Envelope::sign(&self.policy, &self.policy_key).unwrap()
    }
}
