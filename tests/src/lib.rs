//! What the tests share that cross crates.

pub mod faults;
pub mod stage;
