//! A message: who said what, in what kind of chat.
//!
//! The ticker decides. `text` may carry counter and sender, the ticker always carries the sender;
//! comparing the two tells groups from persons, and counters from texts that look like one.

use fenming_wire::policy::ChatKind;
use fenming_wire::record::{Confidence, Direction, Layout, Media, Raw};

use super::packs::Packs;
use super::reading::{Post, Reading, Seen};
use super::shape::{self, Count, SENDER_END};
use crate::event::{ChatKey, ChatSeen, Message};

/// Longest text, in bytes, that is tried as a phrase of WeChat's own.
const MAX_PHRASE_BYTES: usize = 256;

/// How a shown text falls into parts.
#[derive(Clone, Copy)]
struct Parts<'a> {
    count: Option<Count<'a>>,
    from: Option<&'a str>,
    said: &'a str,
    kind: ChatKind,
    mention: bool,
    quote: bool,
    sure: Confidence,
}

/// What was said, without its placeholder.
pub(super) struct Said<'a> {
    pub(super) placeholder: &'a str,
    pub(super) text: &'a str,
    pub(super) media: Option<Media>,
    pub(super) sure: Confidence,
}

/// Reads a message. Always succeeds; what cannot be told apart stays whole, with low confidence.
pub(super) fn read(post: &Post<'_>, title: &str, text: &str, packs: &Packs) -> Reading {
    let parts = split(post, title, text, packs);
    let said = if parts.quote { quoted(parts.said) } else { placeholder(parts.said, packs) };
    let (chat, folded) = chat(post, title, &parts, packs);
    let raw = evidence(post, &chat, text, &parts, &said);
    let truncated = post.cut || shape::cut_by_app(said.text);
    let sure = parts.sure.min(said.sure).min(folded);
    let message = Message {
        direction: Direction::In,
        from: parts.from.map(Into::into),
        text: said.text.into(),
        media: said.media,
        mention: parts.mention,
        truncated,
        sure,
        raw,
        shared: false,
        attachments: Vec::new(),
    };
    let count = parts.count.map_or(1, |count| count.number);
    Reading { chat: Some(chat), seen: Seen::Message { message, count } }
}

/// The chat, and how sure that is. Service accounts that are folded into a container share its
/// notification, so that only the account's name tells them apart.
fn chat(post: &Post<'_>, title: &str, parts: &Parts<'_>, packs: &Packs) -> (ChatSeen, Confidence) {
    if !packs.is_service_container(title.trim()) {
        return (post.chat(title, parts.kind), Confidence::High);
    }
    match parts.from.filter(|_| parts.kind == ChatKind::Group) {
        Some(account) => {
            let (key, title) = (ChatKey::Title(account.into()), account.into());
            (ChatSeen { key, title, kind: ChatKind::Service }, Confidence::High)
        }
        None => (post.chat(title, ChatKind::Service), Confidence::Low),
    }
}

fn split<'a>(post: &Post<'a>, title: &'a str, text: &'a str, packs: &Packs) -> Parts<'a> {
    let counted = shape::counter(text, packs).map(|(count, body)| (Some(count), body));
    let readings = || [Some((None, text)), counted].into_iter().flatten();
    let Some(ticker) = post.ticker else {
        let known = counted.filter(|(count, _)| count.is_some_and(|count| count.known));
        return alone(known.unwrap_or((None, text)), title, packs);
    };
    for (count, body) in readings() {
        if shape::same(body, ticker, post.cut) {
            return named(count, body, title, packs);
        }
        if shape::after_name(ticker, title).is_some_and(|rest| shape::same(body, rest, post.cut)) {
            let sure = if count.is_none() { Confidence::High } else { Confidence::Medium };
            return direct(count, title, body, sure);
        }
    }
    let quote = readings().find_map(|(count, body)| quote(count, body, ticker, title, packs));
    quote.unwrap_or_else(|| alone(counted.unwrap_or((None, text)), title, packs))
}

/// The text is the ticker: it begins with the sender.
fn named<'a>(count: Option<Count<'a>>, body: &'a str, title: &'a str, packs: &Packs) -> Parts<'a> {
    if let Some(parts) = mentioned(count, body, packs) {
        return parts;
    }
    if let Some(said) = shape::after_name(body, title) {
        if count.is_some() {
            return direct(count, title, said, Confidence::High);
        }
        // A person's first unread message shows no sender, so this is a group named like one of
        // its members, or something that nobody has seen yet.
        let kind = ChatKind::Unknown;
        return Parts { kind, ..direct(count, title, said, Confidence::Low) };
    }
    match body.split_once(SENDER_END) {
        Some((name, said)) if !name.trim().is_empty() => {
            // The name may hold the separator as well as the message may.
            let once = !said.contains(SENDER_END);
            let sure = if once { Confidence::High } else { Confidence::Low };
            let from = Some(name.trim());
            Parts { count, from, said, kind: ChatKind::Group, mention: false, quote: false, sure }
        }
        _ => whole(count, body),
    }
}

/// A message of which the ticker tells nothing, or has none.
fn alone<'a>(
    (count, body): (Option<Count<'a>>, &'a str),
    title: &'a str,
    packs: &Packs,
) -> Parts<'a> {
    if let Some(parts) = mentioned(count, body, packs) {
        return parts;
    }
    match shape::after_name(body, title) {
        Some(said) if count.is_some() => direct(count, title, said, Confidence::Low),
        Some(_) | None => whole(count, body),
    }
}

/// `[有人@我]张三：…`, with a full-width colon or with the usual separator.
fn mentioned<'a>(count: Option<Count<'a>>, body: &'a str, packs: &Packs) -> Option<Parts<'a>> {
    let (rest, sure) = packs.after_mention(body)?;
    let wide = rest.split_once('：');
    let usual = rest.split_once(SENDER_END);
    let first = match (wide, usual) {
        (Some(wide), Some(usual)) if usual.0.len() < wide.0.len() => Some(usual),
        (wide, usual) => wide.or(usual),
    };
    let named = first.filter(|(name, _)| !name.trim().is_empty());
    Some(match named {
        Some((name, said)) => {
            let from = Some(name.trim());
            Parts { count, from, said, kind: ChatKind::Group, mention: true, quote: false, sure }
        }
        None => Parts { kind: ChatKind::Group, mention: true, ..whole(count, rest) },
    })
}

/// A quote: the text says `[Message]`, what was said stands in the ticker only.
fn quote<'a>(
    count: Option<Count<'a>>,
    body: &'a str,
    ticker: &'a str,
    title: &'a str,
    packs: &Packs,
) -> Option<Parts<'a>> {
    let own = shape::after_name(ticker, title).map(|said| (title.trim(), said, ChatKind::Direct));
    let (from, said, kind) = own.or_else(|| {
        let (name, said) = ticker.split_once(SENDER_END)?;
        Some((name.trim(), said, ChatKind::Group))
    })?;
    let body = shape::after_name(body, from).unwrap_or(body);
    let (word, inner, rest) = shape::bracketed(body)?;
    let (media, _) = packs.placeholder(word, inner)?;
    let is_quote = media == Media::Quote && rest.trim().is_empty() && !from.is_empty();
    let sure = Confidence::Medium;
    let from = Some(from);
    is_quote.then_some(Parts { count, from, said, kind, mention: false, quote: true, sure })
}

fn direct<'a>(
    count: Option<Count<'a>>,
    title: &'a str,
    said: &'a str,
    sure: Confidence,
) -> Parts<'a> {
    let from = Some(title.trim()).filter(|name| !name.is_empty());
    Parts { count, from, said, kind: ChatKind::Direct, mention: false, quote: false, sure }
}

fn whole<'a>(count: Option<Count<'a>>, said: &'a str) -> Parts<'a> {
    let (kind, sure) = (ChatKind::Unknown, Confidence::Low);
    Parts { count, from: None, said, kind, mention: false, quote: false, sure }
}

fn quoted(text: &str) -> Said<'_> {
    Said { placeholder: "", text, media: Some(Media::Quote), sure: Confidence::High }
}

/// Takes a placeholder off. A bracketed word that is neither one nor an emoji is marked and stays.
pub(super) fn placeholder<'a>(said: &'a str, packs: &Packs) -> Said<'a> {
    let plain = |media, sure| Said { placeholder: "", text: said, media, sure };
    let Some((word, inner, rest)) = shape::bracketed(said) else {
        let phrase = (said.len() <= MAX_PHRASE_BYTES).then(|| packs.phrase(said)).flatten();
        return phrase.map_or_else(
            || plain(None, Confidence::High),
            |(media, sure)| plain(Some(media), sure),
        );
    };
    if let Some((media, sure)) = packs.placeholder(word, inner) {
        let text = rest.strip_prefix(' ').unwrap_or(rest);
        let placeholder = said.strip_suffix(text).unwrap_or(word);
        return Said { placeholder, text, media: Some(media), sure };
    }
    let ordinary = packs.is_emoji(inner) || inner.bytes().all(|b| b.is_ascii_digit());
    if ordinary {
        plain(None, Confidence::High)
    } else {
        plain(Some(Media::UnknownPlaceholder), Confidence::Low)
    }
}

/// The shown strings, as far as the parsed form does not give them back.
fn evidence(
    post: &Post<'_>,
    chat: &ChatSeen,
    text: &str,
    parts: &Parts<'_>,
    said: &Said<'_>,
) -> Raw {
    let count = parts.count.map_or("", |count| count.shown);
    let from = parts.from.unwrap_or_default();
    let bare = [count, said.placeholder, said.text];
    let named = [count, from, SENDER_END, said.placeholder, said.text];
    let layout = if post.ticker.is_none() || parts.from.is_none() {
        None
    } else if shape::made_of(text, &named) {
        Some(Layout::Named)
    } else {
        shape::made_of(text, &bare).then_some(Layout::Bare)
    };
    let said_again = [from, SENDER_END, said.placeholder, said.text];
    let shown_ticker = post.seen.ticker.as_ref().map(|t| shape::cut(t.expose()).0);
    let ticker = shown_ticker.filter(|t| layout.is_none() || !shape::made_of(t, &said_again));
    let shown_title = post.title.unwrap_or_default();
    Raw {
        count: parts.count.map(|count| count.shown.into()),
        placeholder: (!said.placeholder.is_empty()).then(|| said.placeholder.into()),
        before: None,
        time: None,
        layout,
        title: (shown_title != chat.title.expose()).then(|| shown_title.into()),
        text: layout.is_none().then(|| text.into()),
        ticker: ticker.map(Into::into),
    }
}

#[cfg(test)]
mod tests;
