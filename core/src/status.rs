//! One snapshot of how the agent is doing, for screens and for heartbeats.

use fenming_wire::heartbeat::{AgentState, ConsentState, Heartbeat};
use fenming_wire::id::{DeviceId, TenantId};
use fenming_wire::ledger::Position;
use fenming_wire::record::{Cause, CoverageState};
use fenming_wire::time::{Span, Timestamp};

use crate::phone::Phone;
use crate::vault::{Counters, Numbers};

/// How the agent is doing. It holds no content and no name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// What the agent does.
    pub state: AgentState,
    /// Where consent stands.
    pub consent: ConsentState,
    /// Whether the agent may ask for consent unasked.
    pub may_prompt: bool,
    /// The tenant, once there is a profile.
    pub tenant: Option<TenantId>,
    /// The device, once it is enrolled.
    pub device: Option<DeviceId>,
    /// How much of the source can be seen now, and why; none before the first consent.
    pub coverage: Option<(CoverageState, Cause)>,
    /// Where the store stands.
    pub numbers: Numbers,
    /// Counters that stay on the phone.
    pub counters: Counters,
    /// Where forwarding stands.
    pub forwarding: Forwarding,
    /// Policy version in force; 0 where none is.
    pub policy_version: u64,
    /// Trust document version in force; 0 where none is.
    pub trust_version: u64,
    /// When capture under the policy ends.
    pub policy_ends: Option<Timestamp>,
    /// What the shell last said of the phone.
    pub phone: Phone,
    /// Name and version of the OS.
    pub os: String,
}

/// Where forwarding stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forwarding {
    /// When it was last tried.
    pub last_attempt: Option<Timestamp>,
    /// When it last ended with a receipt.
    pub last_success: Option<Timestamp>,
    /// The code of the last failure since.
    pub last_error: Option<String>,
    /// When it is next due.
    pub next_due: Option<Timestamp>,
}

impl Status {
    /// What of it the endpoint is told; none before the device is enrolled.
    ///
    /// Counters of personal and undecided messages are not among it.
    #[must_use]
    pub fn heartbeat(&self, at: Timestamp) -> Option<Heartbeat> {
        let (tenant, device) = (self.tenant.clone()?, self.device?);
        let start = Position::start(device, self.numbers.epoch);
        let Numbers { epoch, oldest, sealed, receipted, store_bytes, .. } = self.numbers;
        Some(Heartbeat {
            v: 1,
            tenant,
            device,
            epoch,
            at,
            state: self.state,
            consent: self.consent,
            backlog: self.numbers.backlog(),
            oldest,
            ledger: sealed.unwrap_or(start),
            receipted: receipted.unwrap_or(start),
            last_attempt: self.forwarding.last_attempt,
            last_success: self.forwarding.last_success,
            last_error: self.forwarding.last_error.clone(),
            next_due: self.forwarding.next_due,
            policy_version: self.policy_version,
            trust_version: self.trust_version,
            agent: crate::VERSION.to_owned(),
            os: self.os.clone(),
            listener: self.phone.listener,
            store_bytes,
            counsel_hold: self.numbers.counsel > 0,
        })
    }

    /// How long the oldest waiting record has waited.
    #[must_use]
    pub const fn oldest(&self) -> Option<Span> {
        self.numbers.oldest
    }
}
