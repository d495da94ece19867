//! The agent on the phone.
//!
//! Rooms stand in the order in which data passes; a later room may know an earlier one, never
//! the reverse.

pub mod clock;
pub mod error;
pub mod event;
pub mod limits;
pub mod observation;
pub mod ports;

pub use error::AgentError;
