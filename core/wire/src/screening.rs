//! Screening: the lexicons of a policy, and the labels that they put on messages.
//!
//! A label never decides anything about a person, and never whether a chat is business. Two kinds
//! of labels are a [suspicion](LabelKind::is_suspicion): such a message is sealed to counsel alone.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::content::Loggable;
use crate::error::WireError;
use crate::id::RuleId;
use crate::text::Bilingual;

/// What messages are looked through for, on the phone, and who is told how often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Screening {
    /// The lexicons, at most [`MAX_LEXICONS`].
    pub lexicons: Vec<Lexicon>,
    /// Hours between two warnings of one kind on the employee's screen, 1 to 720.
    #[serde(default = "daily")]
    pub warn_hours: u16,
    /// What a counterpart is told where a labelled message stands in their chat; absent where
    /// nobody is to be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counterpart: Option<CounterpartNotice>,
}

/// A notice that the employee is asked to pass on to a counterpart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CounterpartNotice {
    /// Hours between two such requests for one chat, 1 to 8,760.
    pub hours: u16,
    /// What the counterpart is told.
    pub text: Bilingual,
}

/// Terms and patterns that stand for one label.
///
/// A message gets the label where one of `any`, one term of each list of `all`, or one of the
/// `patterns` stands in it. Case, width, simplified and traditional characters do not count; a
/// term that begins or ends with a Latin letter or a digit must begin or end a word there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lexicon {
    /// Its name in explanations; no other lexicon has it.
    pub id: RuleId,
    /// Grows with every change of the terms.
    pub version: u32,
    /// The label.
    pub label: LabelKind,
    /// Terms of which one is enough; at least two characters each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub any: Vec<String>,
    /// Lists of terms; one of each list has to stand in the message. One list would be `any`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub all: Vec<Vec<String>>,
    /// Numbers that are told by their check digits.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub patterns: BTreeSet<Pattern>,
    /// Longer phrases inside which a term means something else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<String>,
}

/// A number that is told by its check digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pattern {
    /// A resident identity number (GB 11643): 17 digits and a check character.
    ResidentId,
    /// A bank card number (ISO/IEC 7812): 15 to 19 digits of a known issuer with a Luhn digit.
    BankCard,
}

/// What a label says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelKind {
    /// An instruction to trade: to be kept for its own time, and confirmed by a recorded line.
    OrderInstruction,
    /// Sensitive personal information (PIPL 28).
    SensitivePersonal,
    /// Words that no business message should hold: abuse, bribes, collusion, promised returns.
    Unacceptable,
    /// A suspicion of important data (DSL 21).
    ImportantData,
    /// A suspicion of a state secret (State Secrets Law 13).
    StateSecret,
}

/// A label on a message, and the lexicon that put it there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Label {
    /// What it says.
    pub kind: LabelKind,
    /// The lexicon.
    pub rule: RuleId,
}

/// Most lexicons of a policy, and so most labels of a message.
pub const MAX_LEXICONS: usize = 32;
/// Most terms over all lexicons: ten times the starter's, which the automaton holds in some
/// megabytes of memory.
pub const MAX_LEXICON_TERMS: usize = 25_000;
/// Most bytes of all terms together: half of what a policy may have.
pub const MAX_LEXICON_BYTES: usize = 1024 * 1024;
/// Most bytes of one term: a phrase, not a text.
pub const MAX_TERM_BYTES: usize = 128;
/// Most lists of `all`: each of them costs a look at every hit.
pub const MAX_ALL_LISTS: usize = 4;
/// Longest wait between two warnings on the employee's screen, in hours: a month. A warning that
/// never comes back is none.
pub const MAX_WARN_HOURS: u16 = 30 * 24;
/// Longest wait between two notices to one counterpart, in hours: a year.
pub const MAX_COUNTERPART_HOURS: u16 = 365 * 24;

impl LabelKind {
    /// All kinds.
    pub const ALL: [Self; 5] = [
        Self::OrderInstruction,
        Self::SensitivePersonal,
        Self::Unacceptable,
        Self::ImportantData,
        Self::StateSecret,
    ];

    /// Whether such a message is sealed to counsel alone.
    #[must_use]
    pub const fn is_suspicion(self) -> bool {
        match self {
            Self::StateSecret | Self::ImportantData => true,
            Self::OrderInstruction | Self::SensitivePersonal | Self::Unacceptable => false,
        }
    }

    /// The word that stands for it in documents.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::OrderInstruction => "order_instruction",
            Self::SensitivePersonal => "sensitive_personal",
            Self::Unacceptable => "unacceptable",
            Self::ImportantData => "important_data",
            Self::StateSecret => "state_secret",
        }
    }
}

impl std::fmt::Display for LabelKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

impl Loggable for LabelKind {}

impl Screening {
    /// How many terms it has, exceptions included.
    #[must_use]
    pub fn terms(&self) -> usize {
        self.lexicons.iter().map(Lexicon::terms).sum()
    }

    pub(crate) fn check(&self) -> Result<(), WireError> {
        let when = |wrong: bool, path: &'static str, reason: &'static str| {
            if wrong { Err(WireError::field(path, reason)) } else { Ok(()) }
        };
        let too_many = self.lexicons.len() > MAX_LEXICONS || self.terms() > MAX_LEXICON_TERMS;
        when(too_many, "screening.lexicons", "has too many entries")?;
        let bytes: usize = self.lexicons.iter().flat_map(Lexicon::texts).map(String::len).sum();
        when(bytes > MAX_LEXICON_BYTES, "screening.lexicons", "has more than 1 MiB of terms")?;
        let hours = 1..=MAX_WARN_HOURS;
        when(!hours.contains(&self.warn_hours), "screening.warn_hours", "is 1 to 720")?;
        if let Some(counterpart) = &self.counterpart {
            let wrong = !(1..=MAX_COUNTERPART_HOURS).contains(&counterpart.hours);
            when(wrong, "screening.counterpart.hours", "is 1 to 8760")?;
        }
        let mut ids = BTreeSet::new();
        for (n, lexicon) in self.lexicons.iter().enumerate() {
            let path = format!("screening.lexicons[{n}]");
            if !ids.insert(&lexicon.id) {
                return Err(WireError::field(format!("{path}.id"), "stands twice"));
            }
            lexicon.check(&path)?;
        }
        Ok(())
    }
}

impl Lexicon {
    /// How many terms it has, exceptions included.
    #[must_use]
    pub fn terms(&self) -> usize {
        self.texts().count()
    }

    fn texts(&self) -> impl Iterator<Item = &String> {
        self.any.iter().chain(self.all.iter().flatten()).chain(&self.except)
    }

    fn check(&self, path: &str) -> Result<(), WireError> {
        let field = |name: &str, reason| WireError::field(format!("{path}.{name}"), reason);
        if self.version == 0 {
            return Err(field("version", "starts at 1"));
        }
        if self.any.is_empty() && self.all.is_empty() && self.patterns.is_empty() {
            return Err(field("any", "is empty, as are `all` and `patterns`: it finds nothing"));
        }
        if self.all.len() == 1 || self.all.len() > MAX_ALL_LISTS {
            return Err(field("all", "has 2 to 4 lists, or none"));
        }
        for (n, term) in self.any.iter().enumerate() {
            check_term(term, 2).map_err(|reason| field(&format!("any[{n}]"), reason))?;
        }
        for (n, list) in self.all.iter().enumerate() {
            if list.is_empty() {
                return Err(field(&format!("all[{n}]"), "is empty: it would find nothing"));
            }
            for (m, term) in list.iter().enumerate() {
                check_term(term, 1).map_err(|reason| field(&format!("all[{n}][{m}]"), reason))?;
            }
        }
        for (n, term) in self.except.iter().enumerate() {
            check_term(term, 2).map_err(|reason| field(&format!("except[{n}]"), reason))?;
        }
        Ok(())
    }
}

fn check_term(term: &str, least: usize) -> Result<(), &'static str> {
    if term.trim().chars().count() < least {
        return Err("is too short");
    }
    if term.trim().len() != term.len() {
        return Err("begins or ends with a space");
    }
    if term.len() > MAX_TERM_BYTES {
        return Err("is longer than 128 bytes");
    }
    Ok(())
}

const fn daily() -> u16 {
    24
}

#[cfg(test)]
mod tests;
