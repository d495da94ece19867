//! The employee's choice: the notice, agreement, refusal, withdrawal, pause.

use fenming_wire::Code;
use fenming_wire::id::Digest;
use fenming_wire::policy::WithdrawalRule;
use fenming_wire::record::CoverageLine;
use fenming_wire::text::Language;
use fenming_wire::time::Timestamp;

use super::in_force::InForce;
use super::stored::DECISION;
use super::unit::ENTRIES;
use super::{Agent, Inner};
use crate::consent::notice::Section;
use crate::consent::{Choices, Decision, Withdrawal};
use crate::coverage::Sign;
use crate::error::AgentError;
use crate::logging::{Level, say};
use crate::policy::policy_state;
use crate::ports::DocumentSigner;
use crate::record::Declaration;
use crate::vault::Entry;

/// The consent notice, to be shown whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeShown {
    /// Its parts, in their order.
    pub sections: Vec<Section>,
    /// The exact text that is agreed to.
    pub text: String,
    /// The text's digest; hand it back with the answer.
    pub digest: Digest,
    /// Whether it offers a quarantine, which needs an agreement of its own.
    pub offers_hold: bool,
    /// Whether it names a route out of mainland China, which needs an agreement of its own.
    pub asks_export: bool,
    /// Whether the shell may show it unasked. The employee may open it at any time.
    pub may_prompt: bool,
}

impl Agent {
    /// The consent notice in one language.
    ///
    /// # Errors
    /// [`AgentError::NotEnrolled`].
    pub fn notice(&self, language: Language) -> Result<NoticeShown, AgentError> {
        let inner = self.lock()?;
        let in_force = inner.in_force()?;
        let notice = in_force.notice(inner.profile()?, language);
        let days = in_force.policy.document().reprompt_days;
        Ok(NoticeShown {
            sections: notice.sections().to_vec(),
            text: notice.text().to_owned(),
            digest: *notice.digest(),
            offers_hold: notice.offers_hold(),
            asks_export: notice.asks_export(),
            may_prompt: inner.decision.may_prompt(&in_force.scope, days, inner.now()),
        })
    }

    /// The employee agrees to the notice that was shown to them. `hold` is their answer to the
    /// quarantine; they do not agree that anything leaves mainland China. Touches the disk.
    ///
    /// # Errors
    /// As [`Agent::agree_to`].
    pub fn agree(&self, language: Language, shown: Digest, hold: bool) -> Result<(), AgentError> {
        self.agree_to(language, shown, Choices { hold, export: false })
    }

    /// The employee agrees to the notice that was shown to them, and gives an answer of its own to
    /// each thing that asks for one. Capture begins with the next observation, unless the notice
    /// names a route out of mainland China and they said no to that. Touches the disk.
    ///
    /// # Errors
    /// [`AgentError::InputInvalid`] where the notice has changed since it was shown;
    /// [`AgentError::NotEnrolled`]; [`AgentError::DocumentRefused`] where the device key did not
    /// sign. The earlier decision then stays.
    pub fn agree_to(
        &self,
        language: Language,
        shown: Digest,
        choices: Choices,
    ) -> Result<(), AgentError> {
        let mut inner = self.lock()?;
        let now = inner.now();
        let in_force = inner.in_force()?;
        let notice = in_force.notice(inner.profile()?, language);
        if *notice.digest() != shown {
            let reason = "has changed since it was shown: show it again";
            return Err(AgentError::InputInvalid { field: "notice", reason });
        }
        let signer = DocumentSigner::new(inner.ports.signer.as_ref())?;
        let decision = Decision::agree(&notice, &in_force.who, choices, now, &signer)?;
        let Decision::Granted(grant) = &decision else {
            return Err(AgentError::Internal("an agreement that is none"));
        };
        let envelope = grant.envelope().clone();
        let bytes = decision.to_bytes()?;
        let before = std::mem::replace(&mut inner.decision, decision);
        let agreed = inner.together(ENTRIES, |inner| {
            // An earlier withdrawal that nobody could sign stands before what follows it.
            inner.sign_withdrawal()?;
            inner.vault.declare(&Declaration::granted(now, envelope.clone()))?;
            inner.vault.put(&envelope)?;
            inner.vault.put_bytes(DECISION, &bytes)?;
            inner.standing()
        });
        match agreed {
            Ok(()) => say(Level::Info, Code("consent_granted"), &[]),
            Err(_) => inner.decision = before,
        }
        agreed
    }

    /// The employee refuses. Nothing of it is sent, and they are not asked again before the
    /// policy's days are over. Touches the disk.
    ///
    /// # Errors
    /// As the store's.
    pub fn refuse(&self) -> Result<(), AgentError> {
        let mut inner = self.lock()?;
        let decision = std::mem::take(&mut inner.decision).refuse(inner.now());
        inner.decision = decision;
        let bytes = inner.decision.to_bytes()?;
        inner.together(ENTRIES, |inner| {
            inner.vault.put_bytes(DECISION, &bytes)?;
            inner.standing()
        })
    }

    /// The employee withdraws their consent. It holds from this moment, offline, even where the
    /// store fails: nothing more is captured. Held items are destroyed; what waits unsent follows
    /// the policy. Touches the disk.
    ///
    /// # Errors
    /// [`AgentError::NotFound`] where there is no consent; as the store's.
    pub fn withdraw(&self) -> Result<(), AgentError> {
        let mut inner = self.lock()?;
        let withdrawal = inner.decision.withdraw(inner.now())?;
        inner.decision = Decision::Withdrawn(withdrawal);
        inner.finish_withdrawal(withdrawal)
    }

    /// Pauses capture, or resumes it. The employee may do so at any time; coverage says so. Touches
    /// the disk.
    ///
    /// # Errors
    /// As the store's.
    pub fn pause(&self, paused: bool) -> Result<(), AgentError> {
        let mut inner = self.lock()?;
        let before = std::mem::replace(&mut inner.paused, paused);
        let done = inner.together(ENTRIES, |inner| {
            inner.set(|settings| settings.paused = paused)?;
            inner.sign(Sign::Paused(paused))
        });
        if done.is_err() {
            // Capture goes on only where that is written down; a pause holds in any case.
            inner.paused = before || paused;
        }
        done
    }
}

impl Inner {
    pub(super) fn in_force(&self) -> Result<&InForce, AgentError> {
        self.in_force.as_deref().ok_or(AgentError::NotEnrolled)
    }

    /// Writes a withdrawal down and does what follows from it, all or nothing. It may be repeated.
    pub(super) fn finish_withdrawal(&mut self, withdrawal: Withdrawal) -> Result<(), AgentError> {
        self.recent.clear();
        let done = self.together(ENTRIES, |inner| {
            inner.write_decision(withdrawal)?;
            inner.follow_withdrawal()
        });
        if done.is_err() {
            // A store that cannot take all that follows may still take what matters most.
            let _ = self.together(ENTRIES, |inner| inner.write_decision(withdrawal));
        } else {
            say(Level::Info, Code("consent_withdrawn"), &[]);
        }
        done
    }

    fn write_decision(&mut self, withdrawal: Withdrawal) -> Result<(), AgentError> {
        self.set(|settings| settings.unsigned = Some(withdrawal))?;
        self.vault.put_bytes(DECISION, &self.decision.to_bytes()?)
    }

    fn follow_withdrawal(&mut self) -> Result<(), AgentError> {
        self.vault.discard_all()?;
        let rule = self.in_force.as_ref().map(|in_force| in_force.policy.document().on_withdrawal);
        match rule {
            Some(WithdrawalRule::DestroyUnsent) => {
                self.vault.destroy_unsent()?;
            }
            Some(WithdrawalRule::Forward) | None => {}
        }
        self.standing()?;
        self.sign_withdrawal()
    }

    /// Puts a withdrawal into the ledger, once the device key signs. A key that does not sign now
    /// is no error: it is tried again at every wake-up.
    pub(super) fn sign_withdrawal(&mut self) -> Result<(), AgentError> {
        let Some(withdrawal) = self.settings()?.unsigned else { return Ok(()) };
        let Some(in_force) = &self.in_force else { return Ok(()) };
        let Ok(signer) = DocumentSigner::new(self.ports.signer.as_ref()) else { return Ok(()) };
        let Ok(envelope) = withdrawal.sign(&in_force.who, &signer) else { return Ok(()) };
        self.together(ENTRIES, |inner| {
            inner.vault.declare(&Declaration::withdrawn(withdrawal.at, envelope.clone()))?;
            inner.vault.put(&envelope)?;
            inner.set(|settings| settings.unsigned = None)
        })
    }

    /// Takes up anew where consent and policy stand, and records what that means for coverage.
    pub(super) fn standing(&mut self) -> Result<(), AgentError> {
        let now = self.now();
        let Some(in_force) = &self.in_force else { return Ok(()) };
        let consent = self.decision.under(&in_force.scope).code();
        let policy = policy_state(in_force.policy.document(), now);
        self.sign(Sign::Policy(policy))?;
        self.sign(Sign::Consent(consent))
    }

    /// Takes a sign for the whole source and stores what must be said of it.
    pub(super) fn sign(&mut self, sign: Sign) -> Result<(), AgentError> {
        let now = self.now();
        self.together(ENTRIES, |inner| inner.note(now, sign))
    }

    /// Takes a sign as a part of what is written together.
    pub(super) fn note(&mut self, at: Timestamp, sign: Sign) -> Result<(), AgentError> {
        let lines = self.coverage.take(at, sign);
        self.declare_coverage(lines)
    }

    /// Stores coverage lines. The state that made them is stored with them: see
    /// [`Inner::together`].
    pub(super) fn declare_coverage(&mut self, lines: Vec<CoverageLine>) -> Result<(), AgentError> {
        if lines.is_empty() {
            return Ok(());
        }
        let declarations: Vec<Declaration> = lines.into_iter().map(Declaration::coverage).collect();
        let entries: Vec<Entry<'_>> = declarations.iter().map(Entry::Declaration).collect();
        self.vault.write(&entries)?;
        Ok(())
    }
}
