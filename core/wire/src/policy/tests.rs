use super::*;
use crate::samples::{at, policy};

type Change = fn(&mut Policy);

fn refusal(change: impl FnOnce(&mut Policy)) -> String {
    let mut document = policy();
    change(&mut document);
    document.check().unwrap_err().to_string()
}

#[test]
fn a_good_policy_is_taken() {
    policy().check().unwrap();
}

#[test]
fn the_frame_of_a_policy_is_checked_field_by_field() {
    let cases: [(Change, &str); 14] = [
        (|p| p.version = 0, "field `version`: starts at 1"),
        (|p| p.expires = p.issued, "field `expires`: must be later than `issued`"),
        (|p| p.grace_hours = MAX_GRACE_HOURS + 1, "field `grace_hours`: is at most 720"),
        (|p| p.purposes.clear(), "field `purposes`: is empty: name at least one"),
        (|p| p.sources.clear(), "field `sources`: is empty: name at least one"),
        (|p| p.retention.clear(), "field `retention`: is empty: name at least one class"),
        (
            |p| *p.retention.values_mut().next().unwrap() = 0,
            "field `retention`: is at least one day",
        ),
        (
            |p| p.default_class = "other".parse().unwrap(),
            "field `default_class`: is no class of `retention`",
        ),
        (|p| p.review_minutes = MAX_REVIEW_MINUTES + 1, "field `review_minutes`: is at most 10080"),
        (|p| p.reprompt_days = 29, "field `reprompt_days`: is at least 30"),
        (|p| p.hold = Some(HoldRule { max_hours: 0 }), "field `hold.max_hours`: is 1 to 72"),
        (|p| p.hold = Some(HoldRule { max_hours: 73 }), "field `hold.max_hours`: is 1 to 72"),
        (|p| p.schedule.interval_minutes = 0, "field `schedule.interval_minutes`: is 1 to 1440"),
        (|p| p.schedule.zone = "Nowhere".to_owned(), "field `schedule.zone`: is no IANA time zone"),
    ];
    for (change, expected) in cases {
        assert_eq!(refusal(change), expected);
    }
}

#[test]
fn the_rules_of_a_policy_are_checked_one_by_one() {
    let cases: [(Change, &str); 10] = [
        (|p| p.directory[0].title = "  ".to_owned(), "field `directory[0].title`: is too short"),
        (
            |p| p.directory[0].title = "名".repeat(86),
            "field `directory[0].title`: is longer than 256 bytes",
        ),
        (
            |p| p.directory[0].class = Some("x".parse().unwrap()),
            "field `directory[0].class`: is no class of `retention`",
        ),
        (|p| p.group_rules[0].text = "群".to_owned(), "field `group_rules[0].text`: is too short"),
        (
            |p| p.group_rules[0].text = " 群 ".to_owned(),
            "field `group_rules[0].text`: is too short",
        ),
        (
            |p| p.group_rules[0].class = Some("x".parse().unwrap()),
            "field `group_rules[0].class`: is no class of `retention`",
        ),
        (
            |p| p.text_rules[0].any.push("价".to_owned()),
            "field `text_rules[0].any[1]`: is too short",
        ),
        (
            |p| p.group_rules[0].id = p.directory[0].id.clone(),
            "field `group_rules[0].id`: stands twice",
        ),
        (
            |p| p.text_rules[0].id = p.directory[0].id.clone(),
            "field `text_rules[0].id`: stands twice",
        ),
        (|p| p.directory.push(p.directory[0].clone()), "field `directory[1].id`: stands twice"),
    ];
    for (change, expected) in cases {
        assert_eq!(refusal(change), expected);
    }
}

#[test]
fn no_list_of_rules_grows_beyond_its_limit() {
    let many = |p: &mut Policy| p.directory = vec![p.directory[0].clone(); MAX_DIRECTORY + 1];
    assert_eq!(refusal(many), "field `directory`: has too many entries");
    let many = |p: &mut Policy| p.group_rules = vec![p.group_rules[0].clone(); MAX_GROUP_RULES + 1];
    assert_eq!(refusal(many), "field `group_rules`: has too many entries");
    let many = |p: &mut Policy| p.text_rules[0].any = vec!["合同".to_owned(); MAX_TERMS + 1];
    assert_eq!(refusal(many), "field `text_rules`: has too many entries");
}

#[test]
fn a_directory_of_ten_thousand_names_fits_into_a_document() {
    let mut policy = policy();
    policy.directory = (0..10_000)
        .map(|n| DirectoryEntry {
            id: format!("d-{n}").parse().unwrap(),
            title: format!("示范客户 {n}"),
            kind: ChatKind::Direct,
            class: None,
        })
        .collect();
    policy.check().unwrap();
    assert!(serde_json::to_vec(&policy).unwrap().len() < Policy::LIMIT);
}

#[test]
fn what_a_policy_leaves_out_is_the_cautious_choice() {
    let mut value = serde_json::to_value(policy()).unwrap();
    let fields = value.as_object_mut().unwrap();
    for field in [
        "directory",
        "group_rules",
        "text_rules",
        "os_profiles",
        "hold",
        "counterpart",
        "on_withdrawal",
    ] {
        fields.remove(field);
    }
    let policy: Policy = serde_json::from_value(value).unwrap();
    assert_eq!(policy.hold, None, "undecided is dropped");
    assert_eq!(policy.counterpart, CounterpartRule::Pseudonymise);
    assert_eq!(policy.os_profiles, OsProfileRule::default());
    assert!(!policy.os_profiles.work_is_business && !policy.os_profiles.clone_is_business);
    assert_eq!(policy.on_withdrawal, WithdrawalRule::Forward);
}

#[test]
fn a_policy_ends_after_its_grace() {
    assert_eq!(policy().ends(), at("2026-06-08T00:00:00Z"));
    assert_eq!(policy().longest_retention(), 7300);
}

#[test]
fn a_person_may_be_a_service_account_but_no_group() {
    use ChatKind::{Direct, Group, Service, Unknown};
    for kind in [Direct, Group, Service, Unknown] {
        assert!(kind.may_be(kind));
        assert!(kind.may_be(Unknown) && Unknown.may_be(kind));
        for other in [Direct, Group, Service, Unknown] {
            assert_eq!(kind.may_be(other), other.may_be(kind), "both ways");
        }
    }
    assert!(Direct.may_be(Service));
    assert!(!Group.may_be(Direct) && !Group.may_be(Service));
}
