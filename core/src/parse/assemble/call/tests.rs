//! Calls, put together from their signs.

use super::*;
use crate::observation::Observation;
use crate::parse::sample::{at, direct, going, observed, removed, ring};
use crate::parse::{Assembler, Packs};

const VOICE: &str = "妈妈邀请你进行语音通话";
const GOING: &str = "语音通话中";

fn calls(life: impl IntoIterator<Item = Notification>) -> Vec<(String, Call, Timestamp)> {
    let (packs, mut assembler) = (Packs::embedded().unwrap(), Assembler::new());
    let life: Vec<Observation> = life.into_iter().map(observed).collect();
    let mut events: Vec<Event> =
        life.iter().flat_map(|next| assembler.step(next, &packs)).collect();
    events.extend(assembler.settle(at(100_000)));
    events
        .into_iter()
        .filter_map(|event| match event.what {
            What::Call(call) => Some((event.chat?.title.expose().to_owned(), call, event.at)),
            _ => None,
        })
        .collect()
}

fn only(life: impl IntoIterator<Item = Notification>) -> (String, Call, Timestamp) {
    let mut calls = calls(life);
    assert_eq!(calls.len(), 1);
    calls.remove(0)
}

#[test]
fn an_incoming_call_that_was_taken_lasts_from_its_first_sign_to_its_end() {
    let (peer, call, began) = only([
        ring(VOICE, 0),
        ring(VOICE, 0),
        removed(41, 8, 9),
        going("妈妈", GOING, false, 10),
        going("妈妈", GOING, true, 10),
        going("妈妈", GOING, true, 19),
        removed(40, 8, 130),
    ]);
    assert_eq!((peer.as_str(), began), ("妈妈", at(0)));
    assert_eq!((call.medium, call.direction), (CallMedium::Voice, Direction::In));
    assert_eq!((call.outcome, call.estimated_ms), (CallOutcome::Ended, Some(120_000)));
    assert_eq!(call.sure, Confidence::High);
}

#[test]
fn the_sign_of_the_call_may_come_before_the_ringing_ends() {
    let (_, call, _) = only([
        ring(VOICE, 0),
        going("妈妈", GOING, true, 9),
        removed(41, 8, 9),
        removed(40, 8, 20),
    ]);
    assert_eq!((call.direction, call.outcome), (Direction::In, CallOutcome::Ended));
    assert_eq!(call.sure, Confidence::Medium);
}

#[test]
fn nobody_took_a_call_whose_ringing_ends_without_another_sign() {
    let (_, call, _) = only([ring(VOICE, 0), removed(41, 8, 40)]);
    assert_eq!((call.direction, call.outcome), (Direction::In, CallOutcome::Unanswered));
    assert_eq!((call.estimated_ms, call.sure), (None, Confidence::Medium));
}

#[test]
fn an_unanswered_call_is_told_as_soon_as_anything_else_is_seen() {
    let (packs, mut assembler) = (Packs::embedded().unwrap(), Assembler::new());
    let mut step = |seen| assembler.step(&observed(seen), &packs).len();
    assert_eq!(step(ring(VOICE, 0)), 1);
    assert_eq!(step(removed(41, 8, 40)), 1);
    assert_eq!(step(direct("小鱼", 1, "在", 42)), 1);
    assert_eq!(step(direct("小鱼", 2, "在吗", 60)), 2);
}

#[test]
fn an_outgoing_call_needs_a_sign_after_the_burst() {
    let burst = |last: Option<i64>| {
        let mut signs = vec![going("小鱼", GOING, false, 0), going("小鱼", GOING, true, 0)];
        signs.extend(last.map(|seconds| going("小鱼", GOING, true, seconds)));
        signs.push(removed(40, 8, 60));
        only(signs).1
    };
    let taken = burst(Some(9));
    assert_eq!((taken.direction, taken.outcome), (Direction::Out, CallOutcome::Ended));
    assert_eq!((taken.estimated_ms, taken.sure), (Some(60_000), Confidence::Medium));
    let doubtful = burst(None);
    assert_eq!((doubtful.outcome, doubtful.sure), (CallOutcome::Unknown, Confidence::Low));
}

#[test]
fn an_outgoing_call_whose_page_never_opened_was_not_taken() {
    let (_, call, _) = only([going("小鱼", GOING, false, 0), removed(40, 8, 30)]);
    assert_eq!((call.direction, call.outcome), (Direction::Out, CallOutcome::Unanswered));
}

#[test]
fn two_calls_of_one_peer_are_two() {
    let one = |from: i64| {
        [ring(VOICE, from), removed(41, 8, from + 5), going("妈妈", GOING, true, from + 6)]
            .into_iter()
            .chain([removed(40, 8, from + 60)])
    };
    let calls = calls(one(0).chain(one(100)));
    let began: Vec<_> = calls.iter().map(|(_, _, began)| *began).collect();
    assert_eq!(began, [at(0), at(100)]);
}

#[test]
fn a_second_ringing_after_the_first_ended_is_another_call() {
    let calls = calls([ring(VOICE, 0), removed(41, 8, 3), ring(VOICE, 5), removed(41, 8, 30)]);
    assert_eq!(calls.len(), 2);
    assert!(calls.iter().all(|(_, call, _)| call.outcome == CallOutcome::Unanswered));
}

#[test]
fn a_call_that_rings_while_another_goes_on_is_kept_apart() {
    let calls = calls([
        going("小鱼", GOING, true, 0),
        going("小鱼", GOING, true, 9),
        ring(VOICE, 20),
        removed(41, 8, 30),
        removed(40, 8, 90),
    ]);
    let told: Vec<_> = calls.iter().map(|(peer, call, _)| (peer.as_str(), call.outcome)).collect();
    assert_eq!(told, [("妈妈", CallOutcome::Unanswered), ("小鱼", CallOutcome::Ended)]);
}

#[test]
fn calls_of_two_os_users_are_kept_apart() {
    let mut other = ring("Marcusinvites you to a voice call", 1);
    other.user = 10;
    let calls = calls([ring(VOICE, 0), other, removed(41, 8, 30)]);
    let told: Vec<_> = calls.iter().map(|(peer, call, _)| (peer.as_str(), call.outcome)).collect();
    assert_eq!(told, [("妈妈", CallOutcome::Unanswered), ("Marcus", CallOutcome::Unknown)]);
}

#[test]
fn a_call_whose_end_is_never_seen_is_told_in_the_end() {
    let (packs, mut assembler) = (Packs::embedded().unwrap(), Assembler::new());
    let began = at(0);
    assembler.step(&observed(going("小鱼", GOING, true, 0)), &packs);
    assert!(assembler.settle(began + MAX_CALL).is_empty());
    let later = began + MAX_CALL + fenming_wire::time::Span::seconds(1);
    assert_eq!(assembler.settle(later).len(), 1);
    assert!(assembler.settle(later).is_empty());
}

#[test]
fn an_end_that_the_app_did_not_make_is_less_sure() {
    let (_, call, _) = only([
        ring(VOICE, 0),
        going("妈妈", GOING, true, 5),
        going("妈妈", GOING, true, 15),
        removed(40, 19, 60),
    ]);
    assert_eq!((call.outcome, call.sure), (CallOutcome::Ended, Confidence::Low));
}

#[test]
fn the_end_of_no_call_is_nothing() {
    assert!(calls([removed(40, 8, 0), removed(41, 8, 1)]).is_empty());
}

#[test]
fn a_calls_fingerprint_is_made_from_its_first_sign() {
    let print = |signs: Vec<Notification>| {
        let (packs, mut assembler) = (Packs::embedded().unwrap(), Assembler::new());
        let signs: Vec<Observation> = signs.into_iter().map(observed).collect();
        let events = signs.iter().flat_map(|next| assembler.step(next, &packs));
        let mut prints = events.filter_map(|event| match event.what {
            What::Call(_) => Some(event.fingerprint.expose().to_owned()),
            _ => None,
        });
        prints.next()
    };
    let brief = vec![ring(VOICE, 0), going("妈妈", GOING, true, 5), removed(40, 8, 9)];
    let mut long = brief.clone();
    long.insert(1, ring(VOICE, 0));
    long.insert(3, going("妈妈", GOING, true, 7));
    assert!(print(brief.clone()).is_some());
    assert_eq!(print(brief), print(long));
}
