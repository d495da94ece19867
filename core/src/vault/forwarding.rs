//! Where forwarding stands, so that a restart forgets neither backoff nor lease.

use fenming_wire::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::documents::Stored;

/// Where forwarding stands. Stored with [`Vault::put`](super::Vault::put).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForwardingState {
    /// Failures in a row.
    #[serde(default)]
    pub failures: u32,
    /// Nothing is tried before this.
    #[serde(default)]
    pub wait_until: Option<Timestamp>,
    /// A run holds the right to forward until this, so that two wake-ups do not overlap.
    #[serde(default)]
    pub lease_until: Option<Timestamp>,
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
    /// The endpoint's clock minus the phone's, in milliseconds, as last signed.
    #[serde(default)]
    pub clock_offset: Option<i64>,
}

impl Stored for ForwardingState {
    const KIND: &'static str = "forwarding";
}
