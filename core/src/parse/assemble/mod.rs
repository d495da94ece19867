//! Puts readings together: a pure state machine over observations.

mod call;
mod chat;
mod fingerprint;

use fenming_wire::record::Confidence;
use fenming_wire::source::Source;
use fenming_wire::time::Timestamp;

use super::packs::Packs;
use super::reading::{Reading, Seen, read};
use crate::event::{ChatSeen, Event, Ignored, Message, Origin, What};
use crate::limits::MAX_POST_AGE;
use crate::observation::{Notification, Observation, PlatformFact};
use call::Calls;
use chat::Chats;
use fingerprint::fingerprint;

/// Remembers counters, recent posts and calls that are going on, in memory only and bounded.
///
/// The same observations handed to a fresh assembler give the same fingerprints: none is made
/// from what the assembler remembers.
///
/// # Counters
/// When a counter grows by more than one, the messages between were never visible:
/// [`What::Missed`]. A counter that is seen for the first time above one counts in the same way,
/// since nobody can know; unless the notification is older than the watch, for then it stood in
/// the tray when the watch began, and that time is another gap's. A counter that does not grow
/// has started again. It is not believed right after a recall, after a redacted text or after a
/// restart. A notification that was swiped away leaves it as it is; one that was opened sets it
/// to zero.
#[derive(Default)]
pub struct Assembler {
    chats: Chats,
    calls: Calls,
    watching_since: Option<Timestamp>,
    before: Option<Before>,
}

/// How it was when it was marked; the chats remember their own part.
struct Before {
    calls: Calls,
    watching_since: Option<Timestamp>,
}

impl Assembler {
    /// An assembler that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next observation and gives what follows from it, in order: at least one event
    /// for a notification, none for a fact of the platform.
    pub fn step(&mut self, next: &Observation, packs: &Packs) -> Vec<Event> {
        match next {
            Observation::Platform(PlatformFact::Restarted { at, .. }) => {
                self.watching_since = Some(*at);
                self.chats.distrust_all();
                Vec::new()
            }
            Observation::Platform(
                PlatformFact::Listener { .. }
                | PlatformFact::Network { .. }
                | PlatformFact::Power { .. },
            ) => Vec::new(),
            // Shared text shows all of itself at once: there is nothing to put together.
            Observation::WechatShare(_) => Vec::new(),
            Observation::WechatNotification(seen) => {
                let mut events = self.calls.settle(seen.at);
                self.watching_since.get_or_insert(seen.at);
                self.take(seen, read(seen, packs), &mut events);
                events
            }
        }
    }

    /// Gives what follows from time alone: calls that nobody took, and calls whose end was never
    /// seen. Call it at every wake-up; [`Self::step`] does so by itself.
    pub fn settle(&mut self, now: Timestamp) -> Vec<Event> {
        self.calls.settle(now)
    }

    /// From here on, steps can be taken back.
    pub fn mark(&mut self) {
        self.chats.mark();
        self.before =
            Some(Before { calls: self.calls.clone(), watching_since: self.watching_since });
    }

    /// Takes back every step since the mark, for when what followed from them could not be
    /// stored: the same observations, or time, handed in again give the same events again. Once
    /// for each mark.
    pub fn undo(&mut self) {
        self.chats.undo();
        if let Some(Before { calls, watching_since }) = self.before.take() {
            (self.calls, self.watching_since) = (calls, watching_since);
        }
    }

    /// Lets go of the mark, once what followed is stored.
    pub fn keep(&mut self) {
        self.chats.keep();
        self.before = None;
    }

    /// How many chats and how many calls are remembered.
    #[cfg(test)]
    pub(in crate::parse) fn remembered(&self) -> (usize, usize) {
        (self.chats.len(), self.calls.len())
    }

    fn take(&mut self, seen: &Notification, reading: Reading, events: &mut Vec<Event>) {
        let Reading { mut chat, seen: what } = reading;
        let is_post = match what {
            Seen::Message { .. } | Seen::Recall(_) | Seen::PreviewHidden | Seen::Redacted => true,
            Seen::Call(_) | Seen::Removed { .. } | Seen::Ignored(_) => false,
        };
        if is_post && self.chats.is_double(seen) {
            events.push(ignored(seen, Ignored::DoublePost));
            return;
        }
        match what {
            Seen::Ignored(why) => events.push(ignored(seen, why)),
            Seen::Call(sign) => self.calls.sign(seen, chat, sign, events),
            Seen::Removed { opened } => {
                self.chats.removed(seen, opened);
                events.push(ignored(seen, Ignored::Removal));
            }
            Seen::Message { message, count } => self.message(seen, chat, (message, count), events),
            Seen::Recall(recall) => {
                self.chats.complete(seen, &mut chat);
                self.chats.distrust(seen);
                events.push(event(seen, chat, What::Recall(recall)));
            }
            Seen::Redacted => {
                self.chats.complete(seen, &mut chat);
                let chat = chat.or_else(|| Some(self.chats.untitled(seen)));
                self.chats.distrust(seen);
                events.push(event(seen, chat, What::Redacted));
            }
            Seen::PreviewHidden => {
                self.chats.distrust(seen);
                events.push(event(seen, chat, What::PreviewHidden));
            }
        }
    }

    fn message(
        &mut self,
        seen: &Notification,
        mut chat: Option<ChatSeen>,
        (mut message, count): (Message, u32),
        events: &mut Vec<Event>,
    ) {
        let watched = self.watching_since.is_none_or(|since| seen.when >= since);
        let missed = self.chats.counted(seen, count, watched);
        if let Some(chat) = &mut chat {
            if self.chats.correct(seen, chat) {
                message.sure = message.sure.min(Confidence::Medium);
            }
            self.chats.shown(seen, chat, message.sure);
        }
        if missed > 0 {
            // The counter of a container belongs to none of the chats in it.
            let chat = chat.clone().filter(chat::owns_its_notification);
            events.push(event(seen, chat, What::Missed(missed)));
        }
        events.push(event(seen, chat, What::Message(message)));
    }
}

fn ignored(seen: &Notification, why: Ignored) -> Event {
    event(seen, None, What::Ignored(why))
}

fn event(seen: &Notification, chat: Option<ChatSeen>, what: What) -> Event {
    let fingerprint = fingerprint(kind(&what), seen);
    Event { at: posted_at(seen), origin: origin(seen), chat, what, fingerprint }
}

/// One observation may give several events, each of another kind.
const fn kind(what: &What) -> &'static str {
    match what {
        What::Message(_) => "message",
        What::Recall(_) => "recall",
        What::Call(_) => call::KIND,
        What::Missed(_) => "missed",
        What::PreviewHidden => "hidden",
        What::Redacted => "redacted",
        What::Ignored(_) => "ignored",
        What::Share(_) => "share",
    }
}

fn origin(seen: &Notification) -> Origin {
    Origin { source: Source::WechatNotification, user: seen.user, profile: seen.profile }
}

/// The time that the notification names, where it can be believed.
fn posted_at(seen: &Notification) -> Timestamp {
    let believable = seen.when <= seen.at && seen.at.since(seen.when) <= MAX_POST_AGE;
    if believable { seen.when } else { seen.at }
}

#[cfg(test)]
mod tests;
