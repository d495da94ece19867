//! What profile, trust document and policy together ask consent for, and whether they fit.

use std::collections::BTreeSet;

use fenming_wire::consent::{RuleClass, Scope};
use fenming_wire::id::Digest;
use fenming_wire::policy::{CounterpartRule, GroupRule, LegalBasis, Policy, Purpose, TitleMatch};
use fenming_wire::profile::{Profile, RefusedKey};
use fenming_wire::range::AddressRange;
use fenming_wire::time::Timestamp;
use fenming_wire::trust::{ExportRoute, TrustDocument};
use unicode_normalization::UnicodeNormalization;

/// The scope for which consent is asked. Any growth of it suspends capture until the employee
/// agrees anew.
///
/// The directory counts as one kind of rule, as soon as it holds a name. A group rule is a
/// wildcard and counts by itself; one with other words is another one, even where it takes less.
#[must_use]
pub fn scope_of(profile: &Profile, trust: &TrustDocument, policy: &Policy) -> Scope {
    let recipients = trust.recipients.iter().chain([&trust.counsel]);
    Scope {
        purposes: policy.purposes.iter().map(|purpose| purpose.code.clone()).collect(),
        purpose_words: policy.purposes.iter().map(words_of).collect(),
        sources: policy.sources.clone(),
        recipients: recipients.map(|recipient| recipient.key.key_id()).collect(),
        endpoints: BTreeSet::from([profile.endpoint.clone()]),
        export_routes: profile.export_route.iter().cloned().collect(),
        retention_days: policy.longest_retention(),
        rule_classes: rule_classes(policy),
        hold_hours: policy.hold.map_or(0, |hold| hold.max_hours),
        untold_counterparts: policy.counterpart != CounterpartRule::Drop,
        counterpart_names: policy.counterpart == CounterpartRule::Capture,
    }
}

/// The profile's keys that do not fit the trust document; empty where all do.
#[must_use]
pub fn check_profile(profile: &Profile, trust: &TrustDocument, now: Timestamp) -> Vec<RefusedKey> {
    let mut refused = Vec::new();
    let mut refuse = |key: &str, reason: &str| {
        refused.push(RefusedKey { key: key.to_owned(), reason: reason.to_owned() });
    };
    if profile.tenant != trust.tenant {
        refuse("tenant", "is not the trust document's: ask IT for the right profile");
    }
    match check_route(profile, trust, now) {
        Ok(()) => {}
        Err(RouteRefused::Unknown) => {
            refuse("export_route", "is no route of the trust document: the custodian must add it");
        }
        Err(RouteRefused::Expired) => {
            refuse("export_route", "has expired: the custodian must renew it");
        }
        Err(RouteRefused::Exceeded) => {
            refuse("address_ranges", "reach beyond the export route: ask IT for the right profile");
        }
    }
    refused
}

/// Why a profile's export route cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteRefused {
    /// The trust document has no such route.
    Unknown,
    /// It has ended.
    Expired,
    /// The profile's ranges reach beyond the route's.
    Exceeded,
}

/// Checks the export route of a profile that names one: the trust document has it, it has not
/// ended, and it opens every range of the profile.
///
/// # Errors
/// [`RouteRefused`].
pub fn check_route(
    profile: &Profile,
    trust: &TrustDocument,
    now: Timestamp,
) -> Result<(), RouteRefused> {
    if profile.export_route.is_none() {
        return Ok(());
    }
    let route = export_route(profile, trust).ok_or(RouteRefused::Unknown)?;
    let opened = |range: &AddressRange| route.ranges.iter().any(|open| open.covers(range));
    if now >= route.expires {
        Err(RouteRefused::Expired)
    } else if profile.address_ranges.iter().all(opened) {
        Ok(())
    } else {
        Err(RouteRefused::Exceeded)
    }
}

/// The route of the trust document that the profile names.
pub(crate) fn export_route<'a>(
    profile: &Profile,
    trust: &'a TrustDocument,
) -> Option<&'a ExportRoute> {
    let id = profile.export_route.as_ref()?;
    trust.export_routes.iter().find(|route| route.id == *id)
}

fn rule_classes(policy: &Policy) -> BTreeSet<RuleClass> {
    let mut classes: BTreeSet<RuleClass> =
        policy.group_rules.iter().map(|rule| RuleClass::GroupRule(wildcard(rule))).collect();
    classes.insert(RuleClass::EmployeeTag);
    for (present, class) in [
        (policy.os_profiles.work_is_business, RuleClass::WorkProfile),
        (policy.os_profiles.clone_is_business, RuleClass::CloneProfile),
        (!policy.directory.is_empty(), RuleClass::Directory),
    ] {
        if present {
            classes.insert(class);
        }
    }
    classes
}

/// A group rule as it is compared. The word in front keeps rules of different kinds apart.
fn wildcard(rule: &GroupRule) -> String {
    let text: String = rule.text.nfkc().collect();
    match rule.how {
        TitleMatch::Prefix => format!("prefix:{text}"),
        TitleMatch::Suffix => format!("suffix:{text}"),
        TitleMatch::Contains => format!("contains:{text}"),
    }
}

fn words_of(purpose: &Purpose) -> Digest {
    let Purpose { code, basis, text } = purpose;
    let basis = match basis {
        LegalBasis::Consent => "consent",
        LegalBasis::LegalDutyWithConsent => "legal_duty_with_consent",
    };
    // Lengths in front keep two texts from running into each other.
    let (zh, en) = (&text.zh, &text.en);
    Digest::of(format!("{code} {basis} {}:{zh} {}:{en}", zh.len(), en.len()).as_bytes())
}

#[cfg(test)]
mod tests;
