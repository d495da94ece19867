//! Text as it is compared: width, case, script, invisible characters and runs of spaces do not
//! count. Terms and messages are folded alike.

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// Pairs of a traditional character and the simplified one that it is read as.
const PAIRS: &str = include_str!("data/simplified-1.txt");

/// The block of characters that the pairs are about: CJK ideographs and their first extension.
const FIRST: u32 = 0x3400;
const LAST: u32 = 0x9FFF;

/// Folds text. It holds a table of 54 KB.
pub(super) struct Folder {
    /// Of each character from [`FIRST`] to [`LAST`]: what it is read as.
    simplified: Box<[char]>,
}

impl Folder {
    pub(super) fn new() -> Self {
        let mut simplified: Box<[char]> =
            (FIRST..=LAST).map(|code| char::from_u32(code).unwrap_or_default()).collect();
        let lines = PAIRS.lines().filter(|line| !line.starts_with('#'));
        for pair in lines.flat_map(|line| line.split(' ')) {
            let mut pair = pair.chars();
            if let (Some(from), Some(to)) = (pair.next(), pair.next())
                && let Some(place) = place(from).and_then(|place| simplified.get_mut(place))
            {
                *place = to;
            }
        }
        Self { simplified }
    }

    /// The text as it is compared.
    pub(super) fn fold(&self, text: &str) -> Zeroizing<String> {
        let mut folded = Zeroizing::new(String::with_capacity(text.len()));
        if !text.chars().all(|c| self.push_plain(&mut folded, c)) {
            folded.clear();
            // Lower-casing can leave what composes further, so both normalise.
            let visible = text.chars().filter(|c| !is_invisible(*c));
            for c in visible.nfkc().flat_map(char::to_lowercase).nfkc() {
                push(&mut folded, self.simplify(c));
            }
        }
        folded
    }

    /// Pushes a character of which it is known what normalising makes of it; false for another.
    fn push_plain(&self, folded: &mut String, c: char) -> bool {
        match c {
            '\0'..='\x7F' => push(folded, c.to_ascii_lowercase()),
            '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' => push(folded, self.simplify(c)),
            '\u{3001}'..='\u{3020}' | '\u{2018}'..='\u{201D}' | '\u{1F300}'..='\u{1F6FF}' => {
                push(folded, c);
            }
            '\u{3000}' => push(folded, ' '),
            // The full-width forms stand in the order of ASCII.
            '\u{FF01}'..='\u{FF5E}' => {
                let narrow = u32::from(c).wrapping_sub(0xFEE0);
                push(folded, char::from_u32(narrow).unwrap_or(c).to_ascii_lowercase());
            }
            _ => return false,
        }
        true
    }

    fn simplify(&self, c: char) -> char {
        place(c).and_then(|place| self.simplified.get(place)).copied().unwrap_or(c)
    }
}

/// Whether a character is part of a word that ends where another kind of character stands.
/// Ideographs are not: Chinese has no spaces between words.
pub(super) fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || (!c.is_ascii() && c.is_alphanumeric() && !is_ideograph(c))
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3005}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{3FFFF}')
}

fn place(c: char) -> Option<usize> {
    u32::from(c).checked_sub(FIRST).and_then(|place| usize::try_from(place).ok())
}

/// Pushes a character; of a run of spaces only the first one.
fn push(folded: &mut String, c: char) {
    let c = if c.is_whitespace() { ' ' } else { c };
    if c != ' ' || !folded.ends_with(' ') {
        folded.push(c);
    }
}

/// Characters that nobody sees: marks of direction, joiners, variation selectors.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{180B}'..='\u{180E}' | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests;
