use fenming_wire::id::DeviceId;
use fenming_wire::record::Body;
use fenming_wire::screening::LabelKind;
use fenming_wire::seal::{self, Identity};
use fenming_wire::time::Span;

use super::*;
use crate::consent::sample::noon;
use crate::screen::{Screen, starter};
use crate::vault::sample::{Office, Phone, REVIEW, chat, general, message};
use crate::vault::{Appended, PendingRule, RecordQuery};

const SECRET: &str = "这份绝密文件先放你那里";

/// A phone, an office, and counsel with their key.
struct Desk {
    phone: Phone,
    office: Office,
    vault: Vault,
    screen: Screen,
    identity: Identity,
}

impl Desk {
    fn new() -> Self {
        let phone = Phone::new();
        let vault = phone.enrolled();
        let screening = fenming_wire::screening::Screening {
            lexicons: starter().unwrap(),
            warn_hours: 24,
            counterpart: None,
        };
        let screen = Screen::compile(Some(&screening)).unwrap();
        Self { phone, office: Office::new(), vault, screen, identity: Identity::generate() }
    }

    fn counsel(&self) -> Counsel {
        Counsel {
            tenant: "yunfan".parse().unwrap(),
            device: DeviceId::from_bytes([3; 16]),
            key: self.identity.recipient(),
        }
    }

    fn capture(&mut self, text: &str) -> Appended {
        let fact = message(chat(1), Some("云舟"), text);
        let record = self.office.record((chat(1), "林间咖啡"), fact);
        let record = record.screened(&self.screen, &self.counsel());
        self.vault.append(&record).unwrap()
    }

    /// What counsel reads of the only item.
    fn opened(&self) -> CounselItem {
        let item = self.vault.counsel_items().unwrap()[0].item;
        CounselItem::open(&self.vault.counsel_sealed(item).unwrap(), &self.identity).unwrap()
    }

    fn decision(&self, number: u64, outcome: Outcome) -> CounselDecision {
        let CounselItem { tenant, device, item, token, .. } = self.opened();
        let (issued, token) = (noon(), token.expose().to_owned());
        let expires = issued + Span::days(7);
        CounselDecision { tenant, device, number, issued, expires, item, token, outcome }
    }

    fn obey(&mut self, decision: &CounselDecision) -> Result<Obeyed, AgentError> {
        self.vault.obey(decision, &Digest::of(&decision.number.to_be_bytes()))
    }

    fn books(&self) -> fenming_wire::balance::Books {
        let books = self.vault.books().unwrap();
        assert!(books.add_up());
        books
    }
}

#[test]
fn a_suspicion_is_for_counsel_alone_and_stands_nowhere_else() {
    let mut desk = Desk::new();
    assert_eq!(desk.capture(SECRET), Appended::ToCounsel);
    assert_eq!(desk.capture(SECRET), Appended::Duplicate);
    let item = desk.opened();
    let Body::Message(line) = &item.line else { panic!("no message") };
    assert_eq!(line.text.expose(), SECRET);
    assert_eq!(item.labels[0].kind, LabelKind::StateSecret);

    let sealed = desk.vault.counsel_sealed(item.item).unwrap();
    assert!(seal::open(&sealed, &[Identity::generate()]).is_err(), "the custodian");
    let token = item.token.expose().to_owned();
    desk.vault.suspend().unwrap();
    for text in [SECRET, &token, "云舟"] {
        assert!(!desk.phone.holds_text(text));
    }
    let raw = HEXLOWER.decode(token.as_bytes()).unwrap();
    assert!(!desk.phone.bytes().windows(raw.len()).any(|window| window == raw));
    let rows: i64 =
        desk.phone.sql().query_row("SELECT count(*) FROM records", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 0);
}

#[test]
fn the_books_count_it_and_nothing_forwards_it() {
    let mut desk = Desk::new();
    desk.capture(SECRET);
    desk.capture("合同明天寄出");
    let books = desk.books();
    assert_eq!((books.captured, books.queued, books.counsel), (2, 1, 1));
    let numbers = desk.vault.numbers().unwrap();
    assert_eq!((numbers.queued, numbers.backlog(), numbers.counsel), (1, 1, 1));
    desk.phone.wait();
    let (review, declarations) = (REVIEW, &general());
    let rule = PendingRule { review, declarations, max_lines: 100, max_bytes: 1 << 20 };
    let pending = desk.vault.pending(&rule).unwrap().unwrap();
    assert_eq!(pending.lines.len(), 1);
    let page = desk.vault.records(&RecordQuery { limit: 10, review, ..Default::default() });
    assert_eq!(page.unwrap().records.len(), 1);
}

#[test]
fn it_survives_withdrawal_retraction_retention_and_shredding() {
    let mut desk = Desk::new();
    desk.capture(SECRET);
    assert_eq!(desk.vault.destroy_unsent().unwrap(), 0);
    desk.vault.discard_all().unwrap();
    for _ in 0..400 {
        desk.phone.clock.advance(Span::days(1));
    }
    desk.vault.upkeep().unwrap();
    desk.vault.forget_delivered(Span::millis(0)).unwrap();
    desk.vault.shred().unwrap();
    let id = desk.vault.counsel_items().unwrap()[0].item;
    assert!(matches!(desk.vault.retract(RecordId(1), REVIEW), Err(AgentError::NotFound(_))));
    let decision = desk.decision(1, Outcome::Clear);
    desk.vault.suspend().unwrap();
    desk.vault.resume().unwrap();
    assert_eq!(decision.item, id);
    assert!(matches!(desk.obey(&decision), Ok(Obeyed::Cleared(_))));
}

#[test]
fn cleared_it_is_a_record_like_every_other() {
    let mut desk = Desk::new();
    desk.capture(SECRET);
    let decision = desk.decision(4, Outcome::Clear);
    let Obeyed::Cleared(record) = desk.obey(&decision).unwrap() else { panic!("not cleared") };
    let books = desk.books();
    assert_eq!((books.captured, books.queued, books.counsel), (1, 1, 0));
    let view = desk.vault.record(record, REVIEW).unwrap();
    let Body::Message(line) = &view.body else { panic!("no message") };
    assert_eq!(line.text.expose(), SECRET);
    assert!(!line.labels.is_empty() && view.why.is_some() && view.chat == Some(chat(1)));
    assert!(desk.vault.counsel_items().unwrap().is_empty());
    assert_eq!(desk.capture(SECRET), Appended::Duplicate);
}

#[test]
fn released_it_is_gone_and_is_not_captured_again() {
    let mut desk = Desk::new();
    desk.capture(SECRET);
    let (decision, item) = (desk.decision(1, Outcome::Release), desk.opened().item);
    assert_eq!(desk.obey(&decision).unwrap(), Obeyed::Released);
    let books = desk.books();
    assert_eq!((books.captured, books.queued, books.counsel), (1, 0, 1));
    assert!(desk.vault.counsel_items().unwrap().is_empty());
    assert!(matches!(desk.vault.counsel_sealed(item), Err(AgentError::NotFound(_))));
    assert_eq!(desk.vault.numbers().unwrap().counsel, 0);
    assert_eq!(desk.capture(SECRET), Appended::Duplicate);
}

#[test]
fn a_decision_is_obeyed_once_and_only_with_the_token_of_its_item() {
    let mut desk = Desk::new();
    desk.capture(SECRET);
    let good = desk.decision(2, Outcome::Clear);
    let wrong = CounselDecision { token: "00".repeat(32), ..good.clone() };
    assert!(matches!(desk.obey(&wrong), Err(AgentError::DocumentRefused { .. })));
    let other = CounselDecision { item: ItemId::from_bytes([9; 16]), ..good.clone() };
    assert!(matches!(desk.obey(&other), Err(AgentError::NotFound(_))));
    assert_eq!(desk.vault.last_decision().unwrap(), 0, "nothing was done");
    desk.obey(&good).unwrap();
    assert!(matches!(desk.obey(&good), Err(AgentError::Replayed { .. })));
    let older = CounselDecision { number: 1, ..good };
    assert!(matches!(desk.obey(&older), Err(AgentError::Replayed { .. })));
    assert_eq!(desk.vault.last_decision().unwrap(), 2);
}

#[test]
fn what_was_refused_for_good_is_not_judged_again() {
    let mut desk = Desk::new();
    desk.vault.refuse_decision(5, &Digest::of(b"x")).unwrap();
    desk.vault.suspend().unwrap();
    desk.vault.resume().unwrap();
    assert_eq!(desk.vault.last_decision().unwrap(), 5);
    let again = desk.vault.refuse_decision(5, &Digest::of(b"x"));
    assert!(matches!(again, Err(AgentError::Replayed { .. })));
}

#[test]
fn a_promoted_item_of_the_quarantine_is_screened_as_well() {
    let mut desk = Desk::new();
    let fact = || message(chat(1), Some("云舟"), SECRET);
    desk.vault.hold(&desk.office.held(chat(1), fact())).unwrap();
    let hold = desk.vault.holds().unwrap()[0].id;
    let record = desk.office.record((chat(1), "林间咖啡"), fact());
    let record = record.screened(&desk.screen, &desk.counsel());
    assert_eq!(desk.vault.promote(hold, &record).unwrap(), Appended::ToCounsel);
    assert_eq!(desk.books().counsel, 1);
    assert!(desk.vault.holds().unwrap().is_empty());
}
