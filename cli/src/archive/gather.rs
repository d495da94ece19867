//! Gathers from opened batches what the merge goes by. Content becomes a digest at once.

use std::collections::{BTreeMap, BTreeSet};

use fenming_wire::id::{ChatId, DeviceId, Digest, Epoch, PersonId};
use fenming_wire::record::{Body, ChatLine};
use fenming_wire::time::Timestamp;
use serde::Serialize;
use zeroize::Zeroizing;

use super::epoch::{OpenedBatch, Visitor};
use super::merge::{Duplicate, Entry, LinePlace, Shared, duplicates};
use super::whole::ArchiveReport;
use crate::device::shown::happened;

/// A visitor that remembers every line by digests. Once everything was verified, it says which
/// lines are duplicates.
#[derive(Default)]
pub struct Gatherer {
    lines: Vec<Gathered>,
    /// The newest title of every chat; a store names one chat the same in all its epochs.
    titles: BTreeMap<(DeviceId, ChatId), Titled>,
    /// The chats of every ledger.
    chats: BTreeSet<(DeviceId, Epoch, ChatId)>,
}

struct Gathered {
    place: LinePlace,
    received: Option<Timestamp>,
    at: Timestamp,
    exact: Digest,
    /// The chat, and what is the same of it on another device, the title apart.
    seen: Option<(ChatId, Digest)>,
}

struct Titled {
    at: i64,
    /// Of source, kind and title; absent where the title is a pseudonym, which every store makes
    /// for itself.
    digest: Option<Digest>,
}

impl Visitor for Gatherer {
    fn opened(&mut self, batch: &OpenedBatch<'_>) {
        let received = batch.receipt.map(|receipt| receipt.received);
        for line in batch.lines.iter().filter_map(|(_, line)| line.as_ref()) {
            if let Body::Chat(chat) = &line.body {
                self.title(batch.device, chat);
            }
            let (Some(at), Some(exact)) = (happened(&line.body), digest(&line.body)) else {
                continue;
            };
            if matches!(line.body, Body::Genesis(_) | Body::Balance(_)) {
                continue;
            }
            let place = LinePlace { device: batch.device, epoch: batch.epoch, seq: line.seq };
            let seen = seen(&line.body);
            if let Some((chat, _)) = seen {
                self.chats.insert((batch.device, batch.epoch, chat));
            }
            self.lines.push(Gathered { place, received, at, exact, seen });
        }
    }
}

impl Gatherer {
    fn title(&mut self, device: DeviceId, chat: &ChatLine) {
        let named = (chat.src, chat.chat_kind, &chat.title);
        let digest = if chat.pseudonymous { None } else { digest(&named) };
        let next = Titled { at: chat.t, digest };
        let newest = self.titles.get(&(device, chat.chat)).is_none_or(|old| old.at <= next.at);
        if newest {
            self.titles.insert((device, chat.chat), next);
        }
    }

    /// The duplicates among the lines of sound ledgers. A line of a ledger with a fault neither is
    /// one nor makes one.
    #[must_use]
    pub fn duplicates(&self, report: &ArchiveReport) -> BTreeMap<LinePlace, Duplicate> {
        let sound = report.epochs.iter().filter(|epoch| epoch.is_sound());
        let people: BTreeMap<(DeviceId, Epoch), Option<&PersonId>> =
            sound.map(|known| ((known.device, known.epoch), known.person.as_ref())).collect();
        let unclear = self.unclear(&people);
        let entries = self.lines.iter().filter_map(|line| {
            let place = line.place;
            let person = *people.get(&(place.device, place.epoch))?;
            let shared = person.zip(line.seen).and_then(|(person, (chat, seen))| {
                let title = self.titles.get(&(place.device, chat))?.digest?;
                let known = !unclear.contains(&(person, title));
                let seen = Digest::of(&[*title.as_bytes(), *seen.as_bytes()].concat());
                known.then(|| Shared { person: person.clone(), seen })
            });
            let Gathered { received, at, exact, .. } = *line;
            Some(Entry { place, received, at, exact, shared })
        });
        duplicates(&entries.collect::<Vec<_>>())
    }

    /// Titles that two chats of one ledger bear: there, the title does not tell the chat.
    fn unclear<'p>(
        &self,
        people: &BTreeMap<(DeviceId, Epoch), Option<&'p PersonId>>,
    ) -> BTreeSet<(&'p PersonId, Digest)> {
        let mut seen = BTreeSet::new();
        let titled = self.chats.iter().filter_map(|(device, epoch, chat)| {
            let title = self.titles.get(&(*device, *chat))?.digest?;
            let person = (*people.get(&(*device, *epoch))?)?;
            Some((*device, *epoch, person, title))
        });
        let again = titled.filter(|found| !seen.insert(*found));
        again.map(|(_, _, person, title)| (person, title)).collect()
    }
}

/// What is the same of a captured line on another device that saw it as well, the title apart.
fn seen(body: &Body) -> Option<(ChatId, Digest)> {
    match body {
        Body::Message(line) => {
            let same = ("message", line.dir, &line.from, &line.text, line.media);
            Some((line.chat, digest(&same)?))
        }
        Body::Recall(line) => Some((line.chat, digest(&("recall", &line.from))?)),
        Body::Call(line) => {
            Some((line.chat, digest(&("call", line.medium, line.dir, line.outcome))?))
        }
        _ => None,
    }
}

fn digest(what: &impl Serialize) -> Option<Digest> {
    serde_json::to_vec(what).ok().map(Zeroizing::new).map(|bytes| Digest::of(&bytes))
}
