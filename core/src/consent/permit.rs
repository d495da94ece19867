//! The permit: the proof, as a type, that a live consent covers one event.

use fenming_wire::consent::Scope;
use fenming_wire::id::Digest;
use fenming_wire::policy::{CounterpartRule, HoldRule, Policy};
use fenming_wire::record::Cause;
use fenming_wire::source::Source;
use fenming_wire::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::decision::{ConsentState, Decision, Grant};
use crate::policy::{PolicyState, policy_state};

/// Proof that a live consent covers an event of one source. It cannot be cloned, is used up by
/// the records of the one event that it allows, and only [`consent`](super) makes it.
pub struct Permit {
    grant: Digest,
    source: Source,
    naming: Naming,
}

/// Proof that one undecided event may wait in quarantine: the policy has one, and the employee
/// agreed to it. No record can be made from it.
pub struct HoldPermit {
    permit: Permit,
    longest: Span,
}

/// What a record may say of counterparts' names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// Names are kept as shown.
    Names,
    /// Names are replaced by pseudonyms.
    Pseudonyms,
}

/// What the counterpart of a chat knows and wants, as far as the employee has noted it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counterpart {
    /// Nothing was noted: the policy's rule decides.
    #[default]
    Unknown,
    /// They were told that the chat is archived.
    Told,
    /// They agreed.
    Consented,
    /// They objected (PIPL 44): nothing of the chat is kept, whatever the policy says.
    Objected,
}

/// What the documents in force allow now.
#[derive(Clone, Copy)]
pub struct Terms<'a> {
    /// The scope that they ask for, from [`scope_of`](crate::policy::scope_of).
    pub scope: &'a Scope,
    /// How the policy stands at this moment.
    pub policy: PolicyState,
    /// The policy's rule for counterparts of whom nothing was noted.
    pub counterpart: CounterpartRule,
    /// The policy's quarantine, where it has one.
    pub hold: Option<HoldRule>,
}

/// Why there is no permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Denied {
    /// There is no consent, or it was refused or withdrawn.
    NoConsent,
    /// The scope grew beyond the consent.
    ScopeGrew,
    /// The policy and its grace have ended.
    PolicyEnded,
    /// The scope does not name the source.
    SourceNotCovered,
    /// The counterpart has not been told, and the policy says to drop.
    CounterpartNotTold,
    /// The counterpart objected.
    CounterpartObjected,
    /// The policy has no quarantine, or the employee did not agree to it.
    NoHold,
}

/// Gives a permit for one event of a business chat.
///
/// # Errors
/// [`Denied`], with the first reason in the order of its variants.
pub fn authorise(
    decision: &Decision,
    terms: &Terms<'_>,
    source: Source,
    counterpart: Counterpart,
) -> Result<Permit, Denied> {
    let grant = live_grant(decision, terms, source)?;
    let naming = naming(terms.counterpart, counterpart)?;
    Ok(Permit { grant: *grant.digest(), source, naming })
}

/// Gives a permit to hold one event of an undecided chat.
///
/// # Errors
/// As [`authorise`], and [`Denied::NoHold`].
pub fn authorise_hold(
    decision: &Decision,
    terms: &Terms<'_>,
    source: Source,
    counterpart: Counterpart,
) -> Result<HoldPermit, Denied> {
    let grant = live_grant(decision, terms, source)?;
    let naming = naming(terms.counterpart, counterpart)?;
    let agreed = grant.document().hold_agreed;
    let hold = terms.hold.filter(|_| agreed).ok_or(Denied::NoHold)?;
    let hours = hold.max_hours.min(grant.document().scope.hold_hours);
    let permit = Permit { grant: *grant.digest(), source, naming };
    Ok(HoldPermit { permit, longest: Span::hours(i64::from(hours)) })
}

fn live_grant<'a>(
    decision: &'a Decision,
    terms: &Terms<'_>,
    source: Source,
) -> Result<&'a Grant, Denied> {
    let grant = match decision.under(terms.scope) {
        ConsentState::Live(grant) => grant,
        ConsentState::Outgrown { .. } => return Err(Denied::ScopeGrew),
        ConsentState::None | ConsentState::Refused { .. } | ConsentState::Withdrawn { .. } => {
            return Err(Denied::NoConsent);
        }
    };
    if !terms.policy.allows_capture() {
        Err(Denied::PolicyEnded)
    } else if !terms.scope.sources.contains(&source) {
        Err(Denied::SourceNotCovered)
    } else {
        Ok(grant)
    }
}

fn naming(rule: CounterpartRule, counterpart: Counterpart) -> Result<Naming, Denied> {
    match (counterpart, rule) {
        (Counterpart::Objected, _) => Err(Denied::CounterpartObjected),
        (Counterpart::Told | Counterpart::Consented, _)
        | (Counterpart::Unknown, CounterpartRule::Capture) => Ok(Naming::Names),
        (Counterpart::Unknown, CounterpartRule::Pseudonymise) => Ok(Naming::Pseudonyms),
        (Counterpart::Unknown, CounterpartRule::Drop) => Err(Denied::CounterpartNotTold),
    }
}

impl<'a> Terms<'a> {
    /// What the policy allows at this moment. Make them anew for every event: time passes.
    #[must_use]
    pub fn new(scope: &'a Scope, policy: &Policy, now: Timestamp) -> Self {
        let (counterpart, hold) = (policy.counterpart, policy.hold);
        Self { scope, policy: policy_state(policy, now), counterpart, hold }
    }
}

impl Permit {
    /// Uses the permit up and names the consent that it rests on, by its payload's digest.
    #[must_use]
    pub const fn into_grant(self) -> Digest {
        self.grant
    }

    /// The source that it covers.
    #[must_use]
    pub const fn source(&self) -> Source {
        self.source
    }

    /// What the record may say of counterparts' names.
    #[must_use]
    pub const fn naming(&self) -> Naming {
        self.naming
    }
}

impl HoldPermit {
    /// Uses the permit up and names the consent that it rests on, by its payload's digest.
    #[must_use]
    pub const fn into_grant(self) -> Digest {
        self.permit.into_grant()
    }

    /// The source that it covers.
    #[must_use]
    pub const fn source(&self) -> Source {
        self.permit.source()
    }

    /// What the held item may say of counterparts' names.
    #[must_use]
    pub const fn naming(&self) -> Naming {
        self.permit.naming()
    }

    /// How long the item may wait: the policy's hours, or those agreed to where they are fewer.
    #[must_use]
    pub const fn longest(&self) -> Span {
        self.longest
    }
}

impl Denied {
    /// How coverage records name the cause. None for a denied hold: undecided chats get no
    /// coverage records.
    #[must_use]
    pub const fn cause(self) -> Option<Cause> {
        match self {
            Self::NoConsent | Self::SourceNotCovered => Some(Cause::NoConsent),
            Self::ScopeGrew => Some(Cause::ScopeGrew),
            Self::PolicyEnded => Some(Cause::PolicyExpired),
            Self::CounterpartNotTold => Some(Cause::CounterpartNotTold),
            Self::CounterpartObjected => Some(Cause::CounterpartObjected),
            Self::NoHold => None,
        }
    }
}

#[cfg(test)]
mod tests;
