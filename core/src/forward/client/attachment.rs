//! Attachments: how much of one the endpoint has, and the next chunk.

use fenming_wire::api::{AttachmentState, CHUNK_TYPE, attachment_path, chunk_path};
use fenming_wire::attachment::AttachmentReceipt;
use fenming_wire::manifest::SealedFile;
use fenming_wire::{WireError, json};

use super::{CallError, Client, Refused, is_success};
use crate::forward::outcome::Asked;
use crate::forward::transport::{Answer, Method};
use crate::limits::MAX_ANSWER_BYTES;

/// How much of an attachment the endpoint has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachmentStanding {
    /// Bytes from the start.
    pub received: u64,
    /// The verified receipt, once all are there.
    pub receipt: Option<AttachmentReceipt>,
}

impl Client<'_> {
    /// Asks how much of an attachment the endpoint has.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn attachment(&self, file: &SealedFile) -> Result<AttachmentStanding, CallError> {
        let path = attachment_path(&file.ciphertext);
        let (answer, nonce) =
            self.send(Asked::Attachment, Method::Get, (path, None, Vec::new()))?;
        self.standing(file, &answer, &nonce)
    }

    /// Hands a chunk over that begins at this offset.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn chunk(
        &self,
        file: &SealedFile,
        offset: u64,
        chunk: Vec<u8>,
    ) -> Result<AttachmentStanding, CallError> {
        let path = chunk_path(&file.ciphertext, file.size, offset);
        let (answer, nonce) =
            self.send(Asked::Attachment, Method::Put, (path, Some(CHUNK_TYPE), chunk))?;
        self.standing(file, &answer, &nonce)
    }

    fn standing(
        &self,
        file: &SealedFile,
        answer: &Answer,
        nonce: &str,
    ) -> Result<AttachmentStanding, CallError> {
        if !is_success(answer) {
            return Err(self.refusal(Asked::Attachment, answer, nonce).into());
        }
        self.read_standing(file, &answer.body)
            .map_err(|source| Refused::invalid(Asked::Attachment, answer, source).into())
    }

    fn read_standing(
        &self,
        file: &SealedFile,
        body: &[u8],
    ) -> Result<AttachmentStanding, WireError> {
        let AttachmentState { received, receipt } = json::parse(body, MAX_ANSWER_BYTES)?;
        if received > file.size {
            return Err(WireError::field("received", "is more than there is"));
        }
        let Some(envelope) = receipt else {
            return Ok(AttachmentStanding { received, receipt: None });
        };
        let receipt = envelope.verify(&self.receipt_keys)?;
        self.check_subject(&receipt.tenant, receipt.device)?;
        if !receipt.fits(file) {
            return Err(WireError::field("receipt", "is for another attachment"));
        }
        Ok(AttachmentStanding { received, receipt: Some(receipt) })
    }
}
