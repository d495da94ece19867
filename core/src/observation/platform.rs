//! Facts about the phone and the shell.

use fenming_wire::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A fact, with the time at which the shell saw it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum PlatformFact {
    /// The notification listener was connected or disconnected.
    Listener {
        /// When.
        at: Timestamp,
        /// Whether it is connected.
        on: bool,
    },
    /// The shell's process started after it had been killed.
    Restarted {
        /// When it started.
        at: Timestamp,
        /// When it was last known to live.
        last_alive: Timestamp,
    },
    /// The network changed.
    Network {
        /// When.
        at: Timestamp,
        /// Whether there is one.
        online: bool,
        /// Whether it is metered.
        metered: bool,
    },
    /// Power changed.
    Power {
        /// When.
        at: Timestamp,
        /// Whether the phone is charging.
        charging: bool,
    },
}

impl PlatformFact {
    /// When the shell saw it.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        match self {
            Self::Listener { at, .. }
            | Self::Restarted { at, .. }
            | Self::Network { at, .. }
            | Self::Power { at, .. } => *at,
        }
    }
}
