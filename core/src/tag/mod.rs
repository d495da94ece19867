//! Tagging: business, personal or undecided, decided on the chat and explained.
//!
//! The order of decision: 1 the OS profile, 2 the employee's own tag, 3 the policy's directory and
//! then its rules on group titles. These decide. 4 text rules only suggest. Everything here is a
//! pure function of the facts and the [`Ruleset`].

mod decide;
mod explain;
mod ruleset;
mod verdict;

pub use decide::{ChatFacts, EmployeeTag, decide, overridden};
pub use explain::explain;
pub use ruleset::Ruleset;
pub use verdict::{Business, Verdict};
