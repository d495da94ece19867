//! What a run did. Numbers and codes only.

use fenming_wire::content::Loggable;
use fenming_wire::{Code, receipt::CollectorState};
use serde::{Serialize, Serializer};

use crate::forward::outcome::Trouble;

/// What a run did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RunReport {
    /// Why it ended.
    pub ended: Ended,
    /// The last thing that went wrong, even where it was mended within the run.
    #[serde(serialize_with = "trouble_code")]
    pub trouble: Option<Trouble>,
    /// Batches that were sealed.
    pub sealed: u32,
    /// Batches that were sent, repeats included.
    pub sent: u32,
    /// Bytes of those and of attachments, without HTTP and TLS.
    pub bytes: u64,
    /// Attachments that now have a receipt.
    pub attachments: u32,
    /// Batches that now have a receipt.
    pub delivered: u32,
    /// Lines in them, genesis and balances not counted.
    pub lines: u64,
    /// Batches that were taken back to be sealed again.
    pub unsealed: u64,
    /// Records that the endpoint refused and that were parked.
    pub parked: u32,
    /// Batches and attachments whose file was damaged or gone.
    pub damaged: u32,
    /// What the endpoint serves, where it signed a state.
    pub floors: Option<Floors>,
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Nothing more is due.
    Drained,
    /// The budget was used up; there may be more.
    Budget,
    /// Something went wrong that takes time; see `trouble`.
    Waiting,
    /// There is no consent to seal anything under, or none that names today's recipients.
    NotConsented,
    /// The endpoint has more of this ledger than the phone. The caller begins a new epoch.
    LedgerBehind,
}

/// Versions that the endpoint serves, signed by a receipt key. After a restore they are the
/// floors below which nothing is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Floors {
    /// Of the policy.
    pub policy: u64,
    /// Of the trust document.
    pub trust: u64,
}

impl RunReport {
    /// Of a run that had nothing to do.
    #[must_use]
    pub const fn idle() -> Self {
        Self::new()
    }

    pub(super) const fn new() -> Self {
        Self {
            ended: Ended::Drained,
            trouble: None,
            sealed: 0,
            sent: 0,
            bytes: 0,
            attachments: 0,
            delivered: 0,
            lines: 0,
            unsealed: 0,
            parked: 0,
            damaged: 0,
            floors: None,
        }
    }
}

impl RunReport {
    /// Whether a heartbeat may follow: not where the run ended because the endpoint could not be
    /// reached, was not the right one, or asked to be left alone.
    #[must_use]
    pub fn allows_heartbeat(&self) -> bool {
        self.ended != Ended::Waiting || self.trouble.is_none_or(Trouble::allows_heartbeat)
    }
}

impl Floors {
    pub(super) const fn of(state: &CollectorState) -> Self {
        Self { policy: state.policy_version, trust: state.trust_version }
    }
}

impl Ended {
    /// A code that stays the same across versions and languages.
    #[must_use]
    pub const fn code(self) -> Code {
        Code(match self {
            Self::Drained => "drained",
            Self::Budget => "budget",
            Self::Waiting => "waiting",
            Self::NotConsented => "not_consented",
            Self::LedgerBehind => "ledger_behind",
        })
    }
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.code().fmt(f)
    }
}

impl Loggable for Ended {}

impl Serialize for Ended {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.code().0)
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, clippy::ref_option, reason = "serde asks for it")]
fn trouble_code<S: Serializer>(trouble: &Option<Trouble>, to: S) -> Result<S::Ok, S::Error> {
    trouble.map(|trouble| trouble.code().0).serialize(to)
}
