//! From observations to records: parse, tag, permit, store.

use fenming_wire::Content;
use fenming_wire::id::ChatId;
use fenming_wire::policy::ChatKind;
use fenming_wire::record::{Step, Why};

use super::recent::RecentChat;
use super::{Agent, Inner};
use crate::consent::{Counterpart, Denied, authorise, authorise_hold};
use crate::coverage::{ChatSign, Sign};
use crate::error::AgentError;
use crate::event::{ChatKey, ChatSeen, Event, What};
use crate::observation::{Observation, PlatformFact};
use crate::record::{Held, HeldChat, Record, Scribe};
use crate::tag::{Business, ChatFacts, Verdict, decide};
use crate::vault::{Appended, BusinessChat, Chat, Counter, Entry, HoldOutcome};

/// What became of observations, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// Observations handed in.
    pub observed: u64,
    /// Messages, recalls and calls stored as business.
    pub captured: u64,
    /// Of these, recalls.
    pub recalls: u64,
    /// Of these, calls.
    pub calls: u64,
    /// Events of business chats that had been stored before.
    pub repeated: u64,
    /// Events of personal chats, dropped.
    pub personal: u64,
    /// Events of undecided chats, dropped.
    pub undecided: u64,
    /// Events of undecided chats that wait for the employee.
    pub held: u64,
    /// Events of business chats dropped: no consent, paused, queue full, counterpart.
    pub refused: u64,
    /// Observations with nothing to keep.
    pub ignored: u64,
    /// Signs that something could not be seen.
    pub blind: u64,
}

impl std::ops::AddAssign for Observed {
    fn add_assign(&mut self, more: Self) {
        self.observed += more.observed;
        self.captured += more.captured;
        self.recalls += more.recalls;
        self.calls += more.calls;
        self.repeated += more.repeated;
        self.personal += more.personal;
        self.undecided += more.undecided;
        self.held += more.held;
        self.refused += more.refused;
        self.ignored += more.ignored;
        self.blind += more.blind;
    }
}

/// A chat as it stands when something happens in it.
struct Known<'e> {
    id: ChatId,
    seen: &'e ChatSeen,
    kind: ChatKind,
    stored: Option<Chat>,
}

impl Agent {
    /// Takes observations in the order in which they were made. When it returns, what is business
    /// is on disk and everything else is gone. Handing the same in again changes nothing. Touches
    /// the disk.
    ///
    /// # Errors
    /// As the store's. What was stored before the failure stays; hand the rest in again.
    pub fn observe(&self, observations: &[Observation]) -> Result<Observed, AgentError> {
        let mut inner = self.lock()?;
        let mut seen = Observed::default();
        let outcome = observations.iter().try_for_each(|next| inner.take(next, &mut seen));
        inner.count(&seen)?;
        outcome.map(|()| seen)
    }

    /// Takes what follows from time alone: calls whose end was never seen. Call it at every
    /// wake-up. Touches the disk.
    ///
    /// # Errors
    /// As [`Agent::observe`].
    pub fn settle(&self) -> Result<Observed, AgentError> {
        let mut inner = self.lock()?;
        let mut seen = Observed::default();
        let now = inner.now();
        let events = inner.assembler.settle(now);
        let outcome = inner.events(events, &mut seen);
        inner.count(&seen)?;
        outcome.map(|()| seen)
    }
}

impl Inner {
    fn take(&mut self, next: &Observation, seen: &mut Observed) -> Result<(), AgentError> {
        seen.observed += 1;
        if let Observation::Platform(fact) = next {
            self.phone.learn(fact);
            let sign = match fact {
                PlatformFact::Listener { on, .. } => Some(Sign::Listener(*on)),
                PlatformFact::Restarted { last_alive, .. } => {
                    Some(Sign::Restarted { last_alive: *last_alive })
                }
                PlatformFact::Network { .. } | PlatformFact::Power { .. } => None,
            };
            if let Some(sign) = sign {
                let lines = self.coverage.take(fact.at(), sign);
                self.declare_coverage(lines)?;
            }
        }
        let events = self.assembler.step(next, &self.packs);
        self.events(events, seen)
    }

    /// Decides on what followed from one step of the assembler. Where an event cannot be stored the
    /// step is taken back, so that the same handed in again is no double post.
    fn events(&mut self, events: Vec<Event>, seen: &mut Observed) -> Result<(), AgentError> {
        let outcome = events.into_iter().try_for_each(|event| {
            let event = self.titled(event)?;
            self.event(&event, seen)
        });
        if outcome.is_err() {
            self.assembler.undo();
        }
        outcome
    }

    /// A redaction with its chat's stored title, where none was shown; without a chat, where none
    /// is stored.
    fn titled(&self, mut event: Event) -> Result<Event, AgentError> {
        let redacted = matches!(event.what, What::Redacted);
        let Some(chat) = event.chat.as_mut().filter(|chat| redacted && chat.title.is_empty())
        else {
            return Ok(event);
        };
        let stored = self.vault.chat(self.vault.chat_id(event.origin, &chat.key)?)?;
        match stored.and_then(|stored| Some((stored.title?, stored.kind))) {
            Some((title, kind)) => (chat.title, chat.kind) = (title, kind),
            None => event.chat = None,
        }
        Ok(event)
    }

    /// Decides on one event. Nothing that is not business gets beyond this function.
    fn event(&mut self, event: &Event, seen: &mut Observed) -> Result<(), AgentError> {
        match &event.what {
            What::Ignored(_) => {
                seen.ignored += 1;
                return Ok(());
            }
            What::PreviewHidden => {
                seen.blind += 1;
                let lines = self.coverage.take(event.at, Sign::PreviewHidden);
                return self.declare_coverage(lines);
            }
            What::Message(_) => {
                let lines = self.coverage.take(event.at, Sign::PreviewShown);
                self.declare_coverage(lines)?;
            }
            What::Recall(_) | What::Call(_) | What::Missed(_) | What::Redacted => {}
        }
        let (Some(shown), Some(in_force)) = (&event.chat, &self.in_force) else {
            seen.undecided += 1;
            return Ok(());
        };
        let known = self.know(event, shown)?;
        let earlier = known.stored.as_ref().and_then(earlier_why);
        let facts = ChatFacts {
            profile: event.origin.profile,
            kind: known.kind,
            title: &shown.title,
            employee: known.stored.as_ref().and_then(|chat| chat.tag),
            earlier,
        };
        match decide(&facts, &in_force.rules, text_of(event)) {
            Verdict::Personal(_) => {
                seen.personal += 1;
                self.remember(event, &known, None, true);
                Ok(())
            }
            Verdict::Undecided { signal } => self.undecided(event, &known, signal, seen),
            Verdict::Business(business) => self.business(event, &known, &business, seen),
        }
    }

    fn know<'e>(&self, event: &Event, seen: &'e ChatSeen) -> Result<Known<'e>, AgentError> {
        let titled = match &seen.key {
            ChatKey::Notification(_) => None,
            ChatKey::Title(title) => self.vault.chat_titled(event.origin, title)?,
        };
        let id = match titled {
            Some(id) => id,
            None => self.vault.chat_id(event.origin, &seen.key)?,
        };
        let stored = self.vault.chat(id)?;
        let kind = match (seen.kind, &stored) {
            (ChatKind::Unknown, Some(chat)) => chat.kind,
            (kind, _) => kind,
        };
        Ok(Known { id, seen, kind, stored })
    }

    fn remember(&mut self, event: &Event, known: &Known<'_>, signal: Option<Why>, personal: bool) {
        self.recent.put(RecentChat {
            id: known.id,
            title: known.seen.title.clone(),
            kind: known.kind,
            personal,
            signal,
            last: event.at,
        });
    }

    fn undecided(
        &mut self,
        event: &Event,
        known: &Known<'_>,
        signal: Option<Why>,
        seen: &mut Observed,
    ) -> Result<(), AgentError> {
        self.remember(event, known, signal.clone(), false);
        let held = match signal {
            Some(signal) if !self.paused => self.held_item(event, known, signal)?,
            Some(_) | None => None,
        };
        match held.map(|held| self.vault.hold(&held)).transpose()? {
            Some(HoldOutcome::New(_)) => seen.held += 1,
            Some(HoldOutcome::Duplicate) => seen.repeated += 1,
            Some(HoldOutcome::Dropped) | None => seen.undecided += 1,
        }
        Ok(())
    }

    fn held_item(
        &self,
        event: &Event,
        known: &Known<'_>,
        signal: Why,
    ) -> Result<Option<Held>, AgentError> {
        let in_force = self.in_force()?;
        let (terms, source) = (in_force.terms(self.now()), event.origin.source);
        let counterpart = counterpart_of(known);
        let Ok(permit) = authorise_hold(&self.decision, &terms, source, counterpart) else {
            return Ok(None);
        };
        let pseudonym = |name: &str| self.pseudonym(known.id, name);
        let scribe = Scribe::new(known.id, permit.naming(), &pseudonym);
        let chat = HeldChat { id: known.id, title: known.seen.title.clone(), signal };
        Ok(scribe.fact(event).map(|fact| Held::new(permit, chat, fact)))
    }

    fn business(
        &mut self,
        event: &Event,
        known: &Known<'_>,
        business: &Business,
        seen: &mut Observed,
    ) -> Result<(), AgentError> {
        if self.paused {
            seen.refused += 1;
            return Ok(());
        }
        let records = match self.records_of(event, known, business)? {
            Ok(records) => records,
            Err(denied) => {
                seen.refused += 1;
                return self.withheld(event, known.id, business, denied);
            }
        };
        self.recent.remove(known.id);
        let first = known.stored.as_ref().is_none_or(|chat| chat.title.is_none());
        let sign = match &event.what {
            What::Missed(missed) => ChatSign::Missed(*missed),
            What::Redacted => ChatSign::Redacted,
            _ => ChatSign::Kept,
        };
        if matches!(sign, ChatSign::Missed(_) | ChatSign::Redacted) {
            seen.blind += 1;
        }
        let chat_signs = first.then_some(ChatSign::First).into_iter().chain([sign]);
        for sign in chat_signs {
            let lines = self.coverage.take_chat(event.at, business, known.id, sign);
            self.declare_coverage(lines)?;
        }
        let (origin, chat) = (event.origin, known.seen);
        let chat = BusinessChat { id: known.id, origin, seen: chat, business };
        self.store(event, chat, &records, seen)
    }

    /// The records of an event: the chat's own line where it is new or has changed, then what
    /// happened. Each uses up a permit of its own.
    fn records_of(
        &self,
        event: &Event,
        known: &Known<'_>,
        business: &Business,
    ) -> Result<Result<Vec<Record>, Denied>, AgentError> {
        let in_force = self.in_force()?;
        let terms = in_force.terms(self.now());
        let counterpart = counterpart_of(known);
        let permit = || authorise(&self.decision, &terms, event.origin.source, counterpart);
        let (chat_permit, fact_permit) = match (permit(), permit()) {
            (Ok(one), Ok(other)) => (one, other),
            (Err(denied), _) | (_, Err(denied)) => return Ok(Err(denied)),
        };
        let pseudonym = |name: &str| self.pseudonym(known.id, name);
        let scribe = Scribe::new(known.id, chat_permit.naming(), &pseudonym);
        let presented =
            if is_presented(known, business) { None } else { scribe.chat(event, business) };
        let chat = presented.map(|fact| Record::new(business, chat_permit, known.id, fact));
        let fact = scribe.fact(event);
        let fact = fact.map(|fact| Record::new(business, fact_permit, known.id, fact));
        Ok(Ok(chat.into_iter().chain(fact).collect()))
    }

    /// Stores what is known of the chat together with its records, so that the first record is
    /// counted as well, and that neither is ever there without the other.
    fn store(
        &mut self,
        event: &Event,
        chat: BusinessChat<'_>,
        records: &[Record],
        seen: &mut Observed,
    ) -> Result<(), AgentError> {
        let records_after = records.iter().map(Entry::Record);
        let entries: Vec<Entry<'_>> =
            [Entry::Chat(chat)].into_iter().chain(records_after).collect();
        let outcomes = self.vault.write(&entries)?;
        for (record, outcome) in records.iter().zip(outcomes) {
            if !record.body().is_counted() {
                continue;
            }
            match outcome {
                Appended::New(_) => {
                    seen.captured += 1;
                    seen.recalls += u64::from(matches!(event.what, What::Recall(_)));
                    seen.calls += u64::from(matches!(event.what, What::Call(_)));
                }
                Appended::Duplicate => seen.repeated += 1,
                Appended::QueueFull => seen.refused += 1,
            }
            let full = outcome == Appended::QueueFull;
            let lines = self.coverage.take(event.at, Sign::QueueFull(full));
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

    /// A pseudonym; where the store cannot make one, a name that says nothing.
    pub(super) fn pseudonym(&self, chat: ChatId, name: &str) -> Content {
        self.vault.pseudonym(chat, &Content::from(name)).unwrap_or_else(|_| Content::from("联系人"))
    }

    fn count(&mut self, seen: &Observed) -> Result<(), AgentError> {
        let counts = [
            (Counter::Observed, seen.observed),
            (Counter::Personal, seen.personal),
            (Counter::Undecided, seen.undecided),
            (Counter::Refused, seen.refused),
            (Counter::Ignored, seen.ignored),
        ];
        let counts: Vec<_> = counts.into_iter().filter(|(_, n)| *n > 0).collect();
        if counts.is_empty() { Ok(()) } else { self.vault.count(&counts) }
    }
}

/// Whether the archive has a line of the chat as it is shown now.
fn is_presented(known: &Known<'_>, business: &Business) -> bool {
    known.stored.as_ref().is_some_and(|chat| {
        chat.title.as_ref() == Some(&known.seen.title)
            && chat.kind == known.kind
            && chat.verdict.as_ref() == Some(&business.into())
    })
}

/// Why the chat was business before; an employee's earlier tag is asked for by itself.
fn earlier_why(chat: &Chat) -> Option<&Why> {
    let why = chat.verdict.as_ref()?.why.as_ref()?;
    matches!(why.step, Step::Directory | Step::GroupRule).then_some(why)
}

fn counterpart_of(known: &Known<'_>) -> Counterpart {
    known.stored.as_ref().map(|chat| chat.counterpart).unwrap_or_default()
}

fn text_of(event: &Event) -> Option<&Content> {
    match &event.what {
        What::Message(message) => Some(&message.text),
        What::Recall(_)
        | What::Call(_)
        | What::Missed(_)
        | What::PreviewHidden
        | What::Redacted
        | What::Ignored(_) => None,
    }
}
