//! What WeChat and Android write in which language: data, not code.

mod file;

use std::collections::{HashMap, HashSet};

use fenming_wire::policy::ChatKind;
use fenming_wire::record::{CallMedium, Confidence, Media};
use fenming_wire::{WireError, json};

use crate::limits::MAX_PACK_BYTES;
use file::{
    CallPhrase, MediaPhrase, Origin, PackFile, Paid, Phrase, Place, ShareHeader, SharedFile,
};

/// The locale packs, loaded and merged: a phone shows one language, but its profiles may differ.
pub struct Packs {
    versions: Vec<(String, u32)>,
    app_titles: Vec<String>,
    count_units: Vec<char>,
    service_containers: Vec<String>,
    pay_titles: Vec<String>,
    paid: Vec<Paid>,
    logins: Vec<Phrase>,
    hidden_previews: Vec<Phrase>,
    redactions: Vec<Phrase>,
    mentions: Vec<Phrase>,
    recalls: Vec<Phrase>,
    rings: Vec<CallPhrase>,
    going: Vec<CallPhrase>,
    call_words: Vec<CallPhrase>,
    placeholders: HashMap<String, (Media, Confidence)>,
    phrases: Vec<MediaPhrase>,
    share_headers: Vec<ShareHeader>,
    shared_files: Vec<SharedFile>,
    emoji: HashSet<String>,
}

impl Packs {
    /// The packs that this version ships.
    ///
    /// # Errors
    /// [`WireError::Field`] with the field; a test makes sure that it never happens.
    pub fn embedded() -> Result<Self, WireError> {
        Self::from_json(&[
            include_bytes!("packs/zh-Hans.json"),
            include_bytes!("packs/zh-Hant.json"),
            include_bytes!("packs/en.json"),
        ])
    }

    /// Packs from JSON, one document a locale.
    ///
    /// # Errors
    /// [`WireError`] with the field, such as `packs[0].placeholders[3].media`.
    pub fn from_json(packs: &[&[u8]]) -> Result<Self, WireError> {
        let mut all = Self::empty();
        for (n, bytes) in packs.iter().enumerate() {
            let load = |bytes| json::parse::<PackFile>(bytes, MAX_PACK_BYTES)?.checked();
            load(bytes).and_then(|file| all.add(file)).map_err(|error| within(n, error))?;
        }
        // What is longer must be tried first: one phrase may be the end of another.
        all.recalls.sort_by_key(|phrase| std::cmp::Reverse(phrase.text.len()));
        Ok(all)
    }

    /// Locale and version of each pack, for the status.
    pub fn versions(&self) -> impl Iterator<Item = (&str, u32)> {
        self.versions.iter().map(|(locale, version)| (locale.as_str(), *version))
    }

    fn empty() -> Self {
        Self {
            versions: Vec::new(),
            app_titles: Vec::new(),
            count_units: Vec::new(),
            service_containers: Vec::new(),
            pay_titles: Vec::new(),
            paid: Vec::new(),
            logins: Vec::new(),
            hidden_previews: Vec::new(),
            redactions: Vec::new(),
            mentions: Vec::new(),
            recalls: Vec::new(),
            rings: Vec::new(),
            going: Vec::new(),
            call_words: Vec::new(),
            placeholders: HashMap::new(),
            phrases: Vec::new(),
            share_headers: Vec::new(),
            shared_files: Vec::new(),
            emoji: HashSet::new(),
        }
    }

    fn add(&mut self, file: PackFile) -> Result<(), WireError> {
        if self.versions.iter().any(|(locale, _)| *locale == file.locale) {
            return Err(WireError::field("locale", "stands twice"));
        }
        for (n, entry) in file.placeholders.into_iter().enumerate() {
            let sure = entry.origin.confidence();
            let known = self.placeholders.entry(entry.text).or_insert((entry.media, sure));
            if known.0 != entry.media {
                let path = format!("placeholders[{n}].media");
                return Err(WireError::field(path, "differs from that of the same word elsewhere"));
            }
            known.1 = known.1.max(sure);
        }
        self.versions.push((file.locale, file.version));
        self.app_titles.extend(file.app_titles);
        self.count_units.extend(file.count_suffixes.iter().filter_map(|s| s.chars().next()));
        self.service_containers.extend(file.service_containers);
        self.pay_titles.extend(file.pay_titles);
        self.paid.extend(file.paid);
        self.logins.extend(file.logins);
        self.hidden_previews.extend(file.hidden_previews);
        self.redactions.extend(file.redactions);
        self.mentions.extend(file.mentions);
        self.recalls.extend(file.recalls);
        self.rings.extend(file.rings);
        self.going.extend(file.going);
        self.call_words.extend(file.call_words);
        self.phrases.extend(file.phrases);
        self.share_headers.extend(file.share_headers);
        self.shared_files.extend(file.shared_files);
        self.emoji.extend(file.emoji);
        Ok(())
    }
}

/// The title as the first line of shared text shows it.
pub(super) struct TitleShown<'a, 'p> {
    pub(super) title: &'a str,
    pub(super) between: Option<&'p str>,
    pub(super) kind: ChatKind,
    pub(super) sure: Confidence,
}

/// What the readers ask.
impl Packs {
    pub(super) fn is_app_title(&self, title: &str) -> bool {
        self.app_titles.iter().any(|own| own == title)
    }

    pub(super) fn is_count_unit(&self, unit: char) -> bool {
        self.count_units.contains(&unit)
    }

    pub(super) fn is_service_container(&self, title: &str) -> bool {
        self.service_containers.iter().any(|own| own == title)
    }

    pub(super) fn is_payment(&self, title: &str) -> bool {
        let paid = |p: &Paid| title.starts_with(&p.before) && title.ends_with(&p.after);
        self.pay_titles.iter().any(|own| own == title) || self.paid.iter().any(paid)
    }

    pub(super) fn is_login(&self, text: &str) -> bool {
        self.logins.iter().any(|phrase| phrase.text == text)
    }

    pub(super) fn is_hidden_preview(&self, text: &str) -> bool {
        self.hidden_previews.iter().any(|phrase| phrase.text == text)
    }

    pub(super) fn is_redaction(&self, text: &str) -> bool {
        self.redactions.iter().any(|phrase| phrase.text == text)
    }

    /// What follows a mention's prefix, and how sure that is.
    pub(super) fn after_mention<'a>(&self, text: &'a str) -> Option<(&'a str, Confidence)> {
        self.mentions
            .iter()
            .find_map(|p| Some((text.strip_prefix(p.text.as_str())?, p.origin.confidence())))
    }

    /// What stands before a recall's phrase, and how sure that is.
    pub(super) fn before_recall<'a>(&self, text: &'a str) -> Option<(&'a str, Confidence)> {
        self.recalls
            .iter()
            .find_map(|p| Some((text.strip_suffix(p.text.as_str())?, p.origin.confidence())))
    }

    /// The name before the phrase of a ringing call.
    pub(super) fn ringing<'a>(&self, text: &'a str) -> Option<(&'a str, CallMedium, Confidence)> {
        self.rings.iter().find_map(|p| {
            let name = text.strip_suffix(p.text.as_str())?;
            Some((name, p.medium, p.origin.confidence()))
        })
    }

    /// What kind of call is going on. A word inside an unknown phrase is a weaker sign.
    pub(super) fn going(&self, text: &str) -> Option<(CallMedium, Confidence)> {
        let exact = self.going.iter().find(|p| p.text == text);
        let word = || self.call_words.iter().find(|p| text.contains(p.text.as_str()));
        exact
            .map(|p| (p.medium, p.origin.confidence()))
            .or_else(|| word().map(|p| (p.medium, Confidence::Low)))
    }

    /// What a bracketed word stands for. One that is an emoji as well stays uncertain.
    pub(super) fn placeholder(&self, word: &str, inner: &str) -> Option<(Media, Confidence)> {
        let (media, sure) = *self.placeholders.get(word)?;
        Some((media, if self.is_emoji(inner) { Confidence::Low } else { sure }))
    }

    pub(super) fn is_emoji(&self, inner: &str) -> bool {
        self.emoji.contains(inner)
    }

    /// The title in a first line of shared text, with what stands between two names in it, the
    /// kind of chat, and how sure that is.
    pub(super) fn share_header<'a>(&self, line: &'a str) -> Option<TitleShown<'a, '_>> {
        self.share_headers.iter().find_map(|header| {
            let title = line.strip_prefix(&header.before)?.strip_suffix(&header.after)?;
            let between = header.between.as_deref();
            let named = !title.trim().is_empty() && between.is_none_or(|b| title.contains(b));
            let sure = header.origin.confidence();
            named.then_some(TitleShown { title, between, kind: header.kind, sure })
        })
    }

    /// What stands for a file at the start of a shared message: all of it, the file's name, its
    /// kind, and how sure that is.
    pub(super) fn shared_file<'a>(
        &self,
        said: &'a str,
    ) -> Option<(&'a str, &'a str, Media, Confidence)> {
        self.shared_files.iter().find_map(|file| {
            let first = said.lines().next()?;
            let (name, _) = first.strip_prefix(&file.before)?.split_once(&file.after)?;
            let length = file.before.len() + name.len() + file.after.len();
            let named = !name.trim().is_empty();
            named.then_some((said.get(..length)?, name, file.media, file.origin.confidence()))
        })
    }

    /// What a phrase without brackets stands for.
    pub(super) fn phrase(&self, text: &str) -> Option<(Media, Confidence)> {
        let fits = |p: &&MediaPhrase| match p.at {
            Place::Start => text.starts_with(&p.text),
            Place::End => text.ends_with(&p.text),
            Place::Inside => text.contains(&p.text),
        };
        self.phrases.iter().find(fits).map(|p| (p.media, p.origin.confidence()))
    }
}

impl Origin {
    const fn confidence(self) -> Confidence {
        match self {
            Self::Device => Confidence::High,
            Self::ThirdParty => Confidence::Medium,
        }
    }
}

fn within(pack: usize, error: WireError) -> WireError {
    match error {
        WireError::Field { path, reason } => {
            WireError::field(format!("packs[{pack}].{path}"), reason)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests;
