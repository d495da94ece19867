//! What the agent keeps of itself between two runs, and how it takes it up again.

use std::collections::BTreeMap;
use std::sync::Arc;

use fenming_wire::Code;
use fenming_wire::envelope::Envelope;
use fenming_wire::id::PersonId;
use fenming_wire::policy::Policy;
use fenming_wire::profile::{self, Profile};
use fenming_wire::trust::TrustDocument;
use serde::{Deserialize, Serialize};

use super::Inner;
use super::in_force::InForce;
use crate::consent::{Decision, Withdrawal};
use crate::coverage::Coverage;
use crate::error::AgentError;
use crate::forward::endpoint_clock::Anchor;
use crate::logging::{Level, say};
use crate::policy::{Seen, accept_policy, accept_trust};
use crate::screen::Warnings;
use crate::vault;

/// Small facts that belong together.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Settings {
    /// The profile as it was taken, without the token.
    #[serde(default)]
    pub(super) profile: BTreeMap<String, String>,
    /// For whom the device is enrolled.
    #[serde(default)]
    pub(super) person: Option<PersonId>,
    /// Whether the employee paused capture.
    #[serde(default)]
    pub(super) paused: bool,
    /// Lowest policy version that may be taken, as the endpoint signed it.
    #[serde(default)]
    pub(super) policy_floor: u64,
    /// Lowest trust document version that may be taken, as the endpoint signed it.
    #[serde(default)]
    pub(super) trust_floor: u64,
    /// A withdrawal that the device key could not sign yet.
    #[serde(default)]
    pub(super) unsigned: Option<Withdrawal>,
    /// The endpoint's time as it was last learnt.
    #[serde(default)]
    pub(super) anchor: Option<Anchor>,
}

impl vault::Stored for Settings {
    const KIND: &'static str = "settings";
}

impl vault::Stored for Coverage {
    const KIND: &'static str = "coverage";
}

impl vault::Stored for Warnings {
    const KIND: &'static str = "warnings";
}

/// Where the store keeps the decision; [`Decision`] encodes itself.
pub(super) const DECISION: &str = "decision";

impl Inner {
    /// Takes up everything that is stored.
    pub(super) fn restore(&mut self) -> Result<(), AgentError> {
        let settings = self.settings()?;
        self.paused = settings.paused;
        self.endpoint_clock.restore(settings.anchor);
        if let Some(coverage) = self.vault.get::<Coverage>()? {
            self.coverage = coverage;
        }
        self.warnings = self.vault.get::<Warnings>()?.unwrap_or_default();
        self.profile = profile::parse(&settings.profile).profile;
        self.flat = settings.profile.clone();
        self.in_force = None;
        self.decision = Decision::None;
        if let Some(profile) = self.profile.clone() {
            self.restore_decision(&profile)?;
            if let Some(person) = settings.person.clone() {
                self.restore_documents(&profile, person)?;
            }
        }
        Ok(())
    }

    fn restore_decision(&mut self, profile: &Profile) -> Result<(), AgentError> {
        let Some(bytes) = self.vault.bytes(DECISION)? else { return Ok(()) };
        let key = self.ports.signer.public_key()?;
        match Decision::from_bytes(&bytes, &key, &profile.tenant) {
            Ok(decision) => self.decision = decision,
            // Another employer's profile, or another device key: nothing was agreed to here.
            Err(error) => say(Level::Warn, Code("decision_void"), &[("code", &Code(error.code()))]),
        }
        Ok(())
    }

    fn restore_documents(&mut self, profile: &Profile, person: PersonId) -> Result<(), AgentError> {
        let Some(device) = self.vault.device()? else { return Ok(()) };
        let trust = self.vault.get::<Envelope<TrustDocument>>()?;
        let policy = self.vault.get::<Envelope<Policy>>()?;
        let (Some(trust), Some(policy)) = (trust, policy) else { return Ok(()) };
        let ready = accept_trust(profile, None, &trust).and_then(|trust| {
            let policy = accept_policy(&trust, None, &policy)?;
            InForce::new(profile, (device, person), trust, policy)
        });
        match ready {
            Ok(in_force) => self.in_force = Some(Arc::new(in_force)),
            Err(error) => {
                say(Level::Warn, Code("documents_void"), &[("code", &Code(error.code()))])
            }
        }
        Ok(())
    }

    pub(super) fn settings(&self) -> Result<Settings, AgentError> {
        Ok(self.vault.get::<Settings>()?.unwrap_or_default())
    }

    /// Changes the settings and writes them down.
    pub(super) fn set(&mut self, change: impl FnOnce(&mut Settings)) -> Result<(), AgentError> {
        let mut settings = self.settings()?;
        change(&mut settings);
        self.vault.put(&settings)
    }

    /// What this device has seen of trust document and policy, raised to the endpoint's floors.
    pub(super) fn seen(&self) -> Result<(Option<Seen>, Option<Seen>), AgentError> {
        let settings = self.settings()?;
        let trust = self.in_force.as_ref().map(|in_force| in_force.trust.seen());
        let policy = self.in_force.as_ref().map(|in_force| in_force.policy.seen());
        Ok((
            Seen::with_floor(trust, settings.trust_floor),
            Seen::with_floor(policy, settings.policy_floor),
        ))
    }
}
