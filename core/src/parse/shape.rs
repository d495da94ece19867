//! The small shapes of which WeChat's texts are made. All of it works on borrowed text.

use crate::limits::{MAX_TEXT_BYTES, NOTIFICATION_TEXT_UNITS};
use crate::parse::Packs;

/// What stands between a sender and what they said.
pub(super) const SENDER_END: &str = ": ";

/// Longest unread counter, brackets included: `[999t]` is the longest that was seen.
const MAX_COUNT_CHARS: usize = 6;

/// Longest placeholder, brackets included, in bytes; WeChat's longest is half of it.
const MAX_PLACEHOLDER_BYTES: usize = 48;

/// Shortest text, in bytes, of which a `…` at the end may have cut something off. WeChat's own
/// limit is not known, but it is far above this.
const MIN_CUT_BYTES: usize = 64;

/// The unread counter in front of a text.
#[derive(Clone, Copy)]
pub(super) struct Count<'a> {
    /// As shown, brackets included.
    pub(super) shown: &'a str,
    /// The number; at least 1.
    pub(super) number: u32,
    /// Whether a pack knows the unit.
    pub(super) known: bool,
}

/// The counter in front of a text, and what follows it.
pub(super) fn counter<'a>(text: &'a str, packs: &Packs) -> Option<(Count<'a>, &'a str)> {
    let inner = text.strip_prefix('[')?;
    let digits = inner.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = inner.split_at_checked(digits)?;
    let number = digits.parse().ok().filter(|n| *n > 0)?;
    let (known, rest) = match rest.strip_prefix(']') {
        Some(rest) => (true, rest),
        None => {
            let unit = rest.chars().next()?;
            let rest = rest.strip_prefix(unit)?.strip_prefix(']')?;
            (packs.is_count_unit(unit), rest)
        }
    };
    let shown = text.strip_suffix(rest)?;
    let short = shown.chars().count() <= MAX_COUNT_CHARS;
    short.then_some((Count { shown, number, known }, rest))
}

/// A bracketed word at the start: the word with its brackets, without them, and what follows.
pub(super) fn bracketed(text: &str) -> Option<(&str, &str, &str)> {
    let inner = text.strip_prefix('[')?;
    let window = inner.as_bytes().iter().take(MAX_PLACEHOLDER_BYTES);
    let end = window.enumerate().find(|(_, b)| b"[]\n".contains(b)).map(|(at, _)| at)?;
    let (inner, rest) = inner.split_at_checked(end)?;
    let rest = rest.strip_prefix(']')?;
    (!inner.trim().is_empty()).then_some((text.strip_suffix(rest)?, inner, rest))
}

/// What follows the name and its separator. A name's own trailing spaces may be missing.
pub(super) fn after_name<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let rest = text.strip_prefix(name).or_else(|| text.strip_prefix(name.trim()))?;
    rest.strip_prefix(SENDER_END)
}

/// Whether two strings were one before the app, or the OS where `cut` says so, cut one of them.
pub(super) fn same(one: &str, other: &str, cut: bool) -> bool {
    let (one, other) = (one.trim_end(), other.trim_end());
    if one == other {
        return true;
    }
    let (a, b) = (one.strip_suffix('…').unwrap_or(one), other.strip_suffix('…').unwrap_or(other));
    let shortened = cut || a.len() < one.len() || b.len() < other.len();
    let long = a.len().min(b.len()) >= MIN_CUT_BYTES;
    shortened && long && (a.starts_with(b) || b.starts_with(a))
}

/// Whether the text ends as one that the app cut.
pub(super) fn cut_by_app(text: &str) -> bool {
    text.len() >= MIN_CUT_BYTES && text.ends_with('…') && !text.ends_with("……")
}

/// Whether the string has the length at which the OS cuts.
pub(super) fn cut_by_os(text: &str) -> bool {
    text.len() >= NOTIFICATION_TEXT_UNITS && text.encode_utf16().count() >= NOTIFICATION_TEXT_UNITS
}

/// The text, cut at a character where it is longer than the limit, and whether it was.
pub(crate) fn cut(text: &str) -> (&str, bool) {
    if text.len().saturating_mul(6) <= MAX_TEXT_BYTES {
        return (text, false);
    }
    let mut cost = 0;
    for (at, c) in text.char_indices() {
        cost += written(c);
        if cost > MAX_TEXT_BYTES {
            return (text.get(..at).unwrap_or_default(), true);
        }
    }
    (text, false)
}

/// Whether the string is made of exactly these parts.
pub(super) fn made_of(string: &str, parts: &[&str]) -> bool {
    parts.iter().try_fold(string, |rest, part| rest.strip_prefix(part)).is_some_and(str::is_empty)
}

/// Bytes that JSON needs for a character.
const fn written(c: char) -> usize {
    match c {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\u{1f}' => 6,
        _ => c.len_utf8(),
    }
}

#[cfg(test)]
mod tests;
