use fenming_wire::id::RetentionClass;
use fenming_wire::policy::Policy;
use proptest::prelude::*;

use super::*;
use crate::policy::sample;

fn ready(policy: &Policy) -> Ruleset {
    Ruleset::compile(policy).map_err(|error| error.to_string()).unwrap()
}

fn facts(title: &Content, kind: ChatKind) -> ChatFacts<'_> {
    ChatFacts { profile: OsProfile::Personal, kind, title, employee: None, earlier: None }
}

fn why(step: Step, rule: Option<&str>) -> Why {
    Why { step, rule: rule.map(|rule| rule.parse().unwrap()) }
}

fn class(name: &str) -> RetentionClass {
    name.parse().unwrap()
}

fn business(step: Step, rule: Option<&str>, in_class: &str) -> Verdict {
    Verdict::Business(Business::new(why(step, rule), class(in_class)))
}

#[test]
fn the_os_profile_decides_before_the_employee() {
    let rules = ready(&sample::policy());
    let title = Content::from("家里人");
    let work = ChatFacts {
        profile: OsProfile::Work,
        employee: Some(EmployeeTag::Personal),
        ..facts(&title, ChatKind::Group)
    };
    assert_eq!(decide(&work, &rules, None), business(Step::OsProfile, None, "general"));
    assert_eq!(overridden(&work, &rules), None);
    let clone = ChatFacts { profile: OsProfile::Clone, ..work };
    assert_eq!(decide(&clone, &rules, None), Verdict::Personal(why(Step::Employee, None)));
}

#[test]
fn an_os_profile_without_a_rule_decides_nothing() {
    let mut policy = sample::policy();
    policy.os_profiles.work_is_business = false;
    let rules = ready(&policy);
    let title = Content::from("家里人");
    for profile in [OsProfile::Personal, OsProfile::Work, OsProfile::Clone, OsProfile::Unknown] {
        let facts = ChatFacts { profile, ..facts(&title, ChatKind::Group) };
        assert_eq!(decide(&facts, &rules, None), Verdict::Undecided { signal: None });
    }
}

#[test]
fn the_employees_tag_decides_before_the_directory() {
    let rules = ready(&sample::policy());
    let title = Content::from("栗山精工 陶工");
    let personal =
        ChatFacts { employee: Some(EmployeeTag::Personal), ..facts(&title, ChatKind::Direct) };
    let text = Content::from("合同");
    let verdict = decide(&personal, &rules, Some(&text));
    assert_eq!(verdict, Verdict::Personal(why(Step::Employee, None)));
    assert_eq!(overridden(&personal, &rules).map(RuleId::as_str), Some("client-017"));
}

#[test]
fn the_employees_business_tag_does_not_shorten_a_rules_retention() {
    let rules = ready(&sample::policy());
    let (listed, unlisted) = (Content::from("栗山精工 陶工"), Content::from("海边的风"));
    let tagged = |title| ChatFacts {
        employee: Some(EmployeeTag::Business),
        ..facts(title, ChatKind::Direct)
    };
    let verdict = decide(&tagged(&listed), &rules, None);
    assert_eq!(verdict, business(Step::Employee, None, "orders"));
    let verdict = decide(&tagged(&unlisted), &rules, None);
    assert_eq!(verdict, business(Step::Employee, None, "general"));
}

#[test]
fn the_directory_decides_before_the_group_rules() {
    let mut policy = sample::policy();
    policy.directory[2].title = "【项目】春汛".to_owned();
    let rules = ready(&policy);
    let title = Content::from("【项目】春汛");
    let verdict = decide(&facts(&title, ChatKind::Group), &rules, None);
    assert_eq!(verdict, business(Step::Directory, Some("group-003"), "general"));
    let other = Content::from("【项目】秋收");
    let verdict = decide(&facts(&other, ChatKind::Group), &rules, None);
    assert_eq!(verdict, business(Step::GroupRule, Some("g-project"), "orders"));
}

#[test]
fn words_only_suggest() {
    let rules = ready(&sample::policy());
    let (title, text) = (Content::from("海边的风"), Content::from("合同签好了，爱你"));
    let verdict = decide(&facts(&title, ChatKind::Direct), &rules, Some(&text));
    let signal = Some(why(Step::TextRule, Some("t-contract")));
    assert_eq!(verdict, Verdict::Undecided { signal });
}

#[test]
fn only_a_directory_entry_leaves_an_override() {
    let rules = ready(&sample::policy());
    let by_rule = Content::from("【项目】春汛");
    let unlisted = Content::from("海边的风");
    for title in [&by_rule, &unlisted] {
        let personal =
            ChatFacts { employee: Some(EmployeeTag::Personal), ..facts(title, ChatKind::Group) };
        assert_eq!(overridden(&personal, &rules), None);
    }
    let listed = Content::from("栗山精工 陶工");
    let untagged = facts(&listed, ChatKind::Direct);
    assert_eq!(overridden(&untagged, &rules), None, "nothing overrides without a tag");
}

#[test]
fn a_renamed_chat_stays_business_while_its_rule_stands() {
    let mut policy = sample::policy();
    let rules = ready(&policy);
    let (renamed, earlier) =
        (Content::from("陶工（出差）"), why(Step::Directory, Some("client-017")));
    let facts = ChatFacts { earlier: Some(&earlier), ..facts(&renamed, ChatKind::Direct) };
    let kept = business(Step::Directory, Some("client-017"), "orders");
    assert_eq!(decide(&facts, &rules, None), kept);
    policy.directory.remove(0);
    assert_eq!(decide(&facts, &ready(&policy), None), Verdict::Undecided { signal: None });
}

#[test]
fn a_renamed_group_stays_business_while_its_wildcard_stands() {
    let mut policy = sample::policy();
    let (renamed, earlier) = (Content::from("春汛收尾"), why(Step::GroupRule, Some("g-project")));
    let facts = ChatFacts { earlier: Some(&earlier), ..facts(&renamed, ChatKind::Group) };
    let kept = business(Step::GroupRule, Some("g-project"), "orders");
    assert_eq!(decide(&facts, &ready(&policy), None), kept);
    policy.group_rules.remove(0);
    assert_eq!(decide(&facts, &ready(&policy), None), Verdict::Undecided { signal: None });
}

#[test]
fn the_title_of_now_decides_before_the_rule_of_before() {
    let rules = ready(&sample::policy());
    let (title, earlier) =
        (Content::from("松果资本 Nora"), why(Step::Directory, Some("client-017")));
    let facts = ChatFacts { earlier: Some(&earlier), ..facts(&title, ChatKind::Direct) };
    let verdict = decide(&facts, &rules, None);
    assert_eq!(verdict, business(Step::Directory, Some("client-018"), "general"));
}

#[test]
fn a_chat_that_turns_out_to_be_of_another_kind_is_let_go() {
    let rules = ready(&sample::policy());
    let (title, earlier) =
        (Content::from("栗山精工 陶工"), why(Step::Directory, Some("client-017")));
    let facts = ChatFacts { earlier: Some(&earlier), ..facts(&title, ChatKind::Group) };
    assert_eq!(decide(&facts, &rules, None), Verdict::Undecided { signal: None });
}

#[test]
fn no_verdict_but_a_rules_own_is_sticky() {
    let rules = ready(&sample::policy());
    let title = Content::from("海边的风");
    for earlier in [
        why(Step::OsProfile, None),
        why(Step::Employee, None),
        why(Step::TextRule, Some("t-order")),
        why(Step::GroupRule, Some("client-017")),
        why(Step::Directory, Some("g-project")),
        why(Step::Directory, Some("gone")),
    ] {
        let facts = ChatFacts { earlier: Some(&earlier), ..facts(&title, ChatKind::Group) };
        assert_eq!(decide(&facts, &rules, None), Verdict::Undecided { signal: None });
    }
}

#[test]
fn the_employee_overrides_a_sticky_verdict_and_the_record_names_its_rule() {
    let rules = ready(&sample::policy());
    let (renamed, earlier) =
        (Content::from("陶工（出差）"), why(Step::Directory, Some("client-017")));
    let facts = ChatFacts {
        earlier: Some(&earlier),
        employee: Some(EmployeeTag::Personal),
        ..facts(&renamed, ChatKind::Direct)
    };
    assert_eq!(decide(&facts, &rules, None), Verdict::Personal(why(Step::Employee, None)));
    assert_eq!(overridden(&facts, &rules).map(RuleId::as_str), Some("client-017"));
}

fn titles() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("栗山精工 陶工".to_owned()),
        Just("松果资本 Nora".to_owned()),
        Just("栗山精工项目沟通群".to_owned()),
        "【项目】\\PC{0,6}",
        "\\PC{0,6}客户群",
        "\\PC{0,12}",
    ]
}

fn kinds() -> impl Strategy<Value = ChatKind> {
    prop_oneof![
        Just(ChatKind::Direct),
        Just(ChatKind::Group),
        Just(ChatKind::Service),
        Just(ChatKind::Unknown)
    ]
}

fn tags() -> impl Strategy<Value = Option<EmployeeTag>> {
    prop_oneof![Just(None), Just(Some(EmployeeTag::Business)), Just(Some(EmployeeTag::Personal))]
}

fn profiles() -> impl Strategy<Value = OsProfile> {
    prop_oneof![
        Just(OsProfile::Personal),
        Just(OsProfile::Work),
        Just(OsProfile::Clone),
        Just(OsProfile::Unknown)
    ]
}

fn earlier() -> impl Strategy<Value = Option<Why>> {
    prop_oneof![
        Just(None),
        Just(Some(why(Step::Directory, Some("client-017")))),
        Just(Some(why(Step::Directory, Some("group-003")))),
        Just(Some(why(Step::GroupRule, Some("g-desk")))),
        Just(Some(why(Step::Employee, None))),
    ]
}

proptest! {
    #[test]
    fn the_order_of_decision_holds_for_every_chat(
        (title, kind, tag) in (titles(), kinds(), tags()),
        (profile, earlier, text) in (profiles(), earlier(), "\\PC{0,40}"),
    ) {
        let rules = ready(&sample::policy());
        let (title, text) = (Content::from(title), Content::from(text));
        let facts = ChatFacts { profile, kind, title: &title, employee: tag, earlier: earlier.as_ref() };
        let verdict = decide(&facts, &rules, Some(&text));
        prop_assert_eq!(&decide(&facts, &rules, Some(&text)), &verdict, "it is deterministic");
        let listed = rules.in_directory(&title, kind).is_some();
        let wild = rules.by_group_rule(&title, kind).is_some();
        match &verdict {
            Verdict::Personal(why) => {
                prop_assert_eq!(tag, Some(EmployeeTag::Personal));
                prop_assert_eq!(why.step, Step::Employee);
                prop_assert!(profile != OsProfile::Work);
            }
            Verdict::Undecided { signal } => {
                prop_assert!(tag.is_none() && profile != OsProfile::Work && !listed && !wild);
                prop_assert!(signal.as_ref().is_none_or(|why| why.step == Step::TextRule));
            }
            Verdict::Business(business) => {
                let why = business.why();
                let expected = match (profile, tag) {
                    (OsProfile::Work, _) => Step::OsProfile,
                    (_, Some(_)) => Step::Employee,
                    (_, None) if listed => Step::Directory,
                    (_, None) if wild => Step::GroupRule,
                    (_, None) => earlier.as_ref().map_or(Step::None, |why| why.step),
                };
                prop_assert_eq!(why.step, expected);
                let ruled = matches!(why.step, Step::Directory | Step::GroupRule);
                prop_assert_eq!(why.rule.is_some(), ruled);
            }
        }
        let without = decide(&facts, &rules, None);
        let undecided = matches!(verdict, Verdict::Undecided { .. });
        prop_assert_eq!(matches!(without, Verdict::Undecided { .. }), undecided, "text never decides");
        let overrides = overridden(&facts, &rules).is_some();
        prop_assert!(!overrides || matches!(verdict, Verdict::Personal(_)));
    }
}
