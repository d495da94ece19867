//! What follows from screening: warnings, what waits for counsel, and counsel's decisions.

use fenming_wire::Code;
use fenming_wire::counsel::{CounselDecision, Outcome};
use fenming_wire::envelope::Envelope;
use fenming_wire::id::{ChatId, ItemId};
use fenming_wire::screening::Label;
use fenming_wire::text::Bilingual;

use super::{Agent, Inner};
use crate::clock::Clock as _;
use crate::error::AgentError;
use crate::logging::{Level, say};
use crate::screen::Warning;
use crate::vault::{CounselHeld, Obeyed};

/// The document's name in errors.
const DECISION: &str = "counsel decision";

/// Most decisions that are fetched at once; the rest comes with the next refresh.
const DECISIONS_AT_ONCE: usize = 64;

impl Agent {
    /// Warnings that are due, each once: to be shown on the employee's screen, or as the request
    /// to pass [`Agent::counterpart_notice`] on. Touches the disk where there are any.
    ///
    /// # Errors
    /// As the store's; they are then given again.
    pub fn warnings(&self) -> Result<Vec<Warning>, AgentError> {
        let mut inner = self.lock()?;
        if inner.warnings.is_empty() {
            return Ok(Vec::new());
        }
        let mut rest = inner.warnings.clone();
        let due = rest.drain();
        inner.vault.put(&rest)?;
        inner.warnings = rest;
        Ok(due)
    }

    /// What the policy wants counterparts to be told; none where it wants nothing.
    ///
    /// # Errors
    /// [`AgentError::NotEnrolled`].
    pub fn counterpart_notice(&self) -> Result<Option<Bilingual>, AgentError> {
        let inner = self.lock()?;
        let screening = inner.in_force()?.policy.document().screening.as_ref();
        let notice = screening.and_then(|screening| screening.counterpart.as_ref());
        Ok(notice.map(|notice| notice.text.clone()))
    }

    /// What waits for counsel, oldest first, as the employee may see it.
    ///
    /// # Errors
    /// As the store's.
    pub fn counsel_items(&self) -> Result<Vec<CounselHeld>, AgentError> {
        self.lock()?.vault.counsel_items()
    }

    /// The bytes of an item, sealed to counsel's key, to be handed to them. Nothing else opens
    /// them, this phone included.
    ///
    /// # Errors
    /// [`AgentError::NotFound`]; as the store's.
    pub fn counsel_sealed(&self, item: ItemId) -> Result<Vec<u8>, AgentError> {
        self.lock()?.vault.counsel_sealed(item)
    }
}

impl Inner {
    /// Notes the labels of a message that was stored just now.
    pub(super) fn warn(&mut self, chat: ChatId, labels: &[Label]) {
        let Some(in_force) = &self.in_force else { return };
        if let Some(screening) = &in_force.policy.document().screening {
            self.warnings.take(screening, chat, labels, self.ports.clock.now());
        }
    }

    /// Fetches counsel's decisions, and takes them. What is refused for good is passed over; the
    /// first refusal is what is returned in the end.
    pub(super) fn take_decisions(
        &mut self,
        fetch: impl Fn(&Self, u64) -> Result<Option<Envelope<CounselDecision>>, AgentError>,
    ) -> Result<(), AgentError> {
        let mut refused = None;
        for _ in 0..DECISIONS_AT_ONCE {
            let known = self.vault.last_decision()?;
            let Some(envelope) = fetch(self, known)? else { break };
            if let Err(error) = self.take_decision(&envelope) {
                say(Level::Warn, Code("decision_refused"), &[("code", &Code(error.code()))]);
                let stuck = self.vault.last_decision()? == known;
                refused.get_or_insert(error);
                if stuck {
                    break;
                }
            }
        }
        refused.map_or(Ok(()), Err)
    }

    /// Takes one decision: signed by a counsel key, for this tenant and device, not judged before,
    /// not expired.
    pub(super) fn take_decision(
        &mut self,
        envelope: &Envelope<CounselDecision>,
    ) -> Result<(), AgentError> {
        let in_force = self.in_force()?;
        let trust = in_force.trust.document();
        let decision = envelope
            .verify(&trust.counsel_keys)
            .map_err(|source| AgentError::DocumentRefused { document: DECISION, source })?;
        if decision.tenant != trust.tenant || decision.device != in_force.who.device {
            return Err(AgentError::WrongTenant { document: DECISION });
        }
        if decision.number <= self.vault.last_decision()? {
            return Err(AgentError::Replayed { document: DECISION });
        }
        let digest = envelope.payload_digest();
        let done = if self.endpoint_clock.now() >= decision.expires {
            Err(AgentError::Expired { document: DECISION })
        } else {
            self.vault.obey(&decision, &digest)
        };
        match done {
            Ok(obeyed) => {
                let outcome = match obeyed {
                    Obeyed::Cleared(_) => Outcome::Clear,
                    Obeyed::Released => Outcome::Release,
                };
                say(Level::Info, Code("decision_obeyed"), &[("outcome", &outcome)]);
                Ok(())
            }
            Err(error) => {
                // What counsel signed and can never be obeyed must not hide what they sign next.
                if matches!(
                    error,
                    AgentError::Expired { .. }
                        | AgentError::NotFound(_)
                        | AgentError::DocumentRefused { .. }
                ) {
                    self.vault.refuse_decision(decision.number, &digest)?;
                }
                Err(error)
            }
        }
    }
}
