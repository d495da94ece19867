//! What is remembered of each chat: its counter, its last posts, and what kind it is.

use std::collections::HashMap;

use fenming_wire::Content;
use fenming_wire::id::Digest;
use fenming_wire::policy::ChatKind;
use fenming_wire::record::Confidence;

use super::fingerprint::fingerprint;
use crate::event::{ChatKey, ChatSeen};
use crate::limits::MAX_TRACKED_CHATS;
use crate::observation::Notification;

/// Posts of a chat that are remembered: ROMs repeat the last one or two.
const RECENT_POSTS: usize = 4;

/// Longest title, in bytes, that is remembered; WeChat's are far shorter.
const MAX_TITLE_BYTES: usize = 512;

/// The chats, by OS user and notification id; the longest unseen are forgotten first.
#[derive(Default)]
pub(super) struct Chats {
    chats: HashMap<Key, Chat>,
    tick: u64,
    before: Option<Before>,
}

/// OS user and notification id.
type Key = (i32, i32);

/// What has changed since the mark, as it was before.
struct Before {
    chats: HashMap<Key, Option<Chat>>,
    tick: u64,
}

#[derive(Clone, Default)]
struct Chat {
    counter: Counter,
    recent: [Option<Digest>; RECENT_POSTS],
    last: Option<ChatSeen>,
    group: bool,
    used: u64,
}

#[derive(Clone, Copy, Default)]
enum Counter {
    /// Never seen.
    #[default]
    Unseen,
    /// Seen, but it means nothing now.
    Distrusted,
    /// Seen, and believed.
    At(u32),
}

impl Chats {
    /// Whether the same was posted just before; if not, it is remembered.
    pub(super) fn is_double(&mut self, seen: &Notification) -> bool {
        let digest = Digest::of(fingerprint("post", seen).expose().as_bytes());
        let recent = &mut self.chat(seen).recent;
        if recent.contains(&Some(digest)) {
            return true;
        }
        recent.rotate_right(1);
        if let Some(first) = recent.first_mut() {
            *first = Some(digest);
        }
        false
    }

    /// Takes the counter and gives how many messages were never visible. `watched` says whether
    /// the message came after the watch began.
    pub(super) fn counted(&mut self, seen: &Notification, count: u32, watched: bool) -> u32 {
        let counter = &mut self.chat(seen).counter;
        let before = match *counter {
            Counter::Unseen if watched => 0,
            Counter::Unseen | Counter::Distrusted => count.saturating_sub(1),
            Counter::At(last) if count > last => last,
            Counter::At(_) => 0,
        };
        *counter = Counter::At(count);
        count.saturating_sub(before).saturating_sub(1)
    }

    /// The notification went away.
    pub(super) fn removed(&mut self, seen: &Notification, opened: bool) {
        let key = key(seen);
        if opened && self.chats.contains_key(&key) {
            self.note(key);
            if let Some(chat) = self.chats.get_mut(&key) {
                chat.counter = Counter::At(0);
            }
        }
    }

    /// The chat's counter means nothing until the next message.
    pub(super) fn distrust(&mut self, seen: &Notification) {
        self.chat(seen).counter = Counter::Distrusted;
    }

    /// No counter means anything until its chat's next message.
    pub(super) fn distrust_all(&mut self) {
        if let Some(before) = &mut self.before {
            for (key, chat) in &self.chats {
                before.chats.entry(*key).or_insert_with(|| Some(chat.clone()));
            }
        }
        for chat in self.chats.values_mut() {
            chat.counter = Counter::Distrusted;
        }
    }

    /// Whether a chat that looks like a person's is known to be a group, which then has a member
    /// named like itself. If so, its kind is corrected.
    pub(super) fn correct(&mut self, seen: &Notification, chat: &mut ChatSeen) -> bool {
        let looks_direct = matches!(chat.kind, ChatKind::Direct | ChatKind::Unknown);
        let is_group = self.chat(seen).group && looks_direct && owns_its_notification(chat);
        if is_group {
            chat.kind = ChatKind::Group;
        }
        is_group
    }

    /// Fills in the kind, which a notice does not show.
    pub(super) fn complete(&self, seen: &Notification, chat: &mut Option<ChatSeen>) {
        if let (Some(chat), Some(last)) = (chat, self.last(seen))
            && chat.kind == ChatKind::Unknown
        {
            chat.kind = last.kind;
        }
    }

    /// The chat of a notification in which the OS put the app's name in the title's place. The id
    /// still names it; its title is as last shown, or empty.
    pub(super) fn untitled(&self, seen: &Notification) -> ChatSeen {
        let (key, title) = (ChatKey::Notification(seen.id), Content::default());
        let unknown = || ChatSeen { key, title, kind: ChatKind::Unknown };
        self.last(seen).cloned().unwrap_or_else(unknown)
    }

    fn last(&self, seen: &Notification) -> Option<&ChatSeen> {
        self.chats.get(&key(seen))?.last.as_ref()
    }

    /// Remembers how the chat was shown; a doubtful reading makes no group for good.
    pub(super) fn shown(&mut self, seen: &Notification, chat: &ChatSeen, sure: Confidence) {
        let own = owns_its_notification(chat);
        let known = self.chat(seen);
        known.group |= own && chat.kind == ChatKind::Group && sure > Confidence::Low;
        known.last = (own && chat.title.len() <= MAX_TITLE_BYTES).then(|| chat.clone());
    }

    /// From here on, changes can be taken back.
    pub(super) fn mark(&mut self) {
        self.before = Some(Before { chats: HashMap::new(), tick: self.tick });
    }

    /// Takes back what has changed since the mark.
    pub(super) fn undo(&mut self) {
        let Some(Before { chats, tick }) = self.before.take() else {
            return;
        };
        self.tick = tick;
        for (key, chat) in chats {
            match chat {
                Some(chat) => self.chats.insert(key, chat),
                None => self.chats.remove(&key),
            };
        }
    }

    /// Lets go of the mark.
    pub(super) fn keep(&mut self) {
        self.before = None;
    }

    /// Remembers how a chat was before it changes.
    fn note(&mut self, key: Key) {
        if let Some(before) = &mut self.before {
            before.chats.entry(key).or_insert_with(|| self.chats.get(&key).cloned());
        }
    }

    /// How many chats are remembered.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.chats.len()
    }

    fn chat(&mut self, seen: &Notification) -> &mut Chat {
        let key = key(seen);
        self.note(key);
        self.tick += 1;
        if self.chats.len() >= MAX_TRACKED_CHATS && !self.chats.contains_key(&key) {
            let oldest = self.chats.iter().min_by_key(|(_, chat)| chat.used).map(|(key, _)| *key);
            if let Some(oldest) = oldest {
                self.note(oldest);
                self.chats.remove(&oldest);
            }
        }
        let chat = self.chats.entry(key).or_default();
        chat.used = self.tick;
        chat
    }
}

/// Whether the notification is the chat's own, and not a container's.
pub(super) const fn owns_its_notification(chat: &ChatSeen) -> bool {
    matches!(chat.key, ChatKey::Notification(_))
}

const fn key(seen: &Notification) -> Key {
    (seen.user, seen.id)
}
