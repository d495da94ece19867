//! The endpoint's time, learnt only from documents that a receipt key signed. Requests are dated
//! with it and certificates are checked by it, so a phone whose clock is wrong can still forward,
//! and one whose clock was set back does not take a certificate that has ended.
//!
//! A state answers a nonce of ours, so it tells the time. A receipt may be an old one that was
//! sent again, so it only tells before which time it cannot be.

use std::sync::{Arc, Mutex, PoisonError};

use fenming_wire::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use crate::clock::{Boot, Clock};

/// A clock that tells the endpoint's time as well as it is known, else the phone's.
pub struct EndpointClock {
    clock: Arc<dyn Clock>,
    anchor: Mutex<Option<Anchor>>,
}

/// A moment at which the endpoint signed its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// The time that it signed.
    pub signed: Timestamp,
    /// The phone's wall time when the answer came.
    pub wall: Timestamp,
    /// The phone's steady clock when the answer came.
    pub boot: Boot,
    /// The newest time in a receipt since: it cannot be earlier, whatever the phone's clock says.
    #[serde(default)]
    pub past: Timestamp,
}

impl EndpointClock {
    /// Goes on from what an earlier run learnt.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, anchor: Option<Anchor>) -> Self {
        Self { clock, anchor: Mutex::new(anchor) }
    }

    /// Learns the endpoint's time; the caller has verified who signed it, and that it answers our
    /// request.
    pub fn learn(&self, signed: Timestamp) -> Anchor {
        let (wall, boot) = (self.clock.now(), self.clock.boot());
        let anchor = Anchor { signed, wall, boot, past: signed };
        self.restore(Some(anchor));
        anchor
    }

    /// Learns that it cannot be earlier than a time that the endpoint once signed, such as that of
    /// a receipt; the caller has verified who signed it. Changes nothing where more is known.
    pub fn learn_past(&self, signed: Timestamp) {
        match self.anchor() {
            Some(anchor) => self.restore(Some(Anchor { past: anchor.past.max(signed), ..anchor })),
            None if self.now() < signed => drop(self.learn(signed)),
            None => {}
        }
    }

    /// Whether the time rests on the endpoint's word and the steady clock alone, so that no
    /// setting of the phone can have made it wrong.
    #[must_use]
    pub fn is_steady(&self) -> bool {
        self.anchor().is_some_and(|anchor| anchor.boot.id == self.clock.boot().id)
    }

    /// Goes on from what an earlier run learnt and the store kept.
    pub fn restore(&self, anchor: Option<Anchor>) {
        *self.anchor.lock().unwrap_or_else(PoisonError::into_inner) = anchor;
    }

    /// What was learnt last.
    #[must_use]
    pub fn anchor(&self) -> Option<Anchor> {
        *self.anchor.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for EndpointClock {
    fn now(&self) -> Timestamp {
        let wall = self.clock.now();
        self.anchor().map_or(wall, |anchor| anchor.estimate(wall, self.clock.boot()))
    }

    fn boot(&self) -> Boot {
        self.clock.boot()
    }
}

impl Anchor {
    /// The endpoint's time now. As long as the phone stays on, its steady clock tells; after that
    /// its wall clock does, by as much as it was wrong before. Never before what was signed since.
    #[must_use]
    pub fn estimate(&self, wall: Timestamp, boot: Boot) -> Timestamp {
        let passed = if boot.id == self.boot.id {
            boot.elapsed.as_millis().saturating_sub(self.boot.elapsed.as_millis())
        } else {
            wall.millis().saturating_sub(self.wall.millis())
        };
        (self.signed + Span::millis(passed)).max(self.past)
    }
}

#[cfg(test)]
mod tests;
