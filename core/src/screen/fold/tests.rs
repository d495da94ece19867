use proptest::prelude::*;

use super::*;

fn fold(text: &str) -> String {
    Folder::new().fold(text).to_string()
}

/// The long way for every character.
fn slowly(folder: &Folder, text: &str) -> String {
    let mut folded = String::new();
    let visible = text.chars().filter(|c| !is_invisible(*c));
    for c in visible.nfkc().flat_map(char::to_lowercase).nfkc() {
        push(&mut folded, folder.simplify(c));
    }
    folded
}

#[test]
fn width_case_and_script_do_not_count() {
    assert_eq!(fold("ＯＲＤＥＲ　１００"), "order 100");
    assert_eq!(fold("國家機密"), "国家机密");
    assert_eq!(fold("Straße ﬁle ①"), "straße file 1");
    assert_eq!(fold("買入 貴州 證券"), fold("买入 贵州 证券"));
}

#[test]
fn invisible_characters_and_runs_of_spaces_do_not_count() {
    assert_eq!(fold("机\u{200B}密\u{FE0F}文\u{2060}件"), "机密文件");
    assert_eq!(fold("insider \n\t  trading"), "insider trading");
}

#[test]
fn every_character_is_folded_once_and_for_all() {
    let folder = Folder::new();
    for c in (0..=0x0010_FFFF).filter_map(char::from_u32) {
        let text = c.to_string();
        let once = folder.fold(&text);
        assert_eq!(*folder.fold(&once), *once, "U+{:04X}", u32::from(c));
        assert_eq!(*once, slowly(&folder, &text), "U+{:04X}", u32::from(c));
    }
}

#[test]
fn no_character_of_the_pairs_leads_to_another_pair() {
    let folder = Folder::new();
    let pairs = PAIRS.lines().filter(|line| !line.starts_with('#')).flat_map(|l| l.split(' '));
    let mut count = 0;
    for pair in pairs {
        let [from, to] = pair.chars().collect::<Vec<_>>()[..] else { panic!("no pair") };
        assert_eq!(folder.simplify(from), to);
        assert_eq!(folder.simplify(to), to, "{from}{to}");
        count += 1;
    }
    assert_eq!(count, 2_966);
}

#[test]
fn an_ideograph_ends_no_word_and_a_latin_letter_does() {
    assert!("a1éß中文かな".chars().take(4).all(is_word));
    assert!(!"中文かな、 -。".chars().any(is_word));
}

proptest! {
    #[test]
    fn folding_is_total_and_does_nothing_the_second_time(text in any::<String>()) {
        let folder = Folder::new();
        let once = folder.fold(&text);
        prop_assert_eq!(&*folder.fold(&once), &*once);
    }

    #[test]
    fn the_short_way_and_the_long_way_agree(
        text in "[ -~\u{3000}-\u{3020}\u{3400}-\u{9FFF}\u{FF01}-\u{FF5E}\u{2018}-\u{201D}]{0,40}",
    ) {
        let folder = Folder::new();
        prop_assert_eq!(folder.fold(&text).to_string(), slowly(&folder, &text));
    }
}
