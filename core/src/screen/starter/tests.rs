use std::collections::{BTreeMap, BTreeSet};

use fenming_wire::screening::{LabelKind, Screening};

use super::*;
use crate::screen::Screen;
use crate::screen::fold::Folder;

fn screening() -> Screening {
    Screening { lexicons: starter().unwrap(), warn_hours: 24, counterpart: None }
}

fn kinds(text: &str) -> BTreeSet<LabelKind> {
    let screen = Screen::compile(Some(&screening())).unwrap();
    screen.labels(&text.into()).into_iter().map(|label| label.kind).collect()
}

#[test]
fn there_are_two_thousand_terms_and_a_lexicon_of_each_kind_in_both_languages() {
    let mut kinds: BTreeMap<LabelKind, usize> = BTreeMap::new();
    let mut terms = 0;
    for lexicon in starter().unwrap() {
        assert_eq!(lexicon.version, STARTER_VERSION);
        *kinds.entry(lexicon.label).or_default() += 1;
        terms += lexicon.terms() - lexicon.except.len();
    }
    assert!(terms >= 2_000, "{terms}");
    assert_eq!(kinds, LabelKind::ALL.map(|kind| (kind, 2)).into());
}

#[test]
fn a_policy_takes_the_starter_lexicons() {
    let policy = serde_json::to_value(crate::policy::sample::policy()).unwrap();
    let mut policy: fenming_wire::policy::Policy = serde_json::from_value(policy).unwrap();
    policy.screening = Some(screening());
    fenming_wire::envelope::Document::check(&policy).unwrap();
}

#[test]
fn no_term_stands_twice_in_a_lexicon_once_it_is_folded() {
    let folder = Folder::new();
    for lexicon in starter().unwrap() {
        for list in [&lexicon.any, &lexicon.except].into_iter().chain(&lexicon.all) {
            let folded: BTreeSet<String> =
                list.iter().map(|term| folder.fold(term).to_string()).collect();
            assert_eq!(folded.len(), list.len(), "{}", lexicon.id);
        }
    }
}

#[test]
fn what_should_be_labelled_is() {
    use LabelKind::{
        ImportantData, OrderInstruction, SensitivePersonal, StateSecret, Unacceptable,
    };
    for (text, kind) in [
        ("请帮我市价买入示例电子500手", OrderInstruction),
        ("麻煩幫我賣出兩萬股示例地產，限價 3.2", OrderInstruction),
        ("Please BUY 300 lots at market for account 7", OrderInstruction),
        ("ＰＬＥＡＳＥ　ＥＸＥＣＵＴＥ today", OrderInstruction),
        ("我的身份证号发你了", SensitivePersonal),
        ("登記用：11010519491231002X", SensitivePersonal),
        ("卡 6200 0000 0000 0005", SensitivePersonal),
        ("the biopsy results came in, he was diagnosed with lymphoma", SensitivePersonal),
        ("這份是絕密文件，不要外傳", StateSecret),
        ("新型雷达站的坐标和值班表你看下", StateSecret),
        ("attached are the classified drawings", StateSecret),
        ("变电站接线图发群里了", ImportantData),
        ("here is the SCADA point list", ImportantData),
        ("这事给你返点，别走系统", Unacceptable),
        ("just between us, the commission goes to your wife", Unacceptable),
    ] {
        assert!(kinds(text).contains(&kind), "{text}");
    }
}

#[test]
fn ordinary_business_talk_is_not_labelled() {
    for text in [
        "合同明天寄出，麻烦查收",
        "报价单已更新，含税价见附件",
        "本周例会改到周四下午三点",
        "签一下保密协议再发资料",
        "公司商业机密文件请勿外传",
        "反洗钱培训通知",
        "The assets are listed in the annex",
        "anti-money laundering training on Friday",
        "see the classified ads section",
        "订单号 202603021234567890 已发货",
    ] {
        assert_eq!(kinds(text), BTreeSet::new(), "{text}");
    }
}
