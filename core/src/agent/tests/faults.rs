//! A call that failed, handed in again, does exactly what it would have done.

use proptest::collection::vec;
use proptest::prelude::*;

use super::pocket::{
    CLIENT, FRIEND, Fault, PROJECT, Pocket, STRANGER, after, in_group, says, shown,
};
use crate::observation::{Observation, PlatformFact, Share};
use crate::parse::sample::{group, post, removed, ring};

#[test]
fn a_locked_key_stores_nothing_and_the_same_handed_in_again_is_as_new() {
    let (pocket, calm) = (Pocket::new(), Pocket::new());
    let burst = [
        says(CLIENT, 3, "报价单收到了吗", 1),
        says(FRIEND, 1, "晚上吃什么", 2),
        says(STRANGER, 1, "合同要改吗", 3),
    ];
    let before = pocket.picture();
    pocket.suffer(Some(Fault::Locked));
    assert_eq!(pocket.try_see(&burst).unwrap_err().code(), "key_unavailable");
    pocket.suffer(None);
    assert_eq!(pocket.picture(), before);
    assert_eq!(pocket.see(&burst), calm.see(&burst));
    assert_eq!(pocket.picture(), calm.picture());
}

#[test]
fn a_full_disk_stores_nothing_and_the_same_handed_in_again_is_as_new() {
    let (pocket, calm) = (Pocket::new(), Pocket::new());
    let long = "委托".repeat(3_000);
    let burst = [
        Observation::Platform(PlatformFact::Listener { at: after(1), on: false }),
        Observation::Platform(PlatformFact::Listener { at: after(2), on: true }),
        says(CLIENT, 3, "报价单收到了吗", 3),
        in_group("周工", 1, &long, 4),
    ];
    let before = pocket.picture();
    pocket.suffer(Some(Fault::Full(0)));
    assert_eq!(pocket.try_see(&burst).unwrap_err().code(), "store_full");
    assert_eq!(pocket.picture(), before);
    assert_eq!(pocket.try_see(&burst).unwrap_err().code(), "store_full", "and once more");
    pocket.suffer(None);
    assert_eq!(pocket.see(&burst), calm.see(&burst));
    assert_eq!(pocket.picture(), calm.picture());
}

#[test]
fn a_process_that_ends_after_a_failure_goes_on_as_if_it_had_only_ended() {
    let (mut pocket, mut calm) = (Pocket::new(), Pocket::new());
    let burst = [says(CLIENT, 1, "一", 1), in_group("周工", 1, "二", 2)];
    pocket.suffer(Some(Fault::Spent(3)));
    assert!(pocket.try_see(&burst).is_err());
    pocket.suffer(None);
    calm.clock.advance(fenming_wire::time::Span::seconds(2));
    pocket.restart();
    calm.restart();
    assert_eq!(pocket.see(&burst), calm.see(&burst));
    assert_eq!(pocket.picture(), calm.picture());
}

#[test]
fn a_pause_that_could_not_be_written_is_written_when_it_is_asked_for_again() {
    let (pocket, calm) = (Pocket::new(), Pocket::new());
    for fuse in 0..3 {
        pocket.suffer(Some(Fault::Spent(fuse)));
        assert!(pocket.agent().pause(true).is_err());
        pocket.suffer(None);
    }
    pocket.agent().pause(true).unwrap();
    calm.agent().pause(true).unwrap();
    assert_eq!(pocket.lines("paused"), calm.lines("paused"));
}

#[test]
fn shared_text_that_failed_half_way_is_stored_once_when_it_is_shared_again() {
    let (pocket, calm) = (Pocket::new(), Pocket::new());
    let before = pocket.picture();
    pocket.suffer(Some(Fault::Spent(7)));
    assert!(pocket.try_see(&[shared(3, 1)]).is_err());
    pocket.suffer(None);
    assert_eq!(pocket.picture(), before);
    let seen = pocket.see(&[shared(3, 1)]);
    assert_eq!(seen.captured, 3);
    assert_eq!(seen, calm.see(&[shared(3, 1)]));
    assert_eq!(pocket.picture(), calm.picture());
}

#[test]
fn the_end_of_a_call_that_failed_beside_shared_text_is_told_when_it_is_handed_in_again() {
    let (pocket, calm) = (Pocket::new(), Pocket::new());
    for phone in [&pocket, &calm] {
        phone.see(&[something(8, 1, 7)]);
    }
    let burst = [shared(1, 14), something(9, 1, 21), says(STRANGER, 1, "在吗", 28)];
    pocket.suffer(Some(Fault::Spent(2)));
    assert!(pocket.try_see(&burst).is_err());
    pocket.suffer(None);
    let seen = pocket.see(&burst);
    assert_eq!(seen.calls, 1);
    assert_eq!(seen, calm.see(&burst));
    assert_eq!(pocket.picture(), calm.picture());
}

/// Something that a shell hands in, by number; each later than the one before.
fn something(kind: u8, count: u32, at: i64) -> Observation {
    match kind {
        0 => says(CLIENT, count, "报价单收到了吗", at),
        1 => in_group("周工", count, "明天验收", at),
        2 => in_group("李会计", count, "发票开了", at),
        3 => says(FRIEND, count, "晚上吃什么", at),
        4 => says(STRANGER, count, "合同要改吗", at),
        5 => shown(group("服务号", ("青石物业", "停水通知"), count, 0), at),
        6 => shown(post("微信", "你收到了一条消息", None), at),
        7 => shown(post(CLIENT, "[2条]撤回一条消息", None), at),
        8 => placed(ring("栗山精工 陶工邀请你进行语音通话", 0), at),
        9 => placed(removed(41, 8, 0), at),
        10 => Observation::Platform(PlatformFact::Listener { at: after(at), on: count > 1 }),
        11 => shared(count, at),
        _ => Observation::Platform(PlatformFact::Restarted {
            at: after(at),
            last_alive: after(at - i64::from(count)),
        }),
    }
}

/// Some messages of the project's group, shared out of WeChat.
fn shared(messages: u32, at: i64) -> Observation {
    let said = (0..messages).map(|n| format!("周工  09:{n:02}\n第{n}项已验收\n"));
    let said: String = said.collect();
    let text =
        format!("{PROJECT} 微信群上的聊天记录如下，请查收。\n\n—————  2026-3-2  —————\n\n{said}");
    let mut share: Share =
        serde_json::from_value(serde_json::json!({ "at": after(at), "text": text })).unwrap();
    share.own_name = Some("陈小满".into());
    Observation::WechatShare(share)
}

fn placed(mut seen: crate::observation::Notification, at: i64) -> Observation {
    (seen.at, seen.when) = (after(at), after(at));
    Observation::WechatNotification(seen)
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        (0..6_i64).prop_map(Fault::Full),
        (0..40_u32).prop_map(Fault::Spent),
        Just(Fault::Locked),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_life_with_faults_and_repeats_equals_the_undisturbed_one(
        life in vec((vec((0..13_u8, 1..5_u32), 1..8), vec(fault(), 0..3)), 1..10),
    ) {
        let (pocket, calm) = (Pocket::new(), Pocket::new());
        let mut at = 0;
        for (burst, faults) in life {
            let burst: Vec<Observation> = burst
                .into_iter()
                .map(|(kind, count)| {
                    at += 7;
                    something(kind, count, at)
                })
                .collect();
            let expected = calm.see(&burst);
            let mut done = None;
            for fault in faults {
                let before = pocket.picture();
                pocket.suffer(Some(fault));
                let tried = pocket.try_see(&burst);
                pocket.suffer(None);
                if let Ok(seen) = tried {
                    done = Some(seen);
                    break;
                }
                prop_assert_eq!(pocket.picture(), before, "{:?}", fault);
            }
            let seen = match done {
                Some(seen) => seen,
                None => pocket.see(&burst),
            };
            prop_assert_eq!(seen, expected);
            prop_assert_eq!(pocket.picture(), calm.picture());
        }
        calm.clock.advance(fenming_wire::time::Span::hours(1));
        pocket.clock.advance(fenming_wire::time::Span::hours(1));
        prop_assert_eq!(pocket.agent().settle().unwrap(), calm.agent().settle().unwrap());
        prop_assert_eq!(pocket.picture(), calm.picture());
    }
}
