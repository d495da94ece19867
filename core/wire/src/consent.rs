//! Consent as documents: the scope, the grant and the withdrawal, signed by the device.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::content::Loggable;
use crate::envelope::Document;
use crate::id::{DeviceId, Digest, KeyId, PersonId, PurposeCode, RuleId, TenantId};
use crate::profile::Endpoint;
use crate::source::Source;
use crate::text::Language;
use crate::time::Timestamp;

/// What a consent covers. Growth of any part needs a new consent (PIPL 14).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// Purposes of processing.
    pub purposes: BTreeSet<PurposeCode>,
    /// Digests of the purposes as they are worded, legal basis included: other words under the
    /// same code are another purpose.
    pub purpose_words: BTreeSet<Digest>,
    /// Sources that are read.
    pub sources: BTreeSet<Source>,
    /// Keys to which records are sealed, counsel's included.
    pub recipients: BTreeSet<KeyId>,
    /// Where batches are sent.
    pub endpoints: BTreeSet<Endpoint>,
    /// Routes by which records leave mainland China; empty in the ordinary case. In a grant only
    /// those that the employee agreed to separately (PIPL 39), by an answer of its own.
    #[serde(default)]
    pub export_routes: BTreeSet<RuleId>,
    /// The longest retention over all classes, in days.
    pub retention_days: u32,
    /// Kinds of rules that make a chat business.
    pub rule_classes: BTreeSet<RuleClass>,
    /// Longest quarantine of undecided messages in hours; 0 where there is none.
    pub hold_hours: u16,
    /// Whether chats are kept before the counterpart has been told.
    pub untold_counterparts: bool,
    /// Whether counterparts' names may be kept before they have been told.
    pub counterpart_names: bool,
}

/// A kind of rule that can make a chat business.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "rule", content = "text")]
pub enum RuleClass {
    /// Chats of the work profile.
    WorkProfile,
    /// Chats of a clone profile.
    CloneProfile,
    /// The employee's own tag.
    EmployeeTag,
    /// Names of the directory; new names are no growth but stand in the change log.
    Directory,
    /// A rule on group titles, a wildcard: each one is named, a new one is growth.
    GroupRule(String),
}

/// A part of a scope that has grown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Growth {
    /// A new purpose, or other words for one.
    Purposes,
    /// A new source.
    Sources,
    /// A new recipient.
    Recipients,
    /// Another endpoint.
    Endpoints,
    /// A new route out of mainland China.
    ExportRoutes,
    /// A longer retention.
    Retention,
    /// A new kind of rule, or a new wildcard.
    RuleClasses,
    /// A quarantine, or a longer one.
    Hold,
    /// Chats of counterparts who have not been told.
    UntoldCounterparts,
    /// Their names.
    CounterpartNames,
}

impl Scope {
    /// In what `wanted` goes beyond this scope; empty where it is covered.
    #[must_use]
    pub fn growth(&self, wanted: &Self) -> Vec<Growth> {
        let same_purposes = wanted.purposes.is_subset(&self.purposes)
            && wanted.purpose_words.is_subset(&self.purpose_words);
        let parts = [
            (same_purposes, Growth::Purposes),
            (wanted.sources.is_subset(&self.sources), Growth::Sources),
            (wanted.recipients.is_subset(&self.recipients), Growth::Recipients),
            (wanted.endpoints.is_subset(&self.endpoints), Growth::Endpoints),
            (wanted.export_routes.is_subset(&self.export_routes), Growth::ExportRoutes),
            (wanted.retention_days <= self.retention_days, Growth::Retention),
            (wanted.rule_classes.is_subset(&self.rule_classes), Growth::RuleClasses),
            (wanted.hold_hours <= self.hold_hours, Growth::Hold),
            (!wanted.untold_counterparts || self.untold_counterparts, Growth::UntoldCounterparts),
            (!wanted.counterpart_names || self.counterpart_names, Growth::CounterpartNames),
        ];
        parts.into_iter().filter(|(covered, _)| !covered).map(|(_, growth)| growth).collect()
    }
}

impl std::fmt::Display for Growth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Purposes => "purposes",
            Self::Sources => "sources",
            Self::Recipients => "recipients",
            Self::Endpoints => "endpoints",
            Self::ExportRoutes => "export_routes",
            Self::Retention => "retention",
            Self::RuleClasses => "rule_classes",
            Self::Hold => "hold",
            Self::UntoldCounterparts => "untold_counterparts",
            Self::CounterpartNames => "counterpart_names",
        })
    }
}

impl Loggable for Growth {}

/// What the employee agreed to, bound to the exact text they were shown. Version 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentGrant {
    /// The tenant.
    pub tenant: TenantId,
    /// The device that signs.
    pub device: DeviceId,
    /// The person, by pseudonym.
    pub person: PersonId,
    /// When they agreed.
    pub granted: Timestamp,
    /// The language of the text they read.
    pub language: Language,
    /// Digest of that exact text, UTF-8.
    pub notice: Digest,
    /// The scope that the text describes.
    pub scope: Scope,
    /// Whether they also agreed to the quarantine of undecided messages.
    pub hold_agreed: bool,
    /// Digest of the trust document's payload.
    pub trust: Digest,
    /// Version of the policy that the text was made from.
    pub policy_version: u64,
}

/// The end of a consent. Version 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentWithdrawal {
    /// The tenant.
    pub tenant: TenantId,
    /// The device that signs.
    pub device: DeviceId,
    /// The person, by pseudonym.
    pub person: PersonId,
    /// When they withdrew.
    pub withdrawn: Timestamp,
    /// Digest of the grant's payload that ends.
    pub grant: Digest,
}

impl Document for ConsentGrant {
    const TYPE: &'static str = "application/vnd.fenming.consent-grant.v1+json";
    const LIMIT: usize = 256 * 1024;
}

impl Document for ConsentWithdrawal {
    const TYPE: &'static str = "application/vnd.fenming.consent-withdrawal.v1+json";
    const LIMIT: usize = 16 * 1024;
}

#[cfg(test)]
mod tests;
