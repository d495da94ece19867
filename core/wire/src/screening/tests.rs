use super::*;
use crate::envelope::Document;
use crate::samples::{policy, screening};

fn refusal(change: impl FnOnce(&mut Screening)) -> String {
    let mut screening = screening();
    change(&mut screening);
    screening.check().unwrap_err().to_string()
}

#[test]
fn a_policy_carries_its_lexicons() {
    let policy = policy();
    policy.check().unwrap();
    let written = serde_json::to_vec(&policy).unwrap();
    let read: crate::policy::Policy = serde_json::from_slice(&written).unwrap();
    assert_eq!(read, policy);
    assert_eq!(policy.screening.unwrap().terms(), 5);
}

#[test]
fn a_lexicon_that_finds_nothing_or_everything_is_refused() {
    type Change = fn(&mut Screening);
    let cases: [(Change, &str); 12] = [
        (|s| s.lexicons[0].version = 0, "screening.lexicons[0].version"),
        (|s| s.lexicons.push(s.lexicons[0].clone()), "screening.lexicons[1].id"),
        (|s| s.lexicons[0].any[0] = "密".to_owned(), "screening.lexicons[0].any[0]"),
        (|s| s.lexicons[0].any[0] = " 密".to_owned(), "screening.lexicons[0].any[0]"),
        (|s| s.lexicons[0].any[0] = "机密 ".to_owned(), "screening.lexicons[0].any[0]"),
        (|s| s.lexicons[0].any[0] = "x".repeat(129), "screening.lexicons[0].any[0]"),
        (|s| s.lexicons[0].all[1].clear(), "screening.lexicons[0].all[1]"),
        (|s| s.lexicons[0].all[1][0].clear(), "screening.lexicons[0].all[1][0]"),
        (|s| s.lexicons[0].all.truncate(1), "screening.lexicons[0].all"),
        (|s| s.lexicons[0].except[0] = "密".to_owned(), "screening.lexicons[0].except[0]"),
        (|s| s.warn_hours = 0, "screening.warn_hours"),
        (|s| s.counterpart.as_mut().unwrap().hours = 0, "screening.counterpart.hours"),
    ];
    for (change, path) in cases {
        assert!(refusal(change).starts_with(&format!("field `{path}`")), "{path}");
    }
    let empty = refusal(|s| {
        let lexicon = &mut s.lexicons[0];
        (lexicon.any, lexicon.all, lexicon.patterns) = Default::default();
    });
    assert!(empty.contains("finds nothing"), "{empty}");
}

#[test]
fn too_many_lexicons_terms_or_bytes_are_refused() {
    let many = refusal(|s| {
        let one = s.lexicons[0].clone();
        s.lexicons = (0..=MAX_LEXICONS)
            .map(|n| Lexicon { id: format!("l-{n}").parse().unwrap(), ..one.clone() })
            .collect();
    });
    assert!(many.contains("too many"), "{many}");
    let many = refusal(|s| s.lexicons[0].any = vec!["示例".to_owned(); MAX_LEXICON_TERMS]);
    assert!(many.contains("too many"), "{many}");
    let large = refusal(|s| s.lexicons[0].any = vec!["x".repeat(128); 8_193]);
    assert!(large.contains("1 MiB"), "{large}");
}

#[test]
fn only_secrets_and_important_data_are_a_suspicion() {
    let suspicions = LabelKind::ALL.into_iter().filter(|kind| kind.is_suspicion());
    assert_eq!(suspicions.collect::<Vec<_>>(), [LabelKind::ImportantData, LabelKind::StateSecret]);
}

#[test]
fn the_code_of_a_label_is_how_documents_write_it() {
    for kind in LabelKind::ALL {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.code());
    }
}
