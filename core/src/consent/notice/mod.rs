//! The notice that the employee reads before they decide (PIPL 17), made from the documents in
//! force and nothing else, so that it cannot promise what they do not say.

mod sections;
mod words;

use fenming_wire::consent::Scope;
use fenming_wire::id::Digest;
use fenming_wire::policy::Policy;
use fenming_wire::profile::Profile;
use fenming_wire::text::Language;
use fenming_wire::trust::TrustDocument;

use crate::policy::{Trusted, scope_of};

/// A notice in one language, with the scope that it describes. The same documents always make
/// the same bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeText {
    language: Language,
    sections: Vec<Section>,
    text: String,
    digest: Digest,
    scope: Scope,
    offers_hold: bool,
    trust: Digest,
    policy_version: u64,
}

/// A part of the notice, for screens that show it in parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The heading.
    pub heading: String,
    /// What stands under it, one statement each.
    pub lines: Vec<String>,
}

/// What the notice is made from.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// The profile.
    pub profile: &'a Profile,
    /// The trust document.
    pub trust: &'a Trusted<TrustDocument>,
    /// The policy.
    pub policy: &'a Trusted<Policy>,
}

impl NoticeText {
    /// Makes the notice.
    #[must_use]
    pub fn compose(from: Sources<'_>, language: Language) -> Self {
        let (trust, policy) = (from.trust.document(), from.policy.document());
        let sections = sections::of(from.profile, trust, policy, language);
        let text = flow(&sections);
        Self {
            language,
            digest: Digest::of(text.as_bytes()),
            text,
            sections,
            scope: scope_of(from.profile, trust, policy),
            offers_hold: policy.hold.is_some(),
            trust: *from.trust.digest(),
            policy_version: policy.version,
        }
    }

    /// The exact text, UTF-8, that the grant's digest is over.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The same text in its parts; put together they are [`NoticeText::text`].
    #[must_use]
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// Its language.
    #[must_use]
    pub const fn language(&self) -> Language {
        self.language
    }

    /// The digest of the text.
    #[must_use]
    pub const fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The scope that it describes.
    #[must_use]
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Whether it offers a quarantine, which needs an agreement of its own.
    #[must_use]
    pub const fn offers_hold(&self) -> bool {
        self.offers_hold
    }

    /// Whether it names a route out of mainland China, which needs an agreement of its own.
    #[must_use]
    pub fn asks_export(&self) -> bool {
        !self.scope.export_routes.is_empty()
    }

    /// The digest of the trust document that it was made from.
    #[must_use]
    pub const fn trust(&self) -> &Digest {
        &self.trust
    }

    /// The version of the policy that it was made from.
    #[must_use]
    pub const fn policy_version(&self) -> u64 {
        self.policy_version
    }
}

fn flow(sections: &[Section]) -> String {
    let mut text = String::new();
    for section in sections {
        text.push_str(&section.heading);
        text.push('\n');
        for line in &section.lines {
            text.push_str("- ");
            text.push_str(line);
            text.push('\n');
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests;
