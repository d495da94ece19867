use super::*;
use crate::policy::sample;

fn rules() -> Ruleset {
    Ruleset::compile(&sample::policy()).map_err(|error| error.to_string()).unwrap()
}

fn refusal(change: impl Fn(&mut Policy)) -> String {
    let mut policy = sample::policy();
    change(&mut policy);
    Ruleset::compile(&policy).err().map_or_else(String::new, |error| error.to_string())
}

fn directory(rules: &Ruleset, title: &str, kind: ChatKind) -> Option<String> {
    rules.in_directory(&title.into(), kind).map(|hit| hit.rule.to_string())
}

fn group(rules: &Ruleset, title: &str, kind: ChatKind) -> Option<String> {
    rules.by_group_rule(&title.into(), kind).map(|hit| hit.rule.to_string())
}

fn suggestion(rules: &Ruleset, text: &str) -> Option<String> {
    rules.suggests(&text.into()).map(ToString::to_string)
}

#[test]
fn titles_are_compared_exactly_after_nfkc_and_trimming() {
    let rules = rules();
    let named = |title: &str| directory(&rules, title, ChatKind::Direct);
    assert_eq!(named("松果资本 Nora").as_deref(), Some("client-018"));
    assert_eq!(named("  松果资本\u{3000}Ｎｏｒａ ").as_deref(), Some("client-018"));
    assert_eq!(named("松果资本 nora"), None);
    assert_eq!(named("松果资本 Nora 2"), None);
    assert_eq!(named(""), None);
}

#[test]
fn a_directory_entry_takes_only_chats_that_may_be_of_its_kind() {
    let rules = rules();
    let person = |kind| directory(&rules, "栗山精工 陶工", kind).is_some();
    assert!(person(ChatKind::Direct) && person(ChatKind::Unknown) && person(ChatKind::Service));
    assert!(!person(ChatKind::Group), "a group named like a person is not the person");
    let team = |kind| directory(&rules, "栗山精工项目沟通群", kind).is_some();
    assert!(team(ChatKind::Group) && team(ChatKind::Unknown));
    assert!(!team(ChatKind::Direct), "a person named like a group is not the group");
}

#[test]
fn of_two_entries_with_one_title_the_first_that_fits_decides() {
    let mut policy = sample::policy();
    let mut twin = policy.directory[0].clone();
    twin.id = "client-900".parse().unwrap();
    twin.kind = ChatKind::Group;
    policy.directory.insert(0, twin);
    let rules = Ruleset::compile(&policy).map_err(|error| error.to_string()).unwrap();
    let title = "栗山精工 陶工";
    assert_eq!(directory(&rules, title, ChatKind::Group).as_deref(), Some("client-900"));
    assert_eq!(directory(&rules, title, ChatKind::Direct).as_deref(), Some("client-017"));
    assert_eq!(directory(&rules, title, ChatKind::Unknown).as_deref(), Some("client-900"));
}

#[test]
fn a_group_rule_stands_where_it_says() {
    let rules = rules();
    let named = |title: &str| group(&rules, title, ChatKind::Group);
    assert_eq!(named("【项目】春汛").as_deref(), Some("g-project"));
    assert_eq!(named("春汛【项目】"), None);
    assert_eq!(named("华东客户群").as_deref(), Some("g-client"));
    assert_eq!(named("客户群公告"), None);
    assert_eq!(named("早班交易台值守").as_deref(), Some("g-desk"));
    assert_eq!(named("家里人"), None);
}

#[test]
fn a_group_rule_never_takes_what_is_not_known_to_be_a_group() {
    let rules = rules();
    for kind in [ChatKind::Direct, ChatKind::Service, ChatKind::Unknown] {
        assert_eq!(group(&rules, "【项目】春汛", kind), None);
    }
}

#[test]
fn of_several_rules_the_first_of_the_policy_decides() {
    let rules = rules();
    let all = group(&rules, "【项目】交易台客户群", ChatKind::Group);
    assert_eq!(all.as_deref(), Some("g-project"));
    let both = group(&rules, "交易台客户群", ChatKind::Group);
    assert_eq!(both.as_deref(), Some("g-client"));
    assert_eq!(suggestion(&rules, "合同里的委托条款").as_deref(), Some("t-order"));
}

#[test]
fn a_rule_inside_another_one_is_found_too() {
    let mut policy = sample::policy();
    policy.group_rules[0].text = "项目客户群二".to_owned();
    policy.group_rules[1].text = "目客".to_owned();
    policy.group_rules[1].how = TitleMatch::Contains;
    let rules = Ruleset::compile(&policy).map_err(|error| error.to_string()).unwrap();
    assert_eq!(group(&rules, "项目客户群", ChatKind::Group).as_deref(), Some("g-client"));
}

#[test]
fn terms_are_found_whatever_their_case_and_width() {
    let rules = rules();
    assert_eq!(suggestion(&rules, "请按 LIMIT ORDER 处理").as_deref(), Some("t-order"));
    assert_eq!(suggestion(&rules, "ｌｉｍｉｔ ｏｒｄｅｒ").as_deref(), Some("t-order"));
    assert_eq!(suggestion(&rules, "周末去爬山吗"), None);
    assert_eq!(suggestion(&rules, ""), None);
}

#[test]
fn a_policy_without_rules_takes_nothing() {
    let mut policy = sample::policy();
    policy.directory.clear();
    policy.group_rules.clear();
    policy.text_rules.clear();
    let rules = Ruleset::compile(&policy).map_err(|error| error.to_string()).unwrap();
    assert_eq!(group(&rules, "【项目】春汛", ChatKind::Group), None);
    assert_eq!(suggestion(&rules, "合同"), None);
    assert_eq!(directory(&rules, "栗山精工 陶工", ChatKind::Direct), None);
}

#[test]
fn text_that_is_too_short_once_normalised_is_refused_by_its_field() {
    let group = refusal(|p| p.group_rules[1].text = "e\u{301}".to_owned());
    assert!(group.contains("`group_rules[1].text`"), "{group}");
    let term = refusal(|p| p.text_rules[1].any[1] = "e\u{301}".to_owned());
    assert!(term.contains("`text_rules[1].any[1]`"), "{term}");
}

#[test]
fn the_largest_policy_can_be_made_ready() {
    use fenming_wire::policy::{MAX_DIRECTORY, MAX_GROUP_RULES, MAX_TERMS};
    let mut policy = sample::policy();
    let (entry, rule) = (policy.directory[1].clone(), policy.group_rules[1].clone());
    policy.directory = (0..MAX_DIRECTORY)
        .map(|n| {
            let mut entry = entry.clone();
            (entry.id, entry.title) = (format!("d{n}").parse().unwrap(), format!("客户 {n}"));
            entry
        })
        .collect();
    policy.group_rules = (0..MAX_GROUP_RULES)
        .map(|n| {
            let mut rule = rule.clone();
            (rule.id, rule.text) = (format!("g{n}").parse().unwrap(), format!("号客户群{n}"));
            rule
        })
        .collect();
    policy.text_rules[0].any = (0..MAX_TERMS - 2).map(|n| format!("合约编号 {n:0>60}")).collect();
    let rules = Ruleset::compile(&policy).map_err(|error| error.to_string()).unwrap();
    assert_eq!(directory(&rules, "客户 19999", ChatKind::Direct).as_deref(), Some("d19999"));
    assert_eq!(group(&rules, "三号客户群999", ChatKind::Group).as_deref(), Some("g999"));
    assert_eq!(suggestion(&rules, "报价").as_deref(), Some("t-contract"));
}
