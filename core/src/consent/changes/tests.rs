use fenming_wire::policy::{ChatKind, DirectoryEntry, TitleMatch};

use super::*;
use crate::policy::sample;

fn said(old: &Policy, new: &Policy) -> Vec<(String, RuleKind, Change, String)> {
    rule_changes(old, new)
        .into_iter()
        .map(|c| (c.rule.to_string(), c.kind, c.change, c.words.expose().to_owned()))
        .collect()
}

#[test]
fn the_same_rules_leave_no_change() {
    assert!(said(&sample::policy(), &sample::policy()).is_empty());
}

#[test]
fn names_that_come_go_and_change_stand_in_the_log() {
    let (old, mut new) = (sample::policy(), sample::policy());
    new.directory.remove(1);
    new.directory[0].title = "栗山精工 陶工（新号）".to_owned();
    new.directory.push(DirectoryEntry {
        id: "client-020".parse().unwrap(),
        title: "远岸物流 何桥".to_owned(),
        kind: ChatKind::Direct,
        class: None,
    });
    let line = |rule: &str, change, words: &str| {
        (rule.to_owned(), RuleKind::Directory, change, words.to_owned())
    };
    assert_eq!(
        said(&old, &new),
        [
            line("client-017", Change::Reworded, "栗山精工 陶工（新号）"),
            line("client-020", Change::Added, "远岸物流 何桥"),
            line("client-018", Change::Removed, "松果资本 Nora"),
        ]
    );
}

#[test]
fn an_entry_that_turns_from_a_person_into_a_group_is_a_change() {
    let (old, mut new) = (sample::policy(), sample::policy());
    new.directory[0].kind = ChatKind::Group;
    new.group_rules[1].how = TitleMatch::Prefix;
    let changed: Vec<String> = said(&old, &new).into_iter().map(|(rule, ..)| rule).collect();
    assert_eq!(changed, ["client-017", "g-client"]);
}

#[test]
fn words_that_only_suggest_stand_in_the_log_too() {
    let (old, mut new) = (sample::policy(), sample::policy());
    new.text_rules[1].any.push("对账".to_owned());
    let expected = (
        "t-contract".to_owned(),
        RuleKind::TextRule,
        Change::Reworded,
        "合同, 报价, 对账".to_owned(),
    );
    assert_eq!(said(&old, &new), [expected]);
}
