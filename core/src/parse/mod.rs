//! From observations to events: pure, total on arbitrary strings, held in memory only.
//!
//! [`read`] interprets one notification by itself; the [`Assembler`] puts readings together:
//! double posts, jumps of the unread counter, calls. What WeChat writes in which language stands
//! in [`Packs`], which are data. "Unknown" is a legal answer everywhere, and no answer loses the
//! strings that were shown.

mod assemble;
mod message;
mod notice;
mod packs;
mod reading;
#[cfg(test)]
pub(crate) mod sample;
mod shape;
pub mod share;

pub use assemble::Assembler;
pub use packs::Packs;
pub use reading::{CallSign, Reading, Seen, read};
pub(crate) use shape::cut;

#[cfg(test)]
mod tests;
