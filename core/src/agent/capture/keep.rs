//! Keeps what is business: its records, its chat, and what coverage says of them.

use fenming_wire::id::ChatId;
use fenming_wire::source::Source;

use super::super::Inner;
use super::super::recent::Glimpse;
use super::{Burst, Case};
use crate::consent::{Denied, authorise};
use crate::coverage::{ChatSign, Sign};
use crate::error::AgentError;
use crate::event::{Event, What};
use crate::record::{Record, Scribe};
use crate::tag::Business;
use crate::vault::{Appended, BusinessChat, RecordId};

impl Inner {
    pub(super) fn business(
        &mut self,
        case: &Case<'_>,
        business: &Business,
        burst: &mut Burst,
    ) -> Result<Option<RecordId>, AgentError> {
        if self.paused {
            burst.refuse(case.event);
            return Ok(None);
        }
        let records = match self.records_of(case, business)? {
            Ok(records) => records,
            Err(denied) => {
                burst.refuse(case.event);
                return self.withheld(case.event, case.id, business, denied).map(|()| None);
            }
        };
        burst.glimpses.push(Glimpse::Gone(case.id));
        let outcomes = self.store(case, business, &records, burst)?;
        if !outcomes.contains(&Appended::QueueFull) {
            self.covered(case, business, burst)?;
        }
        // The fact stands behind the line of its chat.
        Ok(outcomes.last().and_then(|outcome| match outcome {
            Appended::New(record) => Some(*record),
            // Files of a suspicion are not kept: nothing but the sealed line may hold of it.
            Appended::ToCounsel | Appended::Duplicate | Appended::QueueFull => None,
        }))
    }

    /// The records of an event: the chat's own line where it is new or has changed, then what
    /// happened.
    fn records_of(
        &self,
        case: &Case<'_>,
        business: &Business,
    ) -> Result<Result<Vec<Record>, Denied>, AgentError> {
        let (event, terms) = (case.event, self.in_force()?.terms(self.now()));
        let permit =
            match authorise(&self.decision, &terms, event.origin.source, case.counterpart()) {
                Ok(permit) => permit,
                Err(denied) => return Ok(Err(denied)),
            };
        let pseudonym = |name: &str| self.pseudonym(case.id, name);
        let scribe = Scribe::new(case.id, permit.naming(), &pseudonym);
        let chat = if case.is_presented(business) { None } else { scribe.chat(event, business) };
        let facts = chat.into_iter().chain(scribe.fact(event));
        let records = Record::of_event(business, permit, case.id, facts).into_iter();
        let in_force = self.in_force()?;
        let screened = records.map(|record| record.screened(&in_force.screen, &in_force.counsel));
        Ok(Ok(screened.collect()))
    }

    /// Stores what is known of the chat together with the records, so that the first one is
    /// counted as well, and that neither is ever there without the other.
    fn store(
        &mut self,
        case: &Case<'_>,
        business: &Business,
        records: &[Record],
        burst: &mut Burst,
    ) -> Result<Vec<Appended>, AgentError> {
        let (id, origin, seen) = (case.id, case.event.origin, case.seen);
        let chat = BusinessChat { id, origin, seen, business };
        let chat = Some(chat).filter(|_| !case.is_presented(business));
        let outcomes = self.vault.capture(chat, records)?;
        for (record, outcome) in records.iter().zip(&outcomes) {
            if record.body().is_counted() {
                burst.tell(case.event, *outcome);
            }
            if is_new(*outcome) {
                self.warn(case.id, record.labels());
            }
        }
        let full = outcomes.contains(&Appended::QueueFull);
        // What was there before says nothing of the room that there is now.
        if full || outcomes.iter().any(|outcome| is_new(*outcome)) {
            self.note(case.event.at, Sign::QueueFull(full))?;
        }
        Ok(outcomes)
    }

    /// What coverage says of a chat of which something is kept.
    fn covered(
        &mut self,
        case: &Case<'_>,
        business: &Business,
        burst: &mut Burst,
    ) -> Result<(), AgentError> {
        let sign = match &case.event.what {
            What::Missed(missed) => ChatSign::Missed(*missed),
            What::Redacted => ChatSign::Redacted,
            What::Message(_)
            | What::Recall(_)
            | What::Call(_)
            | What::PreviewHidden
            | What::Ignored(_)
            | What::Share(_) => ChatSign::Kept,
        };
        burst.seen.blind += u64::from(sign != ChatSign::Kept);
        // How much shared text shows is said with each share.
        let notified = case.event.origin.source == Source::WechatNotification;
        let first = notified && case.stored.as_ref().is_none_or(|chat| chat.title.is_none());
        for sign in first.then_some(ChatSign::First).into_iter().chain([sign]) {
            let lines = self.coverage.take_chat(case.event.at, business, case.id, sign);
            self.declare_coverage(lines)?;
        }
        Ok(())
    }

    /// A denial that concerns the counterpart stands in the chat's coverage; one that concerns the
    /// whole source stands there already.
    fn withheld(
        &mut self,
        event: &Event,
        chat: ChatId,
        business: &Business,
        denied: Denied,
    ) -> Result<(), AgentError> {
        let cause = match denied {
            Denied::CounterpartNotTold | Denied::CounterpartObjected => denied.cause(),
            Denied::NoConsent
            | Denied::ScopeGrew
            | Denied::PolicyEnded
            | Denied::SourceNotCovered
            | Denied::NoHold => None,
        };
        match cause {
            Some(cause) => {
                let sign = ChatSign::Withheld(cause);
                let lines = self.coverage.take_chat(event.at, business, chat, sign);
                self.declare_coverage(lines)
            }
            // The policy may have ended since the last look at the clock.
            None => self.standing(),
        }
    }
}

const fn is_new(outcome: Appended) -> bool {
    match outcome {
        Appended::New(_) | Appended::ToCounsel => true,
        Appended::Duplicate | Appended::QueueFull => false,
    }
}

impl Burst {
    /// Counts an event that may not be kept. What concerns a shared text as a whole is no event of
    /// the chat.
    fn refuse(&mut self, event: &Event) {
        self.seen.refused += u64::from(!matches!(event.what, What::Share(_)));
    }

    /// Counts what became of a message, a recall or a call.
    fn tell(&mut self, event: &Event, outcome: Appended) {
        match outcome {
            Appended::New(_) | Appended::ToCounsel => {
                self.seen.captured += 1;
                self.seen.recalls += u64::from(matches!(event.what, What::Recall(_)));
                self.seen.calls += u64::from(matches!(event.what, What::Call(_)));
            }
            Appended::Duplicate => self.seen.repeated += 1,
            Appended::QueueFull => self.seen.refused += 1,
        }
    }
}

impl Case<'_> {
    /// Whether the archive has a line of the chat as it is shown now.
    fn is_presented(&self, business: &Business) -> bool {
        self.stored.as_ref().is_some_and(|chat| {
            chat.title.as_ref() == Some(&self.seen.title)
                && chat.kind == self.seen.kind
                && chat.verdict.as_ref() == Some(&business.into())
        })
    }
}
