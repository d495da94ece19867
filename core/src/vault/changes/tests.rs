use super::*;
use crate::consent::{Change, RuleKind};
use crate::vault::sample::*;

#[test]
fn the_change_log_tells_the_latest_changes_first() {
    let phone = Phone::new();
    let mut vault = phone.enrolled();
    let change = |n: u64| LoggedChange {
        at: noon(),
        policy_version: n,
        change: ChangedRule {
            rule: "client-017".parse().unwrap(),
            kind: RuleKind::Directory,
            change: Change::Added,
            words: "栗山精工 陶工".into(),
        },
    };
    vault.log_changes(&[change(1), change(2)]).unwrap();
    vault.log_changes(&[change(3)]).unwrap();
    drop(vault);
    let vault = phone.open().0;
    assert!(vault.changes(2).unwrap() == [change(3), change(2)]);
    assert_eq!(vault.changes(9).unwrap().len(), 3);
    assert!(!phone.holds_text("栗山精工"));
}
