//! From observations to records: parse, tag, permit, store.
//!
//! One call is one unit: everything that follows from its observations is on disk in one durable
//! transaction, or none of it is and the agent knows no more than before the call.

mod keep;
mod share;

use fenming_wire::Content;
use fenming_wire::id::ChatId;
use fenming_wire::policy::ChatKind;
use fenming_wire::record::{Step, Why};
use fenming_wire::source::Source;

use super::recent::{Glimpse, RecentChat};
use super::unit::ENTRIES;
use super::{Agent, Inner};
use crate::consent::{Counterpart, authorise_hold};
use crate::coverage::Sign;
use crate::error::AgentError;
use crate::event::{ChatKey, ChatSeen, Event, Origin, What};
use crate::limits::MAX_OBSERVATIONS_AT_ONCE;
use crate::observation::{NoFiles, Observation, PlatformFact, SharedFiles};
use crate::parse;
use crate::record::{Held, HeldChat, Scribe};
use crate::tag::{ChatFacts, Verdict, decide};
use crate::vault::{Chat, Counter, HoldOutcome};
use share::Shared;

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

/// What one call did, beside the store.
#[derive(Default)]
struct Burst {
    seen: Observed,
    glimpses: Vec<Glimpse>,
}

/// What follows from an observation, in its place in the order.
enum Next<'o> {
    Fact(&'o PlatformFact),
    Event(Box<Event>),
    Share(Box<Shared<'o>>),
}

/// An event and its chat as it stands when it happens.
struct Case<'e> {
    event: &'e Event,
    seen: &'e ChatSeen,
    id: ChatId,
    stored: Option<Chat>,
}

impl Agent {
    /// Takes observations in the order in which they were made. When it returns, what is business
    /// is on disk and everything else is gone: all of it in one durable transaction. Handing the
    /// same in again changes nothing. Touches the disk.
    ///
    /// # Errors
    /// As the store's. Nothing of the call was then stored: hand the same in again.
    /// [`AgentError::InputInvalid`] for more than [`MAX_OBSERVATIONS_AT_ONCE`] at once.
    pub fn observe(&self, observations: &[Observation]) -> Result<Observed, AgentError> {
        self.observe_with(observations, &NoFiles)
    }

    /// As [`Agent::observe`], with the files of what was shared. They are read while the call lasts,
    /// and only those of business chats.
    ///
    /// # Errors
    /// As [`Agent::observe`]; [`AgentError::InputInvalid`] for shared text that is too long, and
    /// [`AgentError::StoreFull`] where its files do not fit.
    pub fn observe_with(
        &self,
        observations: &[Observation],
        files: &dyn SharedFiles,
    ) -> Result<Observed, AgentError> {
        observations.iter().try_for_each(share::check)?;
        if observations.len() > MAX_OBSERVATIONS_AT_ONCE {
            let reason = "are too many at once: hand them in in several calls";
            return Err(AgentError::InputInvalid { field: "observations", reason });
        }
        self.lock()?.parsed(files, |inner| {
            let mut steps = Vec::with_capacity(observations.len());
            for next in observations {
                match next {
                    Observation::Platform(fact) => steps.push(Next::Fact(fact)),
                    Observation::WechatShare(share) => {
                        let text = parse::share::read(share, &inner.packs);
                        steps.push(Next::Share(Box::new(Shared { share, text })));
                    }
                    Observation::WechatNotification(_) => {}
                }
                let events = inner.assembler.step(next, &inner.packs);
                steps.extend(events.into_iter().map(Next::event));
            }
            (steps, observations.len())
        })
    }

    /// Takes what follows from time alone: calls whose end was never seen. Call it at every
    /// wake-up. Touches the disk.
    ///
    /// # Errors
    /// As [`Agent::observe`].
    pub fn settle(&self) -> Result<Observed, AgentError> {
        self.lock()?.parsed(&NoFiles, |inner| {
            let now = inner.now();
            (inner.assembler.settle(now).into_iter().map(Next::event).collect(), 0)
        })
    }
}

impl Inner {
    /// Parses and takes what follows from it, both or neither.
    fn parsed<'o>(
        &mut self,
        files: &dyn SharedFiles,
        parse: impl FnOnce(&mut Self) -> (Vec<Next<'o>>, usize),
    ) -> Result<Observed, AgentError> {
        self.assembler.mark();
        let (steps, observed) = parse(self);
        let done = self.take_all(steps, files, u64::try_from(observed).unwrap_or(u64::MAX));
        match done {
            Ok(_) => self.assembler.keep(),
            Err(_) => {
                self.assembler.undo();
                // What was read for nothing goes; what cannot go now is swept at the next run.
                let _ = self.vault.sweep_files();
            }
        }
        done
    }

    fn take_all(
        &mut self,
        steps: Vec<Next<'_>>,
        files: &dyn SharedFiles,
        observed: u64,
    ) -> Result<Observed, AgentError> {
        if steps.is_empty() && observed == 0 {
            return Ok(Observed::default());
        }
        self.expect_holds(&steps)?;
        let seen = Observed { observed, ..Observed::default() };
        let mut burst = Burst { seen, glimpses: Vec::new() };
        let events = steps.iter().map(Next::events).fold(1_usize, usize::saturating_add);
        let entries = events.saturating_mul(ENTRIES);
        self.together(entries, |inner| {
            let mut steps = steps.into_iter().peekable();
            while let Some(next) = steps.next() {
                match next {
                    Next::Fact(fact) => inner.fact(fact)?,
                    Next::Share(shared) => inner.share(&shared, files, &mut burst)?,
                    Next::Event(event) => {
                        let again = inner.is_told(&event, steps.peek())?;
                        if !again {
                            inner.event(*event, &mut burst)?;
                        }
                    }
                }
            }
            inner.count(&burst.seen)
        })?;
        burst.glimpses.into_iter().for_each(|glimpse| self.recent.take(glimpse));
        Ok(burst.seen)
    }

    /// Makes ready for every message that may have to be held: those with a text that speaks for
    /// business, whoever wrote it.
    fn expect_holds(&mut self, steps: &[Next<'_>]) -> Result<(), AgentError> {
        let Some(in_force) = self.in_force.as_ref().filter(|_| !self.paused) else {
            return Ok(());
        };
        let (terms, source) = (in_force.terms(self.now()), Source::WechatNotification);
        if authorise_hold(&self.decision, &terms, source, Counterpart::Told).is_err() {
            return Ok(());
        }
        let may_wait = |next: &&Next<'_>| match next {
            Next::Event(event) => {
                text_of(event).is_some_and(|text| in_force.rules.suggests(text).is_some())
            }
            Next::Fact(_) | Next::Share(_) => false,
        };
        let items = steps.iter().filter(may_wait).count();
        if items == 0 { Ok(()) } else { self.vault.expect_holds(items) }
    }

    fn fact(&mut self, fact: &PlatformFact) -> Result<(), AgentError> {
        self.phone.learn(fact);
        let sign = match fact {
            PlatformFact::Listener { on, .. } => Sign::Listener(*on),
            PlatformFact::Restarted { last_alive, .. } => {
                Sign::Restarted { last_alive: *last_alive }
            }
            PlatformFact::Network { .. } | PlatformFact::Power { .. } => return Ok(()),
        };
        self.note(fact.at(), sign)
    }

    /// Whether a jump of the counter was told before, with the message that showed it.
    fn is_told(&self, event: &Event, next: Option<&Next<'_>>) -> Result<bool, AgentError> {
        let (What::Missed(_), Some(Next::Event(shown))) = (&event.what, next) else {
            return Ok(false);
        };
        match &shown.chat {
            Some(chat) if matches!(shown.what, What::Message(_)) => {
                let id = self.chat_id(shown.origin, chat)?;
                self.vault.is_stored(id, &shown.fingerprint)
            }
            Some(_) | None => Ok(false),
        }
    }

    /// Decides on one event. Nothing that is not business gets beyond this function.
    fn event(&mut self, mut event: Event, burst: &mut Burst) -> Result<(), AgentError> {
        match &event.what {
            What::Ignored(_) => {
                burst.seen.ignored += 1;
                return Ok(());
            }
            What::PreviewHidden => {
                burst.seen.blind += 1;
                return self.note(event.at, Sign::PreviewHidden);
            }
            What::Missed(_) if event.chat.is_none() => {
                burst.seen.blind += 1;
                return self.note(event.at, Sign::Missed);
            }
            What::Message(_) => self.note(event.at, Sign::PreviewShown)?,
            What::Recall(_) | What::Call(_) | What::Missed(_) | What::Redacted | What::Share(_) => {
            }
        }
        let Some((id, stored)) = self.know(&mut event)? else {
            burst.seen.undecided += 1;
            return Ok(());
        };
        let (Some(seen), Some(in_force)) = (&event.chat, &self.in_force) else {
            burst.seen.undecided += 1;
            return Ok(());
        };
        let facts = ChatFacts {
            profile: event.origin.profile,
            kind: seen.kind,
            title: &seen.title,
            employee: stored.as_ref().and_then(|chat| chat.tag),
            earlier: stored.as_ref().and_then(earlier_why),
        };
        let verdict = decide(&facts, &in_force.rules, text_of(&event));
        let case = Case { event: &event, seen, id, stored };
        match verdict {
            Verdict::Personal(_) => {
                burst.seen.personal += 1;
                burst.glimpses.push(case.glimpse(None, true));
                Ok(())
            }
            Verdict::Undecided { signal } => self.undecided(&case, signal, burst),
            Verdict::Business(business) => self.business(&case, &business, burst).map(|_| ()),
        }
    }

    /// The event's chat as the store knows it, and the kind filled in that was not shown. A
    /// redaction gets its chat's stored title, where none was shown; where none is stored, nothing
    /// is known of its chat.
    fn know(&self, event: &mut Event) -> Result<Option<(ChatId, Option<Chat>)>, AgentError> {
        let redacted = matches!(event.what, What::Redacted);
        let Some(seen) = &mut event.chat else { return Ok(None) };
        let id = self.chat_id(event.origin, seen)?;
        let stored = self.vault.chat(id)?;
        if redacted && seen.title.is_empty() {
            let Some(title) = stored.as_ref().and_then(|chat| chat.title.clone()) else {
                return Ok(None);
            };
            seen.title = title;
        }
        if let (ChatKind::Unknown, Some(chat)) = (seen.kind, &stored) {
            seen.kind = chat.kind;
        }
        Ok(Some((id, stored)))
    }

    fn chat_id(&self, origin: Origin, seen: &ChatSeen) -> Result<ChatId, AgentError> {
        let titled = match &seen.key {
            ChatKey::Notification(_) => None,
            ChatKey::Title(title) => self.vault.chat_titled(origin, title)?,
        };
        titled.map_or_else(|| self.vault.chat_id(origin, &seen.key), Ok)
    }

    fn undecided(
        &mut self,
        case: &Case<'_>,
        signal: Option<Why>,
        burst: &mut Burst,
    ) -> Result<(), AgentError> {
        burst.glimpses.push(case.glimpse(signal.clone(), false));
        let held = match signal {
            Some(signal) if !self.paused => self.held_item(case, signal)?,
            Some(_) | None => None,
        };
        match held.map(|held| self.vault.hold(&held)).transpose()? {
            Some(HoldOutcome::New(_)) => burst.seen.held += 1,
            Some(HoldOutcome::Duplicate) => burst.seen.repeated += 1,
            Some(HoldOutcome::Dropped) | None => burst.seen.undecided += 1,
        }
        Ok(())
    }

    fn held_item(&self, case: &Case<'_>, signal: Why) -> Result<Option<Held>, AgentError> {
        let in_force = self.in_force()?;
        let (terms, source) = (in_force.terms(self.now()), case.event.origin.source);
        let Ok(permit) = authorise_hold(&self.decision, &terms, source, case.counterpart()) else {
            return Ok(None);
        };
        let pseudonym = |name: &str| self.pseudonym(case.id, name);
        let scribe = Scribe::new(case.id, permit.naming(), &pseudonym);
        let (title, kind) = (case.seen.title.clone(), case.seen.kind);
        let chat = HeldChat { id: case.id, title, kind, signal };
        Ok(scribe.fact(case.event).map(|fact| Held::new(permit, chat, fact)))
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

impl Next<'_> {
    fn event(event: Event) -> Self {
        Self::Event(Box::new(event))
    }

    /// How many events it stands for.
    fn events(&self) -> usize {
        match self {
            Self::Fact(_) | Self::Event(_) => 1,
            Self::Share(shared) => {
                usize::try_from(shared.messages()).unwrap_or(usize::MAX).saturating_add(1)
            }
        }
    }
}

impl Case<'_> {
    fn counterpart(&self) -> Counterpart {
        self.stored.as_ref().map(|chat| chat.counterpart).unwrap_or_default()
    }

    fn glimpse(&self, signal: Option<Why>, personal: bool) -> Glimpse {
        Glimpse::Shown(RecentChat {
            id: self.id,
            title: self.seen.title.clone(),
            kind: self.seen.kind,
            personal,
            signal,
            last: self.event.at,
        })
    }
}

/// Why the chat was business before; an employee's earlier tag is asked for by itself.
fn earlier_why(chat: &Chat) -> Option<&Why> {
    let why = chat.verdict.as_ref()?.why.as_ref()?;
    matches!(why.step, Step::Directory | Step::GroupRule).then_some(why)
}

fn text_of(event: &Event) -> Option<&Content> {
    match &event.what {
        What::Message(message) => Some(&message.text),
        What::Recall(_)
        | What::Call(_)
        | What::Missed(_)
        | What::PreviewHidden
        | What::Redacted
        | What::Ignored(_)
        | What::Share(_) => None,
    }
}
