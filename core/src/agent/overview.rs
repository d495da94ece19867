//! The agent's state at a glance.

use fenming_wire::heartbeat::{AgentState, ConsentState};

use super::{Agent, Inner};
use crate::error::AgentError;
use crate::policy::policy_state;
use crate::status::{Forwarding, Status};
use crate::vault::ForwardingState;

impl Agent {
    /// How the agent is doing.
    ///
    /// # Errors
    /// As the store's.
    pub fn status(&self) -> Result<Status, AgentError> {
        self.lock()?.status()
    }
}

impl Inner {
    pub(super) fn status(&self) -> Result<Status, AgentError> {
        let numbers = self.vault.numbers()?;
        let now = self.now();
        let forwarding = self.vault.get::<ForwardingState>()?.unwrap_or_default();
        let policy = self.in_force.as_ref().map(|in_force| in_force.policy.document());
        let consent = self
            .in_force
            .as_ref()
            .map_or(ConsentState::None, |in_force| self.decision.under(&in_force.scope).code());
        let may_prompt = self.in_force.as_ref().is_some_and(|in_force| {
            let days = in_force.policy.document().reprompt_days;
            self.decision.may_prompt(&in_force.scope, days, now)
        });
        let ended = policy.is_some_and(|policy| !policy_state(policy, now).allows_capture());
        Ok(Status {
            state: self.state(consent, ended, numbers.full),
            consent,
            may_prompt,
            tenant: self.profile.as_ref().map(|profile| profile.tenant.clone()),
            device: self.vault.device()?,
            coverage: self.coverage.now(),
            counters: self.vault.counters()?,
            forwarding: Forwarding {
                last_attempt: forwarding.last_attempt,
                last_success: forwarding.last_success,
                last_error: forwarding.last_error,
                next_due: self.next_due()?,
            },
            policy_version: self.in_force.as_ref().map_or(0, |i| i.policy.version()),
            trust_version: self.in_force.as_ref().map_or(0, |i| i.trust.version()),
            policy_ends: policy.map(fenming_wire::policy::Policy::ends),
            phone: self.phone,
            os: self.os.clone(),
            numbers,
        })
    }

    fn state(&self, consent: ConsentState, ended: bool, full: bool) -> AgentState {
        if self.in_force.is_none() {
            return AgentState::NotEnrolled;
        }
        match consent {
            ConsentState::None => AgentState::AwaitingConsent,
            ConsentState::Refused | ConsentState::Withdrawn => AgentState::Withdrawn,
            ConsentState::Outgrown => AgentState::ScopeGrew,
            ConsentState::Live if ended => AgentState::PolicyExpired,
            ConsentState::Live if self.paused => AgentState::Paused,
            ConsentState::Live if full => AgentState::QueueFull,
            ConsentState::Live => AgentState::Capturing,
        }
    }
}
