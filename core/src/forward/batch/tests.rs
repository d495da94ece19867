use fenming_wire::id::RetentionClass;
use fenming_wire::record::Line;
use fenming_wire::seal::Identity;
use proptest::prelude::*;

use super::*;
use crate::consent::Decision;
use crate::consent::sample::{Desk, noon};
use crate::policy::sample::Employer;
use crate::ports::SystemRandom;
use crate::vault::{PendingLine, RecordId};

struct Table {
    desk: Desk,
    employer: Employer,
    custodians: [Identity; 2],
    epoch: Epoch,
}

impl Table {
    fn new() -> Self {
        Self {
            desk: Desk::new(),
            employer: Employer::new(),
            custodians: [Identity::generate(), Identity::generate()],
            epoch: Epoch::from_bytes([3; 8]),
        }
    }

    fn start(&self) -> Position {
        Position::start(self.desk.key().device_id(), self.epoch)
    }

    fn compose(&self, draft: &Draft) -> Result<Composed, AgentError> {
        let recipients = self.custodians.each_ref().map(Identity::recipient);
        let signer = DocumentSigner::new(&self.desk.device).unwrap();
        let composer = Composer {
            tenant: &self.employer.profile.tenant,
            device: self.desk.key().device_id(),
            epoch: self.epoch,
            recipients: &recipients,
            signer: &signer,
        };
        composer.compose(draft, &SystemRandom, noon())
    }

    fn genesis(&self) -> Genesis {
        let Decision::Granted(grant) = self.desk.agree(&self.employer, false) else {
            panic!("not granted")
        };
        Genesis {
            t: noon().millis(),
            device: self.desk.key().device_id(),
            epoch: self.epoch,
            device_key: self.desk.key(),
            trust: self.employer.signed_trust().payload_digest(),
            grant: grant.envelope().clone(),
            prior: None,
            agent: "1".to_owned(),
        }
    }
}

fn class() -> RetentionClass {
    "orders".parse().unwrap()
}

fn line(n: usize, text: &str) -> PendingLine {
    let body = format!(
        r#"{{"kind":"message","t":1,"chat":"00112233445566778899","dir":"in","text":{text:?},"sure":"high"}}"#
    );
    let id = RecordId::from_number(i64::try_from(n).unwrap());
    let body = Zeroizing::new(body.into_bytes());
    PendingLine { id, counted: true, of: Vec::new(), files: Vec::new(), body }
}

fn draft(from: Position, genesis: Option<Genesis>, texts: &[&str]) -> Draft {
    let first_seq = from.seq + if genesis.is_some() { 3 } else { 2 };
    let lines: Vec<PendingLine> = texts.iter().enumerate().map(|(n, text)| line(n, text)).collect();
    let count = u64::try_from(lines.len()).unwrap();
    let books = Books { captured: count, forwarded: count, ..Books::default() };
    let pending = Pending { from, class: class(), first_seq, lines };
    Draft { pending, books, parked: vec![7], genesis }
}

fn opened(table: &Table, composed: &Composed) -> Vec<Vec<u8>> {
    let plain = seal::open(&composed.sealed, &table.custodians).unwrap();
    plain.split(|byte| *byte == b'\n').filter(|l| !l.is_empty()).map(<[u8]>::to_vec).collect()
}

#[test]
fn the_manifest_says_what_the_batch_is_and_the_device_signs_it() {
    let table = Table::new();
    let composed =
        table.compose(&draft(table.start(), Some(table.genesis()), &["甲", "乙"])).unwrap();
    let manifest = composed.envelope.verify(&[table.desk.key()]).unwrap();
    assert_eq!(manifest, composed.manifest);
    assert_eq!((manifest.from, manifest.to.seq), (table.start(), 4));
    assert_eq!(manifest.ciphertext, Digest::of(&composed.sealed));
    assert_eq!(manifest.size, u64::try_from(composed.sealed.len()).unwrap());
    assert_eq!(manifest.class, class());
    let keys = table.custodians.each_ref().map(|custodian| custodian.recipient().key_id());
    assert_eq!(manifest.recipients, keys);
}

#[test]
fn every_recipient_opens_it_and_a_stranger_does_not() {
    let table = Table::new();
    let composed = table.compose(&draft(table.start(), Some(table.genesis()), &["甲"])).unwrap();
    for custodian in &table.custodians {
        assert!(seal::open(&composed.sealed, std::slice::from_ref(custodian)).is_ok());
    }
    assert!(seal::open(&composed.sealed, &[Identity::generate()]).is_err());
}

#[test]
fn the_lines_stand_in_order_and_lead_to_the_head() {
    let table = Table::new();
    let from = Position { seq: 40, head: Digest::of(b"before") };
    let mut draft = draft(from, None, &["甲", "乙"]);
    draft.pending.lines[1].of = vec![12, 9];
    let composed = table.compose(&draft).unwrap();
    let lines = opened(&table, &composed);
    let parsed: Vec<Line> = lines.iter().map(|line| Line::from_json(line).unwrap()).collect();
    assert_eq!(parsed.iter().map(|line| line.seq).collect::<Vec<_>>(), [41, 42, 43]);
    assert_eq!(parsed[2].of, [12, 9]);
    let Body::Balance(balance) = &parsed[0].body else { panic!("no balance") };
    let books = balance.books.verify(&[table.desk.key()]).unwrap();
    assert_eq!((books.seq, books.sealed, books.parked), (41, noon(), vec![7]));
    let raw = lines.iter().map(Vec::as_slice);
    from.follow(&balance.salt, raw, composed.manifest.to).unwrap();
}

#[test]
fn no_two_batches_share_a_salt_or_bytes() {
    let table = Table::new();
    let draft = draft(table.start(), Some(table.genesis()), &["甲"]);
    let (one, other) = (table.compose(&draft).unwrap(), table.compose(&draft).unwrap());
    assert!(one.sealed != other.sealed);
    assert_ne!(one.manifest.to.head, other.manifest.to.head);
}

#[test]
fn only_an_epochs_first_batch_has_a_genesis() {
    let table = Table::new();
    let mut missing = draft(table.start(), Some(table.genesis()), &["甲"]);
    missing.genesis = None;
    assert_eq!(table.compose(&missing).err().unwrap().code(), "internal");
    let from = Position { seq: 9, head: Digest::of(b"before") };
    let second = draft(from, Some(table.genesis()), &["甲"]);
    assert_eq!(table.compose(&second).err().unwrap().code(), "internal");
}

#[test]
fn books_that_do_not_add_up_are_never_signed() {
    let table = Table::new();
    let mut wrong = draft(table.start(), Some(table.genesis()), &["甲"]);
    wrong.books.captured += 1;
    assert!(table.compose(&wrong).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn what_goes_in_comes_out_for_any_text(texts in proptest::collection::vec(".{0,40}", 1..20)) {
        let table = Table::new();
        let texts: Vec<String> =
            texts.iter().map(|text| text.escape_default().to_string()).collect();
        let borrowed: Vec<&str> = texts.iter().map(String::as_str).collect();
        let draft = draft(table.start(), Some(table.genesis()), &borrowed);
        let composed = table.compose(&draft).unwrap();
        let read: Vec<String> = opened(&table, &composed)
            .iter()
            .filter_map(|line| match Line::from_json(line).unwrap().body {
                Body::Message(message) => Some(message.text.expose().to_owned()),
                _ => None,
            })
            .collect();
        prop_assert_eq!(read, texts);
    }
}
