//! The documents that the endpoint serves, checked before a device may see them.

use std::collections::BTreeSet;
use std::fmt;

use fenming_wire::WireError;
use fenming_wire::content::Loggable;
use fenming_wire::envelope::{Document, Envelope};
use fenming_wire::id::{Digest, KeyId, TenantId};
use fenming_wire::key::{Ed25519Key, Ed25519Signer};
use fenming_wire::policy::Policy;
use fenming_wire::trust::TrustDocument;

use super::ConfigError;

/// Trust document and policy as they are served.
#[derive(Clone)]
pub struct Documents {
    /// The trust document, signed by the custodian's root key.
    pub trust: Envelope<TrustDocument>,
    /// The policy, signed by a policy key of the trust document.
    pub policy: Envelope<Policy>,
}

/// The kind of a served document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The trust document.
    Trust,
    /// The policy.
    Policy,
}

impl Kind {
    /// The word that stands for it in the configuration and in the store.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Trust => "trust",
            Self::Policy => "policy",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl Loggable for Kind {}

/// Documents that passed every check. Only these are served.
pub(crate) struct Published {
    /// The envelopes.
    pub(crate) documents: Documents,
    /// The trust document's bytes as they are sent.
    pub(crate) trust_bytes: Vec<u8>,
    /// The policy's bytes as they are sent.
    pub(crate) policy_bytes: Vec<u8>,
    /// Version of the trust document.
    pub(crate) trust_version: u64,
    /// Version of the policy.
    pub(crate) policy_version: u64,
    /// The keys to which every batch must be sealed, just these.
    pub(crate) recipients: BTreeSet<KeyId>,
}

impl Published {
    /// Checks signatures and tenants. Whether the versions only grow is for the store to say.
    pub(crate) fn check(
        documents: Documents,
        tenant: &TenantId,
        root: Ed25519Key,
        receipts: &Ed25519Signer,
    ) -> Result<Self, ConfigError> {
        let trust = documents.trust.verify(&[root]).map_err(ConfigError::TrustRefused)?;
        if trust.tenant != *tenant {
            return Err(ConfigError::WrongTenant(Kind::Trust));
        }
        if !trust.receipt_keys.contains(&receipts.public()) {
            return Err(ConfigError::ReceiptKey);
        }
        let policy =
            documents.policy.verify(&trust.policy_keys).map_err(ConfigError::PolicyRefused)?;
        if policy.tenant != *tenant {
            return Err(ConfigError::WrongTenant(Kind::Policy));
        }
        Ok(Self {
            trust_bytes: bytes(&documents.trust, "trust")?,
            policy_bytes: bytes(&documents.policy, "policy")?,
            trust_version: trust.version,
            policy_version: policy.version,
            recipients: trust.recipients.iter().map(|named| named.key.key_id()).collect(),
            documents,
        })
    }

    /// Version and digest of a document, by which a rollback is seen.
    pub(crate) fn version(&self, kind: Kind) -> (u64, Digest) {
        match kind {
            Kind::Trust => (self.trust_version, self.documents.trust.payload_digest()),
            Kind::Policy => (self.policy_version, self.documents.policy.payload_digest()),
        }
    }

    /// The bytes of a document as they are sent.
    pub(crate) fn bytes(&self, kind: Kind) -> &[u8] {
        match kind {
            Kind::Trust => &self.trust_bytes,
            Kind::Policy => &self.policy_bytes,
        }
    }
}

fn bytes<D: Document>(of: &Envelope<D>, key: &'static str) -> Result<Vec<u8>, ConfigError> {
    of.to_bytes().map_err(|error: WireError| ConfigError::Malformed { key, error })
}
