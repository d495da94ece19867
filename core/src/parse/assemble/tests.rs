//! The assembler over sequences of observations: posts, counters, chats.

use fenming_wire::policy::ChatKind;
use fenming_wire::time::Span;

use super::*;
use crate::event::ChatKey;
use crate::observation::OsProfile;
use crate::parse::sample::{at, day, direct, group, later, observed, post, removed};

const ID: i32 = 1_363_572_628;

/// What an event is, in a word.
fn word(event: &Event) -> String {
    match &event.what {
        What::Message(_) => "message".to_owned(),
        What::Recall(_) => "recall".to_owned(),
        What::Call(_) => "call".to_owned(),
        What::Missed(missed) => format!("missed {missed}"),
        What::PreviewHidden => "hidden".to_owned(),
        What::Redacted => "redacted".to_owned(),
        What::Ignored(why) => format!("{why:?}"),
        What::Share(_) => "share".to_owned(),
    }
}

fn events(life: Vec<Observation>) -> Vec<Event> {
    let (packs, mut assembler) = (Packs::embedded().unwrap(), Assembler::new());
    life.iter().flat_map(|next| assembler.step(next, &packs)).collect()
}

fn words(life: impl IntoIterator<Item = Notification>) -> Vec<String> {
    events(life.into_iter().map(observed).collect()).iter().map(word).collect()
}

fn restarted(seconds: i64) -> Observation {
    let (at, last_alive) = (at(seconds), at(0));
    Observation::Platform(PlatformFact::Restarted { at, last_alive })
}

fn kind(event: &Event) -> Option<ChatKind> {
    event.chat.as_ref().map(|chat| chat.kind)
}

#[test]
fn the_working_day_gives_the_events_that_it_was_written_for() {
    let day = day();
    assert!(day.len() >= 150);
    let words: Vec<String> = events(day).iter().map(word).collect();
    let count = |wanted: &str| words.iter().filter(|word| *word == wanted).count();
    assert_eq!(count("message"), 149);
    assert_eq!(count("recall"), 7);
    assert_eq!(count("call"), 6);
    assert_eq!(count("redacted"), 2);
    assert_eq!(count("hidden"), 3);
    assert_eq!(count("DoublePost"), 7);
    assert_eq!(count("GroupSummary"), 1);
    assert_eq!(count("NotAChat"), 5);
    assert_eq!(count("Unreadable"), 0);
    let missed: Vec<&String> = words.iter().filter(|word| word.starts_with("missed")).collect();
    assert_eq!(missed, ["missed 2", "missed 3", "missed 1", "missed 1", "missed 1"]);
}

#[test]
fn the_same_post_again_is_a_double_post() {
    let one = direct("小鱼", 1, "好", 0);
    let two = direct("小鱼", 2, "好的", 1);
    let mut again = one.clone();
    again.at = at(2);
    assert_eq!(
        words([one.clone(), one, two, again]),
        ["message", "DoublePost", "message", "DoublePost"]
    );
}

#[test]
fn a_double_post_without_its_ticker_is_one_too() {
    let one = direct("小鱼", 2, "好", 0);
    let mut again = one.clone();
    again.ticker = None;
    assert_eq!(
        words([direct("小鱼", 1, "在", -9), one, again]),
        ["message", "message", "DoublePost"]
    );
}

#[test]
fn the_same_text_at_another_time_or_count_is_another_message() {
    let life = [direct("小鱼", 1, "好", 0), direct("小鱼", 2, "好", 0), direct("小鱼", 3, "好", 3)];
    assert_eq!(words(life), ["message", "message", "message"]);
}

#[test]
fn the_same_text_in_another_chat_or_for_another_user_is_another_message() {
    let one = direct("小鱼", 1, "好", 0);
    let mut chat = one.clone();
    chat.id = 7;
    let mut user = one.clone();
    (user.user, user.profile) = (999, OsProfile::Clone);
    assert_eq!(words([one, chat, user]), ["message", "message", "message"]);
}

#[test]
fn a_jump_of_the_counter_tells_how_many_were_never_visible() {
    let life = [direct("小鱼", 1, "一", 0), direct("小鱼", 2, "二", 1), direct("小鱼", 5, "五", 2)];
    assert_eq!(words(life), ["message", "message", "missed 2", "message"]);
}

#[test]
fn a_counter_first_seen_above_one_counts_as_a_jump() {
    let life = [direct("别人", 1, "一", 0), {
        let mut seen = direct("小鱼", 3, "三", 1);
        seen.id = 7;
        seen
    }];
    assert_eq!(words(life), ["message", "missed 2", "message"]);
}

#[test]
fn what_stood_in_the_tray_before_the_watch_is_no_jump() {
    let mut old = direct("小鱼", 3, "三", 0);
    old.when = at(-600);
    assert_eq!(words([old, direct("小鱼", 4, "四", 1)]), ["message", "message"]);
}

#[test]
fn an_opened_chat_counts_from_zero_and_a_swiped_one_goes_on() {
    let life = |reason| {
        words([direct("小鱼", 1, "一", 0), removed(ID, reason, 1), direct("小鱼", 3, "三", 2)])
    };
    assert_eq!(life(8), ["message", "Removal", "missed 2", "message"]);
    assert_eq!(life(1), ["message", "Removal", "missed 2", "message"]);
    assert_eq!(life(2), ["message", "Removal", "missed 1", "message"]);
}

#[test]
fn a_counter_that_does_not_grow_has_started_again() {
    let life = [direct("小鱼", 1, "一", 0), direct("小鱼", 2, "二", 1), direct("小鱼", 1, "又", 2)];
    assert_eq!(words(life), ["message", "message", "message"]);
    let life = [direct("小鱼", 1, "一", 0), direct("小鱼", 2, "二", 1), direct("小鱼", 2, "又", 2)];
    assert_eq!(words(life), ["message", "message", "missed 1", "message"]);
}

#[test]
fn around_a_recall_the_counter_means_nothing() {
    let recall = later(post("小鱼", "[2条]撤回一条消息", None), 1);
    let life = [
        direct("小鱼", 1, "一", 0),
        recall,
        direct("小鱼", 4, "四", 2),
        direct("小鱼", 6, "六", 3),
    ];
    assert_eq!(words(life), ["message", "recall", "message", "missed 1", "message"]);
}

#[test]
fn a_redacted_text_hides_the_counter_and_the_id_still_names_the_chat() {
    let redacted = later(post("微信", "已隐藏敏感通知内容", None), 1);
    let life = [direct("小鱼", 1, "一", 0), redacted, direct("小鱼", 3, "三", 2)];
    let events = events(life.into_iter().map(observed).collect());
    assert_eq!(events.iter().map(word).collect::<Vec<_>>(), ["message", "redacted", "message"]);
    let chat = events.get(1).and_then(|event| event.chat.as_ref());
    assert!(chat.is_some_and(|chat| chat.title.expose() == "小鱼"));
}

#[test]
fn a_redacted_text_of_a_chat_never_shown_has_no_title_but_an_id() {
    let redacted = post("微信", "已隐藏敏感通知内容", None);
    let chat = events(vec![observed(redacted)]).pop().and_then(|event| event.chat);
    let untitled = |chat: &ChatSeen| chat.title.is_empty() && chat.kind == ChatKind::Unknown;
    assert!(chat.is_some_and(|chat| chat.key == ChatKey::Notification(ID) && untitled(&chat)));
}

#[test]
fn after_a_restart_no_counter_is_believed() {
    let life = vec![
        observed(direct("小鱼", 1, "一", 0)),
        restarted(10),
        observed(direct("小鱼", 4, "四", 11)),
        observed(direct("小鱼", 6, "六", 12)),
    ];
    let words: Vec<String> = events(life).iter().map(word).collect();
    assert_eq!(words, ["message", "message", "missed 1", "message"]);
}

#[test]
fn the_counter_of_a_container_belongs_to_none_of_its_accounts() {
    let folded = |count: u32, seconds| {
        let shown = "恒远资本服务号: 月报";
        let counted = format!("[{count}条]{shown}");
        later(post("服务号", &counted, Some(shown)), seconds)
    };
    let events = events(vec![
        observed(later(post("服务号", "外卖: 券", Some("外卖: 券")), 0)),
        observed(folded(4, 1)),
    ]);
    assert_eq!(events.iter().map(word).collect::<Vec<_>>(), ["message", "missed 2", "message"]);
    assert!(events.get(1).is_some_and(|missed| missed.chat.is_none()));
    let last = events.last().and_then(|event| event.chat.as_ref());
    assert!(last.is_some_and(|chat| chat.key == ChatKey::Title("恒远资本服务号".into())));
}

#[test]
fn a_chat_known_as_a_group_stays_one_when_a_member_is_named_like_it() {
    let life = [
        group("恒远资本", ("王秘书", "例会改线上"), 1, 0),
        group("恒远资本", ("恒远资本", "链接稍后"), 2, 1),
        removed(ID, 8, 2),
        group("恒远资本", ("恒远资本", "已开通"), 1, 3),
        later(post("恒远资本", "你撤回了一条消息", None), 4),
    ];
    let events = events(life.into_iter().map(observed).collect());
    let kinds: Vec<_> = events.iter().filter_map(kind).collect();
    assert_eq!(kinds, [ChatKind::Group; 4]);
    let sure: Vec<_> = events
        .iter()
        .filter_map(|event| match &event.what {
            What::Message(message) => Some(message.sure),
            _ => None,
        })
        .collect();
    assert_eq!(sure, [Confidence::High, Confidence::Medium, Confidence::Low]);
}

#[test]
fn a_doubtful_reading_makes_no_group_for_good() {
    let doubtful = later(post("小鱼", "a: b: c", Some("a: b: c")), 0);
    let events = events(vec![observed(doubtful), observed(direct("小鱼", 2, "好", 1))]);
    let kinds: Vec<_> = events.iter().filter_map(kind).collect();
    assert_eq!(kinds, [ChatKind::Group, ChatKind::Direct]);
}

#[test]
fn hidden_previews_concern_the_source_and_each_counts_once() {
    let hidden = later(post("微信", "你收到了一条消息", Some("微信: 你收到了一条消息")), 0);
    let life = [hidden.clone(), hidden.clone(), later(hidden, 5)];
    let events = events(life.into_iter().map(observed).collect());
    assert_eq!(events.iter().map(word).collect::<Vec<_>>(), ["hidden", "DoublePost", "hidden"]);
    assert!(events.iter().all(|event| event.chat.is_none()));
}

#[test]
fn the_time_that_the_notification_names_counts_where_it_can_be_believed() {
    let when = |when| {
        let mut seen = direct("小鱼", 1, "好", 0);
        seen.when = when;
        events(vec![observed(seen)]).pop().map(|event| event.at)
    };
    assert_eq!(when(at(-60)), Some(at(-60)));
    assert_eq!(when(at(60)), Some(at(0)));
    assert_eq!(when(Timestamp::from_millis(0)), Some(at(0)));
    assert_eq!(when(at(0) - MAX_POST_AGE - Span::seconds(1)), Some(at(0)));
}
