//! Where the endpoint's signed word stands against the phone's ledger. Pure.

use fenming_wire::ledger::Position;

/// How the two ledgers stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The endpoint has what the phone has receipts for, and nothing else.
    InStep,
    /// The endpoint says that it has batches that the phone sealed, but showed no receipt.
    Unproven,
    /// The endpoint has lines that this store never sealed like this: an old copy was restored.
    PhoneBehind,
    /// The endpoint lacks lines that it gave receipts for.
    EndpointBehind,
    /// The ledgers differ in a line that the phone has a receipt for.
    Forked,
}

impl Standing {
    /// Compares the endpoint's highest place, once all receipts that it showed are settled, with
    /// the place up to which the phone has receipts and with the ends of the open batches.
    #[must_use]
    pub fn of(high: Position, receipted: Position, open: &[Position]) -> Self {
        if high == receipted {
            Self::InStep
        } else if high.seq < receipted.seq {
            Self::EndpointBehind
        } else if high.seq == receipted.seq {
            Self::Forked
        } else if open.contains(&high) {
            Self::Unproven
        } else {
            Self::PhoneBehind
        }
    }
}

#[cfg(test)]
mod tests;
