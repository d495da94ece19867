//! Power loss for the real program, from one trace of everything that it asks of its disk.
//!
//! A subject program lives the life of a phone under a small library (`tests/shim/trace.c`) that
//! writes every change of a file or folder down, with its bytes, and every sync. From that trace
//! any number of *histories* are made: the power goes at some entry, what was synced is there, and
//! of the rest some survives, in any order and torn at sectors. The folder that this leaves is
//! opened again by the real agent. No part of the product knows of it. Linux only.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

pub mod disk;
pub mod history;
pub mod life;
pub mod trace;

use std::path::{Path, PathBuf};
use std::process::Command;

use self::trace::Trace;
use crate::faults::compile;

/// The shim's source.
const SOURCE: &str = include_str!("../shim/trace.c");

/// Runs a program and writes down what it asks of the disk below a folder.
///
/// # Errors
/// Where there is no C compiler, the program does not end well, or the trace cannot be read.
pub fn record(command: &mut Command, below: &Path, file: &Path) -> std::io::Result<Trace> {
    let library: PathBuf = compile("trace", SOURCE)?;
    // The kernel tells paths without symbolic links, so compare with such a one.
    let below = below.canonicalize()?;
    command.env("LD_PRELOAD", library);
    command.env("FENMING_TRACE_DIR", below).env("FENMING_TRACE_FILE", file);
    let status = command.status()?;
    if !status.success() {
        return Err(std::io::Error::other(format!("the subject ended with {status}")));
    }
    Trace::read(file)
}
