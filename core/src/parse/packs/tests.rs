//! The packs that are shipped, and what is refused.

use serde_json::{Value, json};

use super::*;

const SHIPPED: [&[u8]; 3] =
    [include_bytes!("zh-Hans.json"), include_bytes!("zh-Hant.json"), include_bytes!("en.json")];

/// The English pack with one field set to something else.
fn changed(field: &str, value: Value) -> Vec<u8> {
    let mut pack: Value = serde_json::from_slice(SHIPPED[2]).unwrap();
    pack[field] = value;
    serde_json::to_vec(&pack).unwrap()
}

fn refusal(packs: &[&[u8]]) -> (String, &'static str) {
    match Packs::from_json(packs) {
        Err(WireError::Field { path, reason }) => (path, reason),
        Err(_) => panic!("refused for another reason"),
        Ok(_) => panic!("not refused"),
    }
}

#[test]
fn the_shipped_packs_load_and_name_their_versions() {
    let packs = Packs::embedded().unwrap();
    let versions: Vec<_> = packs.versions().collect();
    assert_eq!(versions, [("zh-Hans", 1), ("zh-Hant", 1), ("en", 1)]);
}

#[test]
fn no_packs_at_all_read_nothing_and_break_nothing() {
    let packs = Packs::from_json(&[]).unwrap();
    assert!(packs.placeholder("[图片]", "图片").is_none());
    assert!(!packs.is_app_title("微信"));
}

#[test]
fn a_refusal_names_pack_and_field() {
    let entry = json!([{"text": "[Photo]", "media": "hologram", "origin": "device"}]);
    let pack = changed("placeholders", entry);
    let (path, _) = refusal(&[SHIPPED[0], &pack]);
    assert_eq!(path, "packs[1].placeholders[0].media");
    let (path, reason) = refusal(&[&changed("colour", json!("red"))]);
    assert_eq!((path.as_str(), reason), ("packs[0].colour", "is not known"));
}

#[test]
fn what_would_match_everything_is_refused() {
    let phrase = |text: &str| json!([{"text": text, "origin": "device"}]);
    let call = |text: &str| json!([{"text": text, "medium": "voice", "origin": "device"}]);
    let media = json!([{"text": "", "media": "pat", "at": "inside", "origin": "device"}]);
    let rows = [
        ("version", json!(0), "packs[0].version"),
        ("app_titles", json!(["WeChat", " "]), "packs[0].app_titles[1]"),
        ("count_suffixes", json!(["pcs"]), "packs[0].count_suffixes[0]"),
        ("count_suffixes", json!(["1"]), "packs[0].count_suffixes[0]"),
        ("service_containers", json!([""]), "packs[0].service_containers[0]"),
        ("pay_titles", json!([""]), "packs[0].pay_titles[0]"),
        ("paid", json!([{"before": "", "after": " paid"}]), "packs[0].paid[0]"),
        ("logins", phrase(""), "packs[0].logins[0]"),
        ("hidden_previews", phrase(""), "packs[0].hidden_previews[0]"),
        ("redactions", phrase(""), "packs[0].redactions[0]"),
        ("mentions", phrase(""), "packs[0].mentions[0]"),
        ("recalls", phrase(""), "packs[0].recalls[0]"),
        ("rings", call(""), "packs[0].rings[0]"),
        ("going", call(""), "packs[0].going[0]"),
        ("call_words", call(" "), "packs[0].call_words[0]"),
        ("phrases", media, "packs[0].phrases[0]"),
        ("emoji", json!([""]), "packs[0].emoji[0]"),
    ];
    for (field, value, path) in rows {
        assert_eq!(refusal(&[&changed(field, value)]).0, path);
    }
}

#[test]
fn a_placeholder_is_one_word_in_brackets() {
    for word in ["Photo", "[Photo", "[]", "[Photo] x", "[a][b]"] {
        let entry = json!([{"text": word, "media": "image", "origin": "device"}]);
        let (path, reason) = refusal(&[&changed("placeholders", entry)]);
        assert_eq!((path.as_str(), reason), ("packs[0].placeholders[0]", "is no word in brackets"));
    }
}

#[test]
fn one_word_cannot_stand_for_two_things() {
    let entry = json!([{"text": "[图片]", "media": "video", "origin": "device"}]);
    let (path, _) = refusal(&[SHIPPED[0], &changed("placeholders", entry)]);
    assert_eq!(path, "packs[1].placeholders[0].media");
    let (path, reason) = refusal(&[SHIPPED[0], SHIPPED[0]]);
    assert_eq!((path.as_str(), reason), ("packs[1].locale", "stands twice"));
}

#[test]
fn a_pack_that_is_no_json_or_too_large_is_refused() {
    assert!(matches!(Packs::from_json(&[b"{"]), Err(WireError::NotJson { .. })));
    let large = vec![b' '; MAX_PACK_BYTES + 1];
    assert!(matches!(Packs::from_json(&[&large]), Err(WireError::TooLarge { .. })));
}
