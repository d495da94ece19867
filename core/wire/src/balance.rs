//! The balance: a device's signed books, the first line of every batch.
//!
//! `captured = forwarded + queued + retracted + parked + destroyed + counsel`, at every sealing.
//! Held items are not captured until the employee decides for business.

use serde::{Deserialize, Serialize};

use crate::envelope::Document;
use crate::error::WireError;
use crate::id::{DeviceId, Epoch, TenantId};
use crate::time::Timestamp;

/// What became of everything that was captured in an epoch. Version 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Balance {
    /// The tenant.
    pub tenant: TenantId,
    /// The device.
    pub device: DeviceId,
    /// The epoch.
    pub epoch: Epoch,
    /// Sequence of the line that holds this balance.
    pub seq: u64,
    /// When the batch was sealed.
    pub sealed: Timestamp,
    /// The numbers.
    pub books: Books,
    /// Sequences that the endpoint refused and the device parked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parked: Vec<u64>,
}

/// Numbers of messages, recalls and calls in an epoch so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Books {
    /// Stored as business under consent.
    pub captured: u64,
    /// Sealed into batches, this one included.
    pub forwarded: u64,
    /// Waiting for a later batch.
    pub queued: u64,
    /// Taken back by the employee within the review window.
    pub retracted: u64,
    /// Refused by the endpoint, kept on the phone.
    pub parked: u64,
    /// Destroyed unsent after a withdrawal of consent.
    pub destroyed: u64,
    /// Sealed to counsel alone, and not cleared: never forwarded, whether the phone still holds
    /// it or counsel has released it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub counsel: u64,
    /// Undecided items that went into quarantine.
    pub held: u64,
    /// Quarantined items that were destroyed undecided.
    pub expired: u64,
}

impl Books {
    /// Whether every captured record is accounted for.
    #[must_use]
    pub fn add_up(&self) -> bool {
        let sent = [self.forwarded, self.queued, self.retracted, self.parked];
        let kept_back = [self.destroyed, self.counsel];
        let sum = sent.into_iter().chain(kept_back).try_fold(0u64, u64::checked_add);
        sum == Some(self.captured) && self.expired <= self.held
    }
}

impl Document for Balance {
    const TYPE: &'static str = "application/vnd.fenming.balance.v1+json";
    const LIMIT: usize = 64 * 1024;

    fn check(&self) -> Result<(), WireError> {
        if self.books.add_up() { Ok(()) } else { Err(WireError::field("books", "do not add up")) }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_zero(value: &u64) -> bool {
    *value == 0
}

#[cfg(test)]
mod tests;
