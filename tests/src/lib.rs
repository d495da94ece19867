//! What the tests share that cross crates.

pub mod faults;
pub mod program;
pub mod stage;
