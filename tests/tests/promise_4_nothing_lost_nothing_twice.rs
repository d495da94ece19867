//! Promise 4: nothing captured is lost, nothing is delivered twice, whatever the network does and
//! whoever is restarted. Crashes at every durable step are tried elsewhere.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use fenming_core::clock::{Clock, Span};
use fenming_core::ports::KeyError;
use fenming_core::vault::RecordState;
use fenming_tests::stage::{Fate, Stage, listener, message, policy, seen};
use fenming_wire::envelope::Envelope;
use fenming_wire::frame;
use fenming_wire::key::Ed25519Signer;
use fenming_wire::receipt::Receipt;

const CLIENT: &str = "林嘉怡（恒远资本）";

#[test]
fn what_is_captured_arrives_once() {
    let (stage, expected) = (Stage::agreed(policy(), false), vec![send(1)]);
    capture(&stage, 1);
    stage.drain();
    assert_archive_has(&stage, &expected);
}

#[test]
fn a_lost_batch_is_sent_again() {
    endure(&[Fate::Lost, Fate::Lost], false);
}

#[test]
fn a_lost_answer_delivers_nothing_twice() {
    endure(&[Fate::AnswerLost, Fate::AnswerLost], false);
}

#[test]
fn a_duplicated_batch_is_kept_once() {
    endure(&[Fate::Twice, Fate::Twice], false);
}

#[test]
fn a_batch_that_was_held_up_and_arrives_late_is_kept_once() {
    endure(&[Fate::Late, Fate::Late], false);
}

#[test]
fn both_ends_may_restart_between_any_two_steps() {
    let fates =
        [Fate::AnswerLost, Fate::Late, Fate::Twice, Fate::Lost, Fate::AnswerLost, Fate::Arrives];
    endure(&fates, true);
}

#[test]
fn an_answer_without_a_receipt_delivers_nothing() {
    let empty = Fate::Answered(Arc::new(|_| (200, Vec::new())));
    let other = Fate::Answered(Arc::new(|_| (204, Vec::new())));
    let html = Fate::Answered(Arc::new(|_| (200, b"<html>welcome to the hotel</html>".to_vec())));
    for fate in [empty, other, html] {
        let stage = Stage::agreed(policy(), false);
        capture(&stage, 1);
        assert_answer_delivers_nothing(&stage, fate);
        stage.drain();
        assert_archive_has(&stage, &[send(1)]);
    }
}

#[test]
fn a_good_receipt_for_another_batch_delivers_nothing() {
    let mut stage = Stage::agreed(policy(), false);
    capture(&stage, 1);
    stage.drain();
    capture(&stage, 2);
    let earlier = stage.network.answers().pop().unwrap();
    assert_answer_delivers_nothing(
        &stage,
        Fate::Answered(Arc::new(move |_| (200, earlier.clone()))),
    );
    // The endpoint's own key signs for another length of the ledger.
    stage.pass(Span::hours(2));
    let now = Clock::now(stage.clock.as_ref());
    let key = Ed25519Signer::from_pkcs8(&stage.custodian.receipt_pkcs8).unwrap();
    let longer = Fate::Answered(Arc::new(move |body| {
        let (manifest, _) = frame::split(body).unwrap();
        let mut receipt = Receipt::of(&manifest.peek_unverified().unwrap(), now);
        receipt.to.seq += 1;
        (200, Envelope::sign(&receipt, &key).unwrap().to_bytes().unwrap())
    }));
    assert_answer_delivers_nothing(&stage, longer);
    stage.close_agent();
    stage.open_agent();
    stage.drain();
    assert_archive_has(&stage, &[send(1), send(2)]);
}

#[test]
fn what_is_seen_again_is_stored_once() {
    let mut stage = Stage::agreed(policy(), false);
    let seen = message("2026-03-02T01:00:00Z", 7, CLIENT, &send(1));
    let first = stage.see(std::slice::from_ref(&seen));
    assert_eq!((first.captured, first.repeated), (1, 0));
    stage.see(std::slice::from_ref(&seen));
    stage.close_agent();
    stage.open_agent();
    let again = stage.see(&[listener("2026-03-02T01:00:01Z", true), seen]);
    assert_eq!((again.captured, again.repeated), (0, 1));
    stage.drain();
    assert_archive_has(&stage, &[send(1)]);
}

#[test]
fn two_honest_messages_with_the_same_words_both_survive() {
    let stage = Stage::agreed(policy(), false);
    let line = format!("{CLIENT}: 收到");
    let seen = stage.see(&[
        message("2026-03-02T01:00:00Z", 7, CLIENT, "收到"),
        seen("2026-03-02T01:00:05Z", 7, CLIENT, (&format!("[2条]{line}"), &line)),
    ]);
    assert_eq!(seen.captured, 2);
    stage.drain();
    assert_archive_has(&stage, &["收到".to_owned(), "收到".to_owned()]);
}

#[test]
fn a_key_that_is_locked_for_a_while_loses_nothing() {
    let stage = Stage::agreed(policy(), false);
    capture(&stage, 1);
    stage.pass(Span::hours(1));
    stage.signer.refuse(Some(KeyError::Locked));
    let _ = stage.run();
    capture(&stage, 2);
    stage.signer.refuse(None);
    stage.drain();
    assert_archive_has(&stage, &[send(1), send(2)]);
}

/// Captures a message before every fate, sends, and drains in the end.
fn endure(fates: &[Fate], restarts: bool) {
    let mut stage = Stage::agreed(policy(), false);
    let mut expected = Vec::new();
    for (n, fate) in fates.iter().enumerate() {
        capture(&stage, n);
        expected.push(send(n));
        if restarts {
            stage.close_agent();
            stage.open_agent();
        }
        stage.pass(Span::hours(2));
        stage.network.next_batches(std::slice::from_ref(fate));
        stage.run().unwrap();
        if restarts {
            stage.stop_collector();
            stage.start_collector();
        }
    }
    capture(&stage, fates.len());
    expected.push(send(fates.len()));
    stage.drain();
    assert_archive_has(&stage, &expected);
    let sent = stage.network.sent();
    assert!(sent.iter().any(|(path, _)| path == fenming_wire::api::BATCHES_PATH));
}

fn assert_answer_delivers_nothing(stage: &Stage, fate: Fate) {
    stage.pass(Span::hours(1));
    let before = stage.agent().status().unwrap().numbers.receipted;
    stage.network.next_batches(&[fate]);
    stage.run().unwrap();
    let status = stage.agent().status().unwrap();
    assert_eq!(status.numbers.receipted, before, "nothing more is receipted");
    assert_eq!(status.forwarding.last_error.as_deref(), Some("receipt_invalid"));
    let newest = stage.agent().records(None, None, 500).unwrap().records;
    let newest = newest.into_iter().find(|record| record.body.is_counted()).unwrap();
    assert_ne!(newest.state, RecordState::Delivered, "it waits");
}

fn assert_archive_has(stage: &Stage, expected: &[String]) {
    let archive = stage.open_archive();
    archive.assert_sound();
    assert_eq!(archive.texts(), expected);
    let all = u64::try_from(expected.len()).unwrap();
    let books = stage.agent().status().unwrap().numbers.books;
    assert_eq!((books.captured, books.forwarded, books.queued), (all, all, 0));
    let records = stage.agent().records(None, None, 500).unwrap().records;
    let mut counted = records.iter().filter(|record| record.body.is_counted());
    assert!(counted.all(|record| record.state == RecordState::Delivered));
}

fn send(n: usize) -> String {
    format!("合同第 {n} 条")
}

fn capture(stage: &Stage, n: usize) {
    stage.pass(Span::seconds(1));
    let at = Clock::now(stage.clock.as_ref()).to_string();
    let seen = stage.see(&[message(&at, 7, CLIENT, &send(n))]);
    assert_eq!(seen.captured, 1, "message {n}");
}
