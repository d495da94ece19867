//! A device and its endpoint in miniature, with real keys, signatures and seals: writes archives
//! for the tests, and writes wrong ones on demand.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use fenming_core::ports::DocumentSigner;
use fenming_wire::Content;
use fenming_wire::balance::{Balance, Books};
use fenming_wire::consent::{ConsentGrant, ConsentWithdrawal, Scope};
use fenming_wire::envelope::{Document, Envelope};
use fenming_wire::id::{ChatId, Digest, Epoch};
use fenming_wire::key::{DeviceKey, Ed25519Key, Ed25519Signer, Signer};
use fenming_wire::ledger::Position;
use fenming_wire::manifest::Manifest;
use fenming_wire::policy::ChatKind;
use fenming_wire::receipt::{ARCHIVED_STATE, CollectorState, EpochState, Receipt};
use fenming_wire::record::{
    BalanceLine, Body, ChatLine, Confidence, Direction, Genesis, Line, MessageLine, Raw,
    RecallLine, Signed, Step, Why, compose_line,
};
use fenming_wire::seal::{self, Identity, Recipient};
use fenming_wire::source::Source;
use fenming_wire::text::{Bilingual, Language};
use fenming_wire::time::Timestamp;
use fenming_wire::trust::{NamedRecipient, TrustDocument};

use crate::archive::{BatchName, Ledger, Part, StoredBatch, Trusted, Unread};
use crate::device::ports::FileSigner;

/// The morning on which all tests play.
pub(crate) const MORNING: i64 = 1_772_413_200_000;

/// Everything that writes an archive of one device and one epoch.
pub(crate) struct Writer {
    pub(crate) root: Arc<Ed25519Signer>,
    pub(crate) receipts: Arc<Ed25519Signer>,
    pub(crate) custodian: Identity,
    pub(crate) trust: Envelope<TrustDocument>,
    pub(crate) signer: Arc<FileSigner>,
    pub(crate) epoch: Epoch,
    pub(crate) at: Position,
    pub(crate) books: Books,
    pub(crate) prior: Option<Envelope<CollectorState>>,
    pub(crate) files: BTreeMap<BatchName, [Vec<u8>; 3]>,
    salts: u64,
}

/// A change, or none.
type Change<'a, T> = Option<&'a dyn Fn(&mut T)>;

/// What is done to a batch before it is sealed or signed, by a device that does wrong.
#[derive(Default)]
pub(crate) struct Wrong<'a> {
    pub(crate) balance: Change<'a, Balance>,
    pub(crate) genesis: Change<'a, Genesis>,
    pub(crate) lines: Change<'a, Vec<Vec<u8>>>,
    pub(crate) plain: Change<'a, Vec<u8>>,
    pub(crate) manifest: Change<'a, Manifest>,
    pub(crate) receipt: Change<'a, Receipt>,
}

impl Writer {
    pub(crate) fn new() -> Self {
        let key = || Arc::new(Ed25519Signer::generate().unwrap().0);
        let (root, receipts, policy) = (key(), key(), key());
        let custodian = Identity::generate();
        let document = TrustDocument {
            tenant: "lantern".parse().unwrap(),
            version: 1,
            issued: Timestamp::from_millis(MORNING - 86_400_000),
            organisation: Bilingual::new("灯塔贸易", "Lantern Trading"),
            recipients: vec![named(custodian.recipient())],
            counsel: named(Identity::generate().recipient()),
            counsel_keys: Vec::new(),
            policy_keys: vec![policy.public()],
            receipt_keys: vec![receipts.public()],
            export_routes: Vec::new(),
        };
        let trust = Envelope::sign(&document, &*root).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let signer = FileSigner::open(&folder.path().join("device.key")).unwrap();
        let epoch = Epoch::from_bytes([7; 8]);
        let mut writer = Self {
            at: Position { seq: 0, head: Digest::of(b"") },
            root,
            receipts,
            custodian,
            trust,
            signer,
            epoch,
            books: Books::default(),
            prior: None,
            files: BTreeMap::new(),
            salts: 0,
        };
        writer.at = Position::start(writer.key().device_id(), epoch);
        writer
    }

    /// The same device and keys after a reset.
    pub(crate) fn reset(&self, prior: Option<Envelope<CollectorState>>) -> Self {
        let epoch = Epoch::from_bytes([8; 8]);
        Self {
            root: Arc::clone(&self.root),
            receipts: Arc::clone(&self.receipts),
            custodian: self.custodian.expose_secret().parse().unwrap(),
            trust: self.trust.clone(),
            signer: Arc::clone(&self.signer),
            epoch,
            at: Position::start(self.key().device_id(), epoch),
            books: Books::default(),
            prior,
            files: BTreeMap::new(),
            salts: 100,
        }
    }

    pub(crate) fn key(&self) -> DeviceKey {
        *DocumentSigner::new(&*self.signer).unwrap().key()
    }

    pub(crate) fn root_key(&self) -> Ed25519Key {
        self.root.public()
    }

    pub(crate) fn trusted(&self) -> Trusted {
        let files = [("trust.json".to_owned(), self.trust.to_bytes().unwrap())];
        Trusted::check(&self.root_key(), &files).0.unwrap()
    }

    pub(crate) fn ledger<'a>(
        &self,
        trusted: &'a Trusted,
        identities: &'a [Identity],
    ) -> Ledger<'a> {
        let key = self.key();
        Ledger { device: key.device_id(), epoch: self.epoch, key: Some(key), trusted, identities }
    }

    pub(crate) fn state(&self) -> Envelope<CollectorState> {
        self.state_for("0123456789abcdef")
    }

    /// The endpoint's state as it stands in the archive.
    pub(crate) fn archived(&self) -> Envelope<CollectorState> {
        self.state_for(ARCHIVED_STATE)
    }

    fn state_for(&self, nonce: &str) -> Envelope<CollectorState> {
        let state = CollectorState {
            tenant: "lantern".parse().unwrap(),
            device: self.key().device_id(),
            epochs: vec![EpochState { epoch: self.epoch, high: self.at }],
            receipts: Vec::new(),
            policy_version: 1,
            trust_version: 1,
            nonce: nonce.to_owned(),
            at: Timestamp::from_millis(MORNING),
        };
        Envelope::sign(&state, &*self.receipts).unwrap()
    }

    pub(crate) fn grant(&self) -> Envelope<ConsentGrant> {
        let trust = self.trust.peek_unverified().unwrap();
        let grant = ConsentGrant {
            tenant: trust.tenant,
            device: self.key().device_id(),
            person: "p-017".parse().unwrap(),
            granted: Timestamp::from_millis(MORNING),
            language: Language::Chinese,
            notice: Digest::of(b"notice"),
            scope: scope(&trust.recipients),
            hold_agreed: false,
            trust: self.trust.payload_digest(),
            policy_version: 1,
        };
        self.sign(&grant)
    }

    pub(crate) fn withdrawal(&self, minutes: i64) -> Signed<ConsentWithdrawal> {
        let t = MORNING + minutes * 60_000;
        let end = ConsentWithdrawal {
            tenant: "lantern".parse().unwrap(),
            device: self.key().device_id(),
            person: "p-017".parse().unwrap(),
            withdrawn: Timestamp::from_millis(t),
            grant: self.grant().payload_digest(),
        };
        Signed { t, envelope: self.sign(&end) }
    }

    pub(crate) fn sign<T: Document>(&self, document: &T) -> Envelope<T> {
        Envelope::sign(document, &DocumentSigner::new(&*self.signer).unwrap()).unwrap()
    }

    /// Writes a sound batch.
    pub(crate) fn batch(&mut self, bodies: &[(&[u64], Body)]) -> BatchName {
        self.wrong_batch(bodies, &Wrong::default())
    }

    /// Writes a batch that is wrong in some way.
    pub(crate) fn wrong_batch(
        &mut self,
        bodies: &[(&[u64], Body)],
        wrong: &Wrong<'_>,
    ) -> BatchName {
        let from = self.at;
        self.salts += 1;
        let salt = Digest::of(&self.salts.to_be_bytes());
        let mut lines = self.head(&salt, bodies, wrong);
        for (of, body) in bodies {
            let seq = from.seq + u64::try_from(lines.len()).unwrap() + 1;
            lines.push(compose_line(seq, of, &body.to_json().unwrap()).unwrap());
        }
        if let Some(change) = wrong.lines {
            change(&mut lines);
        }
        let to = lines.iter().fold(from, |at, line| at.after(&salt, line));
        let mut plain = lines.join(&b'\n');
        plain.push(b'\n');
        if let Some(change) = wrong.plain {
            change(&mut plain);
        }
        let sealed = seal::seal(&plain, &[self.custodian.recipient()]).unwrap();
        self.at = to;
        self.store((from, to), sealed, wrong)
    }

    /// Genesis, in the first batch, and balance.
    fn head(
        &mut self,
        salt: &Digest,
        bodies: &[(&[u64], Body)],
        wrong: &Wrong<'_>,
    ) -> Vec<Vec<u8>> {
        let mut lines = Vec::new();
        if self.at.seq == 0 {
            let mut genesis = Genesis {
                t: MORNING,
                device: self.key().device_id(),
                epoch: self.epoch,
                device_key: self.key(),
                trust: self.trust.payload_digest(),
                grant: self.grant(),
                prior: self.prior.clone(),
                agent: "0.1.0".to_owned(),
            };
            if let Some(change) = wrong.genesis {
                change(&mut genesis);
            }
            lines.push(line(1, &Body::Genesis(Box::new(genesis))));
        }
        let counted = bodies.iter().filter(|(_, body)| body.is_counted()).count();
        let counted = u64::try_from(counted).unwrap();
        self.books.captured += counted;
        self.books.forwarded += counted;
        let seq = self.at.seq + u64::try_from(lines.len()).unwrap() + 1;
        let mut balance = Balance {
            tenant: "lantern".parse().unwrap(),
            device: self.key().device_id(),
            epoch: self.epoch,
            seq,
            sealed: Timestamp::from_millis(MORNING),
            books: self.books,
            parked: Vec::new(),
        };
        if let Some(change) = wrong.balance {
            change(&mut balance);
        }
        let books = self.sign(&balance);
        lines.push(line(seq, &Body::Balance(Box::new(BalanceLine { salt: *salt, books }))));
        lines
    }

    fn store(
        &mut self,
        (from, to): (Position, Position),
        sealed: Vec<u8>,
        wrong: &Wrong<'_>,
    ) -> BatchName {
        let mut manifest = Manifest {
            tenant: "lantern".parse().unwrap(),
            device: self.key().device_id(),
            epoch: self.epoch,
            from,
            to,
            ciphertext: Digest::of(&sealed),
            size: u64::try_from(sealed.len()).unwrap(),
            class: "seven-years".parse().unwrap(),
            recipients: vec![self.custodian.recipient().key_id()],
            attachments: Vec::new(),
        };
        if let Some(change) = wrong.manifest {
            change(&mut manifest);
        }
        let mut receipt = Receipt::of(&manifest, Timestamp::from_millis(MORNING + 3_600_000));
        if let Some(change) = wrong.receipt {
            change(&mut receipt);
        }
        let name = BatchName { first: from.seq + 1, last: to.seq };
        let manifest = self.sign(&manifest).to_bytes().unwrap();
        let receipt = Envelope::sign(&receipt, &*self.receipts).unwrap().to_bytes().unwrap();
        self.files.insert(name, [sealed, manifest, receipt]);
        name
    }

    /// Everything as it lies on disk.
    pub(crate) fn stored(&self) -> Vec<StoredBatch> {
        self.files
            .iter()
            .map(|(name, [sealed, manifest, receipt])| StoredBatch {
                name: *name,
                sealed: Ok(sealed.clone()),
                manifest: Ok(manifest.clone()),
                receipt: Ok(receipt.clone()),
                attachments: None,
            })
            .collect()
    }

    /// Writes a collector's data folder.
    pub(crate) fn write_to(&self, root: &Path) {
        let device = root.join("batches").join(self.key().device_id().to_string());
        let epoch = device.join(self.epoch.to_string());
        fs::create_dir_all(&epoch).unwrap();
        fs::write(root.join("trust.json"), self.trust.to_bytes().unwrap()).unwrap();
        fs::write(device.join("device.pub"), format!("{}\n", self.key())).unwrap();
        fs::write(device.join("state.json"), self.archived().to_bytes().unwrap()).unwrap();
        for (name, files) in &self.files {
            for (part, bytes) in Part::ALL.into_iter().zip(files) {
                fs::write(epoch.join(name.file(part)), bytes).unwrap();
            }
        }
    }
}

/// A file that is not there.
pub(crate) fn missing() -> Result<Vec<u8>, Unread> {
    Err(Unread::Missing)
}

pub(crate) fn line(seq: u64, body: &Body) -> Vec<u8> {
    compose_line(seq, &[], &body.to_json().unwrap()).unwrap()
}

pub(crate) fn chat_id(n: u8) -> ChatId {
    ChatId::from_bytes([n; 10])
}

pub(crate) fn chat(n: u8, title: &str) -> (&'static [u64], Body) {
    let body = Body::Chat(ChatLine {
        t: MORNING,
        chat: chat_id(n),
        src: Source::WechatNotification,
        chat_kind: ChatKind::Direct,
        title: title.into(),
        pseudonymous: false,
        why: Why { step: Step::Directory, rule: Some("sales".parse().unwrap()) },
    });
    (&[], body)
}

pub(crate) fn message(n: u8, minutes: i64, text: &str) -> (&'static [u64], Body) {
    let body = Body::Message(MessageLine {
        t: MORNING + minutes * 60_000,
        chat: chat_id(n),
        dir: Direction::In,
        from: Some("林舟".into()),
        text: Content::from(text),
        media: None,
        mention: false,
        truncated: false,
        sure: Confidence::High,
        raw: Raw::default(),
        held: false,
        shared: false,
        attachments: Vec::new(),
        labels: Vec::new(),
    });
    (&[], body)
}

pub(crate) fn recall(n: u8, of: &'static [u64]) -> (&'static [u64], Body) {
    let body = Body::Recall(RecallLine {
        t: MORNING + 600_000,
        chat: chat_id(n),
        from: None,
        sure: Confidence::High,
        raw: Raw::default(),
    });
    (of, body)
}

/// A day of three batches: 1 genesis, 2 balance, 3 chat, 4 and 5 messages; 6 balance, 7 message,
/// 8 recall of 5; 9 balance, 10 message.
pub(crate) fn day() -> Writer {
    let mut writer = Writer::new();
    writer.batch(&[
        chat(1, "海港物流 李工"),
        message(1, 1, "合同今天寄出"),
        message(1, 2, "报价单在附件里"),
    ]);
    writer.batch(&[message(1, 5, "Thanks, received"), recall(1, &[5])]);
    writer.batch(&[message(1, 9, "明天上午见")]);
    writer
}

fn named(key: Recipient) -> NamedRecipient {
    NamedRecipient { name: Bilingual::new("合规部", "Compliance"), key }
}

fn scope(recipients: &[NamedRecipient]) -> Scope {
    Scope {
        purposes: ["records".parse().unwrap()].into(),
        purpose_words: [Digest::of(b"words")].into(),
        sources: [Source::WechatNotification].into(),
        recipients: recipients.iter().map(|recipient| recipient.key.key_id()).collect(),
        endpoints: ["https://archive.example.cn".parse().unwrap()].into(),
        export_routes: BTreeSet::new(),
        retention_days: 2_555,
        rule_classes: BTreeSet::new(),
        hold_hours: 0,
        untold_counterparts: true,
        counterpart_names: true,
    }
}

/// A line as it is read.
pub(crate) fn read(bytes: &[u8]) -> Line {
    Line::from_json(bytes).unwrap()
}

/// Signs with any key, for forgeries.
pub(crate) fn forged<T: Document>(document: &T, signer: &dyn Signer) -> Vec<u8> {
    Envelope::sign(document, signer).unwrap().to_bytes().unwrap()
}
