//! Attachments: sealed into the spool before their batch, and sent before it, chunk by chunk from
//! where the endpoint stands.

use fenming_wire::id::Digest;
use fenming_wire::manifest::SealedFile;
use fenming_wire::seal::Recipient;

use super::act::Next;
use super::begin::Run;
use super::{Ended, Lend};
use crate::error::AgentError;
use crate::forward::client::{AttachmentStanding, CallError};
use crate::forward::outcome::{Action, Trouble};
use crate::forward::spool::attachment_name;
use crate::vault::{Batch, ToSeal};

/// Most attachments that are sealed again in one run. A disk that loses more loses the next one as
/// well.
const MAX_RESEALED: u32 = 8;

impl<L: Lend> Run<'_, '_, L> {
    /// Seals one attachment to today's recipients. One whose bytes are gone is given up, and its
    /// record goes without it.
    pub(super) fn seal_file(&self, next: ToSeal) -> Result<(), AgentError> {
        let ToSeal { id, bytes } = next;
        let recipients: Vec<Recipient> =
            self.instructions().trust.recipients.iter().map(|named| named.key.clone()).collect();
        let sealed = match bytes {
            Some(mut bytes) => self.spool.seal(&mut bytes, &recipients)?,
            None => None,
        };
        let keys = self.recipients_digest();
        self.store.lend(|vault| match sealed {
            Some(file) => vault.file_sealed(id, &file, &keys),
            None => vault.file_lost(id),
        })
    }

    /// The keys to which attachments are sealed now, as one digest.
    pub(super) fn recipients_digest(&self) -> Digest {
        let mut keys = self.recipients();
        keys.sort_unstable();
        let bytes: Vec<u8> = keys.iter().flat_map(|key| *key.as_bytes()).collect();
        Digest::of(&bytes)
    }

    /// Sends every attachment of a batch that the endpoint has not receipted yet. None where all
    /// are there.
    pub(super) fn send_attachments(
        &mut self,
        batch: &Batch,
        files: &[SealedFile],
    ) -> Result<Option<Next>, AgentError> {
        for file in files {
            let received = self.store.lend(|vault| vault.is_file_received(&file.ciphertext))?;
            if !received && let Some(next) = self.send_attachment(batch, file)? {
                return Ok(Some(next));
            }
        }
        Ok(None)
    }

    fn send_attachment(
        &mut self,
        batch: &Batch,
        file: &SealedFile,
    ) -> Result<Option<Next>, AgentError> {
        let mut answer = self.client().attachment(file);
        let mut from = None;
        loop {
            let AttachmentStanding { received, receipt } = match answer {
                Ok(standing) => standing,
                Err(CallError::Refused(refused)) if refused.action() == Action::Reseal => {
                    return self.seal_again(batch, &file.ciphertext).map(Some);
                }
                Err(CallError::Refused(refused)) => return self.act(batch, *refused).map(Some),
                Err(error @ (CallError::Key(_) | CallError::Unwritable(_))) => {
                    return Err(error.into());
                }
            };
            if let Some(receipt) = receipt {
                let at = Some(receipt.received);
                self.store.lend(|vault| vault.file_received(&file.ciphertext, at))?;
                self.report.attachments += 1;
                return Ok(None);
            }
            if from.is_some_and(|from| received <= from) || received >= file.size {
                // An endpoint that takes nothing and says nothing wrong must not be asked for ever.
                return self.back_off(Trouble::ReceiptInvalid, None).map(Some);
            }
            if self.is_spent() {
                return Ok(Some(Next::End(Ended::Budget)));
            }
            let Some(chunk) = self.spool.chunk(file, received)? else {
                return self.seal_again(batch, &file.ciphertext).map(Some);
            };
            self.report.bytes += u64::try_from(chunk.len()).unwrap_or(u64::MAX);
            from = Some(received);
            answer = self.client().chunk(file, received, chunk);
        }
    }

    /// The sealed bytes are not what they were: they are made anew, and their batch with them.
    fn seal_again(&mut self, batch: &Batch, ciphertext: &Digest) -> Result<Next, AgentError> {
        self.report.damaged += 1;
        if self.report.damaged > MAX_RESEALED {
            return Err(AgentError::StoreUnavailable("the spool loses what is written"));
        }
        let next = self.take_back(batch)?;
        if next == Next::GoOn && !self.is_open(batch.id)? {
            self.store.lend(|vault| vault.file_unsealed(ciphertext))?;
            self.spool.remove(&attachment_name(ciphertext))?;
        }
        Ok(next)
    }

    /// The endpoint lacks attachments of the batch: it is asked for each of them again.
    pub(super) fn ask_for_attachments(&mut self, batch: &Batch) -> Result<Next, AgentError> {
        let missing = Trouble::Problem(fenming_wire::api::ProblemKind::AttachmentMissing);
        self.note(missing);
        if self.in_want.replace(batch.id) == Some(batch.id) {
            return Ok(self.pause(missing, false));
        }
        let files = self.manifest(batch)?.document.attachments;
        self.store.lend(|vault| {
            files.iter().try_for_each(|file| vault.file_received(&file.ciphertext, None))
        })?;
        Ok(Next::GoOn)
    }

    /// Lets go of the attachments of a batch that was delivered.
    pub(super) fn drop_attachments(&self, files: &[Digest]) -> Result<(), AgentError> {
        for ciphertext in files {
            self.spool.remove(&attachment_name(ciphertext))?;
        }
        if files.is_empty() {
            return Ok(());
        }
        self.store.lend(|vault| vault.sweep_files().map(|_| ()))
    }
}
