use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::envelope::Document;
use crate::samples::marked;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only read")]
struct Outer {
    name: String,
    #[serde(default)]
    inner: Vec<Inner>,
    #[serde(default)]
    map: std::collections::BTreeMap<String, u8>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only read")]
struct Inner {
    kind: Kind,
    #[serde(default)]
    at: Option<crate::time::Timestamp>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    One,
}

fn refusal(text: &str) -> String {
    parse::<Outer>(text.as_bytes(), 1000).unwrap_err().to_string()
}

#[test]
fn every_refusal_names_the_field() {
    for (text, expected) in [
        (r"{}", "field `name`: is missing"),
        (r#"{"name":5}"#, "field `name`: has the wrong type"),
        (r#"{"name":"n","more":1}"#, "field `more`: is not known"),
        (r#"{"name":"n","name":"n"}"#, "field `name`: stands twice"),
        (r#"{"name":"n","inner":[{}]}"#, "field `inner[0].kind`: is missing"),
        (
            r#"{"name":"n","inner":[{"kind":"two"}]}"#,
            "field `inner[0].kind`: is none of the allowed words",
        ),
        (
            r#"{"name":"n","inner":[{"kind":"one"},{"kind":"one","at":"soon"}]}"#,
            "field `inner[1].at`: has a value that is not allowed",
        ),
        (
            r#"{"name":"n","inner":[{"kind":"one","more":1}]}"#,
            "field `inner[0].more`: is not known",
        ),
        (r#"{"name":"n","map":{"k":256}}"#, "field `map.k`: has a value that is not allowed"),
    ] {
        assert_eq!(refusal(text), expected);
    }
}

#[test]
fn what_is_no_json_is_named_by_its_place() {
    assert_eq!(refusal("{\n  \"name\": canary\n}"), "not JSON: line 2, column 11");
    assert_eq!(refusal(r#"{"name":"n"} canary"#), "not JSON: line 1, column 14");
    assert_eq!(refusal(""), "not JSON: line 1, column 0");
}

#[test]
fn deep_nesting_is_refused_and_does_not_exhaust_the_stack() {
    let text = format!(r#"{{"name":{}"#, "[".repeat(900));
    assert!(parse::<Outer>(text.as_bytes(), 1000).is_err());
    let text = "[".repeat(900);
    assert!(matches!(
        parse::<serde_json::Value>(text.as_bytes(), 1000),
        Err(WireError::NotJson { .. })
    ));
}

#[test]
fn what_is_too_large_is_not_read() {
    let text = r#"{"name":"n"}"#;
    assert!(parse::<Outer>(text.as_bytes(), text.len()).is_ok());
    assert!(matches!(
        parse::<Outer>(text.as_bytes(), text.len() - 1),
        Err(WireError::TooLarge { .. })
    ));
}

#[test]
fn a_key_that_holds_a_sentence_is_not_repeated() {
    for key in ["k4n4ry 机密", "机密", "k4n4ry\\n", &"k4n4ry".repeat(20)] {
        for text in [
            format!(r#"{{"name":"n","{key}":1}}"#),
            format!(r#"{{"name":"n","map":{{"{key}":"x"}}}}"#),
            format!(r#"{{"name":"n","inner":[{{"kind":"one","{key}":1}}]}}"#),
        ] {
            let refusal = refusal(&text);
            assert!(!refusal.contains("k4n4ry") && !refusal.contains("机密"), "{refusal}");
        }
    }
}

/// Every refusal of a document whose values were replaced by a mark, one after the other.
fn refusals<T: Document>(document: &T) -> Vec<String> {
    let value = serde_json::to_value(document).unwrap();
    let broken = marked(&value, "k4n4ry 机密");
    let read = broken.iter().map(|value| parse::<T>(value.to_string().as_bytes(), T::LIMIT));
    read.filter_map(|read| read.and_then(|document| document.check()).err())
        .flat_map(|refusal| [refusal.to_string(), format!("{refusal:?}")])
        .collect()
}

#[test]
fn no_refusal_of_any_document_repeats_a_value() {
    use crate::samples;
    let all = [
        refusals(&samples::trust()),
        refusals(&samples::policy()),
        refusals(&samples::decision()),
        refusals(&samples::grant()),
        refusals(&samples::withdrawal()),
        refusals(&samples::manifest()),
        refusals(&samples::receipt()),
        refusals(&samples::state()),
        refusals(&samples::balance()),
    ];
    for refusals in &all {
        assert!(refusals.len() >= 8, "only {} were refused", refusals.len());
        for refusal in refusals {
            assert!(!refusal.contains("k4n4ry") && !refusal.contains("机密"), "{refusal}");
        }
    }
}

proptest! {
    #[test]
    fn no_refusal_repeats_a_value(
        before in ".{0,10}",
        place in 0usize..5,
    ) {
        let mark = serde_json::to_string(&format!("{before}k4n4ry")).unwrap();
        let text = [
            format!(r#"{{"name":[{mark}]}}"#),
            format!(r#"{{"name":"n","inner":{mark}}}"#),
            format!(r#"{{"name":"n","inner":[{{"kind":{mark}}}]}}"#),
            format!(r#"{{"name":"n","inner":[{{"kind":"one","at":{mark}}}]}}"#),
            format!(r#"{{"name":"n","map":{{"a":{mark}}}}}"#),
        ];
        let refusal = parse::<Outer>(text[place].as_bytes(), 1000).unwrap_err();
        prop_assert!(!refusal.to_string().contains("k4n4ry"), "{}", refusal);
        let shown = format!("{refusal:?}");
        prop_assert!(!shown.contains("k4n4ry"));
    }
}
