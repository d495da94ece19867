use std::sync::{Arc, Mutex};

use fenming_wire::api::ProblemKind;
use fenming_wire::id::Digest;
use fenming_wire::ledger::Position;

use super::*;
use crate::clock::{Clock, Span};
use crate::consent::sample::{Desk, noon};
use crate::error::AgentError;
use crate::forward::outcome::{Action, Trouble};
use crate::forward::tests::endpoint::{Endpoint, Fault, answer};
use crate::forward::transport::TransportFailure;
use crate::policy::sample::Employer;
use crate::ports::SystemRandom;
use crate::testing::ManualClock;

/// A device, its employer, and an endpoint.
struct Wire {
    desk: Desk,
    employer: Employer,
    endpoint: Endpoint,
    clock: EndpointClock,
    phone: Arc<ManualClock>,
}

impl Wire {
    fn new() -> Self {
        let (desk, mut employer) = (Desk::new(), Employer::new());
        let endpoint = Endpoint::new(
            employer.profile.tenant.clone(),
            employer.profile.endpoint.authority(),
            desk.key(),
            Arc::new(ManualClock::at(noon())),
        );
        employer.trust.receipt_keys = vec![endpoint.receipts.public()];
        let phone = Arc::new(ManualClock::at(noon()));
        let clock = EndpointClock::new(Arc::clone(&phone) as Arc<dyn Clock>, None);
        Self { desk, employer, endpoint, clock, phone }
    }

    fn client(&self) -> Client<'_> {
        self.client_on(&self.endpoint)
    }

    fn client_on<'a>(&'a self, transport: &'a dyn Transport) -> Client<'a> {
        let (signer, clock) = (&self.desk.device, &self.clock);
        let ports = ClientPorts { transport, signer, random: &SystemRandom, clock };
        Client::new(ports, &self.employer.profile, &self.employer.trust).unwrap()
    }

    fn batch(&self, sealed: &[u8]) -> Verified<Manifest> {
        let (device, epoch) = (self.desk.key().device_id(), epoch());
        let document = Manifest {
            tenant: self.employer.profile.tenant.clone(),
            device,
            epoch,
            from: Position::start(device, epoch),
            to: Position { seq: 3, head: Digest::of(b"head") },
            ciphertext: Digest::of(sealed),
            size: u64::try_from(sealed.len()).unwrap(),
            class: "orders".parse().unwrap(),
            recipients: vec![self.employer.trust.recipients[0].key.key_id()],
            attachments: Vec::new(),
        };
        let sign = |signer: &dyn fenming_wire::key::Signer| Envelope::sign(&document, signer);
        Verified { envelope: self.desk.with_signer(sign).unwrap(), document }
    }
}

/// A transport that keeps what it got and answers with one answer.
struct Canned {
    answer: Answer,
    paths: Mutex<Vec<String>>,
}

impl Canned {
    fn new(answer: Answer) -> Self {
        Self { answer, paths: Mutex::default() }
    }
}

impl Transport for Canned {
    fn send(&self, request: &Request) -> Result<Answer, TransportFailure> {
        self.paths.lock().unwrap().push(request.path.clone());
        Ok(self.answer.clone())
    }
}

fn epoch() -> Epoch {
    Epoch::from_bytes([5; 8])
}

const SENT: Sent = Sent { first: 3, last: 3 };

fn refused(error: CallError) -> Refused {
    match error {
        CallError::Refused(refused) => *refused,
        other => panic!("{other}"),
    }
}

#[test]
fn a_batch_is_answered_by_a_receipt_for_just_this_batch() {
    let wire = Wire::new();
    let batch = wire.batch(b"sealed");
    let receipt = wire.client().upload(&batch, b"sealed", SENT).unwrap();
    assert!(receipt.document.fits(&batch.document));
    let again = wire.client().upload(&batch, b"sealed", SENT).unwrap();
    assert_eq!(again, receipt, "a repeat brings the same receipt");
}

#[test]
fn receipts_of_a_stranger_for_another_tenant_or_none_are_invalid() {
    for fault in [Fault::StrangersReceipt, Fault::OtherReceipt, Fault::NoReceipt] {
        let wire = Wire::new();
        wire.endpoint.misbehave([fault]);
        let answer = wire.client().upload(&wire.batch(b"sealed"), b"sealed", SENT);
        let refused = refused(answer.unwrap_err());
        assert_eq!(refused.action(), Action::AskState(Trouble::ReceiptInvalid), "{fault:?}");
        assert!(refused.source.is_some());
    }
}

#[test]
fn a_receipt_for_another_batch_is_invalid() {
    let wire = Wire::new();
    let first = wire.client().upload(&wire.batch(b"sealed"), b"sealed", SENT).unwrap();
    let canned = Canned::new(answer(200, first.envelope.to_bytes().unwrap()));
    let other = wire.client_on(&canned).upload(&wire.batch(b"other"), b"other", SENT);
    let refused = refused(other.unwrap_err());
    assert_eq!(refused.action(), Action::AskState(Trouble::ReceiptInvalid));
}

#[test]
fn after_the_trust_document_names_another_receipt_key_the_old_one_signs_nothing() {
    let mut wire = Wire::new();
    wire.client().state(epoch()).unwrap();
    wire.employer.trust.receipt_keys = vec![Ed25519Key::from_bytes([8; 32])];
    let batch = wire.batch(b"sealed");
    let receipt = refused(wire.client().upload(&batch, b"sealed", SENT).unwrap_err());
    assert_eq!(receipt.action(), Action::AskState(Trouble::ReceiptInvalid));
    let state = refused(wire.client().state(epoch()).unwrap_err());
    assert_eq!(state.action(), Action::BackOff(Trouble::ReceiptInvalid, None));
}

#[test]
fn a_conflict_brings_verified_receipts_and_state() {
    let wire = Wire::new();
    let stored = wire.client().upload(&wire.batch(b"sealed"), b"sealed", SENT).unwrap();
    let conflict = wire.client().upload(&wire.batch(b"other"), b"other", SENT);
    let refused = refused(conflict.unwrap_err());
    assert_eq!(refused.action(), Action::Reconcile);
    assert_eq!(refused.evidence.receipts, [stored]);
    let state = refused.evidence.state.unwrap().document;
    assert_eq!(state.epochs[0].high.seq, 3);
}

#[test]
fn a_conflicts_evidence_that_a_stranger_signed_is_no_evidence() {
    let mut wire = Wire::new();
    wire.client().upload(&wire.batch(b"sealed"), b"sealed", SENT).unwrap();
    wire.employer.trust.receipt_keys = vec![Ed25519Key::from_bytes([8; 32])];
    let conflict = wire.client().upload(&wire.batch(b"other"), b"other", SENT);
    let refused = refused(conflict.unwrap_err());
    assert_eq!(refused.action(), Action::Reconcile);
    assert_eq!(refused.evidence, Evidence::default());
    assert_eq!(wire.clock.anchor(), None);
}

#[test]
fn a_state_must_answer_the_very_nonce() {
    let wire = Wire::new();
    wire.endpoint.misbehave([Fault::OtherNonce]);
    let replayed = refused(wire.client().state(epoch()).unwrap_err());
    assert_eq!(replayed.action(), Action::BackOff(Trouble::ReceiptInvalid, None));
    assert_eq!(wire.clock.anchor(), None);
    assert_eq!(wire.client().state(epoch()).unwrap().document.epochs, []);
    assert!(wire.clock.anchor().is_some());
}

#[test]
fn requests_are_dated_by_the_endpoints_clock_once_it_has_signed_it() {
    let wire = Wire::new();
    wire.phone.set_wall(noon() + Span::days(365));
    let skewed = refused(wire.client().state(epoch()).unwrap_err());
    assert_eq!(skewed.action(), Action::SetClock);
    wire.client().state(epoch()).unwrap();
    wire.phone.set_wall(noon() - Span::days(1));
    wire.client().state(epoch()).unwrap();
}

#[test]
fn a_problem_is_named_and_anything_else_is_not_believed() {
    let wire = Wire::new();
    wire.endpoint.misbehave([Fault::Problem(ProblemKind::DeviceBlocked, None)]);
    let blocked = refused(wire.client().policy().unwrap_err());
    assert_eq!(blocked.action(), Action::Pause(Trouble::NotAuthorised));
    for body in [&b"<html>"[..], b"{}", b"", b"{\"type\":\"https://elsewhere.example\"}"] {
        let canned = Canned::new(answer(418, body.to_vec()));
        let odd = refused(wire.client_on(&canned).policy().unwrap_err());
        assert_eq!(odd.action(), Action::Pause(Trouble::UnknownAnswer));
    }
}

#[test]
fn the_trust_document_comes_back_as_it_came_without_a_signature_of_ours() {
    let wire = Wire::new();
    let signed = wire.employer.signed_trust();
    let canned = Canned::new(answer(200, signed.to_bytes().unwrap()));
    assert_eq!(fetch_trust(&canned).unwrap(), signed);
    assert_eq!(*canned.paths.lock().unwrap(), [TRUST_PATH]);
    let garbage = Canned::new(answer(200, b"{}".to_vec()));
    let error = AgentError::from(fetch_trust(&garbage).unwrap_err());
    assert_eq!(error.code(), "document_refused");
}

#[test]
fn an_enrolment_must_be_for_this_device() {
    let wire = Wire::new();
    let token: EnrolmentToken = "A1b2C3d4E5f6G7h8I9j0K1".to_owned().try_into().unwrap();
    let mut enrolment = Enrolment {
        device: wire.desk.key().device_id(),
        person: wire.desk.who.person.clone(),
        trust: wire.employer.signed_trust(),
        policy: wire.employer.signed_policy(),
    };
    let canned = Canned::new(answer(200, json::write(&enrolment).unwrap()));
    let enrolled = wire.client_on(&canned).enrol(&token).unwrap();
    assert_eq!(enrolled.person, wire.desk.who.person);
    enrolment.device = DeviceId::from_bytes([9; 16]);
    let other = Canned::new(answer(200, json::write(&enrolment).unwrap()));
    let error = AgentError::from(wire.client_on(&other).enrol(&token).err().unwrap());
    assert_eq!(error.code(), "document_refused");
}

#[test]
fn a_key_that_cannot_sign_sends_nothing() {
    let wire = Wire::new();
    let client = wire.client();
    wire.desk.device.refuse(Some(KeyError::Locked));
    let error = AgentError::from(client.state(epoch()).unwrap_err());
    assert_eq!(error.code(), "key_unavailable");
    assert!(wire.endpoint.paths().is_empty());
}
