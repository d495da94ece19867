//! What the phone sees, in the shapes that WeChat's notifications really have.

use fenming_core::clock::Timestamp;
use fenming_core::observation::{
    Notification, NotificationChange, Observation, OsProfile, PlatformFact, jsonl,
};
use fenming_wire::Content;

/// When the recorded day begins, and the stage with it.
pub const DAY_BEGINS: &str = "2026-03-02T00:30:00Z";

/// The recorded working day.
const WORKING_DAY: &[u8] = include_bytes!("../../../cli/data/working-day.jsonl");

/// Every observation of the recorded working day.
///
/// # Panics
/// Where a line cannot be read.
#[must_use]
pub fn working_day() -> Vec<Observation> {
    jsonl::read(WORKING_DAY).map(Result::unwrap).collect()
}

/// A message of one person, or of a service account.
#[must_use]
pub fn message(at: &str, id: i32, title: &str, text: &str) -> Observation {
    seen(at, id, title, (text, &format!("{title}: {text}")))
}

/// A message in a group.
#[must_use]
pub fn group(at: &str, id: i32, title: &str, (from, text): (&str, &str)) -> Observation {
    let line = format!("{from}: {text}");
    seen(at, id, title, (&line, &line))
}

/// A notification with this title, text and ticker.
///
/// # Panics
/// Where the time is none.
#[must_use]
pub fn seen(at: &str, id: i32, title: &str, (text, ticker): (&str, &str)) -> Observation {
    let at: Timestamp = at.parse().unwrap();
    Observation::WechatNotification(Notification {
        change: NotificationChange::Posted,
        at,
        when: at,
        id,
        user: 0,
        profile: OsProfile::Personal,
        channel: "message_channel_new_id".to_owned(),
        category: Some("msg".to_owned()),
        flags: 17,
        title: Some(Content::from(title)),
        text: Some(Content::from(text)),
        ticker: Some(Content::from(ticker)),
    })
}

/// The listener was connected or disconnected.
///
/// # Panics
/// Where the time is none.
#[must_use]
pub fn listener(at: &str, on: bool) -> Observation {
    Observation::Platform(PlatformFact::Listener { at: at.parse().unwrap(), on })
}

/// The network came or went.
///
/// # Panics
/// Where the time is none.
#[must_use]
pub fn online(at: &str, online: bool) -> Observation {
    let at = at.parse().unwrap();
    Observation::Platform(PlatformFact::Network { at, online, metered: false })
}

/// The process started after it had been killed.
///
/// # Panics
/// Where a time is none.
#[must_use]
pub fn restarted(at: &str, last_alive: &str) -> Observation {
    let (at, last_alive) = (at.parse().unwrap(), last_alive.parse().unwrap());
    Observation::Platform(PlatformFact::Restarted { at, last_alive })
}
