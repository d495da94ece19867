//! An endpoint behind the transport port: it keeps the collector's rule with real signatures, and
//! misbehaves when it is told to.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};

use fenming_wire::api::{BATCHES_PATH, HEARTBEATS_PATH, Problem, ProblemKind, STATE_PATH};
use fenming_wire::envelope::Envelope;
use fenming_wire::id::{Epoch, TenantId};
use fenming_wire::key::{DeviceKey, Ed25519Signer};
use fenming_wire::ledger::Position;
use fenming_wire::limits::SIGNATURE_WINDOW_SECONDS;
use fenming_wire::manifest::Manifest;
use fenming_wire::receipt::{CollectorState, EpochState, Receipt};
use fenming_wire::time::Span;
use fenming_wire::{frame, json, signature};

use crate::clock::Clock;
use crate::forward::transport::{Answer, Request, Transport, TransportFailure};
use crate::policy::sample::key;
use crate::testing::ManualClock;

/// One act of misbehaviour, for one request for a batch or a state.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// It behaves.
    None,
    /// The request never arrives.
    Lost(TransportFailure),
    /// The request is carried out, and its answer never arrives.
    Unanswered(TransportFailure),
    /// The answer has this status and nothing else; nothing is carried out.
    Status(u16, Option<Span>),
    /// The same, with a problem that names a sequence.
    Problem(ProblemKind, Option<u64>),
    /// The request is carried out, and the answer says that it was not.
    Contradicted(ProblemKind, Option<u64>),
    /// The request is carried out, and the answer is empty.
    NoReceipt,
    /// The request is carried out, and a stranger signs the receipt.
    StrangersReceipt,
    /// The request is carried out, and the receipt is about another tenant.
    OtherReceipt,
    /// The request is carried out, and the answer quotes another nonce.
    OtherNonce,
    /// A conflict with neither receipts nor state.
    BareConflict,
}

/// A stored batch.
#[derive(Clone)]
pub(crate) struct StoredBatch {
    pub(crate) manifest: Manifest,
    pub(crate) sealed: Vec<u8>,
    pub(crate) receipt: Envelope<Receipt>,
}

/// The endpoint.
pub(crate) struct Endpoint {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) receipts: Ed25519Signer,
    stranger: Ed25519Signer,
    tenant: TenantId,
    authority: String,
    device: DeviceKey,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    batches: BTreeMap<Epoch, Vec<StoredBatch>>,
    nonces: BTreeSet<String>,
    faults: VecDeque<Fault>,
    paths: Vec<String>,
    most_lines: Option<u64>,
    refused: BTreeSet<u64>,
}

impl Endpoint {
    pub(crate) fn new(
        tenant: TenantId,
        authority: String,
        device: DeviceKey,
        clock: Arc<ManualClock>,
    ) -> Self {
        let inner = Mutex::default();
        Self { clock, receipts: key(), stranger: key(), tenant, authority, device, inner }
    }

    /// Misbehaves at the next requests for a batch or a state, one act each.
    pub(crate) fn misbehave(&self, faults: impl IntoIterator<Item = Fault>) {
        self.inner.lock().unwrap().faults.extend(faults);
    }

    /// Refuses batches of more lines than this.
    pub(crate) fn limit(&self, lines: u64) {
        self.inner.lock().unwrap().most_lines = Some(lines);
    }

    /// Refuses batches that hold this sequence, once.
    pub(crate) fn refuse(&self, seq: u64) {
        self.inner.lock().unwrap().refused.insert(seq);
    }

    /// Behaves from now on.
    pub(crate) fn behave(&self) {
        self.inner.lock().unwrap().faults.clear();
    }

    /// The paths that were asked for since the last call.
    pub(crate) fn paths(&self) -> Vec<String> {
        std::mem::take(&mut self.inner.lock().unwrap().paths)
    }

    /// Everything that is stored of an epoch, in order.
    pub(crate) fn batches(&self, epoch: Epoch) -> Vec<StoredBatch> {
        self.inner.lock().unwrap().batches.get(&epoch).cloned().unwrap_or_default()
    }

    /// The epochs that something is stored of.
    pub(crate) fn epochs(&self) -> Vec<Epoch> {
        self.inner.lock().unwrap().batches.keys().copied().collect()
    }

    /// Loses the last batch of an epoch, as an endpoint restored from a backup does.
    pub(crate) fn lose_last(&self, epoch: Epoch) {
        self.inner.lock().unwrap().batches.get_mut(&epoch).unwrap().pop();
    }

    fn high(&self, inner: &Inner, epoch: Epoch) -> Position {
        let last = inner.batches.get(&epoch).and_then(|batches| batches.last());
        last.map_or_else(
            || Position::start(self.device.device_id(), epoch),
            |batch| batch.manifest.to,
        )
    }

    fn state(&self, inner: &Inner, epoch: Epoch, nonce: &str) -> Envelope<CollectorState> {
        let epochs = inner.batches.iter().filter(|(_, batches)| !batches.is_empty());
        let receipts = inner.batches.get(&epoch).into_iter().flatten().rev().take(32);
        let state = CollectorState {
            tenant: self.tenant.clone(),
            device: self.device.device_id(),
            epochs: epochs
                .map(|(epoch, _)| EpochState { epoch: *epoch, high: self.high(inner, *epoch) })
                .collect(),
            receipts: receipts.map(|batch| batch.receipt.clone()).collect(),
            policy_version: 12,
            trust_version: 3,
            nonce: nonce.to_owned(),
            at: self.clock.now(),
        };
        Envelope::sign(&state, &self.receipts).unwrap()
    }

    /// Checks the signature; yields its nonce, or the refusal.
    fn admit(&self, inner: &mut Inner, request: &Request) -> Result<String, Answer> {
        let headers = request.signature.as_ref().unwrap();
        let presented = signature::parse(headers).unwrap();
        let signed = signature::Request {
            method: request.method.as_str(),
            authority: &self.authority,
            path: &request.path,
            body: &request.body,
        };
        presented.verify(signed, &self.device).unwrap();
        let age = presented.created.seconds() - self.clock.now().seconds();
        if age.abs() > SIGNATURE_WINDOW_SECONDS {
            let epoch = Epoch::from_bytes([0; 8]);
            let state = self.state(inner, epoch, &presented.nonce);
            return Err(problem(ProblemKind::ClockSkew, |problem| problem.state = Some(state)));
        }
        assert!(inner.nonces.insert(presented.nonce.clone()), "a nonce was used twice");
        Ok(presented.nonce)
    }

    fn store(&self, inner: &mut Inner, request: &Request, nonce: &str) -> Answer {
        let (envelope, sealed) = frame::split(&request.body).unwrap();
        let manifest = envelope.verify(&[self.device]).unwrap();
        let high = self.high(inner, manifest.epoch);
        let stored = inner.batches.get(&manifest.epoch).into_iter().flatten();
        if let Some(batch) = stored.into_iter().find(|batch| batch.manifest == manifest) {
            return answer(200, batch.receipt.to_bytes().unwrap());
        }
        if manifest.from != high {
            let state = self.state(inner, manifest.epoch, nonce);
            let receipts = state.peek_unverified().unwrap().receipts;
            return problem(ProblemKind::LedgerConflict, |problem| {
                (problem.state, problem.receipts) = (Some(state), receipts);
            });
        }
        let lines = manifest.to.seq - manifest.from.seq;
        if inner.most_lines.is_some_and(|most| lines > most) {
            return problem(ProblemKind::TooLarge, |_| {});
        }
        let held = inner.refused.range(manifest.from.seq + 1..=manifest.to.seq).next().copied();
        if let Some(seq) = held {
            inner.refused.remove(&seq);
            return problem(ProblemKind::RecordRefused, |problem| problem.sequence = Some(seq));
        }
        let receipt = Receipt::of(&manifest, self.clock.now());
        let receipt = Envelope::sign(&receipt, &self.receipts).unwrap();
        let body = receipt.to_bytes().unwrap();
        let batch = StoredBatch { sealed: sealed.to_vec(), receipt, manifest };
        inner.batches.entry(batch.manifest.epoch).or_default().push(batch);
        answer(200, body)
    }

    fn serve(&self, inner: &mut Inner, request: &Request, nonce: &str) -> Answer {
        match request.path.as_str() {
            BATCHES_PATH => self.store(inner, request, nonce),
            HEARTBEATS_PATH => answer(204, Vec::new()),
            path => {
                let epoch = path.strip_prefix(STATE_PATH).unwrap().trim_start_matches('/');
                let state = self.state(inner, epoch.parse().unwrap(), nonce);
                answer(200, state.to_bytes().unwrap())
            }
        }
    }

    /// Makes a good answer a bad one. A fault that does not fit the answer leaves it as it is.
    fn forge(&self, fault: Fault, answer: Answer) -> Answer {
        let receipt = Envelope::<Receipt>::from_bytes(&answer.body).ok();
        let receipt = receipt.map(|envelope| envelope.peek_unverified().unwrap());
        let state = Envelope::<CollectorState>::from_bytes(&answer.body).ok();
        let state = state.map(|envelope| envelope.peek_unverified().unwrap());
        let body = match (fault, receipt, state) {
            (Fault::NoReceipt, ..) => Vec::new(),
            (Fault::StrangersReceipt, Some(receipt), _) => {
                Envelope::sign(&receipt, &self.stranger).unwrap().to_bytes().unwrap()
            }
            (Fault::OtherReceipt, Some(mut receipt), _) => {
                receipt.tenant = "other".parse().unwrap();
                Envelope::sign(&receipt, &self.receipts).unwrap().to_bytes().unwrap()
            }
            (Fault::OtherNonce, _, Some(mut state)) => {
                state.nonce = "a-nonce-of-long-ago".to_owned();
                Envelope::sign(&state, &self.receipts).unwrap().to_bytes().unwrap()
            }
            _ => return answer,
        };
        Answer { body, ..answer }
    }
}

impl Transport for Endpoint {
    fn send(&self, request: &Request) -> Result<Answer, TransportFailure> {
        let mut inner = self.inner.lock().unwrap();
        inner.paths.push(request.path.clone());
        let fault = inner.faults.pop_front();
        match fault {
            Some(Fault::Lost(failure)) => return Err(failure),
            Some(Fault::Status(status, retry_after)) => {
                return Ok(Answer { status, retry_after, body: Vec::new() });
            }
            Some(Fault::Problem(kind, seq)) => {
                return Ok(problem(kind, |problem| problem.sequence = seq));
            }
            Some(Fault::BareConflict) => return Ok(problem(ProblemKind::LedgerConflict, |_| {})),
            _ => {}
        }
        let nonce = match self.admit(&mut inner, request) {
            Ok(nonce) => nonce,
            Err(refusal) => return Ok(refusal),
        };
        let answer = self.serve(&mut inner, request, &nonce);
        match fault {
            Some(Fault::Unanswered(failure)) => Err(failure),
            Some(Fault::Contradicted(kind, seq)) => {
                Ok(problem(kind, |problem| problem.sequence = seq))
            }
            Some(fault) => Ok(self.forge(fault, answer)),
            None => Ok(answer),
        }
    }
}

pub(crate) fn answer(status: u16, body: Vec<u8>) -> Answer {
    Answer { status, retry_after: None, body }
}

fn problem(kind: ProblemKind, with: impl FnOnce(&mut Problem)) -> Answer {
    let mut problem = Problem {
        kind: kind.uri().to_owned(),
        title: String::new(),
        status: kind.status(),
        sequence: None,
        receipts: Vec::new(),
        state: None,
    };
    with(&mut problem);
    answer(kind.status(), json::write(&problem).unwrap())
}
