//! Placeholders, phrases, emoji and the evidence beside them.

use super::*;
use crate::parse::reading;
use crate::parse::sample::{direct, group, post};

/// Every placeholder that is known, with what it stands for; the same list stands in the packs.
const PLACEHOLDERS: [(&str, Media); 47] = [
    ("[图片]", Media::Image),
    ("[語音]", Media::Voice),
    ("[语音]", Media::Voice),
    ("[视频]", Media::Video),
    ("[文件]", Media::File),
    ("[动画表情]", Media::Sticker),
    ("[表情]", Media::Sticker),
    ("[位置]", Media::Location),
    ("[地理位置]", Media::Location),
    ("[位置共享]", Media::LiveLocation),
    ("[链接]", Media::Link),
    ("[小程序]", Media::MiniProgram),
    ("[名片]", Media::Card),
    ("[转账]", Media::Transfer),
    ("[微信转账]", Media::Transfer),
    ("[微信红包]", Media::RedPacket),
    ("[聊天记录]", Media::ChatHistory),
    ("[语音通话]", Media::VoiceCall),
    ("[视频通话]", Media::VideoCall),
    ("[视频号]", Media::Channel),
    ("[圖片]", Media::Image),
    ("[相片]", Media::Image),
    ("[影片]", Media::Video),
    ("[檔案]", Media::File),
    ("[動態貼圖]", Media::Sticker),
    ("[連結]", Media::Link),
    ("[小程式]", Media::MiniProgram),
    ("[轉賬]", Media::Transfer),
    ("[微信紅包]", Media::RedPacket),
    ("[聊天記錄]", Media::ChatHistory),
    ("[語音通話]", Media::VoiceCall),
    ("[視訊通話]", Media::VideoCall),
    ("[Photo]", Media::Image),
    ("[Voice]", Media::Voice),
    ("[Video]", Media::Video),
    ("[File]", Media::File),
    ("[Sticker]", Media::Sticker),
    ("[Location]", Media::Location),
    ("[Link]", Media::Link),
    ("[Mini Program]", Media::MiniProgram),
    ("[Contact Card]", Media::Card),
    ("[Transfer]", Media::Transfer),
    ("[Red Packet]", Media::RedPacket),
    ("[Chat History]", Media::ChatHistory),
    ("[Voice Call]", Media::VoiceCall),
    ("[Video Call]", Media::VideoCall),
    ("[Channels]", Media::Channel),
];

fn said(text: &str) -> Message {
    let packs = Packs::embedded().unwrap();
    match reading::read(&direct("小鱼", 1, text, 0), &packs).seen {
        Seen::Message { message, .. } => message,
        _ => panic!("not read as a message: {text}"),
    }
}

#[test]
fn every_placeholder_is_known_in_three_locales() {
    for (word, media) in PLACEHOLDERS {
        let message = said(&format!("{word}季报.pdf"));
        assert_eq!(message.media, Some(media), "{word}");
        assert_eq!(message.text.expose(), "季报.pdf", "{word}");
        assert!(message.raw.placeholder.is_some_and(|shown| shown.expose() == word), "{word}");
        let alone = said(word);
        assert_eq!((alone.media, alone.text.is_empty()), (Some(media), true), "{word}");
    }
}

#[test]
fn a_placeholder_counts_only_at_the_start() {
    for (word, _) in PLACEHOLDERS {
        assert_eq!(said(&format!("看 {word}")).media, None, "{word}");
    }
}

#[test]
fn only_what_was_seen_on_a_device_is_certain() {
    assert_eq!(said("[图片]").sure, Confidence::High);
    assert_eq!(said("[Link] 季报").sure, Confidence::High);
    assert_eq!(said("[位置]").sure, Confidence::Medium);
    assert_eq!(said("[Photo]").sure, Confidence::Medium);
}

#[test]
fn a_space_after_a_placeholder_belongs_to_it() {
    let message = said("[Link] 季报");
    assert_eq!(message.text.expose(), "季报");
    assert!(message.raw.placeholder.is_some_and(|shown| shown.expose() == "[Link] "));
}

#[test]
fn emoji_in_brackets_are_no_media() {
    for text in ["[微笑]", "[Smile]", "[耶]好", "[Yeah!]", "[捂脸][捂脸]", "[發呆]", "[Let Down]"]
    {
        let message = said(text);
        assert_eq!((message.media, message.sure), (None, Confidence::High), "{text}");
        assert_eq!(message.text.expose(), text);
    }
}

#[test]
fn a_word_that_is_emoji_and_placeholder_is_uncertain() {
    let message = said("[红包]");
    assert_eq!((message.media, message.sure), (Some(Media::RedPacket), Confidence::Low));
}

#[test]
fn an_unknown_word_in_brackets_is_marked_and_kept() {
    let message = said("[接龙]周五聚餐");
    assert_eq!(message.media, Some(Media::UnknownPlaceholder));
    assert_eq!((message.text.expose(), message.sure), ("[接龙]周五聚餐", Confidence::Low));
    for text in ["[", "[]", "[ ]", "[没有结尾", "[一\n二]", "[[图片]]", "[2026]年"] {
        assert_eq!(said(text).media, None, "{text}");
    }
}

#[test]
fn phrases_without_brackets_are_known() {
    let rows = [
        ("发起了位置共享", Media::LiveLocation),
        ("向你推荐了王大夫", Media::Card),
        ("\"二姨\" 拍了拍我", Media::Pat),
        ("Tom tickled me", Media::Pat),
    ];
    for (text, media) in rows {
        let message = said(text);
        assert_eq!((message.media, message.sure), (Some(media), Confidence::Medium), "{text}");
        assert_eq!(message.text.expose(), text);
    }
    assert_eq!(said(&format!("{}发起了位置共享", "长".repeat(100))).media, None);
}

#[test]
fn an_ordinary_message_needs_no_raw_strings() {
    let packs = Packs::embedded().unwrap();
    let usual = [
        direct("小鱼", 1, "好", 0),
        direct("小鱼", 2, "[Link] 季报", 0),
        group("晨会", ("张三", "[图片]"), 1, 0),
        group("晨会", ("张三", "到了"), 3, 0),
    ];
    for seen in usual {
        let Seen::Message { message: Message { raw, .. }, .. } = reading::read(&seen, &packs).seen
        else {
            panic!("not read as a message");
        };
        assert!(raw.layout.is_some());
        assert!(raw.title.is_none() && raw.text.is_none() && raw.ticker.is_none());
    }
}

#[test]
fn a_strange_ticker_leaves_both_strings_as_evidence() {
    let packs = Packs::embedded().unwrap();
    let seen = post("晨会", "张三: 到了", Some("天气预报"));
    let Seen::Message { message, .. } = reading::read(&seen, &packs).seen else {
        panic!("not read as a message");
    };
    assert_eq!(message.sure, Confidence::Low);
    assert!(message.raw.layout.is_none());
    assert!(message.raw.text.is_some_and(|text| text.expose() == "张三: 到了"));
    assert!(message.raw.ticker.is_some_and(|ticker| ticker.expose() == "天气预报"));
}
