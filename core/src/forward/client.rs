//! The endpoint's interface as typed calls.
//!
//! Receipts and states are checked here: signed by a receipt key of the trust document, about this
//! tenant and device, and, for a state, in answer to the very nonce of the request. Trust document
//! and policy come back as they came; [`policy`](crate::policy) decides whether they are accepted.

mod attachment;
mod call;
mod evidence;

use data_encoding::BASE64URL_NOPAD;
use fenming_wire::api::{
    BATCH_TYPE, BATCHES_PATH, COUNSEL_PATH, ENROLMENTS_PATH, Enrolment, EnrolmentRequest,
    HEARTBEATS_PATH, JSON_TYPE, POLICY_PATH, STATE_PATH, TRUST_PATH,
};
use fenming_wire::counsel::CounselDecision;
use fenming_wire::envelope::{Document, Envelope};
use fenming_wire::heartbeat::Heartbeat;
use fenming_wire::id::{DeviceId, Epoch, TenantId};
use fenming_wire::key::Ed25519Key;
use fenming_wire::manifest::Manifest;
use fenming_wire::policy::Policy;
use fenming_wire::profile::{EnrolmentToken, Profile};
use fenming_wire::receipt::{CollectorState, Receipt};
use fenming_wire::trust::TrustDocument;
use fenming_wire::{WireError, frame, json, signature};

pub use self::attachment::AttachmentStanding;
pub use self::call::{CallError, Refused};
pub use self::evidence::{Evidence, Verified};
use super::endpoint_clock::EndpointClock;
use super::outcome::{Answered, Asked, Proof, Reply, Sent};
use super::transport::{Answer, Method, Request, Transport};
use crate::clock::Clock as _;
use crate::limits::MAX_ANSWER_BYTES;
use crate::ports::{DeviceSigner, DocumentSigner, KeyError, Random};

/// What the client works with.
#[derive(Clone, Copy)]
pub struct ClientPorts<'a> {
    /// Sends requests.
    pub transport: &'a dyn Transport,
    /// Signs them.
    pub signer: &'a dyn DeviceSigner,
    /// Makes each of them unique.
    pub random: &'a dyn Random,
    /// Dates them; learns the time from every state that it verifies.
    pub clock: &'a EndpointClock,
}

/// Calls the endpoint in the name of one device of one tenant.
pub struct Client<'a> {
    ports: ClientPorts<'a>,
    signer: DocumentSigner<'a>,
    tenant: TenantId,
    device: DeviceId,
    authority: String,
    receipt_keys: Vec<Ed25519Key>,
}

/// Asks for the trust document. The request is not signed and says nothing of anybody.
///
/// # Errors
/// [`CallError::Refused`].
pub fn fetch_trust(transport: &dyn Transport) -> Result<Envelope<TrustDocument>, CallError> {
    let request = Request {
        method: Method::Get,
        path: TRUST_PATH.to_owned(),
        content_type: None,
        body: Vec::new(),
        signature: None,
    };
    let answer = transport
        .send(&request)
        .map_err(|failure| Refused::unanswered(Asked::Document, failure))?;
    read_envelope(&answer)
}

impl<'a> Client<'a> {
    /// Reads the device's public key.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn new(
        ports: ClientPorts<'a>,
        profile: &Profile,
        trust: &TrustDocument,
    ) -> Result<Self, KeyError> {
        let signer = DocumentSigner::new(ports.signer)?;
        Ok(Self {
            ports,
            tenant: profile.tenant.clone(),
            device: signer.key().device_id(),
            authority: profile.endpoint.authority(),
            receipt_keys: trust.receipt_keys.clone(),
            signer,
        })
    }

    /// The device in whose name calls are made.
    #[must_use]
    pub const fn device(&self) -> DeviceId {
        self.device
    }

    /// Enrols the device with a one-time token. Repeating it after a lost answer is safe.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn enrol(&self, token: &EnrolmentToken) -> Result<Enrolment, CallError> {
        let request = EnrolmentRequest { token: token.clone(), device_key: *self.signer.key() };
        let body = json::write(&request).map_err(CallError::Unwritable)?;
        let (answer, nonce) = self.post(ENROLMENTS_PATH, JSON_TYPE, body, Asked::Document)?;
        let enrolment: Enrolment =
            self.read(&answer, &nonce, |bytes| json::parse(bytes, MAX_ANSWER_BYTES))?;
        if enrolment.device == self.device {
            Ok(enrolment)
        } else {
            let source = WireError::field("device", "is another device than this one");
            Err(Refused::document(&answer, source).into())
        }
    }

    /// Asks for the policy.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn policy(&self) -> Result<Envelope<Policy>, CallError> {
        let (answer, nonce) = self.get(POLICY_PATH.to_owned())?;
        self.read(&answer, &nonce, Envelope::from_bytes)
    }

    /// Asks for counsel's first decision behind a number; none where there is none.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn decision(&self, known: u64) -> Result<Option<Envelope<CounselDecision>>, CallError> {
        let (answer, nonce) = self.get(format!("{COUNSEL_PATH}/{known}"))?;
        if answer.status == 404 {
            return Ok(None);
        }
        self.read(&answer, &nonce, Envelope::from_bytes).map(Some)
    }

    /// Asks what the endpoint has of an epoch, and learns its time.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn state(&self, epoch: Epoch) -> Result<Verified<CollectorState>, CallError> {
        let (answer, nonce) = self.get(format!("{STATE_PATH}/{epoch}"))?;
        self.read(&answer, &nonce, |bytes| {
            let state = self.verify_state(Envelope::from_bytes(bytes)?, &nonce)?;
            self.ports.clock.learn(state.document.at);
            Ok(state)
        })
    }

    /// Hands a batch over. What `sent` says decides how a refusal is understood.
    ///
    /// # Errors
    /// [`CallError`], with the verified receipts and state that the answer carries.
    pub fn upload(
        &self,
        manifest: &Verified<Manifest>,
        sealed: &[u8],
        sent: Sent,
    ) -> Result<Verified<Receipt>, CallError> {
        let asked = Asked::Batch(sent);
        let body = frame::join(&manifest.envelope, sealed).map_err(CallError::Unwritable)?;
        let (answer, nonce) = self.post(BATCHES_PATH, BATCH_TYPE, body, asked)?;
        if !is_success(&answer) {
            return Err(self.refusal(asked, &answer, &nonce).into());
        }
        let receipt = Envelope::from_bytes(&answer.body).and_then(|e| self.verify_receipt(e));
        match receipt {
            Ok(receipt) if receipt.document.fits(&manifest.document) => Ok(receipt),
            Ok(_) => {
                let source = WireError::field("receipt", "is for another batch");
                Err(Refused::invalid(asked, &answer, source).into())
            }
            Err(source) => Err(Refused::invalid(asked, &answer, source).into()),
        }
    }

    /// Hands a heartbeat over.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn heartbeat(&self, heartbeat: &Heartbeat) -> Result<(), CallError> {
        let body = json::write(heartbeat).map_err(CallError::Unwritable)?;
        let asked = Asked::Heartbeat;
        let (answer, nonce) = self.post(HEARTBEATS_PATH, JSON_TYPE, body, asked)?;
        if is_success(&answer) { Ok(()) } else { Err(self.refusal(asked, &answer, &nonce).into()) }
    }

    /// Verifies a receipt: who signed it, and that it is about this tenant and device. It cannot
    /// be earlier than a receipt says.
    ///
    /// # Errors
    /// [`WireError`].
    pub fn verify_receipt(
        &self,
        envelope: Envelope<Receipt>,
    ) -> Result<Verified<Receipt>, WireError> {
        let document = envelope.verify(&self.receipt_keys)?;
        self.check_subject(&document.tenant, document.device)?;
        self.ports.clock.learn_past(document.received);
        Ok(Verified { envelope, document })
    }

    fn verify_state(
        &self,
        envelope: Envelope<CollectorState>,
        nonce: &str,
    ) -> Result<Verified<CollectorState>, WireError> {
        let document = envelope.verify(&self.receipt_keys)?;
        self.check_subject(&document.tenant, document.device)?;
        if document.nonce != nonce {
            return Err(WireError::field("nonce", "answers another request"));
        }
        Ok(Verified { envelope, document })
    }

    fn check_subject(&self, tenant: &TenantId, device: DeviceId) -> Result<(), WireError> {
        if *tenant != self.tenant {
            return Err(WireError::field("tenant", "is another tenant"));
        }
        if device != self.device {
            return Err(WireError::field("device", "is another device"));
        }
        Ok(())
    }

    fn get(&self, path: String) -> Result<(Answer, String), CallError> {
        self.send(Asked::Document, Method::Get, (path, None, Vec::new()))
    }

    fn post(
        &self,
        path: &str,
        content_type: &'static str,
        body: Vec<u8>,
        asked: Asked,
    ) -> Result<(Answer, String), CallError> {
        self.send(asked, Method::Post, (path.to_owned(), Some(content_type), body))
    }

    /// Signs and sends a request; yields the answer, and the nonce that the request had.
    fn send(
        &self,
        asked: Asked,
        method: Method,
        (path, content_type, body): (String, Option<&'static str>, Vec<u8>),
    ) -> Result<(Answer, String), CallError> {
        let mut bytes = [0; NONCE_BYTES];
        self.ports.random.fill(&mut bytes)?;
        let nonce = BASE64URL_NOPAD.encode(&bytes);
        let signed = signature::Request {
            method: method.as_str(),
            authority: &self.authority,
            path: &path,
            body: &body,
        };
        let created = self.ports.clock.now();
        let signature = signature::sign(signed, self.device, created, &nonce, &self.signer)
            .map_err(CallError::Unwritable)?;
        let signature = Some(signature);
        let request = Request { method, path, content_type, body, signature };
        match self.ports.transport.send(&request) {
            Ok(answer) => Ok((answer, nonce)),
            Err(failure) => Err(Refused::unanswered(asked, failure).into()),
        }
    }

    /// Reads the document of a success, or the problem of anything else.
    fn read<T>(
        &self,
        answer: &Answer,
        nonce: &str,
        parse: impl FnOnce(&[u8]) -> Result<T, WireError>,
    ) -> Result<T, CallError> {
        if !is_success(answer) {
            return Err(self.refusal(Asked::Document, answer, nonce).into());
        }
        parse(&answer.body).map_err(|source| Refused::document(answer, source).into())
    }

    /// Reads a problem, and verifies the receipts and the state that it carries. A verified state
    /// tells the time.
    fn refusal(&self, asked: Asked, answer: &Answer, nonce: &str) -> Refused {
        let problem = call::problem(answer);
        let mut refused = Refused::new(asked, answer, problem.as_ref());
        let Some(problem) = problem else {
            return refused;
        };
        let proof = problem.state.map(|envelope| self.verify_state(envelope, nonce));
        if let Some(Ok(state)) = &proof {
            self.ports.clock.learn(state.document.at);
        }
        if let Reply::Answered(answered) = &mut refused.reply {
            answered.proof = match &proof {
                None => Proof::Absent,
                Some(Err(_)) => Proof::Invalid,
                Some(Ok(_)) => Proof::Valid,
            };
        }
        refused.evidence.state = proof.and_then(Result::ok);
        let receipts = problem.receipts.into_iter();
        refused.evidence.receipts = receipts.filter_map(|e| self.verify_receipt(e).ok()).collect();
        refused
    }
}

/// Random bytes of a nonce: no two requests of a device ever share one.
const NONCE_BYTES: usize = 16;

fn read_envelope<D: Document>(answer: &Answer) -> Result<Envelope<D>, CallError> {
    if !is_success(answer) {
        let problem = call::problem(answer);
        return Err(Refused::new(Asked::Document, answer, problem.as_ref()).into());
    }
    Envelope::from_bytes(&answer.body).map_err(|source| Refused::document(answer, source).into())
}

fn is_success(answer: &Answer) -> bool {
    (200..=299).contains(&answer.status)
}

#[cfg(test)]
mod tests;
