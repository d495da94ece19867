//! A suspicion of a state secret: sealed to counsel alone, kept through everything, and let go of
//! only on counsel's word, once.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use fenming_core::agent::{WarningKind, explain_label};
use fenming_core::clock::{Clock, Span};
use fenming_core::error::AgentError;
use fenming_core::screen::starter;
use fenming_tests::stage::{Stage, files_below, message, next_version, policy};
use fenming_wire::counsel::{CounselDecision, CounselItem, Outcome};
use fenming_wire::envelope::Envelope;
use fenming_wire::key::Ed25519Signer;
use fenming_wire::policy::{Policy, WithdrawalRule};
use fenming_wire::record::Body;
use fenming_wire::screening::{CounterpartNotice, LabelKind, Screening};
use fenming_wire::seal;
use fenming_wire::text::{Bilingual, Language};

/// A client of the demo's directory.
const CLIENT: &str = "林嘉怡（恒远资本）";
const SECRET: &str = "这份绝密文件你先看，别转发";
const ORDER: &str = "麻烦帮我市价买入示例电子五百手";

fn screened() -> Policy {
    let mut policy = policy();
    policy.screening = Some(Screening {
        lexicons: starter().unwrap(),
        warn_hours: 24,
        counterpart: Some(CounterpartNotice {
            hours: 168,
            text: Bilingual::new("本聊天由单位依法存档", "This chat is archived as the law asks"),
        }),
    });
    policy
}

/// Has a message of a client seen, a second from now; says how many were captured.
fn say(stage: &Stage, text: &str) -> u64 {
    stage.pass(Span::seconds(1));
    let at = Clock::now(stage.clock.as_ref()).to_string();
    stage.see(&[message(&at, 7, CLIENT, text)]).captured
}

/// What counsel reads of the only item, taken from the phone.
fn opened(stage: &Stage) -> CounselItem {
    let items = stage.agent().counsel_items().unwrap();
    let [held] = items.as_slice() else { panic!("not one item") };
    let sealed = stage.agent().counsel_sealed(held.item).unwrap();
    assert!(seal::open(&sealed, std::slice::from_ref(&stage.custodian.archive)).is_err());
    CounselItem::open(&sealed, &stage.custodian.counsel).unwrap()
}

fn decision(stage: &Stage, number: u64, outcome: Outcome) -> CounselDecision {
    let CounselItem { tenant, device, item, token, .. } = opened(stage);
    let issued = Clock::now(stage.clock.as_ref());
    let (expires, token) = (issued + Span::days(7), token.expose().to_owned());
    CounselDecision { tenant, device, number, issued, expires, item, token, outcome }
}

fn sign(stage: &Stage, decision: &CounselDecision) -> Envelope<CounselDecision> {
    Envelope::sign(decision, &stage.custodian.counsel_key).unwrap()
}

/// Gives the endpoint a decision and lets the phone refresh.
fn send(stage: &Stage, decision: &CounselDecision) -> Result<(), AgentError> {
    let envelope = sign(stage, decision);
    stage.collector().console().add_decision(&stage.custodian.trust, &envelope).unwrap();
    stage.agent().refresh()
}

#[test]
fn a_suspicion_is_neither_sent_nor_destroyed_until_counsel_decides() {
    let mut policy = screened();
    policy.on_withdrawal = WithdrawalRule::DestroyUnsent;
    let mut stage = Stage::agreed(policy, false);
    assert_eq!(say(&stage, "合同明天寄出"), 1);
    assert_eq!(say(&stage, SECRET), 1);
    stage.drain();
    stage.pass(Span::days(200));
    stage.run().unwrap();
    stage.agent().withdraw().unwrap();
    stage.drain();

    let archive = stage.open_archive();
    archive.assert_sound();
    assert_eq!(archive.texts().len(), 1);
    let books = archive.report.epochs.first().unwrap().books.unwrap();
    assert_eq!((books.captured, books.counsel, books.destroyed), (2, 1, 0));

    let item = opened(&stage);
    let Body::Message(line) = &item.line else { panic!("no message") };
    assert_eq!(line.text.expose(), SECRET);
    stage.close_agent();
    for (_, bytes) in files_below(&stage.device_folder()) {
        let found = bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
        assert!(!found, "the plaintext is nowhere on the phone");
    }
    stage.open_agent();
    assert_eq!(stage.agent().counsel_items().unwrap().len(), 1);
}

#[test]
fn the_heartbeat_has_one_flag_and_says_nothing_more() {
    let stage = Stage::agreed(screened(), false);
    let heartbeat = || {
        let device = stage.agent().status().unwrap().device.unwrap();
        let beats = stage.collector().console().heartbeats(device).unwrap();
        beats.first().unwrap().heartbeat.clone()
    };
    assert_eq!(say(&stage, "合同明天寄出"), 1);
    stage.drain();
    let before = heartbeat();
    assert!(!before.counsel_hold);
    say(&stage, SECRET);
    say(&stage, &SECRET.replace("你先看", "请先看"));
    stage.pass(Span::hours(1));
    say(&stage, "合同收到了");
    stage.pass(Span::hours(1));
    stage.drain();
    let after = heartbeat();
    assert!(after.counsel_hold);
    assert_eq!((after.backlog, after.oldest), (before.backlog, before.oldest));
}

#[test]
fn what_counsel_cleared_reaches_the_archive_once() {
    let stage = Stage::agreed(screened(), false);
    say(&stage, SECRET);
    let clear = decision(&stage, 1, Outcome::Clear);
    send(&stage, &clear).unwrap();
    assert!(stage.agent().counsel_items().unwrap().is_empty());
    stage.agent().refresh().unwrap();
    assert_eq!(say(&stage, SECRET), 1, "said again, it is another message");
    stage.drain();
    let archive = stage.open_archive();
    archive.assert_sound();
    assert_eq!(archive.texts(), [SECRET]);
    let books = archive.report.epochs.first().unwrap().books.unwrap();
    assert_eq!((books.captured, books.forwarded, books.counsel), (2, 1, 1));
}

#[test]
fn what_counsel_released_is_gone_and_the_books_still_balance() {
    let stage = Stage::agreed(screened(), false);
    say(&stage, SECRET);
    say(&stage, "合同明天寄出");
    send(&stage, &decision(&stage, 1, Outcome::Release)).unwrap();
    assert!(stage.agent().counsel_items().unwrap().is_empty());
    stage.drain();
    let archive = stage.open_archive();
    archive.assert_sound();
    assert_eq!(archive.texts().len(), 1);
    let books = archive.report.epochs.first().unwrap().books.unwrap();
    assert_eq!((books.captured, books.counsel), (2, 1));
}

#[test]
fn a_decision_that_may_not_be_obeyed_is_refused_by_name() {
    let stage = Stage::agreed(screened(), false);
    say(&stage, SECRET);
    let good = decision(&stage, 1, Outcome::Release);

    let stranger = Ed25519Signer::generate().unwrap().0;
    let console = stage.collector().console();
    let forged = Envelope::sign(&good, &stranger).unwrap();
    assert!(console.add_decision(&stage.custodian.trust, &forged).is_err());

    let unknown =
        CounselDecision { item: fenming_wire::id::ItemId::from_bytes([7; 16]), ..good.clone() };
    assert!(matches!(send(&stage, &unknown), Err(AgentError::NotFound(_))));
    let expired =
        CounselDecision { number: 2, expires: good.issued + Span::millis(1), ..good.clone() };
    stage.pass(Span::days(1));
    assert!(matches!(send(&stage, &expired), Err(AgentError::Expired { .. })));
    let blind = CounselDecision { number: 3, token: "00".repeat(32), ..good.clone() };
    assert!(matches!(send(&stage, &blind), Err(AgentError::DocumentRefused { .. })));
    assert_eq!(stage.agent().counsel_items().unwrap().len(), 1, "nothing was let go of");

    // What was refused for good does not come again, and does not hide what is signed next.
    stage.agent().refresh().unwrap();
    send(&stage, &CounselDecision { number: 4, ..good }).unwrap();
    assert!(stage.agent().counsel_items().unwrap().is_empty());
}

#[test]
fn a_counsel_key_that_the_trust_document_no_longer_names_decides_nothing() {
    let mut stage = Stage::agreed(screened(), false);
    say(&stage, SECRET);
    let decision = decision(&stage, 1, Outcome::Release);
    let envelope = sign(&stage, &decision);
    let trust = stage.custodian.trust.clone();
    stage.collector().console().add_decision(&trust, &envelope).unwrap();
    stage.custodian.trust.counsel_keys.clear();
    next_version(&mut stage.custodian.trust.version);
    stage.publish();
    let refused = stage.agent().refresh();
    assert!(matches!(refused, Err(AgentError::DocumentRefused { .. })));
    assert_eq!(stage.agent().counsel_items().unwrap().len(), 1);
}

#[test]
fn labels_travel_in_the_sealed_line_and_the_employee_is_told_why() {
    let mut stage = Stage::agreed(screened(), false);
    assert_eq!(say(&stage, ORDER), 1);
    let page = stage.agent().records(None, None, 10).unwrap();
    let labels = page.records.iter().find_map(|record| match &record.body {
        Body::Message(line) => Some(line.labels.clone()),
        _ => None,
    });
    let labels = labels.unwrap();
    assert_eq!(labels.first().unwrap().kind, LabelKind::OrderInstruction);
    let said = explain_label(labels.first().unwrap(), Language::English);
    assert!(said.contains("instruction to trade"), "{said}");

    let warnings = stage.agent().warnings().unwrap();
    let kinds: Vec<WarningKind> = warnings.iter().map(|warning| warning.kind).collect();
    assert_eq!(kinds, [WarningKind::Employee, WarningKind::Counterpart]);
    assert!(stage.agent().counterpart_notice().unwrap().is_some());
    assert_eq!(say(&stage, "再帮我市价买入示例电子两百手"), 1);
    assert!(stage.agent().warnings().unwrap().is_empty(), "no more often than the policy says");
    stage.close_agent();
    stage.open_agent();
    say(&stage, "再帮我市价买入示例电子三百手");
    assert!(stage.agent().warnings().unwrap().is_empty(), "a restart repeats nothing");

    stage.drain();
    let archive = stage.open_archive();
    archive.assert_sound();
    assert_eq!(archive.texts().len(), 3);
}
