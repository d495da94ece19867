use proptest::prelude::*;

use super::*;
use crate::samples::{recipient, trust};

fn refusal(change: impl FnOnce(&mut TrustDocument)) -> String {
    let mut document = trust();
    change(&mut document);
    document.check().unwrap_err().to_string()
}

#[test]
fn a_good_document_is_taken() {
    trust().check().unwrap();
    TrustDocument { export_routes: Vec::new(), ..trust() }.check().unwrap();
}

#[test]
fn someone_must_be_able_to_read_and_to_sign() {
    assert_eq!(refusal(|d| d.recipients.clear()), "field `recipients`: is empty");
    assert_eq!(refusal(|d| d.policy_keys.clear()), "field `policy_keys`: is empty");
    assert_eq!(refusal(|d| d.receipt_keys.clear()), "field `receipt_keys`: is empty");
}

#[test]
fn no_list_has_more_than_sixteen_entries() {
    let many = "has too many entries";
    let more = |d: &mut TrustDocument| d.recipients = vec![d.recipients[0].clone(); 17];
    assert_eq!(refusal(more), format!("field `recipients`: {many}"));
    let more = |d: &mut TrustDocument| d.policy_keys = vec![d.policy_keys[0]; 17];
    assert_eq!(refusal(more), format!("field `policy_keys`: {many}"));
    let more = |d: &mut TrustDocument| d.receipt_keys = vec![d.receipt_keys[0]; 17];
    assert_eq!(refusal(more), format!("field `receipt_keys`: {many}"));
    let more = |d: &mut TrustDocument| d.export_routes = vec![d.export_routes[0].clone(); 17];
    assert_eq!(refusal(more), format!("field `export_routes`: {many}"));
}

#[test]
fn versions_start_at_1() {
    assert_eq!(refusal(|d| d.version = 0), "field `version`: starts at 1");
}

#[test]
fn counsels_key_is_no_recipients_key() {
    let same = "field `counsel.key`: must differ from every recipient";
    assert_eq!(refusal(|d| d.counsel = d.recipients[0].clone()), same);
    let hidden = |d: &mut TrustDocument| {
        let key = recipient();
        let name = d.counsel.name.clone();
        d.recipients.push(NamedRecipient { name, key: key.clone() });
        d.counsel.key = key;
    };
    assert_eq!(refusal(hidden), same);
}

#[test]
fn only_a_higher_version_is_newer() {
    assert_eq!(Freshness::of((4, "b"), (3, "a")), Freshness::Newer);
    assert_eq!(Freshness::of((3, "a"), (3, "a")), Freshness::Same);
    assert_eq!(Freshness::of((3, "b"), (3, "a")), Freshness::Rollback, "same number, other text");
    assert_eq!(Freshness::of((2, "a"), (3, "a")), Freshness::Rollback);
}

proptest! {
    #[test]
    fn of_two_versions_at_most_one_is_newer(a in any::<(u8, u8)>(), b in any::<(u8, u8)>()) {
        let (a, b) = ((u64::from(a.0), a.1), (u64::from(b.0), b.1));
        let both = (Freshness::of(a, b), Freshness::of(b, a));
        prop_assert!(both != (Freshness::Newer, Freshness::Newer));
        prop_assert_eq!(both == (Freshness::Same, Freshness::Same), a == b);
    }
}
