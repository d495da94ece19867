//! Consents inside a ledger: that there is one, that the device signed it, and what it covers.

use std::collections::BTreeSet;

use fenming_wire::consent::{ConsentGrant, ConsentWithdrawal};
use fenming_wire::envelope::Envelope;
use fenming_wire::id::{Digest, KeyId, PersonId};
use fenming_wire::manifest::Manifest;
use fenming_wire::receipt::{CollectorState, EpochState};
use fenming_wire::record::{Genesis, Signed};
use fenming_wire::time::Timestamp;

use super::finding::{Fault, Findings};
use super::inside::Context;

/// All consents of an epoch, in the order of the ledger.
#[derive(Default)]
pub(super) struct Consents {
    person: Option<PersonId>,
    given: BTreeSet<Digest>,
    recipients: BTreeSet<KeyId>,
    /// Stretches in which a consent was live, by the phone's clock; the last one may be open.
    live: Vec<(Timestamp, Option<Timestamp>)>,
    /// Times of captured records; compared at the end, for a withdrawal may be sealed later than
    /// records that came after it.
    captured: Vec<Timestamp>,
    prior: Vec<EpochState>,
}

impl Consents {
    pub(super) const fn person(&self) -> Option<&PersonId> {
        self.person.as_ref()
    }

    pub(super) fn prior(&self) -> &[EpochState] {
        &self.prior
    }

    /// Notes the time of a captured record.
    pub(super) fn captured(&mut self, at: Timestamp) {
        self.captured.push(at);
    }

    /// Checks the first line of the epoch.
    pub(super) fn genesis(
        &mut self,
        context: &Context<'_>,
        (seq, genesis): (u64, &Genesis),
        findings: &mut Findings,
    ) {
        let owner = context.owner;
        let here = [
            (genesis.device == owner.device, "device"),
            (genesis.epoch == owner.epoch, "epoch"),
            (genesis.device_key.device_id() == owner.device, "device key"),
        ];
        for (_, what) in here.into_iter().filter(|(right, _)| !right) {
            findings.at(seq, Fault::Genesis, format!("belongs to another {what}"));
        }
        if !context.trusted.knows(&genesis.trust) {
            findings.at(seq, Fault::TrustUnknown, "genesis");
        }
        self.take_grant(context, (seq, &genesis.grant), None, findings);
        if let Some(prior) = &genesis.prior {
            self.take_prior(context, (seq, prior), findings);
        }
    }

    /// Checks a consent.
    pub(super) fn grant(
        &mut self,
        context: &Context<'_>,
        (seq, signed): (u64, &Signed<ConsentGrant>),
        findings: &mut Findings,
    ) {
        let at = Timestamp::from_millis(signed.t);
        self.take_grant(context, (seq, &signed.envelope), Some(at), findings);
    }

    /// Checks a withdrawal.
    pub(super) fn withdrawal(
        &mut self,
        context: &Context<'_>,
        (seq, signed): (u64, &Signed<ConsentWithdrawal>),
        findings: &mut Findings,
    ) {
        let owner = context.owner;
        let end = match signed.envelope.verify(owner.key.as_slice()) {
            Ok(end) => end,
            Err(error) => {
                findings.at(seq, Fault::Withdrawal, error.to_string());
                return;
            }
        };
        let here = [
            (end.tenant == *context.trusted.tenant(), "names another tenant"),
            (end.device == owner.device, "names another device"),
            (self.person.as_ref().is_none_or(|p| *p == end.person), "names another person"),
            (end.withdrawn.millis() == signed.t, "names another time than its line"),
            (self.given.contains(&end.grant), "ends a consent that was not given here"),
        ];
        for (_, what) in here.into_iter().filter(|(right, _)| !right) {
            findings.at(seq, Fault::Withdrawal, what);
        }
        for (_, until) in self.live.iter_mut().filter(|(_, until)| until.is_none()) {
            *until = Some(end.withdrawn);
        }
    }

    fn take_grant(
        &mut self,
        context: &Context<'_>,
        (seq, envelope): (u64, &Envelope<ConsentGrant>),
        at: Option<Timestamp>,
        findings: &mut Findings,
    ) {
        let owner = context.owner;
        let grant = match envelope.verify(owner.key.as_slice()) {
            Ok(grant) => grant,
            Err(error) => {
                findings.at(seq, Fault::Grant, error.to_string());
                return;
            }
        };
        let here = [
            (grant.tenant == *context.trusted.tenant(), "names another tenant"),
            (grant.device == owner.device, "names another device"),
            (self.person.as_ref().is_none_or(|p| *p == grant.person), "names another person"),
            (at.is_none_or(|at| at == grant.granted), "names another time than its line"),
        ];
        for (_, what) in here.into_iter().filter(|(right, _)| !right) {
            findings.at(seq, Fault::Grant, what);
        }
        if !context.trusted.knows(&grant.trust) {
            findings.at(seq, Fault::TrustUnknown, "consent");
        }
        self.person.get_or_insert(grant.person);
        // The genesis repeats the consent that a line of its own may hold as well.
        if self.given.insert(envelope.payload_digest()) {
            self.live.push((grant.granted, None));
            self.recipients.extend(grant.scope.recipients);
        }
    }

    fn take_prior(
        &mut self,
        context: &Context<'_>,
        (seq, prior): (u64, &Envelope<CollectorState>),
        findings: &mut Findings,
    ) {
        let state = match prior.verify(&context.trusted.receipt_keys()) {
            Ok(state) => state,
            Err(error) => {
                findings.at(seq, Fault::Prior, error.to_string());
                return;
            }
        };
        if state.tenant != *context.trusted.tenant() || state.device != context.owner.device {
            findings.at(seq, Fault::Prior, "names another tenant or device");
            return;
        }
        self.prior = state.epochs;
    }

    /// Compares the keys to which a batch is sealed with those that the employee agreed to. Only
    /// where a consent could be read at all: its absence is a finding already.
    pub(super) fn cover(&self, manifest: &Manifest, findings: &mut Findings) {
        let stranger = manifest.recipients.iter().find(|key| !self.recipients.contains(key));
        if let (Some(key), false) = (stranger, self.given.is_empty()) {
            let first = manifest.from.seq.saturating_add(1);
            findings.at(first, Fault::NotConsented, key.to_string());
        }
    }

    /// Counts the records outside every consent. A phone's clock can be wrong, so this is pointed
    /// out and judged by people.
    pub(super) fn finish(&self, findings: &mut Findings) {
        let live = |at: Timestamp| {
            let within = |(from, until): &(Timestamp, Option<Timestamp>)| {
                *from <= at && until.is_none_or(|until| at <= until)
            };
            self.live.iter().any(within)
        };
        let outside = self.captured.iter().filter(|at| !live(**at)).count();
        if outside > 0 && !self.live.is_empty() {
            findings.whole(Fault::OutsideConsent, format!("{outside} records"));
        }
    }
}
