//! What the employee and the policy decide between two observations.

use super::pocket::{CLIENT, PROJECT, Pocket, STRANGER, in_group, says};
use crate::agent::EmployeeTag;
use crate::vault;
use fenming_wire::policy::CounterpartRule;

#[test]
fn a_withdrawal_between_two_observations_holds_for_the_second() {
    let pocket = Pocket::new();
    pocket.see(&[says(CLIENT, 1, "报价单收到了吗", 1), says(STRANGER, 1, "合同要改吗", 2)]);
    pocket.agent().withdraw().unwrap();
    let seen = pocket.see(&[says(CLIENT, 2, "在吗", 3), says(STRANGER, 2, "合同呢", 4)]);
    assert_eq!((seen.captured, seen.held, seen.refused, seen.undecided), (0, 0, 1, 1));
    assert!(pocket.agent().holds().unwrap().is_empty());
    assert!(pocket.lines("在吗").is_empty());
}

#[test]
fn a_pause_stores_nothing_and_what_comes_after_it_is_stored_again() {
    let pocket = Pocket::new();
    pocket.agent().pause(true).unwrap();
    let seen = pocket.see(&[in_group("周工", 1, "不该留下", 1), says(STRANGER, 1, "合同", 2)]);
    assert_eq!((seen.captured, seen.refused, seen.undecided), (0, 1, 1));
    pocket.agent().pause(false).unwrap();
    assert_eq!(pocket.see(&[in_group("周工", 2, "可以留下", 3)]).captured, 1);
    assert!(pocket.lines("不该留下").is_empty());
    assert_eq!(pocket.lines(PROJECT).len(), 1, "the chat is presented with its first record");
}

#[test]
fn a_held_item_loses_its_names_where_the_policy_has_turned_to_pseudonyms() {
    let mut pocket = Pocket::new();
    pocket.employer.policy.counterpart = CounterpartRule::Capture;
    pocket.employer.policy.version += 1;
    pocket.enrol();
    pocket.agree();
    assert_eq!(pocket.see(&[says(STRANGER, 2, "合同要改吗", 1)]).held, 1);
    let chat = pocket.agent().holds().unwrap()[0].chat;
    pocket.employer.policy.counterpart = CounterpartRule::Pseudonymise;
    pocket.employer.policy.version += 1;
    pocket.enrol();
    pocket.agree();
    let taken = pocket.agent().tag(chat, Some(EmployeeTag::Business)).unwrap();
    assert_eq!(taken.promoted, 1);
    let lines = pocket.lines("合同要改吗");
    assert_eq!(lines.len(), 1);
    assert!(pocket.lines(STRANGER).is_empty(), "{:?}", pocket.lines(STRANGER));
}

#[test]
fn a_held_item_under_pseudonyms_keeps_those_that_it_has() {
    let pocket = Pocket::new();
    assert_eq!(pocket.see(&[says(STRANGER, 1, "合同要改吗", 1)]).held, 1);
    let hold = pocket.agent().holds().unwrap().remove(0);
    let held = String::from_utf8(hold.body.to_json().unwrap()).unwrap();
    assert!(!held.contains(STRANGER));
    let from = held.split("\"from\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    pocket.agent().tag(hold.chat, Some(EmployeeTag::Business)).unwrap();
    assert_eq!(pocket.lines("合同要改吗").len(), 1);
    assert!(pocket.lines("合同要改吗")[0].contains(&from));
}

#[test]
fn a_full_queue_takes_neither_a_record_nor_its_chat_and_says_so_once() {
    let pocket = Pocket::new();
    pocket.see(&[says(CLIENT, 1, "报价单收到了吗", 1)]);
    vault::sample::fill_queue(&pocket.agent().lock().unwrap().vault, 1);
    let full = [in_group("周工", 1, "放不下", 2), in_group("周工", 2, "也放不下", 3)];
    let seen = pocket.see(&full);
    assert_eq!((seen.captured, seen.refused), (0, 2), "one place is too few for chat and message");
    assert_eq!(pocket.agent().chats(None, 10).unwrap().chats.len(), 1);
    assert_eq!(pocket.lines("queue_full").len(), 1);
    assert!(pocket.lines(PROJECT).is_empty());
    vault::sample::empty_queue(&pocket.agent().lock().unwrap().vault);
    assert_eq!(pocket.see(&[in_group("周工", 3, "又有地方了", 4)]).captured, 1);
    assert_eq!(pocket.lines(PROJECT).len(), 1, "the chat has its line");
    assert_eq!(pocket.lines("queue_full").len(), 2, "its end is told as well");
}
