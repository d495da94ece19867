//! Doing what the table of outcomes says.

use fenming_wire::api::ProblemKind;
use fenming_wire::time::Span;

use super::begin::Run;
use super::{Ended, Lend};
use crate::clock::Clock as _;
use crate::error::AgentError;
use crate::forward::backoff;
use crate::forward::batch_size::BatchSize;
use crate::forward::client::Refused;
use crate::forward::outcome::{Action, Trouble};
use crate::limits::PROBE_INTERVAL;
use crate::vault::{Batch, Unsealed, Vault};

/// How a run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// With the first open batch, or the next one to seal.
    GoOn,
    /// Not at all.
    End(Ended),
}

/// Most records that are parked in one run. An endpoint that refuses more is broken, and must not
/// set a whole queue aside.
const MAX_PARKED: u32 = 16;

impl<L: Lend> Run<'_, '_, L> {
    /// Acts on the answer to a batch.
    pub(super) fn act(&mut self, batch: &Batch, refused: Refused) -> Result<Next, AgentError> {
        match refused.action() {
            Action::Settle => Err(AgentError::Internal("a valid receipt was refused")),
            Action::Reconcile => self.resolve_conflict(batch, refused),
            Action::AskState(trouble) => self.clear_doubt(batch, trouble),
            Action::BackOff(trouble, at_least) => self.back_off(trouble, at_least),
            Action::Halve => {
                self.note(Trouble::Problem(ProblemKind::TooLarge));
                self.learn_size(|size| size.refused(count(batch)));
                self.take_back(batch)
            }
            Action::Attach => self.ask_for_attachments(batch),
            Action::Park(seq) => self.park(batch, seq),
            Action::Reseal => Err(AgentError::Internal("an attachment is sealed where it is sent")),
            Action::SetClock => Ok(self.after_clock_was_set()),
            Action::Pause(trouble) => Ok(self.pause(trouble, false)),
            Action::Stop(trouble) => Ok(self.pause(trouble, true)),
        }
    }

    /// Acts on the answer to a question for the state.
    pub(super) fn act_on_state(&mut self, refused: &Refused) -> Result<Next, AgentError> {
        match refused.action() {
            Action::BackOff(trouble, at_least) => self.back_off(trouble, at_least),
            Action::SetClock => match self.after_clock_was_set() {
                Next::GoOn => self.ask_state(),
                end @ Next::End(_) => Ok(end),
            },
            Action::Pause(trouble) | Action::AskState(trouble) => Ok(self.pause(trouble, false)),
            Action::Stop(trouble) => Ok(self.pause(trouble, true)),
            Action::Settle
            | Action::Reconcile
            | Action::Halve
            | Action::Attach
            | Action::Reseal
            | Action::Park(_) => Ok(self.pause(Trouble::UnknownAnswer, false)),
        }
    }

    /// Settles by what a conflict carries. A batch that conflicts again although the ledgers are
    /// in step is not sent a third time.
    fn resolve_conflict(&mut self, batch: &Batch, refused: Refused) -> Result<Next, AgentError> {
        let conflict = Trouble::Problem(ProblemKind::LedgerConflict);
        self.note(conflict);
        if self.in_conflict.replace(batch.id) == Some(batch.id) {
            return Ok(self.pause(conflict, false));
        }
        for receipt in refused.evidence.receipts.iter().rev() {
            self.settle_own(receipt)?;
        }
        match refused.evidence.state {
            Some(state) => self.reconcile(state),
            None => self.ask_state(),
        }
    }

    /// Asks for the state, and waits if it does not show the batch.
    fn clear_doubt(&mut self, batch: &Batch, trouble: Trouble) -> Result<Next, AgentError> {
        self.note(trouble);
        match self.ask_state()? {
            Next::GoOn if self.is_open(batch.id)? => self.back_off(trouble, None),
            next => Ok(next),
        }
    }

    /// Takes a batch back into the queue, once the endpoint has signed that it does not have it.
    pub(super) fn take_back(&mut self, batch: &Batch) -> Result<Next, AgentError> {
        self.unless_stored(batch, |vault| vault.unseal(batch.id))
    }

    fn park(&mut self, batch: &Batch, seq: u64) -> Result<Next, AgentError> {
        let refusal = Trouble::Problem(ProblemKind::RecordRefused);
        self.note(refusal);
        if self.report.parked >= MAX_PARKED {
            return Ok(self.pause(refusal, false));
        }
        let before = self.report.unsealed;
        match self.unless_stored(batch, |vault| vault.park(batch.id, seq)) {
            Ok(next) => {
                self.report.parked += u32::from(self.report.unsealed > before);
                Ok(next)
            }
            // A line of the agent's own is never parked.
            Err(AgentError::NotFound(_)) => Ok(self.pause(refusal, false)),
            Err(error) => Err(error),
        }
    }

    /// Asks for the state, and does the work if it does not show the batch.
    fn unless_stored(
        &mut self,
        batch: &Batch,
        work: impl FnOnce(&mut Vault) -> Result<Unsealed, AgentError>,
    ) -> Result<Next, AgentError> {
        let next = self.ask_state()?;
        if next != Next::GoOn || !self.is_open(batch.id)? {
            return Ok(next);
        }
        let unsealed = self.store.lend(work)?;
        for file in &unsealed.files {
            self.spool.remove(file)?;
        }
        self.report.unsealed += unsealed.batches;
        self.state.in_doubt = false;
        Ok(Next::GoOn)
    }

    /// Remembers what an answer taught about the size of batches.
    pub(super) fn learn_size(&mut self, learn: impl FnOnce(BatchSize) -> BatchSize) {
        let state = &mut self.state;
        let size = learn(BatchSize { most: state.max_lines, full: state.full_batches });
        (state.max_lines, state.full_batches) = (size.most, size.full);
    }

    fn after_clock_was_set(&mut self) -> Next {
        self.note(Trouble::ClockSkew);
        if std::mem::replace(&mut self.clock_set, true) {
            self.pause(Trouble::ClockSkew, false)
        } else {
            Next::GoOn
        }
    }

    /// Waits with full jitter, at least as long as the endpoint asks.
    pub(super) fn back_off(
        &mut self,
        trouble: Trouble,
        at_least: Option<Span>,
    ) -> Result<Next, AgentError> {
        self.note(trouble);
        self.state.failures = self.state.failures.saturating_add(1);
        let wait = backoff::wait(self.state.failures, self.ports().random)?;
        let wait = wait.max(at_least.unwrap_or_default());
        self.state.wait_until = Some(self.ports().clock.now() + wait);
        self.state.probe_at = None;
        self.state.stopped = false;
        Ok(Next::End(Ended::Waiting))
    }

    /// Waits for the next probe. One that is stopped does not try again for a new policy alone.
    pub(super) fn pause(&mut self, trouble: Trouble, stopped: bool) -> Next {
        self.note(trouble);
        self.state.wait_until = None;
        self.state.probe_at = Some(self.ports().clock.now() + PROBE_INTERVAL);
        self.state.stopped = stopped;
        Next::End(Ended::Waiting)
    }

    pub(super) fn note(&mut self, trouble: Trouble) {
        self.report.trouble = Some(trouble);
        self.state.last_error = Some(trouble.code().0.to_owned());
    }
}

/// The lines of a batch that were the store's to choose.
pub(super) fn count(batch: &Batch) -> usize {
    usize::try_from(batch.lines).unwrap_or(usize::MAX)
}
