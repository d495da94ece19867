//! A tenant with all its keys, phones that sign, and a clock that a test sets.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use fenming_wire::WireError;
use fenming_wire::api::{Enrolment, EnrolmentRequest};
use fenming_wire::envelope::Envelope;
use fenming_wire::frame;
use fenming_wire::id::{DeviceId, Digest, Epoch, KeyId, PersonId, TenantId};
use fenming_wire::json;
use fenming_wire::key::{DeviceKey, Ed25519Key, Ed25519Signer, Signer, Verifier};
use fenming_wire::ledger::Position;
use fenming_wire::manifest::Manifest;
use fenming_wire::policy::Policy;
use fenming_wire::profile::EnrolmentToken;
use fenming_wire::receipt::{CollectorState, Receipt};
use fenming_wire::seal::{Identity, Recipient};
use fenming_wire::text::Bilingual;
use fenming_wire::time::{Span, Timestamp};
use fenming_wire::trust::{NamedRecipient, TrustDocument};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair as TlsKey};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::client::Client;
use crate::{Clock, Collector, Config, Documents, Limits, Running, TlsIdentity};

/// Monday, 2 March 2026, nine o'clock in Shanghai.
pub(super) const MORNING: i64 = 1_772_413_200_000;

/// A clock that stands until it is set.
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(super) fn advance(&self, span: Span) {
        self.0.fetch_add(span.as_millis(), Ordering::SeqCst);
    }

    pub(super) fn turn_back(&self, span: Span) {
        self.0.fetch_sub(span.as_millis(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// An employer: its custodian's keys, its documents and its endpoint's folder.
pub(crate) struct Tenant {
    pub(super) root: Ed25519Signer,
    pub(super) policy_key: Ed25519Signer,
    pub(super) receipt_key: Ed25519Signer,
    receipt_pkcs8: Zeroizing<Vec<u8>>,
    pub(super) custodian: Identity,
    counsel: Identity,
    pub(super) clock: Arc<TestClock>,
    folder: TempDir,
    pub(super) ca: String,
    pub(super) cert: String,
    pub(super) cert_key: String,
}

pub(crate) fn tenant_id() -> TenantId {
    "example-trading".parse().unwrap()
}

pub(super) fn person() -> PersonId {
    "p-0042".parse().unwrap()
}

impl Tenant {
    pub(crate) fn new() -> Self {
        let (receipt_key, receipt_pkcs8) = Ed25519Signer::generate().unwrap();
        let (ca, cert, cert_key) = certificates();
        Self {
            root: Ed25519Signer::generate().unwrap().0,
            policy_key: Ed25519Signer::generate().unwrap().0,
            receipt_key,
            receipt_pkcs8,
            custodian: Identity::generate(),
            counsel: Identity::generate(),
            clock: Arc::new(TestClock(AtomicI64::new(MORNING))),
            folder: tempfile::tempdir().unwrap(),
            ca,
            cert,
            cert_key,
        }
    }

    pub(super) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(super) fn scratch(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn recipients(&self) -> Vec<Recipient> {
        vec![self.custodian.recipient()]
    }

    pub(super) fn trust(
        &self,
        version: u64,
        edit: impl FnOnce(&mut TrustDocument),
    ) -> Envelope<TrustDocument> {
        let named = |name: &str, key| NamedRecipient { name: Bilingual::new(name, name), key };
        let mut trust = TrustDocument {
            tenant: tenant_id(),
            version,
            issued: Timestamp::from_millis(MORNING),
            organisation: Bilingual::new("示例商贸有限公司", "Example Trading Ltd"),
            recipients: vec![named("Records office", self.custodian.recipient())],
            counsel: named("Counsel", self.counsel.recipient()),
            counsel_keys: Vec::new(),
            policy_keys: vec![self.policy_key.public()],
            receipt_keys: vec![self.receipt_key.public()],
            export_routes: Vec::new(),
        };
        edit(&mut trust);
        Envelope::sign(&trust, &self.root).unwrap()
    }

    pub(super) fn policy(&self, version: u64, edit: impl FnOnce(&mut Policy)) -> Envelope<Policy> {
        let mut policy: Policy = json::parse(POLICY.as_bytes(), POLICY.len()).unwrap();
        policy.version = version;
        edit(&mut policy);
        Envelope::sign(&policy, &self.policy_key).unwrap()
    }

    pub(super) fn documents(&self, trust: u64, policy: u64) -> Documents {
        Documents { trust: self.trust(trust, |_| {}), policy: self.policy(policy, |_| {}) }
    }

    pub(super) fn tls(&self) -> TlsIdentity {
        TlsIdentity::from_pem(self.cert.as_bytes(), self.cert_key.as_bytes()).unwrap()
    }

    pub(crate) fn config(&self) -> Config {
        Config {
            data: self.data(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            tls: self.tls(),
            tenant: tenant_id(),
            root_key: self.root.public(),
            documents: self.documents(1, 1),
            receipt_key: self.receipt_pkcs8.clone(),
            endpoint: "https://127.0.0.1:0".parse().unwrap(),
            limits: Limits { free_bytes: 0, ..Limits::default() },
        }
    }

    pub(super) fn start(&self) -> Running {
        self.start_with(self.config())
    }

    pub(super) fn start_with(&self, config: Config) -> Running {
        Collector::start(config, self.clock()).unwrap()
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::<TestClock>::clone(&self.clock)
    }

    /// A client that speaks to a running endpoint.
    pub(super) fn client(&self, running: &Running) -> Client {
        Client::new(self, running)
    }

    /// A new phone, enrolled.
    pub(super) fn phone(&self, running: &Running) -> Phone {
        let phone = Phone::new();
        let token = running.console().issue_token(&person(), Span::hours(1)).unwrap();
        let answer = self.client(running).enrol(&phone, &token);
        assert_eq!(answer.status, 200, "{:?}", answer.problem());
        let enrolment: Enrolment = answer.json();
        assert_eq!(enrolment.device, phone.device());
        phone
    }

    pub(super) fn receipt(&self, bytes: &[u8]) -> Receipt {
        let keys: [Ed25519Key; 1] = [self.receipt_key.public()];
        Envelope::<Receipt>::from_bytes(bytes).unwrap().verify(&keys).unwrap()
    }

    pub(super) fn state(&self, envelope: &Envelope<CollectorState>) -> CollectorState {
        envelope.verify(&[self.receipt_key.public()]).unwrap()
    }
}

/// A phone's key.
pub(crate) struct Phone(EcdsaKeyPair);

impl Phone {
    pub(crate) fn new() -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        Self(EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap())
    }

    pub(crate) fn key(&self) -> DeviceKey {
        DeviceKey::from_point(self.0.public_key().as_ref()).unwrap()
    }

    pub(crate) fn device(&self) -> DeviceId {
        self.key().device_id()
    }

    pub(super) fn enrolment(&self, token: &EnrolmentToken) -> Vec<u8> {
        let request = EnrolmentRequest { token: token.clone(), device_key: self.key() };
        json::write(&request).unwrap()
    }
}

impl Signer for Phone {
    fn key_id(&self) -> KeyId {
        self.key().key_id()
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], WireError> {
        let signature = self.0.sign(&SystemRandom::new(), message);
        signature.unwrap().as_ref().try_into().map_err(|_| WireError::SignerFailed)
    }
}

/// A batch, ready to be signed; the endpoint cannot tell sealed bytes from any others.
#[derive(Clone)]
pub(crate) struct Batch {
    pub(crate) manifest: Manifest,
    pub(crate) sealed: Vec<u8>,
}

impl Batch {
    /// A batch of `lines` lines from a place on.
    pub(crate) fn new(
        tenant: &Tenant,
        phone: &Phone,
        epoch: Epoch,
        from: Position,
        lines: u64,
    ) -> Self {
        let mut sealed = vec![0; 64];
        ring::rand::SecureRandom::fill(&SystemRandom::new(), &mut sealed).unwrap();
        Self::of(tenant, phone, (epoch, from, lines), sealed)
    }

    /// A batch with these sealed bytes.
    pub(crate) fn of(
        tenant: &Tenant,
        phone: &Phone,
        (epoch, from, lines): (Epoch, Position, u64),
        sealed: Vec<u8>,
    ) -> Self {
        let ciphertext = Digest::of(&sealed);
        let to = (0..lines).fold(from, |at, n| at.after(&ciphertext, &n.to_be_bytes()));
        let recipients = tenant.recipients().iter().map(Recipient::key_id).collect();
        let manifest = Manifest {
            tenant: tenant_id(),
            device: phone.device(),
            epoch,
            from,
            to,
            ciphertext,
            size: u64::try_from(sealed.len()).unwrap(),
            class: "ordinary".parse().unwrap(),
            recipients,
            attachments: Vec::new(),
        };
        Self { manifest, sealed }
    }

    /// The first batch of an epoch.
    pub(crate) fn first(tenant: &Tenant, phone: &Phone, epoch: Epoch) -> Self {
        Self::new(tenant, phone, epoch, Position::start(phone.device(), epoch), 3)
    }

    /// The batch after this one.
    pub(crate) fn next(&self, tenant: &Tenant, phone: &Phone) -> Self {
        Self::new(tenant, phone, self.manifest.epoch, self.manifest.to, 2)
    }

    pub(crate) fn frame(&self, phone: &Phone) -> Vec<u8> {
        let envelope = Envelope::sign(&self.manifest, phone).unwrap();
        frame::join(&envelope, &self.sealed).unwrap()
    }
}

/// A field, and what makes it wrong.
pub(super) type Edit<'a, T> = (&'static str, &'a dyn Fn(&mut T));

pub(crate) const fn epoch(n: u8) -> Epoch {
    Epoch::from_bytes([n; 8])
}

/// Every file below a folder.
pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// Whether some file below a folder, or its name, holds the bytes.
pub(super) fn holds(folder: &Path, needle: &[u8]) -> bool {
    let within = |hay: &[u8]| hay.windows(needle.len()).any(|window| window == needle);
    files(folder).iter().any(|path| {
        within(&std::fs::read(path).unwrap()) || within(path.to_string_lossy().as_bytes())
    })
}

/// A private CA in PEM, a certificate for loopback under it, and that one's key.
fn certificates() -> (String, String, String) {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca_key = TlsKey::generate().unwrap();
    let ca = params.self_signed(&ca_key).unwrap();
    let issuer = Issuer::new(params, ca_key);
    let key = TlsKey::generate().unwrap();
    let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
    let leaf = CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();
    (ca.pem(), leaf.pem(), key.serialize_pem())
}

/// A title of the policy's directory, which must not reach the folder.
pub(super) const TITLE: &str = "林檎果业-采购群";

const POLICY: &str = r#"{
  "tenant": "example-trading", "version": 1,
  "issued": "2026-03-01T00:00:00Z", "expires": "2026-09-01T00:00:00Z", "grace_hours": 72,
  "purposes": [{"code": "records", "basis": "consent", "text": {"zh-Hans": "存档", "en": "Archive"}}],
  "sources": ["wechat_notification"],
  "notice": {"contact": {"zh-Hans": "档案室", "en": "Records office"},
             "rights": {"zh-Hans": "来函", "en": "Write to us"}},
  "directory": [{"id": "d1", "title": "林檎果业-采购群", "kind": "group"}],
  "retention": {"ordinary": 365}, "default_class": "ordinary",
  "schedule": {"interval_minutes": 30, "max_delay_hours": 24},
  "review_minutes": 60, "reprompt_days": 30
}"#;
