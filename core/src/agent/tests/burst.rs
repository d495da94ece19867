//! What is handed in together is on disk together.

use super::pocket::{CLIENT, FRIEND, Pocket, STRANGER, after, in_group, says, shown};
use crate::agent::{Counterpart, Observed};
use crate::error::AgentError;
use crate::limits::MAX_OBSERVATIONS_AT_ONCE;
use crate::observation::{Observation, PlatformFact};
use crate::parse::sample::{group, post};
use crate::vault::sample::commits;

#[test]
fn a_burst_of_ten_is_one_transaction() {
    let pocket = Pocket::new();
    let ten = |from: u32| -> Vec<Observation> {
        let one = |n: u32| in_group("周工", n, &format!("第{n}条"), i64::from(n));
        (from..from + 10).map(one).collect()
    };
    // The first one may count values against a key, for many bursts to come.
    pocket.see(&ten(1));
    let before = commits(pocket.dir.path());
    let seen = pocket.see(&ten(11));
    assert_eq!(seen.captured, 10);
    assert_eq!(commits(pocket.dir.path()), before + 1);
}

#[test]
fn a_restart_of_the_shell_and_everything_after_it_is_one_transaction() {
    let pocket = Pocket::new();
    pocket.see(&[says(CLIENT, 1, "先打个招呼", 1)]);
    let restarted = PlatformFact::Restarted { at: after(90), last_alive: after(40) };
    let burst = [
        Observation::Platform(restarted),
        Observation::Platform(PlatformFact::Listener { at: after(91), on: true }),
        says(FRIEND, 1, "晚上吃什么", 92),
        says(STRANGER, 1, "随便聊聊", 93),
        says(CLIENT, 4, "样品收到了吗", 94),
    ];
    let before = commits(pocket.dir.path());
    let seen = pocket.see(&burst);
    assert_eq!((seen.captured, seen.undecided), (1, 2));
    assert_eq!(commits(pocket.dir.path()), before + 1);
}

#[test]
fn a_chat_that_the_burst_presented_is_known_to_what_follows_in_it() {
    let pocket = Pocket::new();
    let seen = pocket.see(&[in_group("周工", 1, "开工", 1), in_group("周工", 2, "收工", 2)]);
    assert_eq!(seen.captured, 2);
    assert_eq!(pocket.lines("\"kind\":\"chat\"").len(), 1, "{:?}", pocket.lines(""));
}

#[test]
fn the_same_post_twice_in_a_burst_is_one_message() {
    let pocket = Pocket::new();
    let one = says(CLIENT, 1, "收到", 1);
    let seen = pocket.see(&[one.clone(), one.clone()]);
    assert_eq!((seen.captured, seen.ignored), (1, 1));
}

#[test]
fn what_is_handed_in_again_after_a_restart_is_stored_once() {
    let mut pocket = Pocket::new();
    let day = [
        says(CLIENT, 3, "报价单收到了吗", 1),
        in_group("周工", 1, "明天验收", 2),
        says(STRANGER, 1, "合同要改吗", 3),
    ];
    let first = pocket.see(&day);
    assert_eq!((first.captured, first.held, first.repeated), (2, 1, 0));
    let lines = pocket.lines("").len();
    pocket.restart();
    let again = pocket.see(&day);
    assert_eq!((again.captured, again.held, again.repeated), (0, 0, 3));
    assert_eq!(pocket.lines("").len(), lines, "not even the jump is told twice");
}

#[test]
fn more_than_the_limit_at_once_is_refused_before_anything_is_stored() {
    let pocket = Pocket::new();
    let before = pocket.picture();
    let many = vec![says(CLIENT, 1, "一", 1); MAX_OBSERVATIONS_AT_ONCE + 1];
    let refused = pocket.try_see(&many);
    assert!(matches!(refused, Err(AgentError::InputInvalid { field: "observations", .. })));
    assert_eq!(pocket.picture(), before);
}

#[test]
fn nothing_at_all_costs_no_transaction() {
    let pocket = Pocket::new();
    let before = commits(pocket.dir.path());
    assert_eq!(pocket.see(&[]), Observed::default());
    assert_eq!(pocket.agent().settle().unwrap(), Observed::default());
    assert_eq!(commits(pocket.dir.path()), before);
}

#[test]
fn a_jump_in_the_container_of_service_accounts_is_told_for_the_source_without_a_number() {
    let pocket = Pocket::new();
    let folded = |count, text, at| shown(group("服务号", ("青石物业", text), count, 0), at);
    pocket.see(&[folded(1, "缴费提醒", 1), folded(5, "停水通知", 2)]);
    let jumps = pocket.lines("count_jump");
    assert_eq!(jumps.len(), 1, "{jumps:?}");
    assert!(!jumps[0].contains("missed") && !jumps[0].contains("\"chat\":"), "{}", jumps[0]);
}

#[test]
fn a_jump_in_a_personal_or_undecided_chat_is_told_nowhere() {
    let pocket = Pocket::new();
    pocket.see(&[says(FRIEND, 1, "在吗", 1), says(FRIEND, 6, "晚上见", 2)]);
    let id = pocket.agent().recent_chats().unwrap()[0].id;
    pocket.agent().tag(id, Some(crate::agent::EmployeeTag::Personal)).unwrap();
    pocket.see(&[says(FRIEND, 12, "到了", 3)]);
    assert!(pocket.lines("count_jump").is_empty());
}

#[test]
fn a_jump_while_capture_is_paused_is_not_told_since_that_time_is_off_already() {
    let pocket = Pocket::new();
    let folded = |count, at| shown(group("服务号", ("青石物业", "通知"), count, 0), at);
    pocket.see(&[folded(1, 1)]);
    pocket.agent().pause(true).unwrap();
    pocket.see(&[folded(9, 2), says(CLIENT, 1, "在吗", 3), says(CLIENT, 7, "？", 4)]);
    assert!(pocket.lines("count_jump").is_empty());
}

#[test]
fn a_chat_of_which_nothing_may_be_kept_says_so_once() {
    let pocket = Pocket::new();
    pocket.see(&[says(CLIENT, 1, "报价单收到了吗", 1)]);
    let id = pocket.agent().chats(None, 10).unwrap().chats[0].id;
    pocket.agent().set_counterpart(id, Counterpart::Objected).unwrap();
    let seen = pocket.see(&[says(CLIENT, 2, "别存了", 2), says(CLIENT, 3, "谢谢", 3)]);
    assert_eq!((seen.captured, seen.refused), (0, 2));
    assert_eq!(pocket.lines("counterpart_objected").len(), 1);
}

#[test]
fn a_hidden_notice_is_a_sign_of_the_source_only() {
    let pocket = Pocket::new();
    let hidden = shown(post("微信", "你收到了一条消息", None), 1);
    let seen = pocket.see(&[hidden, says(CLIENT, 1, "看得见", 5)]);
    assert_eq!((seen.blind, seen.captured), (1, 1));
    assert_eq!(pocket.lines("preview_hidden").len(), 2, "its beginning and its end");
}
