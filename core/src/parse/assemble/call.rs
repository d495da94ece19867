//! Puts calls together from their signs. WeChat shows a ringing call under one id and a call that
//! goes on under another, and uses both again for every call.

use fenming_wire::Content;
use fenming_wire::record::{CallMedium, CallOutcome, Confidence, Direction};
use fenming_wire::time::Timestamp;

use super::fingerprint::fingerprint;
use super::{ignored, origin, posted_at};
use crate::event::{Call, ChatSeen, Event, Ignored, Origin, What};
use crate::limits::{CALL_BURST, CALL_HANDOVER, MAX_CALL, MAX_OPEN_CALLS};
use crate::observation::Notification;
use crate::parse::CallSign;

/// Names calls in fingerprints.
pub(super) const KIND: &str = "call";

/// Calls without an end, oldest first: at most one that rings and one that goes on for each OS
/// user.
#[derive(Clone, Default)]
pub(super) struct Calls {
    open: Vec<OpenCall>,
}

#[derive(Clone)]
struct OpenCall {
    origin: Origin,
    peer: ChatSeen,
    medium: CallMedium,
    sure: Confidence,
    /// When its first sign was posted, and when that was seen.
    at: Timestamp,
    first: Timestamp,
    /// Made from the first sign.
    fingerprint: Content,
    incoming: bool,
    stage: Stage,
}

#[derive(Clone, Copy)]
enum Stage {
    Ringing,
    /// It no longer rings; it was taken if a sign of the call itself follows soon.
    RangOut {
        at: Timestamp,
    },
    /// It goes on, or waits for the other side.
    Going {
        since: Timestamp,
        /// The call's page has been opened.
        open: bool,
        /// A sign came after the burst with which every call begins.
        came_about: bool,
    },
}

/// A call as one sign of it tells.
struct Sign<'a> {
    seen: &'a Notification,
    peer: ChatSeen,
    medium: CallMedium,
    sure: Confidence,
}

impl Calls {
    /// Takes a sign of a call.
    pub(super) fn sign(
        &mut self,
        seen: &Notification,
        peer: Option<ChatSeen>,
        sign: CallSign,
        events: &mut Vec<Event>,
    ) {
        let why = match (sign, peer) {
            (CallSign::Ringing { medium, sure }, Some(peer)) => {
                self.ringing(Sign { seen, peer, medium, sure }, events);
                Ignored::CallInProgress
            }
            (CallSign::Going { medium, sure, open }, Some(peer)) => {
                self.going(Sign { seen, peer, medium, sure }, open, events);
                Ignored::CallInProgress
            }
            (CallSign::RingEnded, _) => self.ring_ended(seen),
            (CallSign::Ended { by_app }, _) => match self.find(seen.user, OpenCall::is_going) {
                Some(at) => {
                    events.push(self.open.remove(at).ended(seen.at, by_app));
                    return;
                }
                None => Ignored::Removal,
            },
            (CallSign::Ringing { .. } | CallSign::Going { .. }, None) => Ignored::Unreadable,
        };
        events.push(ignored(seen, why));
    }

    /// Gives the calls that nobody took, and those whose end was never seen.
    pub(super) fn settle(&mut self, now: Timestamp) -> Vec<Event> {
        if self.open.is_empty() {
            return Vec::new();
        }
        let over = |call: &mut OpenCall| match call.stage {
            Stage::RangOut { at } => now.since(at) > CALL_HANDOVER,
            Stage::Ringing | Stage::Going { .. } => now.since(call.first) > MAX_CALL,
        };
        self.open.extract_if(.., over).map(OpenCall::lost).collect()
    }

    fn ringing(&mut self, sign: Sign<'_>, events: &mut Vec<Event>) {
        if let Some(at) = self.find(sign.seen.user, |call| !call.is_going()) {
            let again = self.open.get(at).is_some_and(|call| call.rings_from(&sign.peer));
            if again {
                return;
            }
            events.push(self.open.remove(at).lost());
        }
        self.begin(sign, true, Stage::Ringing, events);
    }

    fn ring_ended(&mut self, seen: &Notification) -> Ignored {
        let ringing = self.find(seen.user, |call| matches!(call.stage, Stage::Ringing));
        match ringing.and_then(|at| self.open.get_mut(at)) {
            Some(call) => {
                call.stage = Stage::RangOut { at: seen.at };
                Ignored::CallInProgress
            }
            None => Ignored::Removal,
        }
    }

    fn going(&mut self, sign: Sign<'_>, open: bool, events: &mut Vec<Event>) {
        let (user, now) = (sign.seen.user, sign.seen.at);
        let begun = Stage::Going { since: now, open, came_about: false };
        let mine = |call: &OpenCall| call.peer.key == sign.peer.key;
        if let Some(at) = self.find(user, |call| call.is_going() && mine(call)) {
            if let Some(call) = self.open.get_mut(at) {
                call.goes_on(now, open);
            }
            return;
        }
        // The end of another call was not seen: one OS user has one call that goes on.
        if let Some(at) = self.find(user, OpenCall::is_going) {
            events.push(self.open.remove(at).lost());
        }
        let rang = self.find(user, mine).and_then(|at| self.open.get_mut(at));
        match rang {
            Some(call) => {
                call.stage = begun;
                call.sure = call.sure.min(sign.sure);
            }
            None => self.begin(sign, false, begun, events),
        }
    }

    fn begin(&mut self, sign: Sign<'_>, incoming: bool, stage: Stage, events: &mut Vec<Event>) {
        if self.open.len() >= MAX_OPEN_CALLS {
            events.push(self.open.remove(0).lost());
        }
        let Sign { seen, peer, medium, sure } = sign;
        self.open.push(OpenCall {
            origin: origin(seen),
            peer,
            medium,
            sure,
            at: posted_at(seen),
            first: seen.at,
            fingerprint: fingerprint(KIND, seen),
            incoming,
            stage,
        });
    }

    fn find(&self, user: i32, fits: impl Fn(&OpenCall) -> bool) -> Option<usize> {
        self.open.iter().position(|call| call.origin.user == user && fits(call))
    }

    /// How many calls are open.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.open.len()
    }
}

impl OpenCall {
    const fn is_going(&self) -> bool {
        matches!(self.stage, Stage::Going { .. })
    }

    /// Whether the same call still rings; one that rang out rings anew as another call.
    fn rings_from(&self, peer: &ChatSeen) -> bool {
        matches!(self.stage, Stage::Ringing) && self.peer.key == peer.key
    }

    fn goes_on(&mut self, now: Timestamp, page: bool) {
        if let Stage::Going { since, open, came_about } = &mut self.stage {
            *open |= page;
            *came_about |= page && now.since(*since) > CALL_BURST;
        }
    }

    /// The call went on and its end was seen. Whether an outgoing one was taken, and that it was
    /// outgoing at all, follows from its signs only.
    fn ended(self, end: Timestamp, by_app: bool) -> Event {
        let Stage::Going { since, open, came_about } = self.stage else {
            return self.lost();
        };
        let outcome = match (self.incoming || came_about, open) {
            (true, _) => CallOutcome::Ended,
            (false, true) => CallOutcome::Unknown,
            (false, false) => CallOutcome::Unanswered,
        };
        let mut sure = self.sure;
        if !self.incoming || !came_about {
            sure = sure.min(Confidence::Medium);
        }
        if !by_app || outcome == CallOutcome::Unknown {
            sure = Confidence::Low;
        }
        let lasted = (outcome != CallOutcome::Unanswered).then(|| end.since(since).as_millis());
        self.event(outcome, lasted, sure)
    }

    /// The call's end was not seen, or it rang out.
    fn lost(self) -> Event {
        let (outcome, sure) = match self.stage {
            Stage::RangOut { .. } => (CallOutcome::Unanswered, self.sure.min(Confidence::Medium)),
            Stage::Ringing | Stage::Going { .. } => (CallOutcome::Unknown, Confidence::Low),
        };
        self.event(outcome, None, sure)
    }

    fn event(self, outcome: CallOutcome, estimated_ms: Option<i64>, sure: Confidence) -> Event {
        let direction = if self.incoming { Direction::In } else { Direction::Out };
        let call = Call { medium: self.medium, direction, outcome, estimated_ms, sure };
        Event {
            at: self.at,
            origin: self.origin,
            chat: Some(self.peer),
            what: What::Call(call),
            fingerprint: self.fingerprint,
        }
    }
}

#[cfg(test)]
mod tests;
