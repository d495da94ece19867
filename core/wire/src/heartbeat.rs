//! The heartbeat: how the agent is doing, without content and without personal counts.

use serde::{Deserialize, Serialize};

use crate::id::{DeviceId, Epoch, TenantId};
use crate::ledger::Position;
use crate::time::{Span, Timestamp};

/// How an agent is doing, for the IT console. Version 1.
///
/// Counters of personal and undecided messages are not here: they stay on the phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heartbeat {
    /// Version of this format, 1.
    pub v: u32,
    /// The tenant.
    pub tenant: TenantId,
    /// The device.
    pub device: DeviceId,
    /// The epoch.
    pub epoch: Epoch,
    /// When it was made, by the phone's clock.
    pub at: Timestamp,
    /// What the agent does.
    pub state: AgentState,
    /// Whether there is a live consent.
    pub consent: ConsentState,
    /// Records that wait: in the review window, for a batch, or for a receipt.
    pub backlog: u64,
    /// Age of the oldest of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest: Option<Span>,
    /// The ledger as far as it is sealed.
    pub ledger: Position,
    /// The ledger as far as it is receipted.
    pub receipted: Position,
    /// When forwarding was last tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_attempt: Option<Timestamp>,
    /// When it last ended with a receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_success: Option<Timestamp>,
    /// The code of the last failure since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// When it is next due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_due: Option<Timestamp>,
    /// Policy version in force.
    pub policy_version: u64,
    /// Trust document version in force.
    pub trust_version: u64,
    /// Version of the agent.
    pub agent: String,
    /// Version and name of the OS, as the shell says it.
    pub os: String,
    /// Whether the notification listener is on; absent where the platform has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listener: Option<bool>,
    /// Bytes of the store and the spool.
    pub store_bytes: u64,
    /// Whether something waits for counsel. Nothing more is said of it.
    #[serde(default)]
    pub counsel_hold: bool,
}

/// What the agent does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AgentState {
    /// It has no profile, or is not enrolled.
    NotEnrolled,
    /// It waits for the employee's decision.
    AwaitingConsent,
    /// It captures.
    Capturing,
    /// The employee paused it.
    Paused,
    /// The scope grew and waits for a new consent.
    ScopeGrew,
    /// The employee refused or withdrew.
    Withdrawn,
    /// The policy ended and its grace as well.
    PolicyExpired,
    /// The queue is full.
    QueueFull,
    /// A key cannot be used now.
    KeyUnavailable,
}

/// Whether there is a live consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentState {
    /// Never asked, or asked and not yet answered.
    None,
    /// Given, and it covers the scope.
    Live,
    /// Given for a smaller scope.
    Outgrown,
    /// Refused.
    Refused,
    /// Withdrawn.
    Withdrawn,
}

/// Most bytes of a heartbeat.
pub const MAX_HEARTBEAT_BYTES: usize = 16 * 1024;

#[cfg(test)]
mod tests;
