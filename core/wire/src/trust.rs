//! The trust document: who may read, who may sign. Signed by the custodian's offline root key.

use serde::{Deserialize, Serialize};

use crate::content::Loggable;
use crate::envelope::Document;
use crate::error::WireError;
use crate::id::{RuleId, TenantId};
use crate::key::Ed25519Key;
use crate::range::AddressRange;
use crate::seal::Recipient;
use crate::text::Bilingual;
use crate::time::Timestamp;

/// Who may read and who may sign, as the custodian's root key says. Version 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustDocument {
    /// The tenant that this holds for.
    pub tenant: TenantId,
    /// Grows with every change; a lower one is refused.
    pub version: u64,
    /// When the root key signed it.
    pub issued: Timestamp,
    /// The organisation as the employee is shown it.
    pub organisation: Bilingual,
    /// Keys to which everything that leaves the phone is sealed. At least one.
    pub recipients: Vec<NamedRecipient>,
    /// The key to which suspected secrets are sealed, and nothing else is.
    pub counsel: NamedRecipient,
    /// Keys that may sign counsel's decisions. Without one, what was sealed to counsel stays.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub counsel_keys: Vec<Ed25519Key>,
    /// Keys that may sign the policy. At least one.
    pub policy_keys: Vec<Ed25519Key>,
    /// Keys that may sign receipts and state. At least one.
    pub receipt_keys: Vec<Ed25519Key>,
    /// Routes by which records may leave mainland China; empty in the ordinary case.
    #[serde(default)]
    pub export_routes: Vec<ExportRoute>,
}

/// A public key to which records are sealed, with the name that the consent notice shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedRecipient {
    /// Who holds the private key, in both languages.
    pub name: Bilingual,
    /// The age X25519 recipient, `age1…`.
    pub key: Recipient,
}

/// A lawful way out of mainland China (PIPL 38), by its registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportRoute {
    /// The id that a profile names to use the route.
    pub id: RuleId,
    /// The assessment, certificate or filed contract that it rests on.
    pub basis: Bilingual,
    /// The address ranges that it opens.
    pub ranges: Vec<AddressRange>,
    /// When it ends.
    pub expires: Timestamp,
}

/// Most recipients, keys or routes in a trust document; each recipient adds about 100 bytes to
/// every batch.
pub const MAX_TRUST_ENTRIES: usize = 16;

impl Document for TrustDocument {
    const TYPE: &'static str = "application/vnd.fenming.trust.v1+json";
    const LIMIT: usize = 64 * 1024;

    fn check(&self) -> Result<(), WireError> {
        let filled = |path: &str, len: usize, least: usize| match len {
            n if n < least => Err(WireError::field(path, "is empty")),
            n if n > MAX_TRUST_ENTRIES => Err(WireError::field(path, "has too many entries")),
            _ => Ok(()),
        };
        filled("recipients", self.recipients.len(), 1)?;
        filled("policy_keys", self.policy_keys.len(), 1)?;
        filled("receipt_keys", self.receipt_keys.len(), 1)?;
        filled("counsel_keys", self.counsel_keys.len(), 0)?;
        filled("export_routes", self.export_routes.len(), 0)?;
        if self.version == 0 {
            return Err(WireError::field("version", "starts at 1"));
        }
        if self.recipients.iter().any(|r| r.key == self.counsel.key) {
            return Err(WireError::field("counsel.key", "must differ from every recipient"));
        }
        Ok(())
    }
}

/// What a version number is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Higher than what is known: take it.
    Newer,
    /// The very same document.
    Same,
    /// Lower, or the same number with other content: refuse it.
    Rollback,
}

impl std::fmt::Display for Freshness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Newer => "newer",
            Self::Same => "same",
            Self::Rollback => "rollback",
        })
    }
}

impl Loggable for Freshness {}

impl Freshness {
    /// Compares an offered version and digest with the known ones.
    pub fn of<D: PartialEq>(offered: (u64, D), known: (u64, D)) -> Self {
        if offered.0 > known.0 {
            Self::Newer
        } else if offered == known {
            Self::Same
        } else {
            Self::Rollback
        }
    }
}

#[cfg(test)]
mod tests;
