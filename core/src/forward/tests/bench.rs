//! A phone with a real store, an employer with keys, and an endpoint between them.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use fenming_wire::id::{ChatId, Epoch};
use fenming_wire::ledger::Position;
use fenming_wire::record::{Body, Confidence, Direction, Line, MessageLine, Raw};
use fenming_wire::seal::{self, Identity};
use fenming_wire::source::Source;
use fenming_wire::text::Bilingual;
use fenming_wire::trust::NamedRecipient;
use tempfile::TempDir;

use super::endpoint::Endpoint;
use crate::clock::{Clock, Span};
use crate::consent::sample::{Desk, noon};
use crate::consent::{Counterpart, Decision, Terms, authorise};
use crate::forward::client::ClientPorts;
use crate::forward::endpoint_clock::EndpointClock;
use crate::forward::run::{Budget, Forwarder, Instructions, RunReport};
use crate::observation::OsProfile;
use crate::policy::sample::Employer;
use crate::ports::SystemRandom;
use crate::record::{Declaration, Fact, Record};
use crate::tag::{ChatFacts, Ruleset, Verdict, decide};
use crate::testing::{ManualClock, MemoryKeys};
use crate::vault::{ForwardingState, Ports, Vault};

/// Everything that forwarding needs.
pub(crate) struct Bench {
    pub(crate) employer: Employer,
    pub(crate) desk: Desk,
    pub(crate) custodian: Identity,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) endpoint_clock: EndpointClock,
    pub(crate) endpoint: Endpoint,
    pub(crate) vault: Mutex<Vault>,
    keys: Arc<MemoryKeys>,
    dir: TempDir,
    captured: Mutex<Vec<String>>,
}

/// The client of the directory whose records have the class `orders`.
pub(crate) const ORDERS: &str = "栗山精工 陶工";
/// The client of the directory whose records have the default class.
pub(crate) const GENERAL: &str = "松果资本 Nora";

impl Bench {
    /// A phone that is enrolled, and whose employee has agreed.
    pub(crate) fn new() -> Self {
        let bench = Self::without_consent();
        bench.agree();
        bench
    }

    /// A phone that is enrolled.
    pub(crate) fn without_consent() -> Self {
        let (mut employer, desk) = (Employer::new(), Desk::new());
        let clock = Arc::new(ManualClock::at(noon()));
        let endpoint = Endpoint::new(
            employer.profile.tenant.clone(),
            employer.profile.endpoint.authority(),
            desk.key(),
            Arc::new(ManualClock::at(noon())),
        );
        let custodian = Identity::generate();
        employer.trust.recipients = vec![recipient(&custodian)];
        employer.trust.receipt_keys = vec![endpoint.receipts.public()];
        let (keys, dir) = (Arc::new(MemoryKeys::new()), tempfile::tempdir().unwrap());
        let vault = Mutex::new(open(dir.path().join("store"), &keys, &clock));
        let endpoint_clock = EndpointClock::new(Arc::clone(&clock) as Arc<dyn Clock>, None);
        let captured = Mutex::default();
        let bench = Self {
            employer,
            desk,
            custodian,
            clock,
            endpoint_clock,
            endpoint,
            vault,
            keys,
            dir,
            captured,
        };
        bench.vault().set_device(bench.desk.key().device_id()).unwrap();
        bench
    }

    pub(crate) fn vault(&self) -> std::sync::MutexGuard<'_, Vault> {
        self.vault.lock().unwrap()
    }

    /// The employee agrees to what the documents ask for now.
    pub(crate) fn agree(&self) {
        let Decision::Granted(grant) = self.desk.agree(&self.employer, false) else {
            panic!("not granted")
        };
        let mut vault = self.vault();
        vault.put(grant.envelope()).unwrap();
        let at = self.clock.now();
        vault.declare(&Declaration::granted(at, grant.envelope().clone())).unwrap();
    }

    /// Stores so many messages of a client.
    pub(crate) fn capture(&self, title: &str, count: usize) {
        for _ in 0..count {
            let number = self.captured.lock().unwrap().len();
            let text = format!("第{number}条：报价单已确认");
            self.capture_text(title, &text);
            self.captured.lock().unwrap().push(text);
        }
    }

    fn capture_text(&self, title: &str, text: &str) {
        let rules = Ruleset::compile(&self.employer.policy).unwrap();
        let shown = title.into();
        let facts = ChatFacts {
            profile: OsProfile::Personal,
            kind: fenming_wire::policy::ChatKind::Direct,
            title: &shown,
            employee: None,
            earlier: None,
        };
        let Verdict::Business(business) = decide(&facts, &rules, None) else {
            panic!("not business")
        };
        let decision = self.desk.agree(&self.employer, false);
        let scope = Desk::scope(&self.employer);
        let terms = Terms::new(&scope, &self.employer.policy, self.clock.now());
        let source = Source::WechatNotification;
        let permit = authorise(&decision, &terms, source, Counterpart::Told);
        let permit = permit.unwrap_or_else(|denied| panic!("{denied:?}"));
        let (chat, at) =
            (ChatId::from_bytes([u8::try_from(title.len()).unwrap(); 10]), self.clock.now());
        let line = MessageLine {
            t: at.millis(),
            chat,
            dir: Direction::In,
            from: Some(title.into()),
            text: text.into(),
            media: None,
            mention: false,
            truncated: false,
            sure: Confidence::High,
            raw: Raw::default(),
            held: false,
            shared: false,
            attachments: Vec::new(),
            labels: Vec::new(),
        };
        let fact = Fact { at, fingerprint: text.into(), body: Body::Message(line) };
        self.vault().append(&Record::new(&business, permit, chat, fact)).unwrap();
    }

    /// Lets the review window pass, on the phone and at the endpoint.
    pub(crate) fn review_passes(&self) {
        self.pass(Span::hours(3));
    }

    /// Lets time pass, on the phone and at the endpoint.
    pub(crate) fn pass(&self, span: Span) {
        self.clock.advance(span);
        self.endpoint.clock.advance(span);
    }

    pub(crate) fn with_forwarder<T>(&self, work: impl FnOnce(&Forwarder<'_>) -> T) -> T {
        let ports = ClientPorts {
            transport: &self.endpoint,
            signer: &self.desk.device,
            random: &SystemRandom,
            clock: &self.endpoint_clock,
        };
        let digest = self.employer.signed_trust().payload_digest();
        let instructions = Instructions {
            profile: &self.employer.profile,
            trust: &self.employer.trust,
            trust_digest: &digest,
            policy: &self.employer.policy,
        };
        work(&Forwarder::new(ports, instructions).unwrap())
    }

    pub(crate) fn run(&self) -> RunReport {
        self.run_within(Budget::default())
    }

    pub(crate) fn run_within(&self, budget: Budget) -> RunReport {
        self.with_forwarder(|forwarder| forwarder.run(&self.vault, budget)).unwrap()
    }

    pub(crate) fn state(&self) -> ForwardingState {
        self.vault().get().unwrap().unwrap_or_default()
    }

    pub(crate) fn epoch(&self) -> Epoch {
        self.vault().epoch().unwrap()
    }

    /// Names of the files in the spool.
    pub(crate) fn spool(&self) -> Vec<PathBuf> {
        let folder = self.vault().spool();
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
    }

    /// Ends the process and starts it anew on the same folder.
    pub(crate) fn restart(&self) {
        let path = self.dir.path().join("store");
        let elsewhere = self.dir.path().join("elsewhere");
        let mut vault = self.vault();
        // The lock of the first store must go before it can be opened again.
        *vault = open(elsewhere, &Arc::new(MemoryKeys::new()), &self.clock);
        *vault = open(path, &self.keys, &self.clock);
    }

    /// Copies the store's folder away, as a backup does. The store must be closed for it.
    pub(crate) fn copy_store(&self) -> PathBuf {
        let copy = self.dir.path().join("copy");
        self.vault().suspend().unwrap();
        copy_folder(&self.dir.path().join("store"), &copy);
        self.vault().resume().unwrap();
        copy
    }

    /// Puts a copy back in the store's place.
    pub(crate) fn put_back(&self, copy: &std::path::Path) {
        let store = self.dir.path().join("store");
        self.vault().suspend().unwrap();
        std::fs::remove_dir_all(&store).unwrap();
        copy_folder(copy, &store);
        self.vault().resume().unwrap();
    }

    /// What the custodian reads of an epoch: every line, once its chain and books hold.
    pub(crate) fn lines(&self, epoch: Epoch) -> Vec<Line> {
        let mut at = Position::start(self.desk.key().device_id(), epoch);
        let mut lines = Vec::new();
        for batch in self.endpoint.batches(epoch) {
            assert_eq!(batch.manifest.from, at);
            let plain = seal::open(&batch.sealed, std::slice::from_ref(&self.custodian)).unwrap();
            let raw: Vec<&[u8]> = plain.split(|b| *b == b'\n').filter(|l| !l.is_empty()).collect();
            let parsed: Vec<Line> = raw.iter().map(|line| Line::from_json(line).unwrap()).collect();
            let balance = parsed.iter().find_map(|line| match &line.body {
                Body::Balance(balance) => Some((line.seq, balance)),
                _ => None,
            });
            let (seq, balance) = balance.unwrap();
            let books = balance.books.verify(&[self.desk.key()]).unwrap();
            assert!(books.books.add_up() && books.seq == seq && books.epoch == epoch);
            at = at.follow(&balance.salt, raw, batch.manifest.to).unwrap();
            lines.extend(parsed);
        }
        for (line, seq) in lines.iter().zip(1..) {
            assert_eq!(line.seq, seq, "sequences have no hole");
        }
        lines
    }

    /// The texts that the custodian reads in all epochs together.
    pub(crate) fn read(&self) -> Vec<String> {
        let lines = self.endpoint.epochs().into_iter().flat_map(|epoch| self.lines(epoch));
        lines
            .filter_map(|line| match line.body {
                Body::Message(message) => Some(message.text.expose().to_owned()),
                _ => None,
            })
            .collect()
    }

    /// Asserts that the custodian has everything that was captured, each once.
    #[track_caller]
    pub(crate) fn everything_arrived_once(&self) {
        let (mut read, mut captured) = (self.read(), self.captured.lock().unwrap().clone());
        read.sort();
        captured.sort();
        assert_eq!(read, captured);
    }
}

pub(crate) fn recipient(custodian: &Identity) -> NamedRecipient {
    NamedRecipient {
        name: Bilingual::new("云帆合规部档案室", "Yunfan Compliance, records office"),
        key: custodian.recipient(),
    }
}

fn open(dir: PathBuf, keys: &Arc<MemoryKeys>, clock: &Arc<ManualClock>) -> Vault {
    let ports = Ports {
        keys: Arc::clone(keys) as Arc<_>,
        random: Arc::new(SystemRandom),
        clock: Arc::clone(clock) as Arc<_>,
    };
    Vault::open(&dir, ports).unwrap().vault
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
