//! What the tests share that cross crates.

pub mod faults;
pub mod power;
pub mod program;
pub mod sim;
pub mod stage;
pub mod trials;
pub mod world;
