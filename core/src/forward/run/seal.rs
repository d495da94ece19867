//! Sealing the next batch: from the store's lines to a file and a place in the ledger.

use fenming_wire::consent::ConsentGrant;
use fenming_wire::envelope::Envelope;
use fenming_wire::id::KeyId;
use fenming_wire::ledger::Position;
use fenming_wire::limits::{MAX_BATCH_BYTES, MAX_BATCH_LINES};
use fenming_wire::policy::Policy;
use fenming_wire::record::Genesis;
use fenming_wire::seal::Recipient;
use fenming_wire::time::Span;

use super::begin::Run;
use super::{Ended, Lend};
use crate::clock::Clock as _;
use crate::error::AgentError;
use crate::forward::batch::{Composed, Composer, Draft};
use crate::ports::DocumentSigner;
use crate::vault::{Commit, Pending, PendingRule, SealedBatch, ToSeal, Vault};

/// What came of an attempt to seal.
pub(super) enum Sealing {
    /// A batch is open now.
    Sealed,
    /// There is nothing to seal, for this reason.
    Nothing(Ended),
    /// An attachment must be sealed first.
    File(Box<ToSeal>),
    /// An epoch begins, and the endpoint's state, which its genesis quotes, is not known yet.
    NeedsState,
}

/// How often lines may change under the engine before it leaves them for the next run.
const ATTEMPTS: u32 = 3;

/// Lines of the agent's own at the beginning of a batch: genesis and balance.
const OWN_LINES: usize = 2;

/// Most lines of a batch beside those.
pub(super) const MOST_LINES: usize = MAX_BATCH_LINES - OWN_LINES;

/// Most bytes of a batch's lines. Not even lines that cannot be compressed grow beyond the limit
/// of a sealed batch by the padding, which adds at most 12 %.
const MAX_PLAIN_BYTES: usize = MAX_BATCH_BYTES / 8 * 6;

/// What may go into a batch, by the policy and by what refusals have taught.
pub(super) fn rule(policy: &Policy, max_lines: Option<usize>) -> PendingRule<'_> {
    PendingRule {
        review: review(policy),
        declarations: &policy.default_class,
        max_lines: max_lines.unwrap_or(MOST_LINES).clamp(1, MOST_LINES),
        max_bytes: MAX_PLAIN_BYTES,
    }
}

/// The review window.
pub(super) fn review(policy: &Policy) -> Span {
    Span::minutes(i64::from(policy.review_minutes))
}

impl<L: Lend> Run<'_, '_, L> {
    /// Seals the next batch, if there is one: composes it, writes it down, makes it part of the
    /// ledger, in this order.
    pub(super) fn seal_next(&mut self) -> Result<Sealing, AgentError> {
        for _ in 0..ATTEMPTS {
            let draft = match self.draft()? {
                Ok(draft) => draft,
                Err(instead) => return Ok(instead),
            };
            let Composed { manifest, envelope, sealed } = self.compose(&draft)?;
            let file = self.spool.write(&manifest.ciphertext, &sealed)?;
            let batch = SealedBatch { manifest, envelope, file };
            match self.store.lend(|vault| vault.commit_batch(&draft.pending, &batch))? {
                Commit::Done(_) => {
                    self.report.sealed += 1;
                    return Ok(Sealing::Sealed);
                }
                // A line was taken back meanwhile, and must not leave the phone.
                Commit::Stale => self.spool.remove(&batch.file)?,
            }
        }
        Ok(Sealing::Nothing(Ended::Budget))
    }

    /// The lines that are due, and all that goes into their batch.
    fn draft(&self) -> Result<Result<Draft, Sealing>, AgentError> {
        let policy = self.instructions().policy;
        let rule = rule(policy, self.state.max_lines);
        self.store.lend(|vault| {
            let Some(pending) = vault.pending(&rule)? else {
                return Ok(Err(Sealing::Nothing(Ended::Drained)));
            };
            let grants = vault.consents()?;
            let Some(last) = grants.last() else {
                return Ok(Err(Sealing::Nothing(Ended::NotConsented)));
            };
            if !self.covers_recipients(last)? {
                return Ok(Err(Sealing::Nothing(Ended::NotConsented)));
            }
            if pending.begins_epoch() && self.known.is_none() {
                return Ok(Err(Sealing::NeedsState));
            }
            if let Some(file) = vault.next_to_seal(&pending, &self.recipients_digest())? {
                return Ok(Err(Sealing::File(Box::new(file))));
            }
            let genesis = match pending.begins_epoch() {
                true => Some(self.genesis(vault, &pending, &grants)?),
                false => None,
            };
            let (books, parked) = (vault.books_if_sealed(&pending)?, vault.parked()?);
            Ok(Ok(Draft { pending, books, parked, genesis }))
        })
    }

    fn compose(&self, draft: &Draft) -> Result<Composed, AgentError> {
        let recipients: Vec<Recipient> =
            self.instructions().trust.recipients.iter().map(|named| named.key.clone()).collect();
        let signer = DocumentSigner::new(self.ports().signer)?;
        let composer = Composer {
            tenant: &self.instructions().profile.tenant,
            device: self.client().device(),
            epoch: self.epoch,
            recipients: &recipients,
            signer: &signer,
        };
        composer.compose(draft, self.ports().random, self.ports().clock.now())
    }

    /// Whether the employee agreed to everybody who could open the batch. A change of recipients
    /// needs a new consent, and until then nothing is sealed to them.
    fn covers_recipients(&self, grant: &Envelope<ConsentGrant>) -> Result<bool, AgentError> {
        let key = self.ports().signer.public_key()?;
        let Ok(grant) = grant.verify(&[key]) else {
            return Ok(false);
        };
        let recipients = self.recipients();
        Ok(recipients.iter().all(|key| grant.scope.recipients.contains(key)))
    }

    /// Whether the employee agreed to the route out of mainland China that the profile takes, if it
    /// takes one. Without that nothing is sent, what was sealed at home before included.
    pub(super) fn may_leave(&self) -> Result<bool, AgentError> {
        let Some(route) = &self.instructions().profile.export_route else { return Ok(true) };
        let key = self.ports().signer.public_key()?;
        let grants = self.store.lend(|vault| vault.consents())?;
        let last = grants.last().and_then(|grant| grant.verify(&[key]).ok());
        Ok(last.is_some_and(|grant| grant.scope.export_routes.contains(route)))
    }

    /// The keys to which batches are sealed now.
    pub(super) fn recipients(&self) -> Vec<KeyId> {
        self.instructions().trust.recipients.iter().map(|named| named.key.key_id()).collect()
    }

    fn genesis(
        &self,
        vault: &Vault,
        pending: &Pending,
        grants: &[Envelope<ConsentGrant>],
    ) -> Result<Genesis, AgentError> {
        let known = self.known.as_ref().filter(|state| !state.document.epochs.is_empty());
        let prior = known.map(|state| state.envelope.clone());
        Ok(Genesis {
            t: self.ports().clock.now().millis(),
            device: self.client().device(),
            epoch: self.epoch,
            device_key: self.ports().signer.public_key()?,
            trust: *self.instructions().trust_digest,
            grant: first_grant(vault, pending, grants)?,
            prior,
            agent: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }

    /// Where the epoch stands before anything was sealed.
    pub(super) fn start(&self) -> Position {
        Position::start(self.client().device(), self.epoch)
    }
}

/// The consent that the first record rests on; the latest one where no record is among the lines.
fn first_grant(
    vault: &Vault,
    pending: &Pending,
    grants: &[Envelope<ConsentGrant>],
) -> Result<Envelope<ConsentGrant>, AgentError> {
    for line in pending.lines.iter().filter(|line| line.counted) {
        let Some(digest) = vault.record(line.id, Span::default())?.grant else {
            continue;
        };
        if let Some(grant) = grants.iter().find(|grant| grant.payload_digest() == digest) {
            return Ok(grant.clone());
        }
    }
    grants.last().cloned().ok_or(AgentError::Internal("a genesis without a consent"))
}
