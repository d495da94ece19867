//! `GET /v1/state/{epoch}`: what the endpoint has of a device, signed.

use fenming_wire::api::STATE_PATH;
use fenming_wire::envelope::Envelope;
use fenming_wire::id::{DeviceId, Epoch};
use fenming_wire::limits::MAX_RECEIPTS_REPEATED;
use fenming_wire::receipt::{CollectorState, EpochState, MAX_EPOCHS, Receipt};

use super::{Admitted, Answer, Refusal, Service};
use crate::store::StoreError;

impl Service {
    pub(crate) fn state(
        &self,
        path: &str,
        admitted: Admitted,
        body: &[u8],
    ) -> Result<Answer, Refusal> {
        let caller = self.accept(admitted, body)?;
        let epoch = path.strip_prefix(STATE_PATH).and_then(|rest| rest.strip_prefix('/'));
        let epoch = epoch
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| Refusal::field("epoch", "must be 16 lower-case hexadecimal digits"))?;
        let state = self.sign_state(caller.device, &caller.nonce, Some(epoch))?;
        state.to_bytes().map(Answer::json).map_err(|_| Refusal::unavailable())
    }

    /// The signed state, with the receipts of one epoch where one is asked for.
    pub(super) fn sign_state(
        &self,
        device: DeviceId,
        nonce: &str,
        epoch: Option<Epoch>,
    ) -> Result<Envelope<CollectorState>, Refusal> {
        let mut epochs = self.store.epochs(device)?;
        let mut receipts = Vec::new();
        if let Some(epoch) = epoch {
            receipts = self.newest_receipts(device, epoch)?;
            let high = self.store.high(device, epoch)?;
            if let Some(high) = high.filter(|_| epochs.iter().all(|state| state.epoch != epoch)) {
                epochs.truncate(MAX_EPOCHS.saturating_sub(1));
                epochs.push(EpochState { epoch, high });
            }
        }
        let published = self.published();
        let state = CollectorState {
            tenant: self.tenant.clone(),
            device,
            epochs,
            receipts,
            policy_version: published.policy_version,
            trust_version: published.trust_version,
            nonce: nonce.to_owned(),
            at: self.clock.now(),
        };
        Envelope::sign(&state, &self.receipts).map_err(|_| Refusal::unavailable())
    }

    /// Receipts of an epoch, newest first, as many as an answer may repeat.
    pub(super) fn newest_receipts(
        &self,
        device: DeviceId,
        epoch: Epoch,
    ) -> Result<Vec<Envelope<Receipt>>, StoreError> {
        let stored = self.store.receipts(device, epoch, MAX_RECEIPTS_REPEATED)?;
        let parsed = stored.iter().map(|bytes| Envelope::from_bytes(bytes));
        parsed.collect::<Result<_, _>>().map_err(|_| StoreError::Damaged)
    }
}
