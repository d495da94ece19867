//! Small shapes.

use super::*;

#[test]
fn a_counter_has_digits_and_at_most_one_other_character() {
    let packs = Packs::embedded().unwrap();
    let count = |text| counter(text, &packs).map(|(count, _)| (count.number, count.known));
    assert_eq!(count("[2]x"), Some((2, true)));
    assert_eq!(count("[2条]x"), Some((2, true)));
    assert_eq!(count("[2則]x"), Some((2, true)));
    assert_eq!(count("[999t]x"), Some((999, false)));
    assert_eq!(count("[9999]x"), Some((9_999, true)));
    let none =
        ["[]", "[0]", "[条]", "[2条条]", "[99999]", "[9999条]", "2]", "[2", "[-2]", "[２]", ""];
    for text in none {
        assert_eq!(count(text), None, "{text}");
    }
}

#[test]
fn what_json_writes_fits_the_limit_after_a_cut() {
    for piece in ["a", "长", "😀", "\u{1}", "\"", "\\", "\n", "\u{7f}", "\u{2028}"] {
        let long = piece.repeat(MAX_TEXT_BYTES + 1);
        let (kept, was_cut) = cut(&long);
        let written = serde_json::to_string(kept).unwrap().len() - 2;
        assert!(was_cut && written <= MAX_TEXT_BYTES, "{piece:?}");
        assert!(written > MAX_TEXT_BYTES - 6, "{piece:?}");
        assert_eq!(cut(piece), (piece, false));
    }
}

#[test]
fn two_strings_are_the_same_where_one_was_cut() {
    let long = "长".repeat(60);
    let longer = format!("{long}了");
    assert!(same("a ", "a", false));
    assert!(same(&format!("{long}…"), &longer, false));
    assert!(same(&longer, &format!("{long}…"), false));
    assert!(same(&long, &longer, true));
    assert!(!same(&long, &longer, false));
    assert!(!same("长…", "长短", false));
    assert!(!same("…", "小鱼: …", false));
    assert!(!same("a", "ab", true));
}

#[test]
fn what_is_made_of_parts_is_made_of_nothing_else() {
    assert!(made_of("[2]a: b", &["[2]", "a", ": ", "", "b"]));
    assert!(!made_of("[2]a: b ", &["[2]", "a", ": ", "", "b"]));
    assert!(!made_of("a: b", &["a", ": ", "c"]));
    assert!(made_of("", &[]));
}
