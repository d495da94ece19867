//! What the tests of several rooms of forwarding share.

pub(super) mod bench;
pub(super) mod endpoint;
