//! From a profile to documents in force.

use std::collections::BTreeMap;
use std::sync::Arc;

use fenming_wire::Code;
use fenming_wire::envelope::Envelope;
use fenming_wire::policy::Policy;
use fenming_wire::profile::{self, Profile, RefusedKey};
use fenming_wire::receipt::CollectorState;
use fenming_wire::text::Bilingual;
use fenming_wire::trust::TrustDocument;

use super::in_force::InForce;
use super::unit::ENTRIES;
use super::{Agent, Inner};
use crate::clock::Clock as _;
use crate::consent::rule_changes;
use crate::error::AgentError;
use crate::forward::client::{CallError, Client, ClientPorts, fetch_trust};
use crate::forward::outcome::{Action, Asked, Reply, decide};
use crate::forward::residency::Residency;
use crate::forward::run::{Changed, reconfigured};
use crate::forward::transport::{Transport, TransportFailure};
use crate::logging::{Level, say};
use crate::policy::{Trusted, accept_policy, accept_trust, check_profile};
use crate::vault::LoggedChange;

/// What became of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileReport {
    /// Whether it is in force now; otherwise the last good one stays.
    pub taken: bool,
    /// Every key that was refused or is missing, and why.
    pub refused: Vec<RefusedKey>,
}

/// Who asks, as the custodian's root key says it; shown before anything is agreed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    /// The name.
    pub name: Bilingual,
    /// The root key's fingerprint, to compare with what IT has published.
    pub fingerprint: String,
}

impl Agent {
    /// Takes the flat profile that MDM or a QR code gives. A profile with a refused key that is
    /// required changes nothing. The token is kept in memory until it is used. Touches the disk.
    ///
    /// # Errors
    /// As the store's.
    pub fn apply_profile(
        &self,
        flat: &BTreeMap<String, String>,
    ) -> Result<ProfileReport, AgentError> {
        let mut inner = self.lock()?;
        let parsed = profile::parse(flat);
        let refused = parsed.refused;
        let Some(profile) = parsed.profile else {
            return Ok(ProfileReport { taken: false, refused });
        };
        inner.token = parsed.enrolment_token;
        let kept = profile.to_map();
        if inner.settings()?.profile != kept {
            let taken = inner.together(ENTRIES, |inner| {
                inner.set(|settings| settings.profile = kept)?;
                inner.restore()?;
                reconfigured(&mut inner.vault, Changed::Profile)?;
                inner.standing()
            });
            if taken.is_err() {
                inner.restore()?;
            }
            taken?;
            say(Level::Info, Code("profile_taken"), &[("tenant", &profile.tenant)]);
        }
        Ok(ProfileReport { taken: true, refused })
    }

    /// Asks the endpoint who it is for, and shows it as the custodian's root key signed it.
    /// Nothing of the employee's is sent. Touches the network.
    ///
    /// # Errors
    /// [`AgentError::ConfigInvalid`] without a profile; [`AgentError::ClockWrong`] where the phone
    /// has never heard the endpoint's time and its own is too far off; [`AgentError::Forwarding`],
    /// [`AgentError::DocumentRefused`], [`AgentError::WrongTenant`].
    pub fn organisation(&self) -> Result<Organisation, AgentError> {
        let inner = self.lock()?;
        let profile = inner.profile()?;
        let (_, trust) = inner.fetch_trust(profile)?;
        Ok(Organisation {
            name: trust.document().organisation.clone(),
            fingerprint: profile.root_key.fingerprint(),
        })
    }

    /// Enrols the device with the profile's one-time token. Enrolling agrees to nothing: until the
    /// employee decides, nothing is captured. Repeating it after a lost answer is safe. Touches
    /// disk and network.
    ///
    /// # Errors
    /// [`AgentError::ConfigInvalid`] without a profile or token; as [`Agent::organisation`].
    pub fn enrol(&self) -> Result<(), AgentError> {
        let mut inner = self.lock()?;
        let profile = inner.profile()?.clone();
        let token = inner.token.clone().ok_or_else(|| AgentError::ConfigInvalid {
            key: "enrolment_token".to_owned(),
            reason: "is missing: ask IT for a new one".to_owned(),
        })?;
        let (_, trust) = inner.fetch_trust(&profile)?;
        let transport = inner.connect(&profile, trust.document()).map_err(unreachable)?;
        let client = inner.client(transport.as_ref(), &profile, trust.document())?;
        let enrolment = dated(|| client.enrol(&token))?;
        inner.vault.set_device(enrolment.device)?;
        inner.set(|settings| settings.person = Some(enrolment.person.clone()))?;
        inner.take_documents(&profile, &enrolment.trust, &enrolment.policy)?;
        inner.learn_floors(transport.as_ref(), &profile)?;
        inner.token = None;
        say(Level::Info, Code("enrolled"), &[("device", &enrolment.device)]);
        Ok(())
    }

    /// Fetches trust document and policy, and takes newer ones; then counsel's decisions, and obeys
    /// each once. Touches disk and network.
    ///
    /// # Errors
    /// [`AgentError::NotEnrolled`]; [`AgentError::Rollback`] and the like, where the earlier
    /// documents stay in force; [`AgentError::Replayed`], [`AgentError::Expired`],
    /// [`AgentError::NotFound`] and [`AgentError::WrongTenant`] for a decision that was refused.
    pub fn refresh(&self) -> Result<(), AgentError> {
        self.lock()?.refresh()
    }
}

impl Inner {
    pub(super) fn refresh(&mut self) -> Result<(), AgentError> {
        let profile = self.profile()?.clone();
        if self.in_force.is_none() && self.settings()?.person.is_none() {
            return Err(AgentError::NotEnrolled);
        }
        let (envelope, trust) = self.fetch_trust(&profile)?;
        let transport = self.connect(&profile, trust.document()).map_err(unreachable)?;
        let client = self.client(transport.as_ref(), &profile, trust.document())?;
        let policy = dated(|| client.policy())?;
        self.take_documents(&profile, &envelope, &policy)?;
        self.learn_floors(transport.as_ref(), &profile)?;
        self.take_decisions(|inner, known| {
            let client = inner.client(transport.as_ref(), &profile, trust.document())?;
            Ok(client.decision(known)?)
        })
    }

    pub(super) fn profile(&self) -> Result<&Profile, AgentError> {
        self.profile.as_ref().ok_or_else(|| AgentError::ConfigInvalid {
            key: "profile".to_owned(),
            reason: "is missing or was refused".to_owned(),
        })
    }

    /// A transport to the endpoint, within the ranges that profile and trust document allow.
    pub(super) fn connect(
        &self,
        profile: &Profile,
        trust: &TrustDocument,
    ) -> Result<Box<dyn Transport>, TransportFailure> {
        let residency = Residency::new(profile, trust, self.endpoint_clock.now())?;
        self.ports.connector.connect(profile, residency, &self.endpoint_clock)
    }

    pub(super) fn client<'a>(
        &'a self,
        transport: &'a dyn Transport,
        profile: &Profile,
        trust: &TrustDocument,
    ) -> Result<Client<'a>, AgentError> {
        let ports = ClientPorts {
            transport,
            signer: self.ports.signer.as_ref(),
            random: self.ports.random.as_ref(),
            clock: &self.endpoint_clock,
        };
        Ok(Client::new(ports, profile, trust)?)
    }

    fn fetch_trust(
        &self,
        profile: &Profile,
    ) -> Result<(Envelope<TrustDocument>, Trusted<TrustDocument>), AgentError> {
        let residency = Residency::before_trust(profile);
        let connector = &self.ports.connector;
        let transport =
            connector.connect(profile, residency, &self.endpoint_clock).map_err(unreachable)?;
        let envelope = fetch_trust(transport.as_ref())?;
        let trust = accept_trust(profile, self.seen()?.0, &envelope)?;
        if let Some(refused) =
            check_profile(profile, trust.document(), self.endpoint_clock.now()).pop()
        {
            return Err(AgentError::ConfigInvalid { key: refused.key, reason: refused.reason });
        }
        Ok((envelope, trust))
    }

    /// Puts documents in force, both or neither, and writes the changes of rules down.
    fn take_documents(
        &mut self,
        profile: &Profile,
        trust: &Envelope<TrustDocument>,
        policy: &Envelope<Policy>,
    ) -> Result<(), AgentError> {
        let (seen_trust, seen_policy) = self.seen()?;
        let trusted = accept_trust(profile, seen_trust, trust)?;
        let accepted = accept_policy(&trusted, seen_policy, policy)?;
        let device = self.vault.device()?.ok_or(AgentError::NotEnrolled)?;
        let person = self.settings()?.person.ok_or(AgentError::NotEnrolled)?;
        let next = InForce::new(profile, (device, person), trusted, accepted)?;
        let changes = self.in_force.as_ref().map_or_else(Vec::new, |old| {
            rule_changes(old.policy.document(), next.policy.document())
        });
        let (at, policy_version) = (self.now(), next.policy.version());
        let changes: Vec<LoggedChange> =
            changes.into_iter().map(|change| LoggedChange { at, policy_version, change }).collect();
        let versions = (next.trust.version(), policy_version);
        let before = self.in_force.replace(Arc::new(next));
        let done = self.together(ENTRIES.saturating_add(changes.len()), |inner| {
            inner.vault.put(trust)?;
            inner.vault.put(policy)?;
            if !changes.is_empty() {
                inner.vault.log_changes(&changes)?;
            }
            reconfigured(&mut inner.vault, Changed::Policy)?;
            inner.standing()
        });
        match &done {
            Ok(()) => say(
                Level::Info,
                Code("documents_in_force"),
                &[("trust", &versions.0), ("policy", &versions.1)],
            ),
            Err(_) => self.in_force = before,
        }
        done
    }

    /// Asks what the endpoint has of this device: its versions are floors.
    fn learn_floors(
        &mut self,
        transport: &dyn Transport,
        profile: &Profile,
    ) -> Result<(), AgentError> {
        let Some(in_force) = &self.in_force else { return Ok(()) };
        let epoch = self.vault.epoch()?;
        let client = self.client(transport, profile, in_force.trust.document())?;
        let state = dated(|| client.state(epoch))?;
        let CollectorState { policy_version, trust_version, .. } = &state.document;
        let (policy_floor, trust_floor) = (*policy_version, *trust_version);
        let anchor = self.endpoint_clock.anchor();
        self.set(|settings| {
            settings.policy_floor = settings.policy_floor.max(policy_floor);
            settings.trust_floor = settings.trust_floor.max(trust_floor);
            settings.anchor = anchor;
        })
    }
}

/// Calls the endpoint, and once more where it refused the date of the request and signed its own:
/// the client has learnt that.
fn dated<T>(call: impl Fn() -> Result<T, CallError>) -> Result<T, CallError> {
    match call() {
        Err(CallError::Refused(refused)) if refused.action() == Action::SetClock => call(),
        other => other,
    }
}

/// A connection that could not even be prepared.
fn unreachable(failure: impl Into<TransportFailure>) -> AgentError {
    let trouble = decide(Asked::Document, &Reply::Failed(failure.into())).trouble();
    trouble.map_or(AgentError::Forwarding(Code("unreachable")), AgentError::from)
}
