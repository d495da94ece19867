use proptest::prelude::*;
use serde_json::json;

use super::*;

fn screen(lexicon: serde_json::Value) -> Screen {
    let mut lexicon = lexicon;
    lexicon["id"] = json!("l");
    lexicon["version"] = json!(1);
    lexicon["label"] = json!("unacceptable");
    let screening = json!({ "lexicons": [lexicon] });
    Screen::compile(Some(&serde_json::from_value(screening).unwrap())).unwrap()
}

fn finds(screen: &Screen, text: &str) -> bool {
    !screen.labels(&text.into()).is_empty()
}

#[test]
fn width_case_and_script_do_not_count_in_terms_either() {
    let screen = screen(json!({ "any": ["內幕Tip", "回扣"] }));
    for text in ["内幕tip", "内幕ＴＩＰ！", "內幕 TIP".replace(' ', "").as_str(), "拿回扣吧"]
    {
        assert!(finds(&screen, text), "{text}");
    }
    assert!(!finds(&screen, "内幕"));
}

#[test]
fn a_latin_term_is_a_whole_word() {
    let screen = screen(json!({ "any": ["ass", "bribe", "k线"] }));
    for text in ["ass", "an ass.", "你这个ass吧", "a bribe!", "看k线", "k线图"] {
        assert!(finds(&screen, text), "{text}");
    }
    for text in ["assets", "class", "grass-fed", "bribes", "2bribe", "éass", "ok线"] {
        assert!(!finds(&screen, text), "{text}");
    }
}

#[test]
fn one_of_each_list_is_wanted() {
    let screen = screen(json!({ "all": [["买入", "buy"], ["股", "shares"], ["市价"]] }));
    assert!(finds(&screen, "市价买入一百股"));
    assert!(finds(&screen, "buy 100 shares 市价"));
    for text in ["买入一百股", "市价买入", "股市价", "买入 buy 股"] {
        assert!(!finds(&screen, text), "{text}");
    }
}

#[test]
fn inside_an_exception_a_term_means_something_else() {
    let screen = screen(json!({ "any": ["洗钱"], "except": ["反洗钱"] }));
    assert!(!finds(&screen, "反洗钱培训"));
    assert!(finds(&screen, "反洗钱培训讲怎么洗钱"));
    assert!(finds(&screen, "洗钱"));
}

#[test]
fn a_term_of_two_lexicons_gives_both_labels_in_their_order() {
    let one = |id: &str, label: &str| json!({ "id": id, "version": 1, "label": label, "any": ["密级图纸"] });
    let screening = json!({ "lexicons": [one("b", "state_secret"), one("a", "important_data")] });
    let screen = Screen::compile(Some(&serde_json::from_value(screening).unwrap())).unwrap();
    let labels = screen.labels(&"密级图纸".into());
    let ids: Vec<&str> = labels.iter().map(|label| label.rule.as_str()).collect();
    assert_eq!(ids, ["b", "a"]);
    assert_eq!(labels.len(), 2);
}

#[test]
fn without_screening_nothing_is_labelled() {
    assert!(!finds(&Screen::compile(None).unwrap(), "绝密文件"));
}

proptest! {
    #[test]
    fn any_text_is_looked_through(text in any::<String>()) {
        let screen = screen(json!({
            "any": ["密密", "aa", "ﬁﬁ", "éé"],
            "all": [["x"], ["y"]],
            "patterns": ["resident_id", "bank_card"],
            "except": ["aaa"],
        }));
        let _ = screen.labels(&text.into());
    }

    #[test]
    fn what_stands_around_a_chinese_term_does_not_hide_it(
        before in any::<String>(),
        after in any::<String>(),
    ) {
        // What composes with the term is another text; a space keeps it apart.
        let screen = screen(json!({ "any": ["绝密文件"] }));
        let text = format!("{} 絕密文件 {}", before, after);
        prop_assert!(finds(&screen, &text));
    }

    #[test]
    fn labels_do_not_depend_on_width_and_case(text in "[a-z0-9 ]{0,12}(buy shares|回扣|insider tip)[a-z ]{0,12}") {
        let screen = screen(json!({ "any": ["buy shares", "回扣", "insider tip", "shares"] }));
        let wide: String = text
            .to_uppercase()
            .chars()
            .map(|c| match c {
                '!'..='~' => char::from_u32(u32::from(c) + 0xFEE0).unwrap(),
                ' ' => '\u{3000}',
                other => other,
            })
            .collect();
        prop_assert_eq!(screen.labels(&text.into()), screen.labels(&wide.into()));
    }
}
