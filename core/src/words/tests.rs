use fenming_wire::text::Language::{Chinese, English};

use super::*;

const GREETING: Phrase = phrase("{name}，你好：{what}", "Hello {name}: {what}");

#[test]
fn places_are_filled_in_both_languages() {
    let values = [("name", "何桥"), ("what", "早")];
    assert_eq!(GREETING.say(Chinese, &values), "何桥，你好：早");
    assert_eq!(GREETING.say(English, &values), "Hello 何桥: 早");
}

#[test]
fn a_value_is_never_looked_at_again() {
    let values = [("name", "{what}"), ("what", "{name}")];
    assert_eq!(GREETING.say(English, &values), "Hello {what}: {name}");
}

#[test]
fn a_place_without_a_value_stays_visible() {
    assert_eq!(GREETING.say(English, &[("name", "N")]), "Hello N: {what}");
    assert_eq!(phrase("", "open { and }").say(English, &[]), "open { and }");
}
