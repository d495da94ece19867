//! Attachments: what a record says of a file, and what the endpoint signs for its sealed bytes.
//!
//! The sealed file is an age file of its own, named by the digest of its ciphertext. Name, media
//! type, size and digest of the plaintext stand in the sealed record only: a plaintext digest
//! outside would confirm a known file to whoever sees it.

use serde::{Deserialize, Serialize};

use crate::content::Content;
use crate::envelope::Document;
use crate::error::WireError;
use crate::id::{DeviceId, Digest, TenantId};
use crate::limits::MAX_SEALED_ATTACHMENT_BYTES;
use crate::manifest::SealedFile;
use crate::record::Confidence;
use crate::time::Timestamp;

/// Most attachments of one record: WeChat shares at most 100 messages at a time, and each of them
/// is a record of its own.
pub const MAX_RECORD_ATTACHMENTS: usize = 64;

/// A file that came with a record, as the record names it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// Its name as handed over, or as the text names it.
    pub name: Content,
    /// Its media type as handed over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<Content>,
    /// What was kept of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<Kept>,
    /// Why nothing was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absent: Option<Absence>,
    /// How sure it is that the file belongs to this record.
    pub sure: Confidence,
}

/// A file that was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// Its length in bytes.
    pub size: u64,
    /// SHA-256 of its bytes.
    pub sha256: Digest,
}

/// Why a file that a message names is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Absence {
    /// The text names it and it was not handed over.
    NotHandedOver,
    /// It is longer than 100 MiB.
    TooLarge,
    /// It could not be read to its end.
    Unreadable,
    /// It came with a suspicion, which is sealed to counsel without its files.
    Suspicion,
}

/// Says that a sealed attachment was durably stored and that its digest is right. Signed by a
/// receipt key. Version 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttachmentReceipt {
    /// The tenant.
    pub tenant: TenantId,
    /// The device.
    pub device: DeviceId,
    /// SHA-256 of the sealed bytes.
    pub ciphertext: Digest,
    /// Length of the sealed bytes.
    pub size: u64,
    /// When it was stored, by the endpoint's clock.
    pub received: Timestamp,
}

impl AttachmentReceipt {
    /// Whether it is the receipt for just this file.
    #[must_use]
    pub fn fits(&self, file: &SealedFile) -> bool {
        self.ciphertext == file.ciphertext && self.size == file.size
    }
}

impl Document for AttachmentReceipt {
    const TYPE: &'static str = "application/vnd.fenming.attachment-receipt.v1+json";
    const LIMIT: usize = 4 * 1024;

    fn check(&self) -> Result<(), WireError> {
        if !(1..=MAX_SEALED_ATTACHMENT_BYTES).contains(&self.size) {
            return Err(WireError::field("size", "is 1 to 125829120 bytes"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
