//! Every accepted observation gives lines that fit, however its strings are made.

use fenming_wire::limits::{MAX_BATCH_BYTES, MAX_LINE_BYTES};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::super::*;
use super::{CHAT, business, pseudonym};
use crate::observation::{Notification, Observation};
use crate::parse::sample::post;
use crate::parse::{Assembler, Packs};

/// What makes JSON long, what cuts strings apart, and what WeChat itself writes.
fn piece() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just("\u{1}"),
        Just("\u{1b}\""),
        Just("\\"),
        Just("\n"),
        Just("\u{7f}\u{2028}"),
        Just("陶工"),
        Just("😀"),
        Just("a"),
        Just(": "),
        Just("：\u{3}"),
        Just(" "),
    ]
}

/// How a string of any length is made, up to far more than is looked at. A failing test shows
/// this and not the string.
type Recipe = (String, &'static str, usize, String);

fn recipe() -> impl Strategy<Value = Recipe> {
    let length = prop_oneof![0..40_usize, 4_000..60_000_usize];
    ("[a-z陶 \"]{0,3}", piece(), length, "(: |…|[ ]|)")
}

fn made((head, piece, length, tail): &Recipe) -> String {
    format!("{head}{}{tail}", piece.repeat(*length))
}

/// The three strings of a notification, made of one another as WeChat makes them, or not at all.
fn notification((one, two): (&str, &str), count: &str, shape: u8) -> Notification {
    let (title, text, ticker) = match shape {
        0 => (one.to_owned(), format!("{count}{two}"), format!("{one}: {two}")),
        1 => (one.to_owned(), format!("{count}{one}: {two}"), format!("{one}: {two}")),
        2 => ("服务号".to_owned(), format!("{count}{one}: {two}"), format!("{one}: {two}")),
        3 => (format!(" {one} "), format!("{count}[消息]"), format!("{one}: {two}")),
        _ => (one.to_owned(), two.to_owned(), format!("{one}{count}")),
    };
    post(&title, &text, (shape != 4 || count.is_empty()).then_some(ticker.as_str()))
}

#[test]
fn every_line_of_every_notification_fits_a_line_and_a_batch() {
    const { assert!(2 * MAX_LINE_BYTES < MAX_BATCH_BYTES / 8 * 6) };
    let (packs, business) = (Packs::embedded().unwrap(), business());
    let mut runner = TestRunner::new(Config { cases: 200, ..Config::default() });
    let count = prop_oneof![Just(""), Just("[2条]"), Just("[99+]"), Just("[有人@我]")];
    let cases = (recipe(), recipe(), count, 0..5_u8);
    let checked = runner.run(&cases, |(one, two, count, shape)| {
        let seen = notification((&made(&one), &made(&two)), count, shape);
        let mut assembler = Assembler::new();
        for event in assembler.step(&Observation::WechatNotification(seen), &packs) {
            for naming in [Naming::Names, Naming::Pseudonyms] {
                let scribe = Scribe::new(CHAT, naming, &pseudonym);
                for fact in [scribe.fact(&event), scribe.chat(&event, &business)] {
                    let fits = fact.is_none_or(|fact| fact.body.to_json().is_ok());
                    prop_assert!(fits, "{:?}", naming);
                }
            }
        }
        Ok(())
    });
    checked.unwrap();
}
