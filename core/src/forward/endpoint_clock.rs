//! The endpoint's time, learnt only from documents that a receipt key signed in answer to a nonce
//! of ours. Requests are dated with it, so a phone whose clock is wrong can still forward.

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
        let anchor = Anchor { signed, wall: self.clock.now(), boot: self.clock.boot() };
        self.restore(Some(anchor));
        anchor
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
    /// its wall clock does, by as much as it was wrong before. Never before what was signed.
    #[must_use]
    pub fn estimate(&self, wall: Timestamp, boot: Boot) -> Timestamp {
        if boot.id == self.boot.id {
            let ago = boot.elapsed.as_millis().saturating_sub(self.boot.elapsed.as_millis());
            return self.signed + Span::millis(ago);
        }
        let passed = wall.millis().saturating_sub(self.wall.millis());
        self.signed + Span::millis(passed)
    }
}

#[cfg(test)]
mod tests;
