//! Text made fit for a terminal.

use std::borrow::Cow;

/// Replaces what could steer a terminal or turn a line around: control characters except the
/// newline, and the marks that change the direction of writing.
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_unfit) {
        Cow::Owned(text.chars().map(|c| if is_unfit(c) { '\u{fffd}' } else { c }).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// Columns that a text takes on a terminal; Chinese characters take two.
#[must_use]
pub fn width(text: &str) -> usize {
    console::measure_text_width(text)
}

/// Writes what JSON allows as it is, but a terminal obeys, as an escape. Such characters stand in
/// strings only, so the document stays the same.
pub(super) fn escape_json(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unfit) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unfit(c) {
            // All of them lie below U+FFFF.
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

fn is_unfit(c: char) -> bool {
    let control = c.is_control() && c != '\n';
    let direction = matches!(
        c,
        '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    let lines = matches!(c, '\u{2028}' | '\u{2029}');
    control || direction || lines
}
