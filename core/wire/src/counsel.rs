//! What goes to counsel and what comes back: the sealed item, and the signed decision.
//!
//! An item never leaves the phone by itself. Counsel takes it from the phone, opens it with the
//! key that the trust document names, and signs a decision that reaches the phone like a policy.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::content::{Content, Loggable};
use crate::envelope::Document;
use crate::error::WireError;
use crate::id::{DeviceId, ItemId, TenantId};
use crate::json;
use crate::limits::MAX_LINE_BYTES;
use crate::record::Body;
use crate::screening::Label;
use crate::seal::{self, Identity, Recipient};
use crate::time::Timestamp;

/// What counsel alone can open. Version 1.
///
/// It is sealed as a batch is: `age -d -i counsel.key ITEM.age | zstd -d | jq`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CounselItem {
    /// Version of this format, 1.
    pub v: u32,
    /// The tenant.
    pub tenant: TenantId,
    /// The device that holds it.
    pub device: DeviceId,
    /// Its name.
    pub item: ItemId,
    /// What a decision on it must repeat, so that nobody decides who has not opened it. Without
    /// it the phone cannot read the item again.
    pub token: Content,
    /// Why it was sealed.
    pub labels: Vec<Label>,
    /// What it says.
    pub line: Body,
}

/// Counsel's word on one item. Version 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CounselDecision {
    /// The tenant.
    pub tenant: TenantId,
    /// The device that holds the item.
    pub device: DeviceId,
    /// Grows with every decision for this device; each is obeyed once.
    pub number: u64,
    /// When it was signed.
    pub issued: Timestamp,
    /// From when on it may no longer be obeyed.
    pub expires: Timestamp,
    /// The item.
    pub item: ItemId,
    /// The token that was sealed with the item, 64 hexadecimal digits.
    pub token: String,
    /// What becomes of it.
    pub outcome: Outcome,
}

/// What becomes of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The suspicion was unfounded: the record goes the way of every other.
    Clear,
    /// The matter was reported and the item is secured elsewhere: the phone lets go of it.
    Release,
}

/// Most bytes of an item before it is sealed: a line, and what stands around it.
const MAX_ITEM_BYTES: usize = 2 * MAX_LINE_BYTES;

/// Bytes of a token.
pub const TOKEN_BYTES: usize = 32;

impl CounselItem {
    /// Seals it to counsel, and to nobody else.
    ///
    /// # Errors
    /// [`WireError::TooLarge`], [`WireError::BadKey`].
    pub fn seal(&self, counsel: &Recipient) -> Result<Vec<u8>, WireError> {
        let plain = Zeroizing::new(json::write(self)?);
        if plain.len() > MAX_ITEM_BYTES {
            return Err(WireError::TooLarge { limit: MAX_ITEM_BYTES });
        }
        seal::seal(&plain, std::slice::from_ref(counsel))
    }

    /// Opens it with counsel's key.
    ///
    /// # Errors
    /// [`WireError::Unopenable`], [`WireError::Bomb`]; [`WireError::Field`] where it is no item.
    pub fn open(sealed: &[u8], counsel: &Identity) -> Result<Self, WireError> {
        let plain = seal::open(sealed, std::slice::from_ref(counsel))?;
        json::parse(&plain, MAX_ITEM_BYTES)
    }
}

impl Document for CounselDecision {
    const TYPE: &'static str = "application/vnd.fenming.counsel-decision.v1+json";
    const LIMIT: usize = 16 * 1024;

    fn check(&self) -> Result<(), WireError> {
        if self.number == 0 {
            return Err(WireError::field("number", "starts at 1"));
        }
        if self.expires <= self.issued {
            return Err(WireError::field("expires", "must be later than `issued`"));
        }
        let digit = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
        if self.token.len() != 2 * TOKEN_BYTES || !self.token.bytes().all(digit) {
            return Err(WireError::field("token", "is 64 lower-case hexadecimal digits"));
        }
        Ok(())
    }
}

impl Outcome {
    /// The word that stands for it in documents.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Release => "release",
        }
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

impl Loggable for Outcome {}

#[cfg(test)]
mod tests;
