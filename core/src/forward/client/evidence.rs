//! Documents whose signatures were checked.

use fenming_wire::envelope::Envelope;
use fenming_wire::receipt::{CollectorState, Receipt};

/// A document, and the envelope whose signature was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified<D> {
    /// The envelope, to be kept as proof.
    pub envelope: Envelope<D>,
    /// What it says.
    pub document: D,
}

/// What an answer proves beside its status. All of it was verified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Receipts of batches that the endpoint has.
    pub receipts: Vec<Verified<Receipt>>,
    /// The endpoint's state, in answer to this very request.
    pub state: Option<Verified<CollectorState>>,
}
