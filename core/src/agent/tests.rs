//! The agent on a real store, with what a phone's bad day brings: a full disk, a key store that
//! refuses, a process that ends.

mod burst;
mod decisions;
mod faults;
mod pocket;
