//! What the endpoint signs: receipts for batches, and its state of a device's ledger.

use serde::{Deserialize, Serialize};

use crate::envelope::{Document, Envelope};
use crate::error::WireError;
use crate::id::{DeviceId, Digest, Epoch, TenantId};
use crate::ledger::Position;
use crate::limits::MAX_RECEIPTS_REPEATED;
use crate::manifest::{MAX_ATTACHMENTS, Manifest};
use crate::time::Timestamp;

/// Says that a batch was durably stored. Signed by a receipt key. Version 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The tenant.
    pub tenant: TenantId,
    /// The device.
    pub device: DeviceId,
    /// The epoch.
    pub epoch: Epoch,
    /// The ledger before the batch.
    pub from: Position,
    /// The ledger after the batch.
    pub to: Position,
    /// SHA-256 of the sealed bytes.
    pub ciphertext: Digest,
    /// Ciphertext digests of its attachments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Digest>,
    /// When it was stored, by the endpoint's clock.
    pub received: Timestamp,
}

impl Receipt {
    /// The receipt for a batch.
    #[must_use]
    pub fn of(manifest: &Manifest, received: Timestamp) -> Self {
        Self {
            tenant: manifest.tenant.clone(),
            device: manifest.device,
            epoch: manifest.epoch,
            from: manifest.from,
            to: manifest.to,
            ciphertext: manifest.ciphertext,
            attachments: manifest.attachments.iter().map(|file| file.ciphertext).collect(),
            received,
        }
    }

    /// Whether it is the receipt for just this batch.
    #[must_use]
    pub fn fits(&self, manifest: &Manifest) -> bool {
        *self == Self::of(manifest, self.received)
    }
}

/// What the endpoint has of a device. Signed by a receipt key. Version 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CollectorState {
    /// The tenant.
    pub tenant: TenantId,
    /// The device.
    pub device: DeviceId,
    /// The highest place of every epoch that the endpoint has seen of it.
    pub epochs: Vec<EpochState>,
    /// Receipts, newest first, of the epoch that was asked for.
    pub receipts: Vec<Envelope<Receipt>>,
    /// Version of the policy that it serves.
    pub policy_version: u64,
    /// Version of the trust document that it serves.
    pub trust_version: u64,
    /// The nonce of the request that this answers, so that an old answer cannot be replayed.
    pub nonce: String,
    /// The endpoint's clock.
    pub at: Timestamp,
}

/// The highest place of one epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EpochState {
    /// The epoch.
    pub epoch: Epoch,
    /// Its highest place.
    pub high: Position,
}

/// The nonce of a state that answers no request but stands in the archive. It is too short for a
/// request, so such a state can never pass for an answer.
pub const ARCHIVED_STATE: &str = "archive";

/// Most epochs in a state: a phone that is reset weekly for two years.
pub const MAX_EPOCHS: usize = 128;

impl Document for Receipt {
    const TYPE: &'static str = "application/vnd.fenming.receipt.v1+json";
    const LIMIT: usize = 64 * 1024;

    fn check(&self) -> Result<(), WireError> {
        if self.attachments.len() > MAX_ATTACHMENTS {
            return Err(WireError::field("attachments", "has more than 256 entries"));
        }
        if self.to.seq <= self.from.seq {
            return Err(WireError::field("to.seq", "must be greater than `from.seq`"));
        }
        Ok(())
    }
}

impl Document for CollectorState {
    const TYPE: &'static str = "application/vnd.fenming.state.v1+json";
    const LIMIT: usize = 1024 * 1024;

    fn check(&self) -> Result<(), WireError> {
        if self.epochs.len() > MAX_EPOCHS {
            return Err(WireError::field("epochs", "has more than 128 entries"));
        }
        if self.receipts.len() > MAX_RECEIPTS_REPEATED {
            return Err(WireError::field("receipts", "has more than 32 entries"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
