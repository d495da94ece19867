//! The verdict on a chat.

use fenming_wire::id::RetentionClass;
use fenming_wire::record::Why;

/// What a chat is, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Business: its records are kept.
    Business(Business),
    /// Personal: dropped and counted.
    Personal(Why),
    /// Undecided: dropped and counted, or held.
    Undecided {
        /// What speaks for business, where something does.
        signal: Option<Why>,
    },
}

/// A business verdict, the only thing besides a permit that a record is built from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Business {
    why: Why,
    class: RetentionClass,
}

impl Business {
    pub(super) const fn new(why: Why, class: RetentionClass) -> Self {
        Self { why, class }
    }

    /// The step and rule that decided.
    #[must_use]
    pub const fn why(&self) -> &Why {
        &self.why
    }

    /// The retention class of the chat's records.
    #[must_use]
    pub const fn class(&self) -> &RetentionClass {
        &self.class
    }
}
