//! WeChat's notifications on Android, as the notification listener delivers them.

use fenming_wire::Content;
use fenming_wire::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A notification that was posted or removed. Every field may hold anything at all.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notification {
    /// What happened to it.
    pub change: NotificationChange,
    /// When the shell saw it.
    pub at: Timestamp,
    /// `Notification.when`, which a re-post of the same notification keeps.
    pub when: Timestamp,
    /// `StatusBarNotification.getId()`; stays the same for a chat across titles and languages.
    pub id: i32,
    /// Identifier of the OS user in which WeChat runs.
    #[serde(default)]
    pub user: i32,
    /// What kind of OS profile that user is.
    #[serde(default)]
    pub profile: OsProfile,
    /// Notification channel.
    #[serde(default)]
    pub channel: String,
    /// `Notification.category`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// `Notification.flags`.
    #[serde(default)]
    pub flags: u32,
    /// `android.title`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Content>,
    /// `android.text`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Content>,
    /// `Notification.tickerText`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticker: Option<Content>,
}

/// What happened to a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is", deny_unknown_fields)]
pub enum NotificationChange {
    /// It was posted, or posted again.
    Posted,
    /// It was removed, with the listener's reason code (8 is a cancel by the app).
    Removed {
        /// `NotificationListenerService.REASON_*`.
        reason: i32,
    },
}

/// The kind of OS profile in which WeChat runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OsProfile {
    /// The person's own.
    #[default]
    Personal,
    /// A work profile that the employer manages.
    Work,
    /// A clone profile (second account) of the phone maker's.
    Clone,
    /// The shell could not tell.
    Unknown,
}
