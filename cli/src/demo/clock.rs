//! The clock of the demo: one time for phone and endpoint, moved by the replay.

use std::sync::Mutex;
use std::sync::PoisonError;

use fenming_core::clock::{Boot, Clock, Timestamp};

/// Time that stands still until it is moved, and never moves back.
pub(super) struct ReplayClock {
    start: Timestamp,
    now: Mutex<Timestamp>,
}

impl ReplayClock {
    /// Starts at the given time.
    pub(super) const fn starting_at(start: Timestamp) -> Self {
        Self { start, now: Mutex::new(start) }
    }

    /// Moves on to the given time, where that is later.
    pub(super) fn advance_to(&self, at: Timestamp) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        *now = (*now).max(at);
    }

    fn time(&self) -> Timestamp {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ReplayClock {
    fn now(&self) -> Timestamp {
        self.time()
    }

    fn boot(&self) -> Boot {
        Boot { id: [7; 16], elapsed: self.time().since(self.start) }
    }
}

impl fenming_collector::Clock for ReplayClock {
    fn now(&self) -> Timestamp {
        self.time()
    }
}
