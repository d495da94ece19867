//! The agent on the phone.
//!
//! Rooms stand in the order in which data passes; a later room may know an earlier one, never
//! the reverse.

pub mod agent;
pub mod clock;
pub mod consent;
pub mod coverage;
pub mod error;
pub mod event;
pub mod forward;
pub mod limits;
mod logging;
pub mod observation;
pub mod parse;
pub mod phone;
pub mod policy;
pub mod ports;
pub mod record;
pub mod screen;
pub mod status;
pub mod tag;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod vault;
mod words;

pub use error::AgentError;

/// The version of this agent.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
