//! The documents in force, made ready for use.

use fenming_wire::consent::Scope;
use fenming_wire::id::PersonId;
use fenming_wire::policy::Policy;
use fenming_wire::profile::Profile;
use fenming_wire::time::{Span, Timestamp};
use fenming_wire::trust::TrustDocument;

use crate::consent::notice::{NoticeText, Sources};
use crate::consent::{Signatory, Terms};
use crate::error::AgentError;
use crate::forward::schedule::Planner;
use crate::policy::{Trusted, policy_state, scope_of};
use crate::record::Counsel;
use crate::screen::Screen;
use crate::tag::Ruleset;
use fenming_wire::id::DeviceId;
use fenming_wire::text::Language;

/// Trust document and policy, with what follows from them.
pub(super) struct InForce {
    pub(super) who: Signatory,
    pub(super) trust: Trusted<TrustDocument>,
    pub(super) policy: Trusted<Policy>,
    pub(super) rules: Ruleset,
    pub(super) screen: Screen,
    pub(super) counsel: Counsel,
    pub(super) planner: Planner,
    pub(super) scope: Scope,
}

impl InForce {
    /// Makes the documents ready. Nothing is put in force that cannot be made ready.
    pub(super) fn new(
        profile: &Profile,
        (device, person): (DeviceId, PersonId),
        trust: Trusted<TrustDocument>,
        policy: Trusted<Policy>,
    ) -> Result<Self, AgentError> {
        let refused = |source| AgentError::DocumentRefused { document: "policy", source };
        let counsel = trust.document().counsel.key.clone();
        Ok(Self {
            screen: Screen::compile(policy.document().screening.as_ref())?,
            counsel: Counsel { tenant: profile.tenant.clone(), device, key: counsel },
            who: Signatory { tenant: profile.tenant.clone(), device, person },
            rules: Ruleset::compile(policy.document())?,
            planner: Planner::new(&policy.document().schedule).map_err(refused)?,
            scope: scope_of(profile, trust.document(), policy.document()),
            trust,
            policy,
        })
    }

    pub(super) fn terms(&self, now: Timestamp) -> Terms<'_> {
        let policy = self.policy.document();
        Terms {
            scope: &self.scope,
            policy: policy_state(policy, now),
            counterpart: policy.counterpart,
            hold: policy.hold,
        }
    }

    pub(super) fn review(&self) -> Span {
        Span::minutes(i64::from(self.policy.document().review_minutes))
    }

    pub(super) fn notice(&self, profile: &Profile, language: Language) -> NoticeText {
        let sources = Sources { profile, trust: &self.trust, policy: &self.policy };
        NoticeText::compose(sources, language)
    }
}
