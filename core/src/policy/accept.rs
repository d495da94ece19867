//! What makes a signed document trusted: signature, tenant, and a version that only grows.

use fenming_wire::envelope::{Document, Envelope};
use fenming_wire::id::{Digest, TenantId};
use fenming_wire::key::Ed25519Key;
use fenming_wire::policy::Policy;
use fenming_wire::profile::Profile;
use fenming_wire::trust::{Freshness, TrustDocument};

use crate::error::AgentError;

/// A document whose signature, tenant and version were checked. Only this room makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trusted<D> {
    document: D,
    digest: Digest,
    version: u64,
}

/// The newest version of a document that this device knows of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The version.
    pub version: u64,
    /// The payload's digest; none where only the version is known, as from the endpoint's state.
    pub digest: Option<Digest>,
}

/// Accepts a trust document: signed by the profile's root key, for the profile's tenant, and not
/// older than what is known.
///
/// A trust document with other recipients is accepted like any other; that consent no longer
/// covers it follows from the [scope](super::scope_of).
///
/// # Errors
/// [`AgentError::DocumentRefused`] with the field or signature, [`AgentError::WrongTenant`],
/// [`AgentError::Rollback`] where the version is lower, or the same with other content.
pub fn accept_trust(
    profile: &Profile,
    seen: Option<Seen>,
    envelope: &Envelope<TrustDocument>,
) -> Result<Trusted<TrustDocument>, AgentError> {
    accept(&[profile.root_key], &profile.tenant, seen, envelope)
}

/// Accepts a policy: signed by a policy key of the trust document, for its tenant, and not older
/// than what is known.
///
/// A policy that has ended is accepted as well, since the clock may be wrong;
/// [`policy_state`](super::policy_state) says what may be done under it.
///
/// # Errors
/// As [`accept_trust`].
pub fn accept_policy(
    trust: &Trusted<TrustDocument>,
    seen: Option<Seen>,
    envelope: &Envelope<Policy>,
) -> Result<Trusted<Policy>, AgentError> {
    let trust = trust.document();
    accept(&trust.policy_keys, &trust.tenant, seen, envelope)
}

impl<D> Trusted<D> {
    /// The document.
    #[must_use]
    pub const fn document(&self) -> &D {
        &self.document
    }

    /// The digest of its payload.
    #[must_use]
    pub const fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Its version.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// What the device has seen, now that it has seen this.
    #[must_use]
    pub const fn seen(&self) -> Seen {
        Seen { version: self.version, digest: Some(self.digest) }
    }
}

impl Seen {
    /// Raises what was seen to a floor that the endpoint signed: after a restore the device knows
    /// less than it once did.
    #[must_use]
    pub fn with_floor(seen: Option<Self>, floor: u64) -> Option<Self> {
        match seen {
            Some(seen) if seen.version >= floor => Some(seen),
            _ if floor == 0 => seen,
            _ => Some(Self { version: floor, digest: None }),
        }
    }

    fn judge(self, version: u64, digest: Digest) -> Freshness {
        let known = self.digest.unwrap_or(digest);
        Freshness::of((version, digest), (self.version, known))
    }
}

/// A document that a device remembers the newest version of.
trait Versioned: Document {
    const NAME: &'static str;
    fn version(&self) -> u64;
    fn tenant(&self) -> &TenantId;
}

impl Versioned for TrustDocument {
    const NAME: &'static str = "trust document";
    fn version(&self) -> u64 {
        self.version
    }
    fn tenant(&self) -> &TenantId {
        &self.tenant
    }
}

impl Versioned for Policy {
    const NAME: &'static str = "policy";
    fn version(&self) -> u64 {
        self.version
    }
    fn tenant(&self) -> &TenantId {
        &self.tenant
    }
}

fn accept<D: Versioned>(
    keys: &[Ed25519Key],
    tenant: &TenantId,
    seen: Option<Seen>,
    envelope: &Envelope<D>,
) -> Result<Trusted<D>, AgentError> {
    let document = envelope
        .verify(keys)
        .map_err(|source| AgentError::DocumentRefused { document: D::NAME, source })?;
    if document.tenant() != tenant {
        return Err(AgentError::WrongTenant { document: D::NAME });
    }
    let digest = envelope.payload_digest();
    let version = document.version();
    match seen.map_or(Freshness::Newer, |seen| seen.judge(version, digest)) {
        Freshness::Newer | Freshness::Same => Ok(Trusted { document, digest, version }),
        Freshness::Rollback => Err(AgentError::Rollback { document: D::NAME }),
    }
}

#[cfg(test)]
mod tests;
