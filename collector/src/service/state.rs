//! `GET /v1/state/{epoch}`: what the endpoint has of a device, signed.

use fenming_wire::api::STATE_PATH;
use fenming_wire::envelope::Envelope;
use fenming_wire::id::{DeviceId, Epoch};
use fenming_wire::receipt::{ARCHIVED_STATE, CollectorState, Receipt};

use super::{Admitted, Answer, Refusal, Service, behind};
use crate::store::{StoreError, View};

impl Service {
    pub(crate) fn state(
        &self,
        path: &str,
        admitted: Admitted,
        body: &[u8],
    ) -> Result<Answer, Refusal> {
        let caller = self.accept(admitted, body)?;
        let epoch = behind(path, STATE_PATH)
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
        Ok(self.state_and_receipts(device, nonce, epoch)?.0)
    }

    /// Puts the signed state beside the device's epochs, so that a copy of the folder shows where
    /// every ledger must end. The caller is alone with the device.
    pub(super) fn keep_state(&self, device: DeviceId) -> Result<(), Refusal> {
        let state = self.sign_state(device, ARCHIVED_STATE, None)?;
        let bytes = state.to_bytes().map_err(|_| Refusal::unavailable())?;
        Ok(self.folder.keep_state(device, &bytes)?)
    }

    /// The signed state, and the receipts in it by themselves.
    pub(super) fn state_and_receipts(
        &self,
        device: DeviceId,
        nonce: &str,
        epoch: Option<Epoch>,
    ) -> Result<(Envelope<CollectorState>, Vec<Envelope<Receipt>>), Refusal> {
        let View { epochs, receipts } = self.store.view(device, epoch)?;
        let receipts = parse_receipts(&receipts)?;
        let published = self.published();
        let state = CollectorState {
            tenant: self.tenant.clone(),
            device,
            epochs,
            receipts: receipts.clone(),
            policy_version: published.policy_version,
            trust_version: published.trust_version,
            nonce: nonce.to_owned(),
            at: self.clock.now(),
        };
        let signed = Envelope::sign(&state, &self.receipts);
        Ok((signed.map_err(|_| Refusal::unavailable())?, receipts))
    }
}

fn parse_receipts(stored: &[Vec<u8>]) -> Result<Vec<Envelope<Receipt>>, StoreError> {
    let parsed = stored.iter().map(|bytes| Envelope::from_bytes(bytes));
    parsed.collect::<Result<_, _>>().map_err(|_| StoreError::Damaged)
}
