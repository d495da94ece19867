//! The permit: the proof, as a type, that a live consent covers one event.

use fenming_wire::id::Digest;
use fenming_wire::source::Source;

/// Proof that a live consent covers an event of one source. It cannot be cloned, is used up by
/// the one record that it allows, and only [`consent`](super) makes it.
pub struct Permit {
    grant: Digest,
    source: Source,
    naming: Naming,
}

/// What a record may say of counterparts' names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// Names are kept as shown.
    Names,
    /// Names are replaced by pseudonyms.
    Pseudonyms,
}

impl Permit {
    pub(super) const fn new(grant: Digest, source: Source, naming: Naming) -> Self {
        Self { grant, source, naming }
    }

    /// Uses the permit up and names the consent that it rests on, by its payload's digest.
    #[must_use]
    pub const fn into_grant(self) -> Digest {
        self.grant
    }

    /// The source that it covers.
    #[must_use]
    pub const fn source(&self) -> Source {
        self.source
    }

    /// What the record may say of counterparts' names.
    #[must_use]
    pub const fn naming(&self) -> Naming {
        self.naming
    }
}
