//! A phone with a store on it, and things that are captured on it, for tests.

use std::path::Path;
use std::sync::Arc;

use fenming_wire::Content;
use fenming_wire::consent::Scope;
use fenming_wire::envelope::Envelope;
use fenming_wire::id::{ChatId, DeviceId, Digest, RetentionClass};
use fenming_wire::ledger::Position;
use fenming_wire::manifest::Manifest;
use fenming_wire::policy::{ChatKind, HoldRule};
use fenming_wire::receipt::Receipt;
use fenming_wire::record::{
    Body, Cause, Confidence, CoverageLine, CoverageState, Direction, MessageLine, Raw, RecallLine,
    Step, Why, compose_line,
};
use fenming_wire::source::Source;
use fenming_wire::time::{Span, Timestamp};
use rusqlite::Connection;
use tempfile::TempDir;

use super::{
    Batch, BatchId, Commit, Found, Pending, PendingRule, Ports, SealedBatch, Settled, Vault,
};
use crate::consent::sample::Desk;
pub(crate) use crate::consent::sample::noon;
use crate::consent::{Counterpart, Decision, Terms, authorise, authorise_hold};
use crate::event::{ChatKey, ChatSeen, Origin};
use crate::observation::OsProfile;
use crate::policy::policy_state;
use crate::policy::sample::{Employer, key};
use crate::record::{Declaration, Fact, Held, HeldChat, Record};
use crate::tag::{Business, ChatFacts, EmployeeTag, Ruleset, Verdict, decide};
use crate::testing::{ManualClock, MemoryKeys, SeededRandom};

/// The review window in these tests.
pub(crate) const REVIEW: Span = Span::minutes(30);

pub(crate) const ORIGIN: Origin =
    Origin { source: Source::WechatNotification, user: 0, profile: OsProfile::Personal };

/// A phone: a folder, its keys, its clock.
pub(crate) struct Phone {
    pub(crate) dir: TempDir,
    pub(crate) keys: Arc<MemoryKeys>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) random: Arc<SeededRandom>,
}

/// An employer whose policy takes some chats, and an employee who agreed.
pub(crate) struct Office {
    employer: Employer,
    decision: Decision,
    scope: Scope,
    rules: Ruleset,
}

impl Phone {
    pub(crate) fn new() -> Self {
        Self {
            dir: TempDir::new().unwrap(),
            keys: Arc::new(MemoryKeys::new()),
            clock: Arc::new(ManualClock::at(noon())),
            random: Arc::new(SeededRandom::new(7)),
        }
    }

    pub(crate) fn ports(&self) -> Ports {
        Ports { keys: self.keys.clone(), random: self.random.clone(), clock: self.clock.clone() }
    }

    /// Opens the store, whatever is found.
    pub(crate) fn open(&self) -> (Vault, Found) {
        let opened = Vault::open(self.dir.path(), self.ports()).unwrap();
        (opened.vault, opened.found)
    }

    /// Opens the store of an enrolled device.
    pub(crate) fn enrolled(&self) -> Vault {
        let mut vault = self.open().0;
        vault.set_device(DeviceId::from_bytes([3; 16])).unwrap();
        vault
    }

    /// Looks into the file beside the store's back. The store must be closed or suspended.
    pub(crate) fn sql(&self) -> Connection {
        Connection::open(self.dir.path().join("store.db")).unwrap()
    }

    /// All bytes under the folder.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        fn collect(dir: &Path, into: &mut Vec<u8>) {
            for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
                if entry.path().is_dir() {
                    collect(&entry.path(), into);
                } else {
                    into.extend(std::fs::read(entry.path()).unwrap());
                }
            }
        }
        let mut bytes = Vec::new();
        collect(self.dir.path(), &mut bytes);
        bytes
    }

    pub(crate) fn holds_text(&self, text: &str) -> bool {
        self.bytes().windows(text.len()).any(|window| window == text.as_bytes())
    }

    /// Lets the review window of everything pass.
    pub(crate) fn wait(&self) {
        self.clock.advance(REVIEW);
    }
}

impl Office {
    pub(crate) fn new() -> Self {
        let mut employer = Employer::new();
        employer.policy.hold = Some(HoldRule { max_hours: 24 });
        let decision = Desk::new().agree(&employer, true);
        let scope = Desk::scope(&employer);
        let rules = Ruleset::compile(&employer.policy).unwrap();
        Self { employer, decision, scope, rules }
    }

    fn terms(&self) -> Terms<'_> {
        Terms {
            scope: &self.scope,
            policy: policy_state(&self.employer.policy, noon()),
            counterpart: self.employer.policy.counterpart,
            hold: self.employer.policy.hold,
        }
    }

    /// The verdict on a chat that the directory has, or that the employee tagged.
    pub(crate) fn business(&self, title: &str) -> Business {
        let title = Content::from(title);
        let facts = ChatFacts {
            profile: OsProfile::Personal,
            kind: ChatKind::Direct,
            title: &title,
            employee: Some(EmployeeTag::Business),
            earlier: None,
        };
        match decide(&facts, &self.rules, None) {
            Verdict::Business(business) => business,
            Verdict::Personal(_) | Verdict::Undecided { .. } => panic!("not business"),
        }
    }

    /// A record. Chats whose title the directory has with a class get that class.
    pub(crate) fn record(&self, (chat, title): (ChatId, &str), fact: Fact) -> Record {
        let permit = authorise(&self.decision, &self.terms(), ORIGIN.source, Counterpart::Told);
        let permit = permit.map_err(|denied| format!("{denied:?}")).unwrap();
        Record::new(&self.business(title), permit, chat, fact)
    }

    /// A message of a chat in the class `general`.
    pub(crate) fn message(&self, chat: ChatId, text: &str) -> Record {
        self.record((chat, "林间咖啡"), message(chat, Some("云舟"), text))
    }

    /// A message of a chat in the class `orders`.
    pub(crate) fn order(&self, chat: ChatId, text: &str) -> Record {
        self.record((chat, "栗山精工 陶工"), message(chat, None, text))
    }

    pub(crate) fn recall(&self, chat: ChatId, from: Option<&str>, text: &str) -> Record {
        self.record((chat, "林间咖啡"), recall(chat, from, text))
    }

    pub(crate) fn held(&self, chat: ChatId, fact: Fact) -> Held {
        let permit =
            authorise_hold(&self.decision, &self.terms(), ORIGIN.source, Counterpart::Told);
        let permit = permit.map_err(|denied| format!("{denied:?}")).unwrap();
        let signal = Why { step: Step::TextRule, rule: Some("t-contract".parse().unwrap()) };
        Held::new(
            permit,
            HeldChat { id: chat, title: "青石小院".into(), kind: ChatKind::Direct, signal },
            fact,
        )
    }

    /// The grant, as a declaration.
    pub(crate) fn grant(&self) -> Declaration {
        let Decision::Granted(grant) = &self.decision else { panic!("no grant") };
        Declaration::granted(noon(), grant.envelope().clone())
    }
}

pub(crate) fn chat(n: u8) -> ChatId {
    ChatId::from_bytes([n; 10])
}

pub(crate) fn general() -> RetentionClass {
    "general".parse().unwrap()
}

pub(crate) fn message(chat: ChatId, from: Option<&str>, text: &str) -> Fact {
    let body = Body::Message(MessageLine {
        t: noon().millis(),
        chat,
        dir: Direction::In,
        from: from.map(Content::from),
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
    });
    Fact { at: noon(), fingerprint: format!("message {text}").into(), body }
}

pub(crate) fn recall(chat: ChatId, from: Option<&str>, text: &str) -> Fact {
    let body = Body::Recall(RecallLine {
        t: noon().millis(),
        chat,
        from: from.map(Content::from),
        sure: Confidence::Medium,
        raw: Raw::default(),
    });
    Fact { at: noon(), fingerprint: format!("recall {text}").into(), body }
}

pub(crate) fn coverage(t: i64) -> Declaration {
    Declaration::coverage(CoverageLine {
        t,
        until: None,
        src: Source::WechatNotification,
        chat: None,
        state: CoverageState::Blind,
        cause: Cause::PreviewHidden,
        missed: None,
    })
}

pub(crate) fn seen(title: &str) -> ChatSeen {
    ChatSeen { key: ChatKey::Notification(4), title: title.into(), kind: ChatKind::Direct }
}

/// What a batch of these tests may hold.
pub(crate) fn rule(class: &RetentionClass, max_lines: usize) -> PendingRule<'_> {
    PendingRule { review: REVIEW, declarations: class, max_lines, max_bytes: 1 << 20 }
}

/// The lines of a batch as they are chained: genesis where the epoch begins, balance, the rest.
pub(crate) fn lines(pending: &Pending) -> Vec<Vec<u8>> {
    let genesis = pending.begins_epoch().then(|| b"genesis".to_vec());
    let own = pending.lines.iter().zip(pending.first_seq..);
    let own = own.map(|(line, seq)| compose_line(seq, &line.of, &line.body).unwrap());
    genesis.into_iter().chain([b"balance".to_vec()]).chain(own).collect()
}

pub(crate) fn end(pending: &Pending) -> Position {
    let salt = Digest::of(b"salt");
    lines(pending).iter().fold(pending.from, |at, line| at.after(&salt, line))
}

pub(crate) fn sealed(vault: &Vault, pending: &Pending) -> SealedBatch {
    let to = end(pending);
    let manifest = Manifest {
        tenant: "yunfan".parse().unwrap(),
        device: vault.device().unwrap().unwrap(),
        epoch: vault.epoch().unwrap(),
        from: pending.from,
        to,
        ciphertext: Digest::of(to.head.as_bytes()),
        size: 4_096,
        class: pending.class.clone(),
        recipients: vec![fenming_wire::id::KeyId::from_bytes([1; 8])],
        attachments: Vec::new(),
    };
    // The store does not ask who signed; the device's key is not in this test.
    let envelope = Envelope::sign(&manifest, &key()).unwrap();
    SealedBatch { manifest, envelope, file: format!("{}.age", to.seq) }
}

/// Seals what is due into one batch.
pub(crate) fn seal(vault: &mut Vault, max_lines: usize) -> Option<(BatchId, Pending)> {
    let class = general();
    let pending = vault.pending(&rule(&class, max_lines)).unwrap()?;
    let batch = sealed(vault, &pending);
    match vault.commit_batch(&pending, &batch).unwrap() {
        Commit::Done(id) => Some((id, pending)),
        Commit::Stale => panic!("nothing changed meanwhile"),
    }
}

pub(crate) fn receipt(batch: &Batch, received: Timestamp) -> (Envelope<Receipt>, Receipt) {
    let manifest = batch.envelope.peek_unverified().unwrap();
    let receipt = Receipt::of(&manifest, received);
    (Envelope::sign(&receipt, &key()).unwrap(), receipt)
}

/// Settles the oldest open batch.
pub(crate) fn settle(vault: &mut Vault) -> Option<BatchId> {
    let batch = vault.open_batches().unwrap().into_iter().next()?;
    let (envelope, receipt) = receipt(&batch, noon());
    match vault.settle(&envelope, &receipt).unwrap() {
        Settled::Delivered(id) => Some(id),
        other @ (Settled::Already(_) | Settled::Unknown) => panic!("{other:?}"),
    }
}

/// Lets the store grow by so many pages and no more, as a disk that fills up; none lets go.
pub(crate) fn limit(vault: &Vault, more: Option<i64>) {
    const MOST: i64 = 0xffff_fffe;
    let sql = &vault.live.as_ref().unwrap().sql;
    let pages: i64 = sql.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    let most = more.map_or(MOST, |more| pages + more);
    sql.query_row(&format!("PRAGMA max_page_count = {most}"), [], |_| Ok(())).unwrap();
}

/// How many transactions the WAL beside the store holds: a frame that names the size of the
/// database ends one.
pub(crate) fn commits(dir: &Path) -> usize {
    const HEADER: usize = 32;
    const FRAME: usize = 24 + 4096;
    let wal = std::fs::read(dir.join("store.db-wal")).unwrap();
    let salts = &wal[16..24];
    let frames = wal[HEADER..].chunks_exact(FRAME);
    frames.filter(|frame| &frame[8..16] == salts && frame[4..8] != [0; 4]).count()
}

/// Lets so many more records into the queue, as after months without an endpoint. The books of
/// what waits are what decides.
pub(crate) fn fill_queue(vault: &Vault, room: u64) {
    let most = i64::try_from(crate::limits::MAX_QUEUED_RECORDS - room).unwrap();
    let sql = &vault.live.as_ref().unwrap().sql;
    sql.execute("UPDATE epochs SET waiting = ?1", [most]).unwrap();
}

/// Makes the books of what waits true again.
pub(crate) fn empty_queue(vault: &Vault) {
    let waiting = "UPDATE epochs SET waiting = (SELECT count(*) FROM records WHERE state = 0)";
    vault.live.as_ref().unwrap().sql.execute(waiting, []).unwrap();
}
