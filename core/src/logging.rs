//! The agent's log: constants of the program and values that are marked as harmless.
//!
//! A line is a code with named values, and a value's type must be
//! [`Loggable`](fenming_wire::Loggable). There is no other way to log in this crate; a test reads
//! the sources for one.

use fenming_wire::{Code, Loggable};

pub(crate) use log::Level;

/// Writes one line.
pub(crate) fn say(level: Level, code: Code, values: &[(&'static str, &dyn Loggable)]) {
    use std::fmt::Write as _;
    if !log::log_enabled!(level) {
        return;
    }
    let mut line = code.to_string();
    for (name, value) in values {
        // Writing to a string does not fail.
        let _ = write!(line, " {name}={value}");
    }
    log::log!(level, "{line}");
}
