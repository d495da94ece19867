//! Notices that stand where a message would: recalls and hidden previews.

use fenming_wire::Content;
use fenming_wire::policy::ChatKind;
use fenming_wire::record::{Confidence, Raw};

use super::packs::Packs;
use super::reading::{Post, Reading, Seen};
use super::shape;
use crate::event::Recall;

/// Quotation marks around the name in a recall notice.
const QUOTES: [(char, char); 3] = [('"', '"'), ('“', '”'), ('「', '」')];

/// Whether WeChat hides what was said.
pub(super) fn is_hidden(text: &str, packs: &Packs) -> bool {
    let counted = shape::counter(text, packs).filter(|(count, _)| count.known);
    packs.is_hidden_preview(counted.map_or(text, |(_, rest)| rest).trim())
}

/// A recall notice: one without a ticker, and with one of the phrases at its end.
pub(super) fn recall(post: &Post<'_>, title: &str, text: &str, packs: &Packs) -> Option<Reading> {
    let counted = shape::counter(text, packs).filter(|(count, _)| count.known);
    let (count, body) = counted.map_or((None, text), |(count, body)| (Some(count), body));
    let (before, sure) = packs.before_recall(body.trim_end())?;
    let (name, quoted) = unquoted(before.trim());
    let name = name.trim();
    let sure = if quoted || name.is_empty() { sure } else { sure.min(Confidence::Medium) };
    let chat = post.chat(title, if quoted { ChatKind::Group } else { ChatKind::Unknown });
    let raw = Raw {
        count: count.map(|count| count.shown.into()),
        title: (chat.title.expose() != title).then(|| title.into()),
        text: Some(text.into()),
        ticker: post.seen.ticker.as_ref().map(|_| Content::default()),
        ..Raw::default()
    };
    let from = (!name.is_empty()).then(|| name.into());
    Some(Reading { chat: Some(chat), seen: Seen::Recall(Recall { from, sure, raw }) })
}

fn unquoted(name: &str) -> (&str, bool) {
    QUOTES
        .iter()
        .find_map(|(open, close)| name.strip_prefix(*open)?.strip_suffix(*close))
        .map_or((name, false), |inner| (inner, true))
}
