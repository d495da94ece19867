//! Which lines are duplicates of others: the same message on two devices of one person, or in two
//! epochs of one device. Pure.
//!
//! Nothing is ever deleted: a duplicate is named, with the line that it repeats and why. Only what
//! has a counterpart elsewhere is one. Two honest messages with the same words on one device stay
//! two, because a line is never a duplicate of one in the same epoch, and of equal lines only as
//! many pair up as there are on both sides.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use fenming_wire::id::{DeviceId, Digest, Epoch, PersonId};
use fenming_wire::time::{Span, Timestamp};
use serde::Serialize;

/// Where a line stands in an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct LinePlace {
    /// The device.
    pub device: DeviceId,
    /// The epoch.
    pub epoch: Epoch,
    /// The sequence.
    pub seq: u64,
}

/// A line as the merge sees it: digests, never content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it stands.
    pub place: LinePlace,
    /// When its batch arrived, by the endpoint's clock.
    pub received: Option<Timestamp>,
    /// When it happened, by its phone's clock.
    pub at: Timestamp,
    /// Digest of all that it says, sequences left out.
    pub exact: Digest,
    /// What two devices of one person would both see of it; absent where that cannot be told.
    pub shared: Option<Shared>,
}

/// What is the same on every device of a person that saw one message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shared {
    /// Whose devices.
    pub person: PersonId,
    /// Digest of source, title, kind, direction, sender, text and the like.
    pub seen: Digest,
}

/// Why a line is a duplicate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The same device sealed the very same line in another epoch: an older copy of its store was
    /// put back, and what had no receipt there was sealed again.
    SameLine,
    /// The same device saw the same message at the same time in another epoch: its store was lost,
    /// and what was still on the screen was seen again.
    SeenAgain,
    /// Another device of the same person saw the same message within a minute.
    OtherDevice,
}

/// What a line repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Duplicate {
    /// The line that stays.
    pub of: LinePlace,
    /// Why.
    pub why: Why,
    /// How far apart the two happened, by the phones' clocks.
    pub apart: Span,
}

/// Most time between the moments at which two phones show one message. Deliveries differ by
/// seconds; a phone that was offline for longer shows its messages later, and then both lines stay.
pub const MAX_APART: Span = Span::seconds(60);

/// Finds the duplicates. The order of the entries does not matter, and without the duplicates the
/// rest has none.
#[must_use]
pub fn duplicates(entries: &[Entry]) -> BTreeMap<LinePlace, Duplicate> {
    let mut found = Found::new();
    let rest = epochs(entries, &mut found);
    devices(&rest, &mut found);
    found
}

type Found = BTreeMap<LinePlace, Duplicate>;

/// By what lines of one device are the same in two epochs. The very same line is the same either
/// way, since it names the same chat at the same time.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Same<'e> {
    Seen(&'e Shared, Timestamp),
    Line(Digest),
}

/// Pairs equal lines of one device across its epochs: the first of one epoch with the first of the
/// other, the second with the second. The epoch with the most of them keeps all of its own.
/// Returns what stays.
fn epochs<'e>(entries: &'e [Entry], found: &mut Found) -> Vec<&'e Entry> {
    let mut equal: BTreeMap<(DeviceId, Same<'_>), Groups<'e, Epoch>> = BTreeMap::new();
    for entry in entries {
        let same = entry.shared.as_ref().map(|shared| Same::Seen(shared, entry.at));
        let same = same.unwrap_or(Same::Line(entry.exact));
        let group = equal.entry((entry.place.device, same)).or_default();
        group.entry(entry.place.epoch).or_default().push(entry);
    }
    for group in equal.values_mut().filter(|group| group.len() > 1) {
        group.values_mut().for_each(|own| own.sort_by_key(|entry| entry.place));
        let Some(stay) = chosen(group) else { continue };
        for (one, first) in others(group, &stay) {
            let why = if one.exact == first.exact { Why::SameLine } else { Why::SeenAgain };
            repeats(found, one, first, why);
        }
    }
    entries.iter().filter(|entry| !found.contains_key(&entry.place)).collect()
}

/// Equal lines by where they are from.
type Groups<'e, K> = BTreeMap<K, Vec<&'e Entry>>;

/// Whose lines stay: those of which there are most; of as many, those that were proven first.
fn chosen<'e, K: Ord>(group: &Groups<'e, K>) -> Option<Vec<&'e Entry>> {
    let proven = |entry: &&Entry| (entry.received.is_none(), entry.received, entry.place);
    let rank = |own: &&Vec<&Entry>| (Reverse(own.len()), own.iter().map(proven).min());
    group.values().min_by_key(rank).cloned()
}

/// Every other line of the group, with the one that stays for it.
fn others<'g, 'e, K: Ord>(
    group: &'g Groups<'e, K>,
    stay: &'g [&'e Entry],
) -> impl Iterator<Item = (&'e Entry, &'e Entry)> {
    let foreign = group.values().filter(move |own| own.as_slice() != stay);
    foreign.flat_map(move |own| own.iter().copied().zip(stay.iter().copied()))
}

/// Pairs what several devices of one person saw at about the same time.
fn devices(rest: &[&Entry], found: &mut Found) {
    let mut same: BTreeMap<&Shared, Vec<&Entry>> = BTreeMap::new();
    for entry in rest {
        if let Some(shared) = &entry.shared {
            same.entry(shared).or_default().push(entry);
        }
    }
    for entries in same.values_mut() {
        entries.sort_by_key(|entry| (entry.at, entry.place));
        for together in entries.chunk_by(|a, b| b.at.since(a.at) <= MAX_APART) {
            pair(together, found);
        }
    }
}

/// Pairs a stretch of equal messages, if it can be told which belongs to which: every device that
/// saw any of them saw equally many, and none is too far from its counterpart.
fn pair(together: &[&Entry], found: &mut Found) {
    let mut group: Groups<'_, DeviceId> = BTreeMap::new();
    for entry in together {
        group.entry(entry.place.device).or_default().push(entry);
    }
    let counts: BTreeSet<usize> = group.values().map(Vec::len).collect();
    let Some(stay) = chosen(&group).filter(|_| group.len() > 1 && counts.len() == 1) else {
        return;
    };
    if others(&group, &stay).all(|(one, first)| apart(one, first) <= MAX_APART) {
        for (one, first) in others(&group, &stay) {
            repeats(found, one, first, Why::OtherDevice);
        }
    }
}

fn repeats(found: &mut Found, one: &Entry, first: &Entry, why: Why) {
    found.insert(one.place, Duplicate { of: first.place, why, apart: apart(one, first) });
}

fn apart(one: &Entry, other: &Entry) -> Span {
    one.at.since(other.at).max(other.at.since(one.at))
}

impl Why {
    /// In words.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::SameLine => "the same line, sealed again in another epoch",
            Self::SeenAgain => "the same message, seen again in another epoch",
            Self::OtherDevice => "the same message on another device of the person",
        }
    }
}

#[cfg(test)]
mod tests;
