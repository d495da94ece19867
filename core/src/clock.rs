//! The clock port. All time comes in through it.

use serde::{Deserialize, Serialize};

pub use fenming_wire::time::{Span, Timestamp};

/// Tells the time. Wall time may be wrong, may jump, and may be set by the employee.
pub trait Clock: Send + Sync {
    /// Wall time.
    fn now(&self) -> Timestamp;

    /// Time since the phone was started, which no setting changes.
    fn boot(&self) -> Boot;
}

/// A moment on the phone's steady clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Boot {
    /// Changes with every start of the phone.
    pub id: [u8; 16],
    /// Time since that start, sleep included.
    pub elapsed: Span,
}
