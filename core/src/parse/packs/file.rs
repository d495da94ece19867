//! The form of a pack's file.

use fenming_wire::WireError;
use fenming_wire::policy::ChatKind;
use fenming_wire::record::{CallMedium, Media};
use serde::Deserialize;

/// One locale.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PackFile {
    pub(super) version: u32,
    pub(super) locale: String,
    /// Titles of notifications that are WeChat's own name.
    pub(super) app_titles: Vec<String>,
    /// Units after the unread counter; one character or none.
    pub(super) count_suffixes: Vec<String>,
    /// Titles under which service accounts are folded.
    pub(super) service_containers: Vec<String>,
    pub(super) pay_titles: Vec<String>,
    pub(super) paid: Vec<Paid>,
    pub(super) logins: Vec<Phrase>,
    pub(super) hidden_previews: Vec<Phrase>,
    pub(super) redactions: Vec<Phrase>,
    pub(super) mentions: Vec<Phrase>,
    /// Ends of recall notices, after the name of who recalled.
    pub(super) recalls: Vec<Phrase>,
    /// Ends of ringing notices, after the name of who rings.
    pub(super) rings: Vec<CallPhrase>,
    pub(super) going: Vec<CallPhrase>,
    /// Words inside unknown phrases of calls that are going on; the first that fits counts.
    pub(super) call_words: Vec<CallPhrase>,
    pub(super) placeholders: Vec<Placeholder>,
    pub(super) phrases: Vec<MediaPhrase>,
    /// First lines of shared text, around the title.
    pub(super) share_headers: Vec<ShareHeader>,
    /// What stands in shared text for a file, around its name.
    pub(super) shared_files: Vec<SharedFile>,
    /// Names of emoji, without brackets.
    pub(super) emoji: Vec<String>,
}

/// A text of WeChat's or of the OS's.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Phrase {
    pub(super) text: String,
    pub(super) origin: Origin,
}

/// A text that tells of a call.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CallPhrase {
    pub(super) text: String,
    pub(super) medium: CallMedium,
    pub(super) origin: Origin,
}

/// A bracketed word that stands for something.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Placeholder {
    pub(super) text: String,
    pub(super) media: Media,
    pub(super) origin: Origin,
}

/// A phrase without brackets that stands for something.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MediaPhrase {
    pub(super) text: String,
    pub(super) media: Media,
    pub(super) at: Place,
    pub(super) origin: Origin,
}

/// Where in the text a phrase stands.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Place {
    Start,
    End,
    Inside,
}

/// A first line of shared text.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ShareHeader {
    pub(super) before: String,
    /// In a direct chat, what stands between the two names.
    #[serde(default)]
    pub(super) between: Option<String>,
    pub(super) after: String,
    pub(super) kind: ChatKind,
    pub(super) origin: Origin,
}

/// What stands for a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SharedFile {
    pub(super) before: String,
    pub(super) after: String,
    pub(super) media: Media,
    pub(super) origin: Origin,
}

/// The two ends of a payment's title.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Paid {
    pub(super) before: String,
    pub(super) after: String,
}

/// Where a text is known from.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Origin {
    /// Seen on a device.
    Device,
    /// Listed by others, not seen on a device.
    ThirdParty,
}

impl PackFile {
    /// Refuses what would match everything or nothing.
    pub(super) fn checked(self) -> Result<Self, WireError> {
        if self.version == 0 {
            return Err(WireError::field("version", "starts at 1"));
        }
        filled("app_titles", self.app_titles.iter())?;
        filled("service_containers", self.service_containers.iter())?;
        filled("pay_titles", self.pay_titles.iter())?;
        filled("paid", self.paid.iter().flat_map(|p| [&p.before, &p.after]))?;
        filled("logins", texts(&self.logins))?;
        filled("hidden_previews", texts(&self.hidden_previews))?;
        filled("redactions", texts(&self.redactions))?;
        filled("mentions", texts(&self.mentions))?;
        filled("recalls", texts(&self.recalls))?;
        filled("rings", self.rings.iter().map(|p| &p.text))?;
        filled("going", self.going.iter().map(|p| &p.text))?;
        filled("call_words", self.call_words.iter().map(|p| &p.text))?;
        filled("phrases", self.phrases.iter().map(|p| &p.text))?;
        filled("emoji", self.emoji.iter())?;
        filled("share_headers", self.share_headers.iter().map(|h| &h.after))?;
        filled("share_headers", self.share_headers.iter().filter_map(|h| h.between.as_ref()))?;
        filled("shared_files", self.shared_files.iter().flat_map(|f| [&f.before, &f.after]))?;
        each("count_suffixes", &self.count_suffixes, "is longer than one character", |suffix| {
            suffix.chars().nth(1).is_none() && !suffix.contains(|c: char| c.is_ascii_digit())
        })?;
        let words: Vec<_> = self.placeholders.iter().map(|p| p.text.clone()).collect();
        each("placeholders", &words, "is no word in brackets", |word| {
            super::super::shape::bracketed(word).is_some_and(|(_, _, rest)| rest.is_empty())
        })?;
        Ok(self)
    }
}

fn texts(phrases: &[Phrase]) -> impl Iterator<Item = &String> {
    phrases.iter().map(|phrase| &phrase.text)
}

fn filled<'a>(field: &str, mut texts: impl Iterator<Item = &'a String>) -> Result<(), WireError> {
    match texts.position(|text| text.trim().is_empty()) {
        Some(n) => Err(WireError::field(format!("{field}[{n}]"), "is empty")),
        None => Ok(()),
    }
}

fn each(
    field: &str,
    texts: &[String],
    reason: &'static str,
    good: impl Fn(&str) -> bool,
) -> Result<(), WireError> {
    match texts.iter().position(|text| !good(text)) {
        Some(n) => Err(WireError::field(format!("{field}[{n}]"), reason)),
        None => Ok(()),
    }
}
