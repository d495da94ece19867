//! The custodian: all keys, the trust document and the policy, as they stand now.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use fenming::certificate::PrivateCa;
use fenming_collector::{Config, Documents, Limits, TlsIdentity};
use fenming_wire::envelope::Envelope;
use fenming_wire::json;
use fenming_wire::key::Ed25519Signer;
use fenming_wire::policy::Policy;
use fenming_wire::profile::{Endpoint, Profile};
use fenming_wire::seal::Identity;
use fenming_wire::text::Bilingual;
use fenming_wire::trust::{NamedRecipient, TrustDocument};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::program::Programs;

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
    /// Signs counsel's decisions.
    pub counsel_key: Ed25519Signer,
    /// The trust document.
    pub trust: TrustDocument,
    /// The policy.
    pub policy: Policy,
}

/// The custodian's secrets, so that another process can be the same custodian.
#[derive(Serialize, Deserialize)]
pub struct Secrets {
    root: Vec<u8>,
    policy: Vec<u8>,
    receipt: Vec<u8>,
    counsel_signing: Vec<u8>,
    archive: String,
    counsel: String,
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

/// The same policy for the real program, which lives by the system's clock: in force for longer than
/// this software will be, and without a review window, so that everything may leave at once.
///
/// # Panics
/// As [`policy`].
#[must_use]
pub fn lasting_policy() -> Policy {
    let mut policy = policy();
    policy.expires = "2090-01-01T00:00:00Z".parse().unwrap();
    policy.review_minutes = 0;
    policy.schedule.interval_minutes = 1;
    policy
}

/// The version after this one.
pub const fn next_version(version: &mut u64) {
    *version += 1;
}

impl Secrets {
    /// New keys.
    ///
    /// # Panics
    /// Where the system gives no randomness.
    #[must_use]
    pub fn generate() -> Self {
        let signer = || Ed25519Signer::generate().unwrap().1.to_vec();
        let identity = || Identity::generate().expose_secret().to_string();
        Self {
            root: signer(),
            policy: signer(),
            receipt: signer(),
            counsel_signing: signer(),
            archive: identity(),
            counsel: identity(),
        }
    }
}

impl Custodian {
    /// Makes all keys, and a trust document that names them.
    ///
    /// # Panics
    /// Where the system gives no randomness.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        Self::with(&Secrets::generate(), policy)
    }

    /// The custodian whose keys these are.
    ///
    /// # Panics
    /// Where they are no keys.
    #[must_use]
    pub fn with(secrets: &Secrets, policy: Policy) -> Self {
        let key = |pkcs8: &[u8]| Ed25519Signer::from_pkcs8(pkcs8).unwrap();
        let (root, policy_key) = (key(&secrets.root), key(&secrets.policy));
        let receipt_key = key(&secrets.receipt);
        let receipt_pkcs8 = Zeroizing::new(secrets.receipt.clone());
        let archive: Identity = secrets.archive.parse().unwrap();
        let counsel: Identity = secrets.counsel.parse().unwrap();
        let counsel_key = key(&secrets.counsel_signing);
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
            counsel_keys: vec![counsel_key.public()],
            policy_keys: vec![policy_key.public()],
            receipt_keys: vec![receipt_key.public()],
            export_routes: Vec::new(),
        };
        Self {
            root,
            policy_key,
            receipt_key,
            receipt_pkcs8,
            archive,
            counsel,
            counsel_key,
            trust,
            policy,
        }
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

    /// Both documents as an endpoint serves them.
    #[must_use]
    pub fn documents(&self) -> Documents {
        Documents { trust: self.signed_trust(), policy: self.signed_policy() }
    }

    /// The configuration of an endpoint that runs within a test; phones reach it under this host.
    ///
    /// # Panics
    /// Where the host or the certificate is none.
    #[must_use]
    pub fn config(&self, data: &Path, listen: SocketAddr, host: &str, tls: &PrivateCa) -> Config {
        Config {
            data: data.to_owned(),
            listen,
            tls: TlsIdentity::from_pem(tls.chain.as_bytes(), tls.key.as_bytes()).unwrap(),
            tenant: self.policy.tenant.clone(),
            root_key: self.root.public(),
            documents: self.documents(),
            receipt_key: self.receipt_pkcs8.clone(),
            endpoint: format!("https://{host}:{}", listen.port()).parse().unwrap(),
            limits: Limits::default(),
        }
    }

    /// The profile that leads to an endpoint on loopback, without a token.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn profile(&self, endpoint: &Endpoint, tls: &PrivateCa) -> Profile {
        Profile {
            tenant: self.policy.tenant.clone(),
            endpoint: endpoint.clone(),
            root_key: self.root.public(),
            tls_pins: Vec::new(),
            tls_ca: Some(tls.authority.clone()),
            address_ranges: vec!["127.0.0.0/8".parse().unwrap()],
            export_route: None,
        }
    }

    /// Makes the folder of an endpoint that a process of its own serves, with `collector init`.
    ///
    /// # Panics
    /// Where the program refuses.
    pub fn found(&self, programs: &Programs, endpoint: &Path, listen: SocketAddr) {
        let papers = tempfile::tempdir().unwrap();
        let file = |name: &str, bytes: &[u8]| {
            let path = papers.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let trust = file("trust.json", &self.signed_trust().to_bytes().unwrap());
        let policy = file("policy.json", &self.signed_policy().to_bytes().unwrap());
        let receipt = file("receipt.key", &self.receipt_pkcs8);
        let (root, tenant) = (self.root.public().to_string(), self.policy.tenant.to_string());
        let (host, listen) = (IpAddr::to_string(&listen.ip()), listen.to_string());
        let folder = endpoint.to_str().unwrap();
        let whole = ["collector", "init", "--dir", folder, "--host", &host, "--listen", &listen];
        let who = ["--tenant", &tenant, "--root-key", &root];
        let papers = ["--trust", &trust, "--policy", &policy, "--receipt-key", &receipt];
        programs.run(&[&whole[..], &who, &papers].concat());
    }
}
