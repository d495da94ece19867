//! Composes a batch: genesis where an epoch begins, the signed balance, the records; chained,
//! sealed to every recipient of the trust document, and described by a manifest that the device
//! signs.

use fenming_wire::WireError;
use fenming_wire::balance::{Balance, Books};
use fenming_wire::envelope::Envelope;
use fenming_wire::id::{DeviceId, Digest, Epoch, TenantId};
use fenming_wire::ledger::Position;
use fenming_wire::manifest::{Manifest, SealedFile};
use fenming_wire::record::{BalanceLine, Body, Genesis, compose_line_with};
use fenming_wire::seal::{self, Recipient};
use fenming_wire::time::Timestamp;
use zeroize::Zeroizing;

use crate::error::AgentError;
use crate::ports::{DocumentSigner, KeyError, Random};
use crate::vault::Pending;

/// Who seals, and for whom.
pub struct Composer<'a> {
    /// The tenant.
    pub tenant: &'a TenantId,
    /// The device.
    pub device: DeviceId,
    /// The epoch.
    pub epoch: Epoch,
    /// Everybody who can open the batch.
    pub recipients: &'a [Recipient],
    /// Signs balance and manifest.
    pub signer: &'a DocumentSigner<'a>,
}

/// What a batch says beside its lines.
pub struct Draft {
    /// The lines.
    pub pending: Pending,
    /// The books as they stand with these lines sealed.
    pub books: Books,
    /// Sequences that were parked.
    pub parked: Vec<u64>,
    /// The first line, where the batch begins an epoch.
    pub genesis: Option<Genesis>,
}

/// A batch that is sealed and not yet written.
pub struct Composed {
    /// The manifest.
    pub manifest: Manifest,
    /// The manifest as the device signed it.
    pub envelope: Envelope<Manifest>,
    /// The sealed bytes.
    pub sealed: Vec<u8>,
}

impl Composer<'_> {
    /// Composes and seals. Every call makes other bytes, since salt and file key are random.
    ///
    /// # Errors
    /// [`AgentError::KeyUnavailable`] where the device key or the random numbers cannot be used;
    /// [`AgentError::Internal`] where the draft contradicts itself.
    pub fn compose(
        &self,
        draft: &Draft,
        random: &dyn Random,
        now: Timestamp,
    ) -> Result<Composed, AgentError> {
        let pending = &draft.pending;
        if draft.genesis.is_some() != pending.begins_epoch() {
            return Err(AgentError::Internal("a genesis begins an epoch, and nothing else does"));
        }
        let mut salt = [0; 32];
        random.fill(&mut salt)?;
        let mut ledger = Ledger::new(pending, Digest::from_bytes(salt));
        if let Some(genesis) = &draft.genesis {
            ledger.push((&[], &[]), &own_line(Body::Genesis(Box::new(genesis.clone())))?)?;
        }
        ledger.push((&[], &[]), &self.balance(draft, ledger.salt, now)?)?;
        for line in &pending.lines {
            ledger.push((&line.of, &line.files), &line.body)?;
        }
        if ledger.at.seq != pending.last_seq() {
            return Err(AgentError::Internal("the lines do not fill the batch's sequences"));
        }
        let sealed = seal::seal(&ledger.plain, self.recipients).map_err(fault)?;
        let manifest = self.manifest(draft, ledger.at, &sealed);
        let envelope = Envelope::sign(&manifest, self.signer).map_err(fault)?;
        Ok(Composed { manifest, envelope, sealed })
    }

    fn balance(
        &self,
        draft: &Draft,
        salt: Digest,
        sealed: Timestamp,
    ) -> Result<Zeroizing<Vec<u8>>, AgentError> {
        let balance = Balance {
            tenant: self.tenant.clone(),
            device: self.device,
            epoch: self.epoch,
            seq: draft.pending.balance_seq(),
            sealed,
            books: draft.books,
            parked: draft.parked.clone(),
        };
        let books = Envelope::sign(&balance, self.signer).map_err(fault)?;
        own_line(Body::Balance(Box::new(BalanceLine { salt, books })))
    }

    fn manifest(&self, draft: &Draft, to: Position, sealed: &[u8]) -> Manifest {
        Manifest {
            tenant: self.tenant.clone(),
            device: self.device,
            epoch: self.epoch,
            from: draft.pending.from,
            to,
            ciphertext: Digest::of(sealed),
            size: u64::try_from(sealed.len()).unwrap_or(u64::MAX),
            class: draft.pending.class.clone(),
            recipients: self.recipients.iter().map(Recipient::key_id).collect(),
            attachments: draft.pending.attachments(),
        }
    }
}

/// Room for the sequence and the candidates that are put in front of a line.
const SEQUENCE_BYTES: usize = 128;

/// Room for the digest of an attachment.
const FILE_BYTES: usize = 72;

/// Room for genesis and balance.
const OWN_BYTES: usize = 16 * 1024;

/// The lines of a batch and the chain that they make.
struct Ledger {
    at: Position,
    salt: Digest,
    plain: Zeroizing<Vec<u8>>,
}

impl Ledger {
    /// Room for everything at once, since a buffer that grows leaves copies behind.
    fn new(pending: &Pending, salt: Digest) -> Self {
        let bodies = pending
            .lines
            .iter()
            .map(|line| line.body.len() + SEQUENCE_BYTES + FILE_BYTES * line.files.len());
        let plain = Vec::with_capacity(OWN_BYTES + bodies.sum::<usize>());
        Self { at: pending.from, salt, plain: Zeroizing::new(plain) }
    }

    fn push(
        &mut self,
        (of, files): (&[u64], &[Option<SealedFile>]),
        body: &[u8],
    ) -> Result<(), AgentError> {
        let files: Vec<_> = files.iter().map(|file| file.map(|file| file.ciphertext)).collect();
        let seq = self.at.seq.saturating_add(1);
        let line = Zeroizing::new(compose_line_with(seq, of, &files, body).map_err(fault)?);
        self.at = self.at.after(&self.salt, &line);
        self.plain.extend_from_slice(&line);
        self.plain.push(b'\n');
        Ok(())
    }
}

fn own_line(body: Body) -> Result<Zeroizing<Vec<u8>>, AgentError> {
    body.to_json().map(Zeroizing::new).map_err(fault)
}

/// All of this is ours, so only the device key can be at fault without a bug.
fn fault(error: WireError) -> AgentError {
    match error {
        WireError::SignerFailed => AgentError::KeyUnavailable(KeyError::Failed),
        _ => AgentError::Internal("a batch could not be composed"),
    }
}

#[cfg(test)]
mod tests;
