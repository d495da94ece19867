//! The policy: what is captured, for what purpose, how long it is kept and when it is sent.
//! Signed by a policy key of the trust document; the version only grows.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::envelope::Document;
use crate::error::WireError;
use crate::id::{PurposeCode, RetentionClass, RuleId, TenantId};
use crate::schedule::Schedule;
use crate::screening::Screening;
use crate::source::Source;
use crate::text::Bilingual;
use crate::time::{Span, Timestamp};

/// The policy, version 1 of its format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The tenant that this holds for.
    pub tenant: TenantId,
    /// Grows with every change; a lower one is refused.
    pub version: u64,
    /// When it was signed.
    pub issued: Timestamp,
    /// When it ends. The agent goes on under it for the grace, then stops and says so.
    pub expires: Timestamp,
    /// Hours of grace after the end.
    pub grace_hours: u16,
    /// Purposes of processing, each with its legal basis. At least one (PIPL 13, 17).
    pub purposes: Vec<Purpose>,
    /// Sources that may be captured.
    pub sources: BTreeSet<Source>,
    /// What the consent notice says beside what follows from the other fields.
    pub notice: Notice,
    /// Known business contacts and groups.
    #[serde(default)]
    pub directory: Vec<DirectoryEntry>,
    /// Rules on the names of groups.
    #[serde(default)]
    pub group_rules: Vec<GroupRule>,
    /// Words that suggest business to the employee; they never decide.
    #[serde(default)]
    pub text_rules: Vec<TextRule>,
    /// Whether chats of a work profile or clone profile count as business.
    #[serde(default)]
    pub os_profiles: OsProfileRule,
    /// Quarantine for undecided messages; absent means that they are dropped.
    #[serde(default)]
    pub hold: Option<HoldRule>,
    /// What happens to counterparts whose notice state is unknown.
    #[serde(default)]
    pub counterpart: CounterpartRule,
    /// Retention classes and their days.
    pub retention: BTreeMap<RetentionClass, u32>,
    /// The class of a record that no rule names; a key of `retention`.
    pub default_class: RetentionClass,
    /// When batches are sent.
    pub schedule: Schedule,
    /// Minutes in which the employee may take a record back before it is sealed.
    pub review_minutes: u32,
    /// Days before the employee may be asked for consent again after a refusal (at least 30).
    pub reprompt_days: u16,
    /// What happens to unsent records after a withdrawal.
    #[serde(default)]
    pub on_withdrawal: WithdrawalRule,
    /// What messages are looked through for; absent where they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub screening: Option<Screening>,
}

/// A purpose of processing with its legal basis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Purpose {
    /// The code that the consent scope names.
    pub code: PurposeCode,
    /// The legal basis.
    pub basis: LegalBasis,
    /// The purpose in words.
    pub text: Bilingual,
}

/// The legal basis of a purpose (PIPL 13).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegalBasis {
    /// The person's consent.
    Consent,
    /// A legal duty of the employer, with the person's consent on their own phone.
    LegalDutyWithConsent,
}

/// What the notice says that follows from no other field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// Whom to ask, and how (PIPL 17).
    pub contact: Bilingual,
    /// How access, copy, correction and deletion are asked for (PIPL 44 to 47).
    pub rights: Bilingual,
}

/// A known business contact or group, by the title that WeChat shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectoryEntry {
    /// The rule's name in explanations.
    pub id: RuleId,
    /// The exact title, compared after NFKC and trimming.
    pub title: String,
    /// Whether it is a person, a group or a service account.
    pub kind: ChatKind,
    /// The retention class of its records; the default one where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<RetentionClass>,
}

/// A kind of chat. `Unknown` is a legal answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChatKind {
    /// One person.
    Direct,
    /// A group.
    Group,
    /// A service account (服务号).
    Service,
    /// What was seen does not tell.
    Unknown,
}

impl ChatKind {
    /// Whether a chat that was read as this kind may be one of the other kind. A person and a
    /// service account look the same in a notification, and what is unknown may be anything.
    #[must_use]
    pub const fn may_be(self, other: Self) -> bool {
        match (self, other) {
            (Self::Unknown, _) | (_, Self::Unknown) | (Self::Group, Self::Group) => true,
            (Self::Direct | Self::Service, Self::Direct | Self::Service) => true,
            (Self::Group, Self::Direct | Self::Service)
            | (Self::Direct | Self::Service, Self::Group) => false,
        }
    }
}

/// A rule on the title of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupRule {
    /// The rule's name in explanations.
    pub id: RuleId,
    /// How the text is compared.
    pub how: TitleMatch,
    /// The text, compared after NFKC; at least 2 characters, so that no rule takes everything.
    pub text: String,
    /// The retention class of its records; the default one where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<RetentionClass>,
}

/// How a rule's text is compared with a title.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TitleMatch {
    /// The title begins with the text.
    Prefix,
    /// The title ends with the text.
    Suffix,
    /// The title holds the text.
    Contains,
}

/// Words that speak for business: they suggest, and may open a hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextRule {
    /// The rule's name in explanations.
    pub id: RuleId,
    /// Any of these terms, compared after NFKC and lower-casing.
    pub any: Vec<String>,
}

/// Whether the OS profile in which WeChat runs decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OsProfileRule {
    /// WeChat inside the work profile is business.
    #[serde(default)]
    pub work_is_business: bool,
    /// WeChat inside a clone profile (second account) is business.
    #[serde(default)]
    pub clone_is_business: bool,
}

/// Quarantine for undecided messages with a positive business signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldRule {
    /// Hours until an undecided item is destroyed: 1 to 72.
    pub max_hours: u16,
}

/// What happens to the names of counterparts who have not been told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CounterpartRule {
    /// Names are replaced by a pseudonym that is the same throughout the chat.
    #[default]
    Pseudonymise,
    /// Names are kept.
    Capture,
    /// Nothing is kept until the counterpart has been told.
    Drop,
}

/// What happens to unsent records after a withdrawal of consent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WithdrawalRule {
    /// They are sent, marked as captured before the withdrawal.
    #[default]
    Forward,
    /// They are destroyed; the balance says how many.
    DestroyUnsent,
}

/// Most directory entries: a large bank's desk knows a few thousand counterparts.
pub const MAX_DIRECTORY: usize = 20_000;
/// Most group rules, each compared with every group title.
pub const MAX_GROUP_RULES: usize = 1_000;
/// Most terms over all text rules.
pub const MAX_TERMS: usize = 5_000;
/// Longest quarantine, in hours: three days bridge a weekend.
pub const MAX_HOLD_HOURS: u16 = 72;
/// Shortest wait before asking again after a refusal, in days.
pub const MIN_REPROMPT_DAYS: u16 = 30;
/// Longest review window, in minutes: a week. Longer would keep records from the archive.
pub const MAX_REVIEW_MINUTES: u32 = 7 * 24 * 60;
/// Longest grace after the policy's end, in hours: thirty days.
pub const MAX_GRACE_HOURS: u16 = 30 * 24;

impl Policy {
    /// Until when the agent may capture under this policy.
    #[must_use]
    pub fn ends(&self) -> Timestamp {
        self.expires + Span::hours(i64::from(self.grace_hours))
    }

    /// The longest retention over all classes, in days.
    #[must_use]
    pub fn longest_retention(&self) -> u32 {
        self.retention.values().copied().max().unwrap_or(0)
    }
}

impl Document for Policy {
    const TYPE: &'static str = "application/vnd.fenming.policy.v1+json";
    const LIMIT: usize = 2 * 1024 * 1024;

    fn check(&self) -> Result<(), WireError> {
        self.check_frame()?;
        self.check_rules()?;
        self.screening.as_ref().map_or(Ok(()), Screening::check)?;
        self.schedule.check()
    }
}

impl Policy {
    fn check_frame(&self) -> Result<(), WireError> {
        let when = |wrong: bool, path: &'static str, reason: &'static str| {
            if wrong { Err(WireError::field(path, reason)) } else { Ok(()) }
        };
        when(self.version == 0, "version", "starts at 1")?;
        when(self.expires <= self.issued, "expires", "must be later than `issued`")?;
        when(self.grace_hours > MAX_GRACE_HOURS, "grace_hours", "is at most 720")?;
        when(self.purposes.is_empty(), "purposes", "is empty: name at least one")?;
        when(self.sources.is_empty(), "sources", "is empty: name at least one")?;
        when(self.retention.is_empty(), "retention", "is empty: name at least one class")?;
        when(self.retention.values().any(|d| *d == 0), "retention", "is at least one day")?;
        let known = self.retention.contains_key(&self.default_class);
        when(!known, "default_class", "is no class of `retention`")?;
        when(self.review_minutes > MAX_REVIEW_MINUTES, "review_minutes", "is at most 10080")?;
        when(self.reprompt_days < MIN_REPROMPT_DAYS, "reprompt_days", "is at least 30")?;
        let hours = self.hold.map_or(1, |hold| hold.max_hours);
        when(!(1..=MAX_HOLD_HOURS).contains(&hours), "hold.max_hours", "is 1 to 72")
    }

    fn check_rules(&self) -> Result<(), WireError> {
        let too_many = |path: &'static str| Err(WireError::field(path, "has too many entries"));
        if self.directory.len() > MAX_DIRECTORY {
            return too_many("directory");
        }
        if self.group_rules.len() > MAX_GROUP_RULES {
            return too_many("group_rules");
        }
        if self.text_rules.iter().map(|rule| rule.any.len()).sum::<usize>() > MAX_TERMS {
            return too_many("text_rules");
        }
        let mut ids = BTreeSet::new();
        for (n, entry) in self.directory.iter().enumerate() {
            self.check_rule(&format!("directory[{n}]"), &entry.id, &entry.class, &mut ids)?;
            short_enough(&format!("directory[{n}].title"), &entry.title, 1)?;
        }
        for (n, rule) in self.group_rules.iter().enumerate() {
            self.check_rule(&format!("group_rules[{n}]"), &rule.id, &rule.class, &mut ids)?;
            short_enough(&format!("group_rules[{n}].text"), &rule.text, 2)?;
        }
        for (n, rule) in self.text_rules.iter().enumerate() {
            self.check_rule(&format!("text_rules[{n}]"), &rule.id, &None, &mut ids)?;
            for (m, term) in rule.any.iter().enumerate() {
                short_enough(&format!("text_rules[{n}].any[{m}]"), term, 2)?;
            }
        }
        Ok(())
    }

    fn check_rule<'a>(
        &self,
        path: &str,
        id: &'a RuleId,
        class: &Option<RetentionClass>,
        ids: &mut BTreeSet<&'a RuleId>,
    ) -> Result<(), WireError> {
        if !ids.insert(id) {
            return Err(WireError::field(format!("{path}.id"), "stands twice"));
        }
        match class {
            Some(class) if !self.retention.contains_key(class) => {
                Err(WireError::field(format!("{path}.class"), "is no class of `retention`"))
            }
            _ => Ok(()),
        }
    }
}

/// Longest title or term in bytes; WeChat's own titles are far shorter.
const MAX_TEXT_BYTES: usize = 256;

fn short_enough(path: &str, text: &str, least: usize) -> Result<(), WireError> {
    if text.trim().chars().count() < least {
        return Err(WireError::field(path, "is too short"));
    }
    if text.len() > MAX_TEXT_BYTES {
        return Err(WireError::field(path, "is longer than 256 bytes"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
