//! How records leave the phone: when, in what form, to whom, and what is done with each answer.
//!
//! Pure: [`schedule`] (when), [`outcome`] (what an answer means), [`residency`] (which addresses),
//! [`backoff`] (how long to wait), [`batch_size`] (how much at once). Everything else works through ports and the vault.

mod advice;
pub mod backoff;
pub mod batch;
pub mod batch_size;
pub mod client;
pub mod endpoint_clock;
pub mod outcome;
pub mod residency;
pub mod run;
pub mod schedule;
pub mod spool;
pub mod standing;
pub mod transport;

pub use self::advice::advice;

#[cfg(test)]
mod tests;
