//! Every shape that was seen on devices, by name.

use fenming_wire::record::Media;

use super::*;
use crate::parse::sample::{going, post, removed, ring};

fn packs() -> Packs {
    Packs::embedded().unwrap()
}

fn seen(notification: &Notification) -> Reading {
    read(notification, &packs())
}

fn message(notification: &Notification) -> (ChatSeen, Message, u32) {
    match seen(notification) {
        Reading { chat: Some(chat), seen: Seen::Message { message, count } } => {
            (chat, message, count)
        }
        _ => panic!("not read as a message"),
    }
}

fn recall(notification: &Notification) -> (ChatSeen, Recall) {
    match seen(notification) {
        Reading { chat: Some(chat), seen: Seen::Recall(recall) } => (chat, recall),
        _ => panic!("not read as a recall"),
    }
}

fn ignored(notification: &Notification) -> Option<Ignored> {
    match seen(notification).seen {
        Seen::Ignored(why) => Some(why),
        _ => None,
    }
}

fn from(message: &Message) -> Option<&str> {
    message.from.as_ref().map(fenming_wire::Content::expose)
}

/// Title, text, ticker, then kind, sender, text, counter, confidence.
type Row = (&'static str, &'static str, &'static str, ChatKind, &'static str, &'static str, u32);

#[test]
fn the_ticker_tells_persons_groups_and_counters() {
    use ChatKind::{Direct, Group};
    let rows: [Row; 8] = [
        ("Oasis", "Hello", "Oasis: Hello", Direct, "Oasis", "Hello", 1),
        ("Oasis", "[2]Oasis: Hello", "Oasis: Hello", Direct, "Oasis", "Hello", 2),
        ("FedEx", "Delivered", "FedEx: Delivered", Direct, "FedEx", "Delivered", 1),
        ("FedEx", "[2]FedEx: Delivered", "FedEx: Delivered", Direct, "FedEx", "Delivered", 2),
        ("晨会", "Nick: Hello", "Nick: Hello", Group, "Nick", "Hello", 1),
        ("晨会", "[12条]Nick: Hello", "Nick: Hello", Group, "Nick", "Hello", 12),
        ("晨會", "[3則]Nick: Hello", "Nick: Hello", Group, "Nick", "Hello", 3),
        ("Stand-up", "[999t]Nick: Hello", "Nick: Hello", Group, "Nick", "Hello", 999),
    ];
    for (title, text, ticker, kind, name, said, counter) in rows {
        let (chat, message, count) = message(&post(title, text, Some(ticker)));
        assert_eq!(chat.kind, kind, "{text}");
        assert!(chat.title.expose() == title, "{text}");
        assert_eq!(from(&message), Some(name), "{text}");
        assert_eq!(message.text.expose(), said, "{text}");
        assert_eq!(count, counter, "{text}");
        assert_eq!(message.sure, Confidence::High, "{text}");
        assert!(message.raw.text.is_none() && message.raw.ticker.is_none(), "{text}");
    }
}

#[test]
fn a_person_who_writes_like_a_group_is_still_a_person() {
    let (chat, message, _) = message(&post("Oasis", "foo: bar", Some("Oasis: foo: bar")));
    assert_eq!(chat.kind, ChatKind::Direct);
    assert_eq!((from(&message), message.text.expose()), (Some("Oasis"), "foo: bar"));
    assert_eq!(message.sure, Confidence::High);
}

#[test]
fn a_text_that_begins_like_a_counter_is_none() {
    let (_, said, count) = message(&post("Oasis", "[2] pieces", Some("Oasis: [2] pieces")));
    assert_eq!((said.text.expose(), count), ("[2] pieces", 1));
    let (chat, said, count) = message(&post("晨会", "[2]Nick: Hello", Some("[2]Nick: Hello")));
    assert_eq!((chat.kind, from(&said), count), (ChatKind::Group, Some("[2]Nick"), 1));
    let (_, said, count) = message(&post("Oasis", "[Cry]", Some("Oasis: [Cry]")));
    assert_eq!((said.text.expose(), said.media, count), ("[Cry]", None, 1));
}

#[test]
fn trailing_spaces_of_the_ticker_count_for_nothing_but_are_kept() {
    let (chat, message, _) = message(&post("Oasis", "[2]Oasis: Hello", Some("Oasis: Hello  ")));
    assert_eq!((chat.kind, message.text.expose()), (ChatKind::Direct, "Hello"));
    assert!(message.raw.ticker.is_some_and(|ticker| ticker.expose() == "Oasis: Hello  "));
}

#[test]
fn a_name_with_a_colon_is_certain_where_the_title_tells_it() {
    let (_, message, _) = message(&post("Priya: Ops", "[2]Priya: Ops: ok", Some("Priya: Ops: ok")));
    assert_eq!((from(&message), message.text.expose()), (Some("Priya: Ops"), "ok"));
    assert_eq!(message.sure, Confidence::High);
}

#[test]
fn a_second_separator_in_a_group_leaves_two_readings() {
    let shown = "Dev: night desk: done";
    let (chat, message, _) = message(&post("交易对接", shown, Some(shown)));
    assert_eq!((chat.kind, message.sure), (ChatKind::Group, Confidence::Low));
}

#[test]
fn a_group_named_like_its_sender_is_uncertain() {
    let (chat, message, _) = message(&post("恒远资本", "恒远资本: 好", Some("恒远资本: 好")));
    assert_eq!((chat.kind, message.sure), (ChatKind::Unknown, Confidence::Low));
    assert_eq!((from(&message), message.text.expose()), (Some("恒远资本"), "好"));
}

#[test]
fn a_title_with_spaces_around_it_names_the_same_chat() {
    let (chat, message, _) = message(&post("小鱼 ", "在吗", Some("小鱼 : 在吗")));
    assert_eq!((chat.title.expose(), from(&message)), ("小鱼", Some("小鱼")));
    assert!(message.raw.title.is_some_and(|title| title.expose() == "小鱼 "));
}

#[test]
fn a_mention_has_a_colon_of_full_width() {
    let text = "[2条][有人@我]张三：@小明 来一下";
    let (chat, message, count) = message(&post("晨会", text, Some("张三: @小明 来一下")));
    assert_eq!((chat.kind, from(&message), count), (ChatKind::Group, Some("张三"), 2));
    assert_eq!((message.text.expose(), message.mention), ("@小明 来一下", true));
    assert_eq!(message.sure, Confidence::Medium);
}

#[test]
fn a_message_without_a_ticker_is_kept_whole_and_uncertain() {
    let (chat, message, _) = message(&post("晨会", "张三: 到了", None));
    assert_eq!((chat.kind, from(&message)), (ChatKind::Unknown, None));
    assert_eq!((message.text.expose(), message.sure), ("张三: 到了", Confidence::Low));
}

#[test]
fn folded_service_accounts_are_told_apart_by_name() {
    for container in ["服务号", "服務號", "Service Accounts"] {
        let shown = "恒远资本服务号: [Link] 月报";
        let (chat, message, _) = message(&post(container, shown, Some(shown)));
        assert!(chat.key == ChatKey::Title("恒远资本服务号".into()));
        assert_eq!((chat.title.expose(), chat.kind), ("恒远资本服务号", ChatKind::Service));
        assert_eq!((message.text.expose(), message.media), ("月报", Some(Media::Link)));
    }
}

#[test]
fn channels_decide_what_is_a_chat() {
    let on = |channel: &str, ticker| {
        let mut seen = post("Oasis", "Hello", ticker);
        seen.channel = channel.to_owned();
        ignored(&seen)
    };
    let ticker = Some("Oasis: Hello");
    for channel in ["message_channel_new_id", "message_dnd_mode_channel_id", "message"] {
        assert_eq!(on(channel, ticker), None, "{channel}");
    }
    for channel in ["reminder_channel_id", "misc", "VPushChannel_1"] {
        assert_eq!(on(channel, ticker), Some(Ignored::NotAChat), "{channel}");
    }
    assert_eq!(on("a_channel_of_tomorrow", ticker), None);
    assert_eq!(on("a_channel_of_tomorrow", None), Some(Ignored::NotAChat));
}

#[test]
fn summaries_logins_and_payments_are_no_chats() {
    let mut summary = post("微信", "3个联系人发来9条消息", None);
    summary.flags |= 0x200;
    assert_eq!(ignored(&summary), Some(Ignored::GroupSummary));
    for text in ["Mac 微信登录确认", "Windows 微信登录确认", "Confirm your login to Mac WeChat"]
    {
        assert_eq!(ignored(&post("微信", text, Some(text))), Some(Ignored::NotAChat), "{text}");
    }
    let mut by_id = post("微信", "登录", Some("登录"));
    by_id.id = 38;
    assert_eq!(ignored(&by_id), Some(Ignored::NotAChat));
    for title in ["微信支付", "¥34.56 paid"] {
        let paid = post(title, "零钱", Some("微信支付: 零钱"));
        assert_eq!(ignored(&paid), Some(Ignored::NotAChat), "{title}");
    }
}

#[test]
fn what_shows_no_title_or_no_text_is_unreadable() {
    let mut untitled = post("", "Hello", Some("Oasis: Hello"));
    untitled.title = None;
    assert_eq!(ignored(&untitled), Some(Ignored::Unreadable));
    let mut silent = post("Oasis", "", Some("Oasis: Hello"));
    silent.text = None;
    assert_eq!(ignored(&silent), Some(Ignored::Unreadable));
}

#[test]
fn a_recall_has_no_ticker_and_names_who_recalled_in_a_group() {
    let (chat, notice) = recall(&post("晨会", "[2条]\"🦉 \" 撤回了一条消息", None));
    assert_eq!((chat.kind, notice.sure), (ChatKind::Group, Confidence::High));
    assert!(notice.from.is_some_and(|name| name.expose() == "🦉"));
    let (_, notice) = recall(&post("小鱼", "[2条]撤回一条消息", None));
    assert!(notice.from.is_none());
    assert_eq!(notice.sure, Confidence::High);
    assert!(notice.raw.text.is_some_and(|text| text.expose() == "[2条]撤回一条消息"));
}

#[test]
fn recall_shapes_that_only_others_list_are_less_sure() {
    let rows = [
        ("你撤回了一条消息", Some("你")),
        ("阿Ken 撤回了一則訊息", Some("阿Ken")),
        ("已收回訊息", None),
        ("You recalled a message", Some("You")),
        ("Wei Ling recalled a message", Some("Wei Ling")),
    ];
    for (text, name) in rows {
        let (_, notice) = recall(&post("晨会", text, None));
        assert_eq!(notice.from.as_ref().map(fenming_wire::Content::expose), name, "{text}");
        assert_eq!(notice.sure, Confidence::Medium, "{text}");
    }
}

#[test]
fn who_only_writes_of_a_recall_recalls_nothing() {
    let (_, message, _) = message(&post("小鱼", "撤回一条消息", Some("小鱼: 撤回一条消息")));
    assert_eq!(message.text.expose(), "撤回一条消息");
}

#[test]
fn a_ringing_call_names_its_peer_without_a_space() {
    use CallMedium::{Video, Voice};
    let rows = [
        ("米老鼠invites you to a voice call", "米老鼠", Voice, Confidence::High),
        ("JASPRinvites you to video call", "JASPR", Video, Confidence::High),
        ("妈妈邀请你进行语音通话", "妈妈", Voice, Confidence::High),
        ("媽媽邀請你進行視訊通話", "媽媽", Video, Confidence::Medium),
    ];
    for (text, name, medium, sure) in rows {
        let Reading { chat: Some(chat), seen: Seen::Call(sign) } = seen(&ring(text, 0)) else {
            panic!("no sign of a call: {text}");
        };
        assert!(chat.key == ChatKey::Title(name.into()), "{text}");
        assert_eq!(sign, CallSign::Ringing { medium, sure }, "{text}");
    }
}

#[test]
fn a_call_that_goes_on_names_its_peer_in_the_title() {
    let rows = [
        ("Voice call in use", CallMedium::Voice, Confidence::High),
        ("Video call in progress", CallMedium::Video, Confidence::High),
        ("语音通话中", CallMedium::Voice, Confidence::High),
        ("視訊通話中", CallMedium::Video, Confidence::High),
        ("正在通话，点击返回", CallMedium::Voice, Confidence::Low),
    ];
    for (text, medium, sure) in rows {
        let call = seen(&going("小鱼", text, true, 0));
        assert!(matches!(call.seen, Seen::Call(sign)
            if sign == CallSign::Going { medium, sure, open: true }));
        assert!(call.chat.is_some_and(|chat| chat.title.expose() == "小鱼"), "{text}");
    }
    let mut still = going("小鱼", "语音通话中", false, 0);
    still.flags = 0;
    assert_eq!(ignored(&still), Some(Ignored::NotAChat));
}

#[test]
fn a_removal_ends_a_call_or_opens_a_chat() {
    let sign = |id, reason| seen(&removed(id, reason, 0)).seen;
    assert!(matches!(sign(41, 8), Seen::Call(CallSign::RingEnded)));
    assert!(matches!(sign(40, 8), Seen::Call(CallSign::Ended { by_app: true })));
    assert!(matches!(sign(40, 19), Seen::Call(CallSign::Ended { by_app: false })));
    assert!(matches!(sign(7, 8), Seen::Removed { opened: true }));
    assert!(matches!(sign(7, 1), Seen::Removed { opened: true }));
    assert!(matches!(sign(7, 2), Seen::Removed { opened: false }));
}

#[test]
fn hidden_previews_are_seen_with_and_without_a_name() {
    let rows = [
        ("微信", "你收到了一条消息", false),
        ("WeChat", "You received a message", false),
        ("小鱼", "[3条]你收到了一条消息", true),
    ];
    for (title, text, named) in rows {
        let hidden = seen(&post(title, text, Some(&format!("{title}: {text}"))));
        assert!(matches!(hidden.seen, Seen::PreviewHidden), "{text}");
        assert_eq!(hidden.chat.is_some(), named, "{text}");
    }
    let quoted = post("晨会", "张三: 你收到了一条消息", Some("张三: 你收到了一条消息"));
    assert_eq!(message(&quoted).1.text.expose(), "你收到了一条消息");
}

#[test]
fn a_text_that_the_os_redacted_is_no_message() {
    for text in ["Sensitive notification content hidden", "敏感数据已隐藏", "已隐藏敏感通知内容"]
    {
        let redacted = seen(&post("微信", text, None));
        assert!(matches!(redacted.seen, Seen::Redacted), "{text}");
        assert!(redacted.chat.is_none(), "{text}");
    }
}

#[test]
fn a_quote_takes_its_text_from_the_ticker() {
    let (chat, message, _) = message(&post("晨会", "Nick: [Message]", Some("Nick: as I said")));
    assert_eq!((chat.kind, from(&message)), (ChatKind::Group, Some("Nick")));
    assert_eq!((message.text.expose(), message.media), ("as I said", Some(Media::Quote)));
}

#[test]
fn a_text_that_was_cut_is_marked() {
    let long = "长".repeat(40);
    for (end, cut) in [("…", true), ("……", false), ("。", false)] {
        let text = format!("{long}{end}");
        let (_, said, _) = message(&post("小鱼", &text, Some(&format!("小鱼: {text}"))));
        assert_eq!(said.truncated, cut, "{end}");
    }
    let (_, short, _) = message(&post("小鱼", "嗯…", Some("小鱼: 嗯…")));
    assert!(!short.truncated);
}

#[test]
fn the_shape_survives_where_the_os_cut_the_strings() {
    let cut = |text: String| text.chars().take(1_024).collect::<String>();
    let long = "长".repeat(2_000);
    let named =
        post("晨会", &cut(format!("[2条]Nick: {long}")), Some(&cut(format!("Nick: {long}"))));
    let (chat, said, count) = message(&named);
    assert_eq!((chat.kind, from(&said), count), (ChatKind::Group, Some("Nick"), 2));
    assert!(said.truncated);
    let bare = post("小鱼", &cut(long.clone()), Some(&cut(format!("小鱼: {long}"))));
    let (chat, said, _) = message(&bare);
    assert_eq!((chat.kind, from(&said), said.truncated), (ChatKind::Direct, Some("小鱼"), true));
}

#[test]
fn what_is_longer_than_the_limit_is_cut_and_marked() {
    let long = "\u{1}".repeat(crate::limits::MAX_TEXT_BYTES);
    let (_, said, _) = message(&post("小鱼", &long, Some(&format!("小鱼: {long}"))));
    assert!(said.truncated);
    assert_eq!(said.text.len(), crate::limits::MAX_TEXT_BYTES / 6);
}
