//! Words for employees, both languages side by side so that neither can be forgotten.

use fenming_wire::text::Language;

/// A phrase in Simplified Chinese and English. `{name}` is filled in when it is said.
pub(crate) struct Phrase {
    zh: &'static str,
    en: &'static str,
}

/// A phrase from its two texts.
pub(crate) const fn phrase(zh: &'static str, en: &'static str) -> Phrase {
    Phrase { zh, en }
}

impl Phrase {
    /// The phrase in one language with its places filled in. What is filled in is never looked at
    /// again, so a value that holds braces stays as it is; a place without a value as well.
    pub(crate) fn say(&self, language: Language, values: &[(&str, &str)]) -> String {
        let mut rest = match language {
            Language::Chinese => self.zh,
            Language::English => self.en,
        };
        let mut out = String::with_capacity(rest.len());
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let place = after.split_once('}');
            let value = place
                .and_then(|(name, _)| values.iter().find(|(key, _)| *key == name))
                .map(|(_, value)| *value);
            match (place, value) {
                (Some((_, behind)), Some(value)) => {
                    out.push_str(value);
                    rest = behind;
                }
                _ => {
                    out.push('{');
                    rest = after;
                }
            }
        }
        out + rest
    }
}

#[cfg(test)]
mod tests;
