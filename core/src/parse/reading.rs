//! What one notification says by itself.

use fenming_wire::policy::ChatKind;
use fenming_wire::record::{CallMedium, Confidence};

use super::packs::Packs;
use super::{message, notice, shape};
use crate::event::{ChatKey, ChatSeen, Ignored, Message, Recall};
use crate::observation::{Notification, NotificationChange};

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

/// A sign of a call. The peer is the reading's chat, where the sign shows one.
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
pub fn read(seen: &Notification, packs: &Packs) -> Reading {
    match seen.change {
        NotificationChange::Removed { reason } => removed(seen.id, reason),
        NotificationChange::Posted => posted(&Post::of(seen), packs),
    }
}

/// Ids, flags and channels of WeChat's and Android's.
mod known {
    pub(super) const LOGIN_ID: i32 = 38;
    pub(super) const CALL_ID: i32 = 40;
    pub(super) const RING_ID: i32 = 41;

    pub(super) const FLAG_ONGOING: u32 = 0x02;
    pub(super) const FLAG_FOREGROUND_SERVICE: u32 = 0x40;
    pub(super) const FLAG_GROUP_SUMMARY: u32 = 0x200;

    pub(super) const MESSAGES: [&str; 3] =
        ["message_channel_new_id", "message_dnd_mode_channel_id", "message"];
    pub(super) const NO_CHATS: [&str; 3] =
        ["reminder_channel_id", "misc", "voip_notify_channel_new_id"];
    pub(super) const PUSH_PREFIX: &str = "VPushChannel";

    /// The notification was tapped.
    pub(super) const REASON_CLICK: i32 = 1;
    /// The app took it away, or all of its own.
    pub(super) const REASON_APP_CANCEL: i32 = 8;
    pub(super) const REASON_APP_CANCEL_ALL: i32 = 9;
}

/// A notification's strings, cut to what is looked at.
pub(super) struct Post<'a> {
    pub(super) seen: &'a Notification,
    pub(super) title: Option<&'a str>,
    pub(super) text: Option<&'a str>,
    /// None also where it is empty.
    pub(super) ticker: Option<&'a str>,
    /// Whether title, text or ticker may go on beyond what is here.
    pub(super) cut: bool,
}

impl<'a> Post<'a> {
    pub(super) fn of(seen: &'a Notification) -> Self {
        let mut any = false;
        let mut cut = |string: &'a Option<fenming_wire::Content>| {
            string.as_ref().map(|string| {
                let (kept, was_cut) = shape::cut(string.expose());
                any |= was_cut || shape::cut_by_os(kept);
                kept
            })
        };
        let (title, text, ticker) = (cut(&seen.title), cut(&seen.text), cut(&seen.ticker));
        let ticker = ticker.filter(|ticker| !ticker.is_empty());
        Self { seen, title, text, ticker, cut: any }
    }

    fn on_message_channel(&self) -> bool {
        known::MESSAGES.contains(&self.seen.channel.as_str())
    }

    fn is_no_chat(&self, text: &str, packs: &Packs) -> bool {
        let channel = self.seen.channel.as_str();
        self.seen.id == known::LOGIN_ID
            || known::NO_CHATS.contains(&channel)
            || channel.starts_with(known::PUSH_PREFIX)
            || (self.ticker.is_none() && !self.on_message_channel())
            || packs.is_login(text)
            || self.title.is_some_and(|title| packs.is_payment(title.trim()))
    }

    /// The chat whose title is the notification's own.
    pub(super) fn chat(&self, title: &str, kind: ChatKind) -> ChatSeen {
        let key = ChatKey::Notification(self.seen.id);
        ChatSeen { key, title: title.trim().into(), kind }
    }
}

fn removed(id: i32, reason: i32) -> Reading {
    let by_app = reason == known::REASON_APP_CANCEL;
    let seen = match id {
        known::RING_ID => Seen::Call(CallSign::RingEnded),
        known::CALL_ID => Seen::Call(CallSign::Ended { by_app }),
        _ => {
            let opened =
                by_app || reason == known::REASON_CLICK || reason == known::REASON_APP_CANCEL_ALL;
            Seen::Removed { opened }
        }
    };
    Reading { chat: None, seen }
}

fn posted(post: &Post<'_>, packs: &Packs) -> Reading {
    let ignored = |why| Reading { chat: None, seen: Seen::Ignored(why) };
    if post.seen.flags & known::FLAG_GROUP_SUMMARY != 0 {
        return ignored(Ignored::GroupSummary);
    }
    let Some(text) = post.text else {
        return ignored(Ignored::Unreadable);
    };
    if let Some(call) = call_sign(post, text, packs) {
        return call;
    }
    if packs.is_redaction(text.trim()) {
        return Reading { chat: named_chat(post, packs), seen: Seen::Redacted };
    }
    if notice::is_hidden(text, packs) {
        return Reading { chat: named_chat(post, packs), seen: Seen::PreviewHidden };
    }
    if post.is_no_chat(text, packs) {
        return ignored(Ignored::NotAChat);
    }
    let Some(title) = post.title else {
        return ignored(Ignored::Unreadable);
    };
    let recall = post.ticker.is_none().then(|| notice::recall(post, title, text, packs)).flatten();
    recall.unwrap_or_else(|| message::read(post, title, text, packs))
}

/// The chat, unless the title is WeChat's own name.
fn named_chat(post: &Post<'_>, packs: &Packs) -> Option<ChatSeen> {
    let title = post.title.filter(|title| !packs.is_app_title(title.trim()))?;
    Some(post.chat(title, ChatKind::Unknown))
}

fn call_sign(post: &Post<'_>, text: &str, packs: &Packs) -> Option<Reading> {
    let (peer, kind, sign) = match post.seen.id {
        known::RING_ID => {
            let (peer, medium, sure) = packs.ringing(text.trim_end())?;
            (peer, ChatKind::Direct, CallSign::Ringing { medium, sure })
        }
        known::CALL_ID if post.seen.flags & known::FLAG_ONGOING != 0 => {
            let (medium, sure) = packs.going(text.trim())?;
            let open = post.seen.flags & known::FLAG_FOREGROUND_SERVICE != 0;
            (post.title?, ChatKind::Unknown, CallSign::Going { medium, sure, open })
        }
        _ => return None,
    };
    let peer = peer.trim();
    let key = ChatKey::Title(peer.into());
    let chat = (!peer.is_empty()).then(|| ChatSeen { key, title: peer.into(), kind });
    Some(Reading { chat, seen: Seen::Call(sign) })
}

#[cfg(test)]
mod tests;
