//! How long a policy holds.

use fenming_wire::policy::Policy;
use fenming_wire::time::Timestamp;

/// What may be done under a policy at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyState {
    /// It holds.
    Live,
    /// It has expired; the agent goes on under it until its grace ends, and says so.
    Grace {
        /// When the grace ends.
        until: Timestamp,
    },
    /// It and its grace have ended: nothing more is captured under it.
    Ended,
}

impl PolicyState {
    /// Whether anything may be captured.
    #[must_use]
    pub const fn allows_capture(self) -> bool {
        match self {
            Self::Live | Self::Grace { .. } => true,
            Self::Ended => false,
        }
    }
}

/// What may be done under the policy now. Its end itself already counts as expired.
#[must_use]
pub fn policy_state(policy: &Policy, now: Timestamp) -> PolicyState {
    let until = policy.ends();
    if now < policy.expires {
        PolicyState::Live
    } else if now < until {
        PolicyState::Grace { until }
    } else {
        PolicyState::Ended
    }
}

#[cfg(test)]
mod tests;
