//! Shared chat text: whose chat it is, who said what and when, and which file belongs to what.
//!
//! ```text
//! <A> 和 <B> 在微信上的聊天记录如下，请查收。    first lines: the chat
//!
//! —————  2026-02-26  —————                       a day
//!
//!
//! 周予安  08:54                                   a head: sender, two spaces, civil time
//! [图片: 8b0a.jpg(请在附件中查看)]                what was said
//! ```
//!
//! Pure and total. A text whose first lines no pack knows belongs to no chat. What a line of
//! content that looks like a head would be cannot be told; the reading then says how unsure it is.
//! Header, messages and tail together give the text back.

mod files;
mod lines;

use std::collections::HashMap;

use fenming_wire::Content;
use fenming_wire::policy::ChatKind;
use fenming_wire::record::{Confidence, Direction, Layout, Raw};
use fenming_wire::time::{Span, Timestamp};

pub use self::files::FileSeen;
use self::lines::{Block, Head};
use super::message::{self, Said};
use super::packs::{Packs, TitleShown};
use super::shape;
use crate::event::{ChatKey, ChatSeen, Message};
use crate::observation::Share;

/// Shared text as it was read.
pub struct SharedText {
    /// The chat; none where no pack knows the first lines.
    pub chat: Option<ChatSeen>,
    /// What stands before the first message.
    pub header: Content,
    /// The messages, in their order.
    pub messages: Vec<SharedMessage>,
    /// What stands after the last message.
    pub tail: Content,
    /// Files of which no message speaks, by their places among the share's attachments.
    pub spare: Vec<FileSeen>,
    /// How sure the reading of the chat is.
    pub sure: Confidence,
}

/// One message of a shared text.
pub struct SharedMessage {
    /// When it was sent: the beginning of its minute.
    pub at: Timestamp,
    /// What was shown. Its evidence is laid out as [`Layout::Shared`].
    pub message: Message,
    /// The file that it stands for.
    pub file: Option<FileSeen>,
    /// How many messages before it, in this text, say the same in the same minute: two honest
    /// messages that are the same must both survive.
    pub same_before: u32,
}

/// Most lines at the top that are searched for the chat.
const HEADER_LINES: usize = 8;

/// How long a minute is, which is all that the text says of a time.
pub const MINUTE: Span = Span::minutes(1);

/// Reads shared text. Always succeeds.
#[must_use]
pub fn read(share: &Share, packs: &Packs) -> SharedText {
    let text = share.text.expose();
    let (header, blocks, tail) = lines::split(text);
    let header = if blocks.is_empty() { text } else { header };
    let (chat, shown, sure) = chat(header, share, packs);
    let mut messages: Vec<SharedMessage> =
        blocks.iter().map(|block| one(block, share, packs)).collect();
    doubt(&blocks, shown.as_ref(), &mut messages);
    let mut seen = HashMap::new();
    for message in &mut messages {
        let from = message.message.from.clone().unwrap_or_default();
        let said = (message.at, from, shown_text(&message.message));
        let before = seen.entry(said).or_insert(0u32);
        message.same_before = *before;
        *before = before.saturating_add(1);
    }
    let spare = files::assign(&mut messages, &share.attachments);
    SharedText {
        chat,
        header: shape::cut(header).0.into(),
        messages,
        tail: if blocks.is_empty() { Content::default() } else { shape::cut(tail).0.into() },
        spare,
        sure,
    }
}

fn shown_text(message: &Message) -> Content {
    let placeholder = message.raw.placeholder.as_ref().map_or("", Content::expose);
    Content::new(format!("{placeholder}{}", message.text.expose()))
}

/// The chat, and how sure that is. A direct chat is named after the other side where the
/// employee's own name tells which one that is, and otherwise after both.
fn chat<'a, 'p>(
    header: &'a str,
    share: &Share,
    packs: &'p Packs,
) -> (Option<ChatSeen>, Option<TitleShown<'a, 'p>>, Confidence) {
    let lines = header.lines().map(str::trim).filter(|line| !line.is_empty()).take(HEADER_LINES);
    let Some(shown) = lines.filter_map(|line| packs.share_header(line)).next() else {
        return (None, None, Confidence::Low);
    };
    let other = shown.between.and_then(|between| {
        let own = share.own_name.as_ref()?.expose().trim();
        (!own.is_empty()).then(|| other_side(shown.title, own, between)).flatten()
    });
    let (title, sure) = match (shown.between, other) {
        (None, _) => (shown.title, shown.sure),
        (Some(_), Some(other)) => (other, shown.sure),
        (Some(_), None) => (shown.title, Confidence::Low),
    };
    let title: Content = shape::cut(title.trim()).0.into();
    let chat = ChatSeen { key: ChatKey::Title(title.clone()), title, kind: shown.kind };
    (Some(chat), Some(shown), sure)
}

/// The name that stands beside one's own. Where both sides could be meant, nobody is.
fn other_side<'a>(pair: &'a str, own: &str, between: &str) -> Option<&'a str> {
    let behind = pair.strip_prefix(own).and_then(|rest| rest.strip_prefix(between));
    let ahead = pair.strip_suffix(own).and_then(|rest| rest.strip_suffix(between));
    match (behind, ahead) {
        (Some(one), Some(other)) if one != other => None,
        (one, other) => one.or(other).filter(|name| !name.trim().is_empty()),
    }
}

fn one(block: &Block<'_>, share: &Share, packs: &Packs) -> SharedMessage {
    let Block { head, before, said: shown, .. } = block;
    let said = match packs.shared_file(shown) {
        Some((placeholder, _, media, sure)) => {
            let text = shown.strip_prefix(placeholder).unwrap_or_default();
            Said { placeholder, text, media: Some(media), sure }
        }
        None => message::placeholder(shown, packs),
    };
    let file = packs.shared_file(shown).map(|(_, name, _, sure)| FileSeen::named(name, sure));
    let ((text, cut), from) = (shape::cut(said.text), shape::cut(head.from).0);
    let raw = Raw {
        before: (*before != "\n").then(|| shape::cut(before).0.into()),
        time: Some(head.time.into()),
        placeholder: (!said.placeholder.is_empty()).then(|| said.placeholder.into()),
        layout: Some(Layout::Shared),
        ..Raw::default()
    };
    let (at, dated) = when(head, share);
    let message = Message {
        direction: direction(from, share),
        from: Some(from.into()),
        text: text.into(),
        media: said.media,
        mention: false,
        truncated: cut,
        sure: if dated { said.sure } else { Confidence::Low },
        raw,
        shared: true,
        attachments: Vec::new(),
    };
    SharedMessage { at, message, file, same_before: 0 }
}

/// Only one's own name tells which way a message went.
fn direction(from: &str, share: &Share) -> Direction {
    match &share.own_name {
        Some(own) if own.expose().trim() == from.trim() => Direction::Out,
        Some(own) if !own.expose().trim().is_empty() => Direction::In,
        Some(_) | None => Direction::Unknown,
    }
}

/// The time of a head, and whether a day stood above it. Without one it counts to the day on which
/// the text was shared.
fn when(head: &Head<'_>, share: &Share) -> (Timestamp, bool) {
    let offset = Span::minutes(i64::from(share.utc_offset_minutes.unsigned_abs()));
    let ahead = share.utc_offset_minutes >= 0;
    let civil = |utc: i64| if ahead { utc + offset.as_millis() } else { utc - offset.as_millis() };
    let day = match head.day {
        Some(day) => day,
        None => civil(share.at.millis()).div_euclid(DAY),
    };
    let civil_time = day * DAY + i64::from(head.minute) * MINUTE.as_millis();
    let utc = if ahead { civil_time - offset.as_millis() } else { civil_time + offset.as_millis() };
    (Timestamp::from_millis(utc), head.day.is_some())
}

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// Lowers the confidence where a head may be a line of what somebody said: it stands apart less
/// than the others do, its time runs back, or nobody of that name belongs to a direct chat. The
/// message before it may then be longer than it seems.
fn doubt(blocks: &[Block<'_>], shown: Option<&TitleShown<'_, '_>>, messages: &mut [SharedMessage]) {
    let apart = blocks.iter().filter(|block| block.is_apart()).count();
    let usually_apart = apart * 2 > blocks.len();
    let names = |from: &str| match shown {
        Some(TitleShown { title, between: Some(between), kind: ChatKind::Direct, .. }) => {
            let from = from.trim();
            let behind = title.strip_prefix(from).is_some_and(|rest| rest.starts_with(between));
            behind || title.strip_suffix(from).is_some_and(|rest| rest.ends_with(between))
        }
        Some(_) | None => true,
    };
    let mut last = None;
    for (n, block) in blocks.iter().enumerate() {
        let time = (block.head.day, block.head.minute);
        let runs_back = last.is_some_and(|last| time < last);
        let doubtful = runs_back || !names(block.head.from) || (usually_apart && !block.is_apart());
        last = Some(time);
        if doubtful {
            let from = n.saturating_sub(1);
            for message in messages.iter_mut().skip(from).take(n + 1 - from) {
                message.message.sure = Confidence::Low;
            }
        }
    }
}

#[cfg(test)]
mod tests;
