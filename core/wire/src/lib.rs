//! Every document that leaves the phone or reaches it.
//!
//! One crate for both ends and for the custodian's tools, so that a format exists once. Signed
//! documents are [`envelope`]s; what only the custodian may read is [`seal`]ed; the [`ledger`]
//! chains the lines. `docs/wire-format.md` describes the bytes.

pub mod api;
pub mod attachment;
pub mod balance;
pub mod consent;
pub mod content;
pub mod counsel;
pub mod digest;
pub mod envelope;
pub mod error;
pub mod evidence;
pub mod frame;
pub mod heartbeat;
pub mod id;
pub mod json;
pub mod key;
pub mod ledger;
pub mod limits;
pub mod manifest;
pub mod policy;
pub mod profile;
pub mod range;
pub mod receipt;
pub mod record;
pub mod schedule;
pub mod screening;
pub mod seal;
mod share;
pub mod signature;
pub mod source;
pub mod text;
pub mod time;
pub mod trust;

#[cfg(test)]
mod samples;

pub use content::{Code, Content, Loggable};
pub use error::WireError;
