//! Random numbers that follow from a seed, so that a demo can be repeated. Never for a phone.

use std::sync::{Mutex, PoisonError};

use fenming_core::ports::{KeyError, Random};
use fenming_wire::id::Digest;

/// The digests of seed and counter, one after the other.
pub(super) struct Seeded {
    seed: u64,
    counter: Mutex<u64>,
}

impl Seeded {
    pub(super) const fn new(seed: u64) -> Self {
        Self { seed, counter: Mutex::new(0) }
    }
}

impl Random for Seeded {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), KeyError> {
        let mut counter = self.counter.lock().unwrap_or_else(PoisonError::into_inner);
        for chunk in buffer.chunks_mut(32) {
            *counter = counter.wrapping_add(1);
            let block = Digest::of(&[self.seed.to_be_bytes(), counter.to_be_bytes()].concat());
            for (to, from) in chunk.iter_mut().zip(block.as_bytes()) {
                *to = *from;
            }
        }
        Ok(())
    }
}
