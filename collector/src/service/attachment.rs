//! Attachments: chunks in, in order; a signed receipt once the whole has the digest of its name.

use fenming_wire::api::{ATTACHMENTS_PATH, AttachmentState, ProblemKind};
use fenming_wire::attachment::AttachmentReceipt;
use fenming_wire::envelope::Envelope;
use fenming_wire::id::{DeviceId, Digest};
use fenming_wire::json;
use fenming_wire::limits::MAX_SEALED_ATTACHMENT_BYTES;
use fenming_wire::manifest::Manifest;

use super::{Admitted, Answer, Refusal, Service, behind};
use crate::limits::MAX_OPEN_UPLOADS;
use crate::store::{StoreError, UploadRow};

/// A chunk as its path names it.
struct Chunk {
    ciphertext: Digest,
    size: u64,
    offset: u64,
}

impl Service {
    /// `GET /v1/attachments/{digest}`.
    pub(crate) fn attachment(
        &self,
        path: &str,
        admitted: Admitted,
        body: &[u8],
    ) -> Result<Answer, Refusal> {
        let caller = self.accept(admitted, body)?;
        let [ciphertext] = segments(path).ok_or_else(Refusal::not_found)?;
        let ciphertext = digest(ciphertext)?;
        let lane = self.lanes.enter(caller.device);
        let answer = match self.store.upload(caller.device, &ciphertext)? {
            Some(row) => self.stand(caller.device, &ciphertext, row),
            None => state(0, None),
        };
        drop(lane);
        answer
    }

    /// `PUT /v1/attachments/{digest}/{size}/{offset}`.
    pub(crate) fn chunk(
        &self,
        path: &str,
        admitted: Admitted,
        body: &[u8],
    ) -> Result<Answer, Refusal> {
        let caller = self.accept(admitted, body)?;
        let chunk = Chunk::parse(path)?;
        let length = u64::try_from(body.len()).unwrap_or(u64::MAX);
        if length == 0 || chunk.offset.saturating_add(length) > chunk.size {
            return Err(Refusal::field("body", "must be 1 byte at least and end within the size"));
        }
        let lane = self.lanes.enter(caller.device);
        let answer = self.take_chunk(caller.device, &chunk, body);
        drop(lane);
        answer
    }

    /// Whether all attachments of a batch are here.
    pub(super) fn attachments_are_here(&self, manifest: &Manifest) -> Result<(), Refusal> {
        for file in &manifest.attachments {
            let row = self.store.upload(manifest.device, &file.ciphertext)?;
            if !row.is_some_and(|row| row.receipt.is_some() && row.size == file.size) {
                let title = "an attachment of the batch is not here: send it first";
                return Err(Refusal::new(ProblemKind::AttachmentMissing, title));
            }
        }
        Ok(())
    }

    fn take_chunk(&self, device: DeviceId, chunk: &Chunk, body: &[u8]) -> Result<Answer, Refusal> {
        let Chunk { ciphertext, size, offset } = chunk;
        let row = match self.store.upload(device, ciphertext)? {
            Some(row) => row,
            None => self.begin(device, ciphertext, *size)?,
        };
        if row.size != *size {
            return Err(Refusal::field("size", "is not the one with which the upload began"));
        }
        if row.received != *offset || row.receipt.is_some() {
            return self.stand(device, ciphertext, row);
        }
        self.folder.append((device, ciphertext), *offset, body)?;
        let received = offset.saturating_add(u64::try_from(body.len()).unwrap_or(u64::MAX));
        self.store.set_received(device, ciphertext, received)?;
        self.stand(device, ciphertext, UploadRow { received, ..row })
    }

    fn begin(
        &self,
        device: DeviceId,
        ciphertext: &Digest,
        size: u64,
    ) -> Result<UploadRow, Refusal> {
        self.folder.room_for(size)?;
        for gone in self.store.begin_upload(device, (ciphertext, size), MAX_OPEN_UPLOADS)? {
            self.folder.drop_half(device, &gone)?;
        }
        Ok(UploadRow { size, received: 0, receipt: None })
    }

    /// How an upload stands. One that is complete is checked as a whole, filed and receipted.
    fn stand(
        &self,
        device: DeviceId,
        ciphertext: &Digest,
        row: UploadRow,
    ) -> Result<Answer, Refusal> {
        if let Some(receipt) = row.receipt {
            return state(row.received, Some(&receipt));
        }
        if row.received < row.size {
            return state(row.received, None);
        }
        if !self.folder.keep(device, ciphertext)? {
            self.store.drop_upload(device, ciphertext)?;
            self.folder.drop_half(device, ciphertext)?;
            let title = "the bytes are not those of the digest: begin again";
            return Err(Refusal::new(ProblemKind::DigestMismatch, title));
        }
        let receipt = AttachmentReceipt {
            tenant: self.tenant.clone(),
            device,
            ciphertext: *ciphertext,
            size: row.size,
            received: self.clock.now(),
        };
        let receipt = Envelope::sign(&receipt, &self.receipts)
            .and_then(|receipt| receipt.to_bytes())
            .map_err(|_| Refusal::unavailable())?;
        self.store.finish_upload(device, ciphertext, &receipt)?;
        state(row.received, Some(&receipt))
    }
}

impl Chunk {
    fn parse(path: &str) -> Result<Self, Refusal> {
        let [ciphertext, size, offset] = segments(path).ok_or_else(Refusal::not_found)?;
        let number = |name: &str, text: &str| {
            let number: Option<u64> = text.parse().ok();
            // A number has one spelling, as every part of a name has.
            number
                .filter(|number| number.to_string() == text)
                .ok_or_else(|| Refusal::field(name, "must be a decimal number"))
        };
        let chunk = Self {
            ciphertext: digest(ciphertext)?,
            size: number("size", size)?,
            offset: number("offset", offset)?,
        };
        if chunk.size > MAX_SEALED_ATTACHMENT_BYTES {
            let limit = usize::try_from(MAX_SEALED_ATTACHMENT_BYTES).unwrap_or(usize::MAX);
            return Err(Refusal::too_large(limit));
        }
        Ok(chunk)
    }
}

fn state(received: u64, receipt: Option<&[u8]>) -> Result<Answer, Refusal> {
    let receipt = receipt.map(Envelope::from_bytes).transpose().map_err(|_| StoreError::Damaged)?;
    let state = AttachmentState { received, receipt };
    json::write(&state).map(Answer::json).map_err(|_| Refusal::unavailable())
}

fn segments<const N: usize>(path: &str) -> Option<[&str; N]> {
    behind(path, ATTACHMENTS_PATH)?.split('/').collect::<Vec<_>>().try_into().ok()
}

fn digest(text: &str) -> Result<Digest, Refusal> {
    let wrong = || Refusal::field("digest", "must be 64 lower-case hexadecimal digits");
    text.parse().map_err(|_| wrong())
}
