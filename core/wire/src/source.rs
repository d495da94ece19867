//! Where observations come from. The set is open: later versions add sources.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::content::Loggable;

/// A documented route by which a shell gets to see something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Source {
    /// WeChat's notifications on Android, through the notification listener.
    WechatNotification,
    /// Chat text that the employee shares from WeChat by hand (multi-select, Email), with its
    /// attachments.
    WechatShare,
}

impl Source {
    /// The code in documents and logs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::WechatNotification => "wechat_notification",
            Self::WechatShare => "wechat_share",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Loggable for Source {}
