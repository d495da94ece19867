//! The store's own sense of time, from a wall clock that may be wrong and a steady clock that
//! begins anew with every start of the phone.
//!
//! A *tick* is time on the steady clock, added up over all starts that the store has seen. It
//! never runs faster than real time and leaves out what the phone was switched off.

use fenming_wire::time::{Span, Timestamp};

use crate::clock::Boot;

/// The steady clock as it was last seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Steady {
    /// Counts the phone's starts.
    pub(super) run: i64,
    /// The present start.
    pub(super) boot: [u8; 16],
    /// Ticks before it, in milliseconds.
    pub(super) base: i64,
    /// Ticks within it, in milliseconds.
    pub(super) elapsed: i64,
}

/// A moment as a row remembers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    /// Wall time in milliseconds.
    pub(super) wall: i64,
    /// The phone's start.
    pub(super) run: i64,
    /// The tick.
    pub(super) tick: i64,
}

impl Steady {
    /// As a new store begins.
    pub(super) fn begin(boot: Boot) -> Self {
        Self { run: 1, boot: boot.id, base: 0, elapsed: boot.elapsed.as_millis() }
    }

    /// The clock as it is seen now.
    pub(super) fn seen(self, boot: Boot) -> Self {
        let elapsed = boot.elapsed.as_millis();
        let total = self.base.saturating_add(self.elapsed);
        if boot.id != self.boot {
            // A later start: all of its time came after the last moment that was seen.
            Self { run: self.run.saturating_add(1), boot: boot.id, base: total, elapsed }
        } else if elapsed >= self.elapsed {
            Self { elapsed, ..self }
        } else {
            // A steady clock that ran back: no time is known to have passed.
            let base = total.saturating_sub(elapsed);
            Self { run: self.run.saturating_add(1), base, elapsed, ..self }
        }
    }

    /// The moment at this wall time.
    pub(super) fn at(self, wall: Timestamp) -> Moment {
        let tick = self.base.saturating_add(self.elapsed);
        Moment { wall: wall.millis(), run: self.run, tick }
    }
}

impl Moment {
    /// Whether a review window that began at this moment is over. Within one run of the phone the
    /// steady clock decides, so that a clock set ahead takes nothing from the employee; across
    /// restarts, where it cannot know, either clock does.
    pub(super) fn reviewed(self, now: Self, window: Span) -> bool {
        let window = window.as_millis();
        let steady = now.tick.saturating_sub(self.tick) >= window;
        let wall = now.wall.saturating_sub(self.wall) >= window;
        steady || (wall && now.run != self.run)
    }

    /// Whether a quarantine that began at this moment is over, by the earliest estimate: no clock
    /// that is set back makes it longer.
    pub(super) fn due(self, now: Self, longest: Span) -> bool {
        let longest = longest.as_millis();
        now.tick.saturating_sub(self.tick) >= longest
            || now.wall.saturating_sub(self.wall) >= longest
    }
}

#[cfg(test)]
mod tests;
