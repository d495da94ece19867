//! What one notification says by itself.

use fenming_wire::record::{CallMedium, Confidence};

use super::packs::Packs;
use crate::event::{ChatSeen, Ignored, Message, Recall};
use crate::observation::Notification;

/// One notification, interpreted without knowledge of any other.
pub struct Reading {
    /// The chat, as far as it was shown.
    pub chat: Option<ChatSeen>,
    /// What was seen in it.
    pub seen: Seen,
}

/// What one notification shows.
pub enum Seen {
    /// A message.
    Message {
        /// The message.
        message: Message,
        /// The unread counter; 1 where none was shown.
        count: u32,
    },
    /// A notice that a message was recalled. The counter means nothing around it.
    Recall(Recall),
    /// A sign of a call.
    Call(CallSign),
    /// WeChat hides the text, or names and text.
    PreviewHidden,
    /// The OS redacted the text.
    Redacted,
    /// The notification went away.
    Removed {
        /// Whether it went because the chat was opened, which sets the counter to zero.
        opened: bool,
    },
    /// Nothing to keep.
    Ignored(Ignored),
}

/// A sign of a call. The peer is the reading's chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallSign {
    /// It rings.
    Ringing {
        /// Voice or video.
        medium: CallMedium,
        /// How sure that is.
        sure: Confidence,
    },
    /// It no longer rings.
    RingEnded,
    /// It is going on, or waits for the other side.
    Going {
        /// Voice or video.
        medium: CallMedium,
        /// How sure that is.
        sure: Confidence,
        /// Whether the page of the call has been opened.
        open: bool,
    },
    /// It is no longer going on.
    Ended {
        /// Whether the app itself ended it.
        by_app: bool,
    },
}

/// Interprets one notification. Never fails: what nothing knows is [`Ignored::Unreadable`].
#[must_use]
pub fn read(_seen: &Notification, _packs: &Packs) -> Reading {
    Reading { chat: None, seen: Seen::Ignored(Ignored::Unreadable) }
}
