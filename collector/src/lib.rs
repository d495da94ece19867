//! The endpoint in embedded form: SQLite and a folder. It stores what it cannot read.
//!
//! A device enrols with a one-time token, then uploads sealed batches under one rule: a batch
//! must start where the ledger stands and with the head that the endpoint has. What is accepted
//! is on the disk before the signed receipt is sent. The endpoint holds no key that opens
//! anything; all that it learns of a batch is the manifest.
//!
//! # The folder
//! ```text
//! <data>/collector.sqlite                      devices, tokens, ledgers, receipts
//! <data>/trust.json                            the trust document that is served
//! <data>/trust/<version>.json                  every trust document that was ever served
//! <data>/batches/<device>/device.pub           the device's public key in base64
//! <data>/batches/<device>/state.json           where its ledgers end, signed by the endpoint
//! <data>/batches/<device>/<epoch>/<first>-<last>.age
//! <data>/batches/<device>/<epoch>/<first>-<last>.manifest.json
//! <data>/batches/<device>/<epoch>/<first>-<last>.receipt.json
//! <data>/incoming/…                            sealed files that are not yet receipted
//! <data>/orphans/…                             sealed files that never were
//! ```
//! `<first>` and `<last>` are the sequences of the first and last line with twelve digits, so
//! that names sort as the ledger runs. Whatever stands below `batches` was receipted; the sealed
//! file is put there last. A custodian copies the folder and opens it elsewhere with stock tools,
//! `age -d -i KEY <first>-<last>.age | zstd -d | jq`, or with `fenming archive`.
//!
//! # Rooms
//! `config` → `server` (TLS, HTTP, the route table) → `service` (what each route does) → `store`
//! (SQLite and the folder). Only `store` names `rusqlite`; only `server` names `axum`, `hyper`
//! and `rustls`' connection types.

pub mod clock;
pub mod config;
pub mod console;
pub mod harden;
pub mod limits;
mod server;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use clock::{Clock, SystemClock};
pub use config::{Config, ConfigError, Documents, TlsIdentity};
pub use console::{BatchEntry, Console, DecisionRefused, DeviceEntry, ReceivedHeartbeat};
pub use harden::harden_process;
pub use limits::Limits;
pub use server::local::{LocalAnswer, LocalCollector, LocalRequest};
pub use server::routes::{Caller, RouteEntry, routes};
pub use server::{Collector, Running, StartError};
pub use store::StoreError;
