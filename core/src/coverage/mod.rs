//! Coverage: what of one source can be seen, as a gapless line of stretches, and what of single
//! business chats could not.
//!
//! A pure state machine: signs and times in, lines out. It is stored with its state, so that a
//! restart repeats nothing. A stretch is written twice: when it begins, and once more with `until`
//! when it ends; both have the same `t` and cause. A moment has `until` equal to `t`.
//!
//! Nothing is written before the first consent, and nothing but the end of it after a withdrawal.
//! Lines on chats ask for a [`Business`](crate::tag::Business) verdict: there are none on personal
//! and undecided chats.

mod chats;
mod standing;

pub use chats::ChatSign;
pub use standing::{Coverage, Sign};

#[cfg(test)]
mod tests;
