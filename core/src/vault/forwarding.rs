//! Where forwarding stands, so that a restart forgets neither backoff nor doubt.

use fenming_wire::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::documents::Stored;

/// Where forwarding stands. Stored with `Vault::put`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForwardingState {
    /// Failures in a row.
    #[serde(default)]
    pub failures: u32,
    /// Nothing is tried before this.
    #[serde(default)]
    pub wait_until: Option<Timestamp>,
    /// A batch was sent whose fate is not known: the endpoint is asked for its state before
    /// anything else. It is set before the first send of a run, so a crash leaves it set.
    #[serde(default)]
    pub in_doubt: bool,
    /// When forwarding was last tried.
    #[serde(default)]
    pub last_attempt: Option<Timestamp>,
    /// When it last ended with a receipt.
    #[serde(default)]
    pub last_success: Option<Timestamp>,
    /// The code of the last failure since.
    #[serde(default)]
    pub last_error: Option<String>,
    /// A paused transport is tried again after this.
    #[serde(default)]
    pub probe_at: Option<Timestamp>,
    /// The pause ends early only when the profile changes, not when the policy does.
    #[serde(default)]
    pub stopped: bool,
    /// Most lines of a batch, after the endpoint refused a larger one.
    #[serde(default)]
    pub max_lines: Option<usize>,
    /// Full batches that were delivered since that limit last changed.
    #[serde(default)]
    pub full_batches: u32,
}

impl Stored for ForwardingState {
    const KIND: &'static str = "forwarding";
}
