//! What holds for every string and every order of observations.

use std::fmt;

use fenming_wire::Content;
use fenming_wire::id::ChatId;
use fenming_wire::record::{Body, Direction, MessageLine};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::sample::{at, day, direct, later, post, ring};
use super::*;
use crate::event::{Event, Ignored, What};
use crate::limits::{MAX_OPEN_CALLS, MAX_TRACKED_CHATS};
use crate::observation::{Notification, NotificationChange, Observation, PlatformFact};

/// A notification that a failing test may print.
#[derive(Clone)]
struct Case(Notification);

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(&self.0).unwrap_or_default())
    }
}

fn packs() -> Packs {
    Packs::embedded().unwrap()
}

/// Every field may hold anything.
fn anything() -> impl Strategy<Value = Case> {
    let text = prop_oneof![".*", "\\PC{0,12}(: |：|\\[[0-9]{1,4}[条則]?\\])\\PC{0,12}"];
    let text = proptest::option::of(text);
    let id = prop_oneof![Just(38), Just(40), Just(41), any::<i32>()];
    let channel =
        prop_oneof![Just("message_channel_new_id"), Just("reminder_channel_id"), Just("")];
    (text.clone(), text.clone(), text, id, any::<u32>(), channel, any::<bool>()).prop_map(
        |(title, text, ticker, id, flags, channel, gone)| {
            let mut seen = post("", "", None);
            seen.title = title.map(Into::into);
            seen.text = text.map(Into::into);
            seen.ticker = ticker.map(Into::into);
            (seen.id, seen.flags, seen.channel) = (id, flags, channel.to_owned());
            if gone {
                seen.change = NotificationChange::Removed { reason: id };
            }
            Case(seen)
        },
    )
}

fn notifications_of_the_day() -> Vec<Notification> {
    let seen = |next| match next {
        Observation::WechatNotification(seen) => Some(seen),
        Observation::Platform(_) | Observation::WechatShare(_) => None,
    };
    day().into_iter().filter_map(seen).collect()
}

/// A notification of the working day with one string changed: a piece out, another in.
fn mutated() -> impl Strategy<Value = Case> {
    let day: Vec<Case> = notifications_of_the_day().into_iter().map(Case).collect();
    let one = proptest::sample::select(day);
    let change = (0..3_usize, any::<proptest::sample::Index>(), 0..6_usize, "\\PC{0,6}");
    (one, change).prop_map(|(Case(mut seen), (field, at, gone, new))| {
        let string = [&mut seen.title, &mut seen.text, &mut seen.ticker].into_iter().nth(field);
        if let Some(Some(string)) = string {
            let mut chars: Vec<char> = string.expose().chars().collect();
            let from = at.index(chars.len() + 1);
            chars.splice(from..(from + gone).min(chars.len()), new.chars());
            *string = chars.into_iter().collect::<String>().into();
        }
        Case(seen)
    })
}

/// A short life of a few chats: posts, some of them twice where there may be no wait, removals,
/// calls.
fn life(least_wait: i64) -> impl Strategy<Value = Vec<Case>> {
    let step =
        (prop_oneof![40..42_i32, 100..104_i32], least_wait..4_i64, 1..5_u32, 0..3_usize, 0..8_u8);
    vec(step, 0..60).prop_map(|steps| {
        let mut now = 0;
        let mut seen = |(id, wait, count, text, change): (i32, i64, u32, usize, u8)| {
            now += wait;
            let text =
                ["好", "语音通话中", "妈妈邀请你进行语音通话"].into_iter().nth(text).unwrap();
            let ticker = format!("妈妈: {text}");
            let shown = if id < 42 { text.to_owned() } else { format!("[{count}条]{ticker}") };
            let mut seen = later(post("妈妈", &shown, (id > 41).then_some(&*ticker)), now);
            seen.id = id;
            seen.flags = if id == 40 { 0x62 } else { 0x11 };
            if change == 0 {
                seen.change = NotificationChange::Removed { reason: 8 };
            }
            Case(seen)
        };
        steps.into_iter().map(&mut seen).collect()
    })
}

fn run(life: &[Case], packs: &Packs) -> Vec<Event> {
    let mut assembler = Assembler::new();
    let step =
        |Case(seen): &Case| assembler.step(&Observation::WechatNotification(seen.clone()), packs);
    life.iter().flat_map(step).collect()
}

fn prints(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.fingerprint.expose()).collect()
}

fn check_evidence(seen: &Notification, packs: &Packs) -> Result<(), TestCaseError> {
    let shown = match read(seen, packs) {
        Reading { chat: Some(chat), seen: Seen::Message { message, .. } } => {
            message.raw.rebuild(&chat.title, message.from.as_ref(), &message.text)
        }
        Reading { chat: Some(chat), seen: Seen::Recall(recall) } => {
            recall.raw.rebuild(&chat.title, recall.from.as_ref(), &Content::default())
        }
        _ => return Ok(()),
    };
    let same = |shown: Option<&Content>, seen: &Option<Content>| {
        shown.map(Content::expose) == seen.as_ref().map(|string| cut(string.expose()).0)
    };
    prop_assert!(same(Some(&shown.title), &seen.title));
    prop_assert!(same(Some(&shown.text), &seen.text));
    prop_assert!(same(shown.ticker.as_ref(), &seen.ticker));
    Ok(())
}

fn line(seen: &Notification, packs: &Packs) -> Option<MessageLine> {
    let Seen::Message { message, .. } = read(seen, packs).seen else {
        return None;
    };
    Some(MessageLine {
        t: seen.when.millis(),
        chat: ChatId::from_bytes([0; 10]),
        dir: message.direction,
        from: message.from,
        text: message.text,
        media: message.media,
        mention: message.mention,
        truncated: message.truncated,
        sure: message.sure,
        raw: message.raw,
        held: false,
        shared: false,
        attachments: Vec::new(),
        labels: Vec::new(),
    })
}

#[test]
fn what_was_shown_on_the_working_day_can_be_rebuilt() {
    let packs = packs();
    for seen in notifications_of_the_day() {
        check_evidence(&seen, &packs).unwrap();
    }
}

#[test]
fn no_message_of_the_working_day_is_said_to_be_the_employees_own() {
    let packs = packs();
    for seen in notifications_of_the_day() {
        assert!(line(&seen, &packs).is_none_or(|line| line.dir == Direction::In));
    }
}

#[test]
fn a_fresh_assembler_gives_the_working_day_the_same_fingerprints() {
    let once = |day: &[Observation]| {
        let (packs, mut assembler) = (packs(), Assembler::new());
        let events: Vec<Event> = day.iter().flat_map(|next| assembler.step(next, &packs)).collect();
        events.iter().map(|event| event.fingerprint.expose().to_owned()).collect::<Vec<_>>()
    };
    let day = day();
    assert!(once(&day) == once(&day));
}

#[test]
fn after_a_restart_nothing_that_was_kept_gets_another_fingerprint() {
    let day = day();
    let kept = |day: &[Observation]| {
        let (packs, mut assembler) = (packs(), Assembler::new());
        let events = day.iter().flat_map(|next| assembler.step(next, &packs));
        let keep = |what: &What| {
            matches!(
                what,
                What::Message(_) | What::Recall(_) | What::Redacted | What::PreviewHidden
            )
        };
        let kept = events.filter(|event| keep(&event.what));
        kept.map(|event| event.fingerprint.expose().to_owned()).collect::<Vec<_>>()
    };
    let whole = kept(&day);
    for from in (0..day.len()).step_by(20) {
        let rest = kept(day.get(from..).unwrap());
        assert!(rest.iter().all(|print| whole.contains(print)), "restarted at {from}");
    }
}

#[test]
fn memory_stays_bounded() {
    let (packs, mut assembler) = (packs(), Assembler::new());
    let bound = i32::try_from(MAX_TRACKED_CHATS).unwrap();
    for id in 100..(bound + 300) {
        let mut seen = post("Nick", "Hello", Some("Nick: Hello"));
        (seen.id, seen.when) = (id, at(i64::from(id)));
        assembler.step(&Observation::WechatNotification(seen), &packs);
    }
    for user in 0..100 {
        let mut seen = ring("妈妈邀请你进行语音通话", 1);
        seen.user = user;
        assembler.step(&Observation::WechatNotification(seen), &packs);
    }
    assert_eq!(assembler.remembered(), (MAX_TRACKED_CHATS, MAX_OPEN_CALLS));
}

#[test]
fn facts_of_the_platform_give_no_event() {
    let (packs, mut assembler) = (packs(), Assembler::new());
    let (at, last_alive) = (at(10), at(0));
    let facts = [
        PlatformFact::Listener { at, on: false },
        PlatformFact::Restarted { at, last_alive },
        PlatformFact::Network { at, online: true, metered: true },
        PlatformFact::Power { at, charging: true },
    ];
    for fact in facts {
        assert!(assembler.step(&Observation::Platform(fact), &packs).is_empty());
    }
}

/// Tries the property on many values, with the packs loaded once.
fn for_all<S: Strategy>(values: &S, holds: impl Fn(S::Value, &Packs) -> Result<(), TestCaseError>) {
    let (packs, mut runner) = (packs(), TestRunner::default());
    runner.run(values, |value| holds(value, &packs)).unwrap();
}

#[test]
fn any_strings_are_read_and_can_be_rebuilt() {
    for_all(&anything(), |Case(seen), packs| check_evidence(&seen, packs));
}

#[test]
fn any_mutation_of_the_day_is_read_and_can_be_rebuilt() {
    for_all(&mutated(), |Case(seen), packs| check_evidence(&seen, packs));
}

#[test]
fn every_notification_gives_an_event() {
    for_all(&vec(anything(), 0..20), |life, packs| {
        prop_assert!(run(&life, packs).len() >= life.len());
        Ok(())
    });
}

#[test]
fn the_same_life_gives_the_same_fingerprints() {
    for_all(&life(0), |life, packs| {
        let (one, two) = (run(&life, packs), run(&life, packs));
        prop_assert_eq!(prints(&one), prints(&two));
        Ok(())
    });
}

#[test]
fn no_two_events_share_a_fingerprint_where_no_two_posts_are_the_same() {
    for_all(&life(1), |life, packs| {
        let mut events = run(&life, packs);
        events.retain(|event| !matches!(event.what, What::Ignored(_)));
        let mut once = prints(&events);
        once.sort_unstable();
        once.dedup();
        prop_assert_eq!(once.len(), events.len());
        Ok(())
    });
}

#[test]
fn steps_that_were_undone_give_the_same_again() {
    for_all(&(life(0), 1..7_usize), |(life, burst), packs| {
        let (mut plain, mut failing) = (Assembler::new(), Assembler::new());
        let life: Vec<_> =
            life.into_iter().map(|Case(seen)| Observation::WechatNotification(seen)).collect();
        for (n, some) in life.chunks(burst).enumerate() {
            let restarted = PlatformFact::Restarted { at: at(9), last_alive: at(8) };
            failing.mark();
            some.iter().for_each(|next| drop(failing.step(next, packs)));
            if n % 2 == 0 {
                failing.step(&Observation::Platform(restarted), packs);
            }
            failing.undo();
            for next in some {
                let (events, expected) = (failing.step(next, packs), plain.step(next, packs));
                prop_assert_eq!(prints(&events), prints(&expected));
            }
        }
        let end = at(100_000);
        failing.mark();
        failing.settle(end);
        failing.undo();
        let (again, expected) = (failing.settle(end), plain.settle(end));
        prop_assert_eq!(prints(&again), prints(&expected));
        Ok(())
    });
}

#[test]
fn a_chat_that_was_forgotten_comes_back_with_the_steps_that_are_undone() {
    let packs = packs();
    let mut assembler = Assembler::new();
    let first = |n: u32| Observation::WechatNotification(direct("周工", n, "报价单", i64::from(n)));
    let other = |id| {
        let seen = Notification { id, ..direct("李会计", 1, "收到", 5) };
        Observation::WechatNotification(seen)
    };
    assembler.step(&first(1), &packs);
    for id in (1_000..).take(MAX_TRACKED_CHATS - 1) {
        assembler.step(&other(id), &packs);
    }
    assembler.mark();
    assembler.step(&other(500), &packs);
    assembler.undo();
    let events = assembler.step(&first(2), &packs);
    assert!(!events.iter().any(|event| matches!(event.what, What::Missed(_))), "it was known");
}

#[test]
fn a_double_post_never_yields_two_messages() {
    for_all(&(mutated(), 2..5_usize), |(Case(seen), times), packs| {
        let events = run(&vec![Case(seen); times], packs);
        let messages = events.iter().filter(|event| matches!(event.what, What::Message(_)));
        prop_assert!(messages.count() <= 1);
        Ok(())
    });
}

#[test]
fn two_honest_identical_messages_both_survive() {
    for_all(&("\\PC{1,12}", 0..10_i64, 0..2_u32), |(text, apart, grown), packs| {
        prop_assume!(apart > 0 || grown > 0);
        let one = direct("妈妈", 2, &text, 0);
        let two = direct("妈妈", 2 + grown, &text, apart);
        let events = run(&[Case(one), Case(two)], packs);
        let double = |event: &Event| matches!(event.what, What::Ignored(Ignored::DoublePost));
        prop_assert!(!events.iter().any(double));
        let mut once = prints(&events);
        once.sort_unstable();
        once.dedup();
        prop_assert_eq!(once.len(), events.len());
        Ok(())
    });
}

#[test]
fn a_record_of_any_long_strings_fits_in_a_line() {
    let packs = packs();
    for piece in ["\u{1}", "\"", "长", "a", "😀", "\u{7f}", "\u{2028}"] {
        for end in [": x", "…", ""] {
            let long = format!("{}{end}", piece.repeat(40_000));
            let seen = post(&format!("x{long}"), &format!("y{long}"), Some(&format!("z{long}")));
            let line = line(&seen, &packs).unwrap();
            assert!(Body::Message(line).to_json().is_ok(), "{piece:?} {end}");
        }
    }
}
