//! Makes the lines of a record from an event, with names as the permit allows them.
//!
//! Under pseudonyms a counterpart's name stands nowhere in a line but inside what somebody wrote:
//! not as the sender, not as the title of a 1:1 chat, not in the evidence. The titles of groups
//! are kept; they say what the business is.

use fenming_wire::Content;
use fenming_wire::id::ChatId;
use fenming_wire::policy::ChatKind;
use fenming_wire::record::{Body, CallLine, ChatLine, MessageLine, Raw, RecallLine, ShareLine};
use zeroize::Zeroizing;

use super::Fact;
use crate::consent::Naming;
use crate::event::{Call, ChatSeen, Event, Message, Recall, ShareSeen, What};
use crate::parse::cut;
use crate::tag::Business;

/// Writes the lines of one chat.
pub struct Scribe<'a> {
    chat: ChatId,
    naming: Naming,
    pseudonym: &'a dyn Fn(&str) -> Content,
}

impl<'a> Scribe<'a> {
    /// For one chat. `naming` is the permit's; `pseudonym` gives a name's pseudonym in this chat,
    /// the same one every time, and is asked only where the permit wants pseudonyms.
    pub fn new(chat: ChatId, naming: Naming, pseudonym: &'a dyn Fn(&str) -> Content) -> Self {
        Self { chat, naming, pseudonym }
    }

    /// The line that presents the chat; none where the event names no chat. Write it when the chat
    /// becomes business, and again whenever its title, kind, reason or naming changes.
    #[must_use]
    pub fn chat(&self, event: &Event, business: &Business) -> Option<Fact> {
        let seen = event.chat.as_ref()?;
        let title = self.title(seen);
        let body = Body::Chat(ChatLine {
            t: event.at.millis(),
            chat: self.chat,
            src: event.origin.source,
            chat_kind: seen.kind,
            title,
            pseudonymous: self.naming == Naming::Pseudonyms,
            why: business.why().clone(),
        });
        let fingerprint = format!("chat {} {}", self.chat, event.fingerprint.expose());
        Some(Fact { at: event.at, fingerprint: fingerprint.into(), body })
    }

    /// The chat's title as the permit allows it.
    #[must_use]
    pub fn title(&self, seen: &ChatSeen) -> Content {
        if keeps_title(seen) { seen.title.clone() } else { self.name(&seen.title) }
    }

    /// The line of a message, a recall or a call; none of an event that is none of these.
    #[must_use]
    pub fn fact(&self, event: &Event) -> Option<Fact> {
        let t = event.at.millis();
        let body = match &event.what {
            What::Message(message) => Body::Message(self.message(t, event, message)),
            What::Recall(recall) => Body::Recall(self.recall(t, event, recall)),
            What::Call(call) => Body::Call(self.call(t, call)),
            What::Share(share) => Body::Share(self.share(t, event, share)),
            What::Missed(_) | What::PreviewHidden | What::Redacted | What::Ignored(_) => {
                return None;
            }
        };
        Some(Fact { at: event.at, fingerprint: event.fingerprint.clone(), body })
    }

    fn message(&self, t: i64, event: &Event, message: &Message) -> MessageLine {
        MessageLine {
            t,
            chat: self.chat,
            dir: message.direction,
            from: message.from.as_ref().map(|from| self.name(from)),
            text: message.text.clone(),
            media: message.media,
            mention: message.mention,
            truncated: message.truncated,
            sure: message.sure,
            raw: self.evidence(&message.raw, [message.from.as_ref(), hidden_title(event)]),
            held: false,
            shared: message.shared,
            attachments: message.attachments.clone(),
            labels: Vec::new(),
        }
    }

    fn share(&self, t: i64, event: &Event, share: &ShareSeen) -> ShareLine {
        let raw = Raw {
            title: Some(share.header.clone()),
            text: Some(share.tail.clone()),
            ..Raw::default()
        };
        let clean = self.evidence(&raw, [hidden_title(event), None]);
        ShareLine {
            t,
            chat: self.chat,
            from: share.span.map(|(from, _)| from.millis()),
            until: share.span.map(|(_, until)| until.millis()),
            messages: share.messages,
            text: share.text,
            header: clean.title.unwrap_or_default(),
            tail: clean.text.unwrap_or_default(),
            referrer: share.referrer.clone(),
            sure: share.sure,
            attachments: share.attachments.clone(),
        }
    }

    fn recall(&self, t: i64, event: &Event, recall: &Recall) -> RecallLine {
        RecallLine {
            t,
            chat: self.chat,
            from: recall.from.as_ref().map(|from| self.name(from)),
            sure: recall.sure,
            raw: self.evidence(&recall.raw, [recall.from.as_ref(), hidden_title(event)]),
        }
    }

    fn call(&self, t: i64, call: &Call) -> CallLine {
        CallLine {
            t,
            chat: self.chat,
            medium: call.medium,
            dir: call.direction,
            outcome: call.outcome,
            estimated_ms: call.estimated_ms,
            sure: call.sure,
        }
    }

    fn name(&self, name: &Content) -> Content {
        match self.naming {
            Naming::Names => name.clone(),
            Naming::Pseudonyms => (self.pseudonym)(name.expose().trim()),
        }
    }

    /// A held fact with the names that the permit of the decision allows. `naming` says how it was
    /// held: pseudonyms stay what they are.
    #[must_use]
    pub fn decided(
        &self,
        mut fact: Fact,
        naming: Naming,
        (title, kind): (&Content, ChatKind),
    ) -> Fact {
        if naming == Naming::Pseudonyms {
            return fact;
        }
        let title = Some(title).filter(|_| kind != ChatKind::Group);
        match &mut fact.body {
            Body::Message(line) => {
                line.raw = self.evidence(&line.raw, [line.from.as_ref(), title]);
                line.from = line.from.as_ref().map(|from| self.name(from));
            }
            Body::Recall(line) => {
                line.raw = self.evidence(&line.raw, [line.from.as_ref(), title]);
                line.from = line.from.as_ref().map(|from| self.name(from));
            }
            // No other line that can be held has a name.
            _ => {}
        }
        fact
    }

    fn evidence(&self, raw: &Raw, names: [Option<&Content>; 2]) -> Raw {
        if self.naming == Naming::Names {
            return raw.clone();
        }
        let names = self.pseudonyms(names);
        let clean = |text: &Option<Content>| text.as_ref().map(|text| replace(text, &names));
        Raw {
            count: raw.count.clone(),
            placeholder: raw.placeholder.clone(),
            before: clean(&raw.before),
            time: raw.time.clone(),
            layout: raw.layout,
            title: clean(&raw.title),
            text: clean(&raw.text),
            ticker: clean(&raw.ticker),
        }
    }

    /// Names with their pseudonyms, the longest first, so that a name inside another one does not
    /// take part of it.
    fn pseudonyms(&self, names: [Option<&Content>; 2]) -> Vec<(Content, Content)> {
        let names = names.into_iter().flatten().map(|name| name.expose().trim());
        let mut pairs: Vec<_> = names
            .filter(|name| !name.is_empty())
            .map(|name| (Content::from(name), (self.pseudonym)(name)))
            .collect();
        pairs.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        pairs
    }
}

/// The title that is a counterpart's name.
fn hidden_title(event: &Event) -> Option<&Content> {
    event.chat.as_ref().filter(|seen| !keeps_title(seen)).map(|seen| &seen.title)
}

fn keeps_title(seen: &ChatSeen) -> bool {
    seen.kind == ChatKind::Group
}

/// Replaces every name. What is put in is not searched again. Where the pseudonyms make the
/// evidence longer than a line may hold, it ends there; sender and text stand whole beside it.
fn replace(text: &Content, names: &[(Content, Content)]) -> Content {
    let mut rest = text.expose();
    let mut out = Zeroizing::new(String::with_capacity(rest.len()));
    while let Some(next) = rest.chars().next() {
        let found = names.iter().find_map(|(name, pseudonym)| {
            rest.strip_prefix(name.expose()).map(|behind| (pseudonym, behind))
        });
        match found {
            Some((pseudonym, behind)) => {
                out.push_str(pseudonym.expose());
                rest = behind;
            }
            None => {
                out.push(next);
                rest = rest.get(next.len_utf8()..).unwrap_or_default();
            }
        }
    }
    Content::from(cut(&out).0)
}

#[cfg(test)]
mod tests;
