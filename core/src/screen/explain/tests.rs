use super::*;

#[test]
fn every_label_is_explained_in_both_languages_and_names_its_lexicon() {
    let mut said = std::collections::BTreeSet::new();
    for kind in LabelKind::ALL {
        let label = Label { kind, rule: "desk-terms".parse().unwrap() };
        for language in [Language::Chinese, Language::English] {
            let text = explain_label(&label, language);
            assert!(text.contains("desk-terms") && !text.contains('{'), "{text}");
            assert!(said.insert(text));
        }
    }
}
