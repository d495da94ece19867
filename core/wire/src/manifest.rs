//! The manifest: all that the endpoint learns of a batch. Signed by the device.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::envelope::Document;
use crate::error::WireError;
use crate::id::{DeviceId, Digest, Epoch, KeyId, RetentionClass, TenantId};
use crate::ledger::Position;
use crate::limits::{MAX_BATCH_BYTES, MAX_BATCH_LINES, MAX_SEALED_ATTACHMENT_BYTES};

/// What stands outside the seal. Version 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The tenant.
    pub tenant: TenantId,
    /// The device.
    pub device: DeviceId,
    /// The epoch.
    pub epoch: Epoch,
    /// The ledger before the batch; its first line has the next sequence.
    pub from: Position,
    /// The ledger after the batch.
    pub to: Position,
    /// SHA-256 of the sealed bytes.
    pub ciphertext: Digest,
    /// Length of the sealed bytes, which is padded to a bucket.
    pub size: u64,
    /// How long the batch is kept, by class.
    pub class: RetentionClass,
    /// The keys to which it is sealed.
    pub recipients: Vec<KeyId>,
    /// Sealed attachments that must arrive first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<SealedFile>,
}

/// A sealed attachment: all that the endpoint learns of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedFile {
    /// SHA-256 of the sealed bytes.
    pub ciphertext: Digest,
    /// Length of the sealed bytes, which is padded to a bucket.
    pub size: u64,
}

/// Most attachments that a batch may wait for.
pub const MAX_ATTACHMENTS: usize = 256;

impl Document for Manifest {
    const TYPE: &'static str = "application/vnd.fenming.manifest.v1+json";
    const LIMIT: usize = 64 * 1024;

    fn check(&self) -> Result<(), WireError> {
        let lines = self.to.seq.saturating_sub(self.from.seq);
        let most = u64::try_from(MAX_BATCH_LINES).unwrap_or(u64::MAX);
        if lines == 0 || lines > most {
            return Err(WireError::field("to.seq", "must lie 1 to 2000 behind `from.seq`"));
        }
        if self.size == 0 || self.size > u64::try_from(MAX_BATCH_BYTES).unwrap_or(u64::MAX) {
            return Err(WireError::field("size", "is 1 to 4194304 bytes"));
        }
        if self.recipients.is_empty() {
            return Err(WireError::field("recipients", "is empty"));
        }
        if self.attachments.len() > MAX_ATTACHMENTS {
            return Err(WireError::field("attachments", "has more than 256 entries"));
        }
        let sizes = 1..=MAX_SEALED_ATTACHMENT_BYTES;
        if let Some(n) = self.attachments.iter().position(|file| !sizes.contains(&file.size)) {
            let path = format!("attachments[{n}].size");
            return Err(WireError::field(path, "is 1 to 125829120 bytes"));
        }
        let names: BTreeSet<_> = self.attachments.iter().map(|file| file.ciphertext).collect();
        if names.len() != self.attachments.len() {
            return Err(WireError::field("attachments", "names a file twice"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
