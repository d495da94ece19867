//! One program for four people: the demo for the newcomer, the device for the employee, the
//! collector for IT, keys, documents and the archive for the custodian.
//!
//! Every command is a room of its own with `run(args, out)`. Only [`output`] prints, and only
//! [`error`] knows exit codes.

pub mod archive;
pub mod certificate;
pub mod collector;
mod command;
pub mod completions;
pub mod demo;
pub mod device;
pub mod document;
pub mod error;
pub mod files;
pub mod keygen;
pub mod keys;
pub mod output;
pub mod policy;
#[cfg(test)]
mod transcript;
pub mod trust;

pub use command::{Cli, run};
pub use error::{CliError, Exit};
