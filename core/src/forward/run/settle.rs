//! What the endpoint has signed: receipts, and its state.

use fenming_wire::ledger::Position;
use fenming_wire::receipt::{CollectorState, Receipt};

use super::act::{Next, count};
use super::begin::Run;
use super::seal::MOST_LINES;
use super::{Ended, Floors, Lend};
use crate::clock::Clock as _;
use crate::error::AgentError;
use crate::forward::client::{CallError, Verified};
use crate::forward::outcome::Trouble;
use crate::forward::standing::Standing;
use crate::vault::Settled;

impl<L: Lend> Run<'_, '_, L> {
    /// Marks the batch of a verified receipt as delivered. One that fits no batch of this store
    /// changes nothing.
    pub(super) fn settle(&mut self, receipt: &Verified<Receipt>) -> Result<(), AgentError> {
        let delivered = self.store.lend(|vault| {
            let open = vault.open_batches()?;
            let settled = vault.settle(&receipt.envelope, &receipt.document)?;
            Ok(match settled {
                Settled::Delivered(id) => open.into_iter().find(|batch| batch.id == id),
                Settled::Already(_) | Settled::Unknown => None,
            })
        })?;
        let Some(batch) = delivered else { return Ok(()) };
        self.spool.remove(&batch.file)?;
        self.drop_attachments(&receipt.document.attachments)?;
        self.report.delivered += 1;
        self.report.lines += batch.lines;
        self.learn_size(|size| size.delivered(count(&batch), MOST_LINES));
        let now = self.ports().clock.now();
        let state = &mut self.state;
        state.in_doubt = false;
        state.failures = 0;
        state.wait_until = None;
        state.probe_at = None;
        state.stopped = false;
        state.last_error = None;
        state.last_success = Some(now);
        Ok(())
    }

    /// Asks the endpoint what it has, settles by the receipts that it shows, and says how the
    /// ledgers stand.
    pub(super) fn ask_state(&mut self) -> Result<Next, AgentError> {
        match self.client().state(self.epoch) {
            Ok(state) => self.reconcile(state),
            Err(CallError::Refused(refused)) => self.act_on_state(&refused),
            Err(error @ (CallError::Key(_) | CallError::Unwritable(_))) => Err(error.into()),
        }
    }

    /// Takes a verified state as the endpoint's word.
    pub(super) fn reconcile(
        &mut self,
        state: Verified<CollectorState>,
    ) -> Result<Next, AgentError> {
        self.report.floors = Some(Floors::of(&state.document));
        // Newest first as they come; batches are settled in their order.
        for envelope in state.document.receipts.iter().rev() {
            if let Ok(receipt) = self.client().verify_receipt(envelope.clone()) {
                self.settle_own(&receipt)?;
            }
        }
        let high = self.high(&state.document);
        self.known = Some(state);
        let (receipted, open) = self.store.lend(|vault| {
            let open = vault.open_batches()?.iter().map(|batch| batch.to).collect::<Vec<_>>();
            Ok((vault.receipted()?, open))
        })?;
        match Standing::of(high, receipted, &open) {
            Standing::InStep => Ok(Next::GoOn),
            Standing::Unproven => self.back_off(Trouble::ReceiptInvalid, None),
            Standing::PhoneBehind => {
                self.note(Trouble::LedgerBehind);
                Ok(Next::End(Ended::LedgerBehind))
            }
            Standing::EndpointBehind => Ok(self.pause(Trouble::EndpointBehind, false)),
            Standing::Forked => Ok(self.pause(Trouble::LedgerForked, false)),
        }
    }

    /// Settles a receipt of this epoch; one of an earlier epoch is about lines long gone.
    pub(super) fn settle_own(&mut self, receipt: &Verified<Receipt>) -> Result<(), AgentError> {
        if receipt.document.epoch == self.epoch { self.settle(receipt) } else { Ok(()) }
    }

    fn high(&self, state: &CollectorState) -> Position {
        let own = state.epochs.iter().find(|known| known.epoch == self.epoch);
        own.map_or_else(|| self.start(), |known| known.high)
    }
}
