//! Consent: without it nothing is captured. Only this room makes a [`Permit`].
//!
//! The employee reads a [notice], decides, and the [`Decision`] is signed and stored. Before every
//! single event [`authorise`] asks anew whether that decision covers the scope which the documents
//! in force ask for, so that neither a withdrawal nor a grown scope can be overlooked.

mod changes;
mod decision;
pub mod notice;
mod permit;
#[cfg(test)]
pub(crate) mod sample;

pub use changes::{Change, ChangedRule, RuleKind, rule_changes};
pub use decision::{Choices, ConsentState, Decision, Grant, Signatory, Withdrawal};
pub use permit::{
    Counterpart, Denied, HoldPermit, Naming, Permit, Terms, authorise, authorise_hold,
};
