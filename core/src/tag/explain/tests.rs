use super::*;

const STEPS: [Step; 6] =
    [Step::OsProfile, Step::Employee, Step::Directory, Step::GroupRule, Step::TextRule, Step::None];

#[test]
fn every_step_has_words_of_its_own_in_both_languages() {
    let mut said = std::collections::BTreeSet::new();
    for step in STEPS {
        for language in [Language::Chinese, Language::English] {
            let text = explain(&Why { step, rule: None }, language);
            assert!(!text.contains(['{', '}']));
            assert!(said.insert(text), "{step:?} in {language:?} says what another step says");
        }
    }
}

#[test]
fn the_rule_is_named() {
    let why = Why { step: Step::Directory, rule: Some("client-017".parse().unwrap()) };
    let english = explain(&why, Language::English);
    assert_eq!(
        english,
        "Its name stands in the organisation's directory of business contacts. (Rule: client-017)"
    );
    assert!(explain(&why, Language::Chinese).ends_with("（规则：client-017）"));
}
