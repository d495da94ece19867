//! What shells hand in: one file a source. Held in memory only.

pub mod jsonl;
mod notification;
mod platform;
mod share;

use fenming_wire::time::Timestamp;
pub use notification::{Notification, NotificationChange, OsProfile};
pub use platform::PlatformFact;
use serde::{Deserialize, Serialize};
pub use share::{NoFiles, Share, SharedFile, SharedFiles};

/// Something that a shell saw. The set of sources is open.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Observation {
    /// A WeChat notification was posted or removed.
    WechatNotification(Notification),
    /// The employee shared chat text from WeChat, with its files.
    WechatShare(Share),
    /// The state of the phone or of the shell changed.
    Platform(PlatformFact),
}

impl Observation {
    /// When the shell saw it.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        match self {
            Self::WechatNotification(notification) => notification.at,
            Self::WechatShare(share) => share.at,
            Self::Platform(fact) => fact.at(),
        }
    }
}
