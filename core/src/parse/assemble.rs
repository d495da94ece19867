//! Puts readings together: a pure state machine over observations.

use fenming_wire::time::Timestamp;

use super::packs::Packs;
use crate::event::Event;
use crate::observation::Observation;

/// Remembers counters, recent posts and calls that are going on, in memory only and bounded.
///
/// The same observations handed to a fresh assembler give the same fingerprints.
#[derive(Default)]
pub struct Assembler {}

impl Assembler {
    /// An assembler that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next observation and gives what follows from it, in order. Facts of the platform
    /// give no event.
    pub fn step(&mut self, _next: &Observation, _packs: &Packs) -> Vec<Event> {
        Vec::new()
    }

    /// Gives what follows from time alone: calls that nobody took, and calls whose end was never
    /// seen. Call it at every wake-up; [`Self::step`] does so by itself.
    pub fn settle(&mut self, _now: Timestamp) -> Vec<Event> {
        Vec::new()
    }
}
