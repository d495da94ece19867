//! A run from its beginning to its end.

use std::collections::BTreeSet;

use fenming_wire::WireError;
use fenming_wire::id::{Epoch, KeyId};
use fenming_wire::manifest::Manifest;
use fenming_wire::receipt::CollectorState;

use super::act::Next;
use super::report::RunReport;
use super::seal::Sealing;
use super::{Budget, Ended, Forwarder, Instructions, Lend};
use crate::clock::{Boot, Clock as _};
use crate::error::AgentError;
use crate::forward::client::{CallError, Client, ClientPorts, Verified};
use crate::forward::outcome::Sent;
use crate::forward::spool::{Spool, Spooled};
use crate::vault::{Batch, BatchId, ForwardingState};

/// A run that is under way.
pub(super) struct Run<'r, 'a, L> {
    forwarder: &'r Forwarder<'a>,
    pub(super) store: &'r L,
    pub(super) spool: Spool,
    pub(super) epoch: Epoch,
    pub(super) state: ForwardingState,
    pub(super) report: RunReport,
    /// The last state that the endpoint signed in this run.
    pub(super) known: Option<Verified<CollectorState>>,
    /// The batch that was last refused for a conflict.
    pub(super) in_conflict: Option<BatchId>,
    /// The batch that was last refused for want of attachments.
    pub(super) in_want: Option<BatchId>,
    /// Whether the time was taken from the endpoint because a request was refused for it.
    pub(super) clock_set: bool,
    doubt_stored: bool,
    budget: Budget,
    began: Boot,
}

/// Most damaged files of one run. A disk that loses more than that loses the next one as well.
const MAX_DAMAGED: u32 = 8;

pub(super) fn run<L: Lend>(
    forwarder: &Forwarder<'_>,
    store: &L,
    budget: Budget,
) -> Result<RunReport, AgentError> {
    let mut run = Run::begin(forwarder, store, budget)?;
    match run.forward() {
        Ok(ended) => {
            run.report.ended = ended;
            run.remember()?;
            Ok(run.report)
        }
        Err(error) => {
            run.state.last_error = Some(error.code().to_owned());
            // The store may be what failed; doubt was written down before anything was sent.
            let _ = run.remember();
            Err(error)
        }
    }
}

impl<'r, 'a, L: Lend> Run<'r, 'a, L> {
    fn begin(
        forwarder: &'r Forwarder<'a>,
        store: &'r L,
        budget: Budget,
    ) -> Result<Self, AgentError> {
        let device = forwarder.client.device();
        let (epoch, state, spool) = store.lend(|vault| {
            vault.set_device(device)?;
            let state = vault.get::<ForwardingState>()?.unwrap_or_default();
            let spool = Spool::new(vault.spool());
            vault.sweep_files()?;
            for file in vault.stray_files()? {
                spool.remove(&file)?;
            }
            Ok((vault.epoch()?, state, spool))
        })?;
        let began = forwarder.ports.clock.boot();
        Ok(Self {
            doubt_stored: state.in_doubt,
            report: RunReport::new(),
            known: None,
            in_conflict: None,
            in_want: None,
            clock_set: false,
            forwarder,
            store,
            spool,
            epoch,
            state,
            budget,
            began,
        })
    }

    fn forward(&mut self) -> Result<Ended, AgentError> {
        self.state.last_attempt = Some(self.ports().clock.now());
        if !self.may_leave()? {
            return Ok(Ended::NotConsented);
        }
        if self.state.in_doubt
            && self.first_open()?.is_some()
            && let Next::End(ended) = self.ask_state()?
        {
            return Ok(ended);
        }
        loop {
            if self.is_spent() {
                return Ok(Ended::Budget);
            }
            let next = match self.first_open()? {
                Some(batch) => self.send(&batch)?,
                None => match self.seal_next()? {
                    Sealing::Sealed => Next::GoOn,
                    Sealing::File(file) => {
                        self.seal_file(*file)?;
                        Next::GoOn
                    }
                    Sealing::NeedsState => self.ask_state()?,
                    Sealing::Nothing(ended) => Next::End(ended),
                },
            };
            if let Next::End(ended) = next {
                return Ok(ended);
            }
        }
    }

    fn send(&mut self, batch: &Batch) -> Result<Next, AgentError> {
        let manifest = self.manifest(batch)?;
        let sealed_to: BTreeSet<KeyId> = manifest.document.recipients.iter().copied().collect();
        if sealed_to != self.recipients().into_iter().collect() {
            // The endpoint takes only what today's recipients can open.
            return self.take_back(batch);
        }
        let bytes = match self.spool.read(&batch.file, &manifest.document.ciphertext)? {
            Spooled::Whole(bytes) => bytes,
            Spooled::Damaged => {
                self.report.damaged += 1;
                if self.report.damaged > MAX_DAMAGED {
                    return Err(AgentError::StoreUnavailable("the spool loses what is written"));
                }
                return self.take_back(batch);
            }
        };
        let files = &manifest.document.attachments;
        if let Some(next) = self.send_attachments(batch, files)? {
            return Ok(next);
        }
        self.note_doubt()?;
        self.report.sent += 1;
        self.report.bytes += manifest.document.size;
        match self.client().upload(&manifest, &bytes, sent(batch)) {
            Ok(receipt) => {
                self.settle(&receipt)?;
                Ok(Next::GoOn)
            }
            Err(CallError::Refused(refused)) => self.act(batch, *refused),
            Err(error @ (CallError::Key(_) | CallError::Unwritable(_))) => Err(error.into()),
        }
    }

    pub(super) fn manifest(&self, batch: &Batch) -> Result<Verified<Manifest>, AgentError> {
        let key = self.ports().signer.public_key()?;
        let document = batch.envelope.verify(&[key]).map_err(|error: WireError| match error {
            WireError::UntrustedKey => AgentError::Internal("a manifest of another device"),
            _ => AgentError::StoreDamaged,
        })?;
        Ok(Verified { envelope: batch.envelope.clone(), document })
    }

    pub(super) fn first_open(&self) -> Result<Option<Batch>, AgentError> {
        self.store.lend(|vault| Ok(vault.open_batches()?.into_iter().next()))
    }

    pub(super) fn is_open(&self, batch: BatchId) -> Result<bool, AgentError> {
        self.store.lend(|vault| Ok(vault.open_batches()?.iter().any(|open| open.id == batch)))
    }

    /// Writes down, before anything is sent, that a batch's fate will be unknown.
    fn note_doubt(&mut self) -> Result<(), AgentError> {
        self.state.in_doubt = true;
        if self.doubt_stored {
            return Ok(());
        }
        self.doubt_stored = true;
        self.remember()
    }

    fn remember(&self) -> Result<(), AgentError> {
        self.store.lend(|vault| vault.put(&self.state))
    }

    pub(super) fn is_spent(&self) -> bool {
        let now = self.ports().clock.boot();
        let passed = now.elapsed.as_millis().saturating_sub(self.began.elapsed.as_millis());
        let late = self.budget.time.is_some_and(|time| passed >= time.as_millis());
        late || self.report.sent >= self.budget.batches
    }

    pub(super) const fn client(&self) -> &Client<'a> {
        &self.forwarder.client
    }

    pub(super) const fn ports(&self) -> &ClientPorts<'a> {
        &self.forwarder.ports
    }

    pub(super) const fn instructions(&self) -> &Instructions<'a> {
        &self.forwarder.instructions
    }
}

fn sent(batch: &Batch) -> Sent {
    let last = batch.to.seq;
    Sent { first: (last + 1).saturating_sub(batch.lines), last }
}
