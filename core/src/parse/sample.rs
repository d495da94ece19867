//! Notifications for tests, in the shapes that WeChat emits. Every name is invented.

use fenming_wire::time::Timestamp;

use crate::observation::{Notification, NotificationChange, Observation, OsProfile, jsonl};

/// The flags of an ordinary message: lights and auto-cancel.
const MESSAGE_FLAGS: u32 = 0x11;

/// Monday, 2 March 2026, 09:00 in Shanghai, and so many seconds.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_772_413_200_000 + seconds * 1_000)
}

/// A message as posted on the message channel.
pub(crate) fn post(title: &str, text: &str, ticker: Option<&str>) -> Notification {
    Notification {
        change: NotificationChange::Posted,
        at: at(0),
        when: at(0),
        id: 1_363_572_628,
        user: 0,
        profile: OsProfile::Personal,
        channel: "message_channel_new_id".to_owned(),
        category: Some("msg".to_owned()),
        flags: MESSAGE_FLAGS,
        title: Some(title.into()),
        text: Some(text.into()),
        ticker: ticker.map(Into::into),
    }
}

/// The same, seen and posted so many seconds after nine.
pub(crate) fn later(mut seen: Notification, seconds: i64) -> Notification {
    seen.at = at(seconds);
    seen.when = at(seconds);
    seen
}

/// A ringing call.
pub(crate) fn ring(text: &str, seconds: i64) -> Notification {
    let mut seen = later(post("微信", text, None), seconds);
    seen.id = 41;
    seen.channel = "3f9c#voip_ringtone_channel_1772413200000".to_owned();
    seen.category = Some("call".to_owned());
    seen.flags = 0x96;
    seen
}

/// A call that goes on; `open` once its page has been opened.
pub(crate) fn going(peer: &str, text: &str, open: bool, seconds: i64) -> Notification {
    let mut seen = later(post(peer, text, None), seconds);
    seen.id = 40;
    seen.channel = "reminder_channel_id".to_owned();
    seen.category = None;
    seen.flags = if open { 0x62 } else { 0x02 };
    seen
}

/// A notification that went away.
pub(crate) fn removed(id: i32, reason: i32, seconds: i64) -> Notification {
    let mut seen = later(post("", "", None), seconds);
    (seen.title, seen.text) = (None, None);
    seen.change = NotificationChange::Removed { reason };
    seen.id = id;
    seen
}

/// What a shell hands in.
pub(crate) fn observed(seen: Notification) -> Observation {
    Observation::WechatNotification(seen)
}

/// A person's message with its unread counter.
pub(crate) fn direct(name: &str, count: u32, text: &str, seconds: i64) -> Notification {
    let ticker = format!("{name}: {text}");
    let shown = if count > 1 { format!("[{count}条]{ticker}") } else { text.to_owned() };
    later(post(name, &shown, Some(&ticker)), seconds)
}

/// A group member's message with its unread counter.
pub(crate) fn group(
    title: &str,
    (name, text): (&str, &str),
    count: u32,
    seconds: i64,
) -> Notification {
    let ticker = format!("{name}: {text}");
    let shown = if count > 1 { format!("[{count}条]{ticker}") } else { ticker.clone() };
    later(post(title, &shown, Some(&ticker)), seconds)
}

/// The recorded working day.
pub(crate) fn day() -> Vec<Observation> {
    let day = include_bytes!("../../../cli/data/working-day.jsonl");
    jsonl::read(&day[..]).map(Result::unwrap).collect()
}
