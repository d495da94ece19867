//! Chats that are not business, as the employee needs to see them to tag them. In memory only.

use std::collections::VecDeque;

use fenming_wire::Content;
use fenming_wire::id::ChatId;
use fenming_wire::policy::ChatKind;
use fenming_wire::record::Why;
use fenming_wire::time::Timestamp;

use crate::limits::MAX_TRACKED_CHATS;

/// A chat that was seen lately and is not business. Its title is never written to disk.
#[derive(Clone)]
pub struct RecentChat {
    /// The chat.
    pub id: ChatId,
    /// Its title as shown.
    pub title: Content,
    /// Its kind, as far as was seen.
    pub kind: ChatKind,
    /// Whether the employee tagged it personal; otherwise it is undecided.
    pub personal: bool,
    /// What speaks for business, where something does.
    pub signal: Option<Why>,
    /// When something was last seen of it.
    pub last: Timestamp,
}

/// The latest such chats, newest first.
#[derive(Default)]
pub(super) struct RecentChats(VecDeque<RecentChat>);

/// What one event says of a chat that the employee may need to see.
pub(super) enum Glimpse {
    /// It is not business.
    Shown(RecentChat),
    /// It is business by now.
    Gone(ChatId),
}

impl RecentChats {
    pub(super) fn take(&mut self, glimpse: Glimpse) {
        match glimpse {
            Glimpse::Shown(chat) => self.put(chat),
            Glimpse::Gone(id) => {
                self.remove(id);
            }
        }
    }

    /// Whether a chat of this title was last seen as personal.
    pub(super) fn is_personal(&self, title: &Content) -> bool {
        self.0.iter().any(|chat| chat.personal && chat.title == *title)
    }

    pub(super) fn put(&mut self, chat: RecentChat) {
        let signal = self.remove(chat.id).and_then(|earlier| earlier.signal);
        let signal = if chat.personal { None } else { chat.signal.or(signal) };
        self.0.push_front(RecentChat { signal, ..chat });
        self.0.truncate(MAX_TRACKED_CHATS);
    }

    pub(super) fn remove(&mut self, id: ChatId) -> Option<RecentChat> {
        let place = self.0.iter().position(|chat| chat.id == id)?;
        self.0.remove(place)
    }

    pub(super) fn get(&self, id: ChatId) -> Option<&RecentChat> {
        self.0.iter().find(|chat| chat.id == id)
    }

    pub(super) fn list(&self) -> Vec<RecentChat> {
        self.0.iter().cloned().collect()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
