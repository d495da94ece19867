//! The evidence in a record: what was shown, as a delta to the parsed form.

use serde::{Deserialize, Serialize};

use crate::content::Content;

/// What was seen, where the parsed form does not already give it back.
///
/// `count` is the unread counter with its unit (`[2条]`) and `placeholder` the bracketed word that
/// `media` stands for; `layout` tells how text and ticker were put together; `title`, `text` and
/// `ticker` are the strings themselves where nothing rebuilds them. Of shared text, `before` is
/// what stands between the message before it and this one, and `time` what stands between sender
/// and text. All but `count`, `time` and `layout` may hold names.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Raw {
    /// The counter as shown, brackets included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<Content>,
    /// The placeholder as shown, with the space after it, where it was taken off the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placeholder: Option<Content>,
    /// Of shared text: what stands before the sender, where it is not one line end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Content>,
    /// Of shared text: the time as shown, with the spaces and line ends around it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Content>,
    /// How the shown strings follow from the parsed form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout: Option<Layout>,
    /// The shown title, where it is not the chat's title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Content>,
    /// The shown text, counter included, where no layout rebuilds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Content>,
    /// The ticker, where no layout rebuilds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticker: Option<Content>,
}

/// How the shown strings follow from counter, sender and text; `{text}` stands for placeholder
/// and text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// Text is `{count}{text}`, ticker is `{from}: {text}`.
    Bare,
    /// Text is `{count}{from}: {text}`, ticker is `{from}: {text}`.
    Named,
    /// Text is `{before}{from}{time}{text}`; there is no ticker.
    Shared,
}

/// The strings of a notification as they were shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Shown {
    /// The title.
    pub title: Content,
    /// The text.
    pub text: Content,
    /// The ticker; none where there was none, or where it was not kept.
    pub ticker: Option<Content>,
}

impl Raw {
    /// Whether there is nothing to say beyond the parsed form.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.count.is_none()
            && self.placeholder.is_none()
            && self.before.is_none()
            && self.time.is_none()
            && self.layout.is_none()
            && self.title.is_none()
            && self.text.is_none()
            && self.ticker.is_none()
    }

    /// Gives the shown strings back from the parsed form: the chat's title, the sender and the
    /// text. Where names were replaced by pseudonyms, the result holds the pseudonyms.
    #[must_use]
    pub fn rebuild(&self, title: &Content, from: Option<&Content>, text: &Content) -> Shown {
        let part = |part: &Option<Content>| part.clone().unwrap_or_default();
        let join = |a: &Content, gap: &str, b: &Content| {
            Content::new(format!("{}{gap}{}", a.expose(), b.expose()))
        };
        let said = join(&part(&self.placeholder), "", text);
        if self.layout == Some(Layout::Shared) {
            let before = self.before.as_ref().map_or(LINE_END, Content::expose);
            let from = from.map_or("", Content::expose);
            let head = Content::new(format!("{before}{from}{}", part(&self.time).expose()));
            return Shown {
                title: self.title.clone().unwrap_or_else(|| title.clone()),
                text: self.text.clone().unwrap_or_else(|| join(&head, "", &said)),
                ticker: None,
            };
        }
        let named = join(&from.cloned().unwrap_or_default(), ": ", &said);
        let body = if self.layout == Some(Layout::Named) { &named } else { &said };
        let shown = join(&part(&self.count), "", body);
        Shown {
            title: self.title.clone().unwrap_or_else(|| title.clone()),
            text: self.text.clone().unwrap_or(shown),
            ticker: self.ticker.clone().or_else(|| self.layout.map(|_| named)),
        }
    }
}

/// What stands between two messages of shared text where nothing else is said.
const LINE_END: &str = "\n";

#[cfg(test)]
mod tests;
