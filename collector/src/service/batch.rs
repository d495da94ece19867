//! `POST /v1/batches`: a sealed batch in, a signed receipt out, with the disk in between.

use std::collections::BTreeSet;

use fenming_wire::api::ProblemKind;
use fenming_wire::envelope::Envelope;
use fenming_wire::frame;
use fenming_wire::id::{Digest, KeyId};
use fenming_wire::manifest::Manifest;
use fenming_wire::receipt::Receipt;

use super::admit::Caller;
use super::rule::{Decision, decide};
use super::{Admitted, Answer, Refusal, Service};
use crate::store::folder::Place;
use crate::store::{Append, BatchRow, StoreError};

impl Service {
    pub(crate) fn batch(&self, admitted: Admitted, body: &[u8]) -> Result<Answer, Refusal> {
        let caller = self.accept(admitted, body)?;
        let (envelope, sealed) = frame::split(body).map_err(|error| Refusal::malformed(&error))?;
        let manifest = self.read_manifest(&caller, &envelope, sealed)?;
        let lane = self.lanes.enter(caller.device);
        let known = self.store.known(&manifest)?;
        let receipt = known.same_start.as_ref().map(|row| parse_receipt(&row.receipt));
        let decision = decide(&manifest, known.high, receipt.transpose()?.as_ref());
        let answer = match (decision, known.same_start) {
            (Decision::Append, _) => self
                .attachments_are_here(&manifest)
                .and_then(|()| self.append(&caller, &manifest, &envelope, sealed)),
            (Decision::Repeat, Some(row)) => self.repeat(&manifest, row),
            (Decision::Repeat, None) | (Decision::Conflict, _) => {
                Err(self.conflict(&caller, &manifest))
            }
        };
        drop(lane);
        answer
    }

    /// The manifest, once its signature and all that it says of the request hold.
    fn read_manifest(
        &self,
        caller: &Caller,
        envelope: &Envelope<Manifest>,
        sealed: &[u8],
    ) -> Result<Manifest, Refusal> {
        let manifest =
            envelope.verify(&[caller.key]).map_err(|error| Refusal::malformed(&error))?;
        let field = |wrong: bool, path: &str, reason: &'static str| {
            if wrong { Err(Refusal::field(path, reason)) } else { Ok(()) }
        };
        let length = u64::try_from(sealed.len()).unwrap_or(u64::MAX);
        let keys: BTreeSet<KeyId> = manifest.recipients.iter().copied().collect();
        let recipients = &self.published().recipients;
        let strangers = keys != *recipients || keys.len() != manifest.recipients.len();
        field(manifest.tenant != self.tenant, "tenant", "is not the tenant of this endpoint")?;
        field(manifest.device != caller.device, "device", "is not the device that signed")?;
        field(strangers, "recipients", "must be those of the trust document, each once")?;
        field(manifest.size != length, "size", "is not the length of the sealed bytes")?;
        let digest = Digest::of(sealed);
        field(manifest.ciphertext != digest, "ciphertext", "is not the sealed bytes' digest")?;
        Ok(manifest)
    }

    /// The sealed bytes to the disk, then the ledger, then the batch with its receipt to its place,
    /// and only then the answer.
    fn append(
        &self,
        caller: &Caller,
        manifest: &Manifest,
        envelope: &Envelope<Manifest>,
        sealed: &[u8],
    ) -> Result<Answer, Refusal> {
        let at = Place::of(manifest);
        let received = self.clock.now();
        let receipt = Envelope::sign(&Receipt::of(manifest, received), &self.receipts)
            .and_then(|receipt| receipt.to_bytes())
            .map_err(|_| Refusal::unavailable())?;
        let envelope = envelope.to_bytes().map_err(|error| Refusal::malformed(&error))?;
        self.folder.receive(at, sealed)?;
        let batch = Append { manifest, envelope: &envelope, receipt: &receipt, received };
        if !self.store.append(&batch)? {
            return Err(self.conflict(caller, manifest));
        }
        self.folder.file(at, &envelope, &receipt)?;
        self.keep_state(caller.device)?;
        Ok(Answer::json(receipt))
    }

    /// The same receipt again, byte for byte.
    fn repeat(&self, manifest: &Manifest, row: BatchRow) -> Result<Answer, Refusal> {
        self.folder.file(Place::of(manifest), &row.manifest, &row.receipt)?;
        self.keep_state(manifest.device)?;
        Ok(Answer::json(row.receipt))
    }

    fn conflict(&self, caller: &Caller, manifest: &Manifest) -> Refusal {
        let title = "the batch does not start where the ledger stands";
        match self.state_and_receipts(caller.device, &caller.nonce, Some(manifest.epoch)) {
            Ok((state, receipts)) => Refusal::new(ProblemKind::LedgerConflict, title)
                .with_receipts(receipts)
                .with_state(state),
            Err(refusal) => refusal,
        }
    }
}

fn parse_receipt(bytes: &[u8]) -> Result<Receipt, StoreError> {
    Envelope::<Receipt>::from_bytes(bytes)
        .and_then(|envelope| envelope.peek_unverified())
        .map_err(|_| StoreError::Damaged)
}
