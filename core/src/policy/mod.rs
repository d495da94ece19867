//! Trust document and policy: which ones are accepted, how long they hold, and what scope they ask
//! consent for.
//!
//! Nothing here is stored or fetched. A document is accepted against the profile and against what
//! this device has [`Seen`] before, and what comes out is [`Trusted`]: no other door makes one.
//! The same door serves a restart, when the stored envelopes are accepted again, and a new trust
//! document, under which the stored policy must be accepted again.

mod accept;
mod life;
#[cfg(test)]
pub(crate) mod sample;
mod scope;

pub use accept::{Seen, Trusted, accept_policy, accept_trust};
pub use life::{PolicyState, policy_state};
pub(crate) use scope::export_route;
pub use scope::{RouteRefused, check_profile, check_route, scope_of};
