//! The files of an endpoint's folder, by the names that `config.json` gives them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use fenming_wire::id::TenantId;
use fenming_wire::json;
use fenming_wire::key::Ed25519Key;
use fenming_wire::profile::Endpoint;
use serde::Serialize;

use crate::error::CliError;
use crate::files::{self, Access, MAX_KEY_BYTES};

pub(super) const CONFIG: &str = "config.json";
pub(super) const TRUST: &str = "trust.json";
pub(super) const POLICY: &str = "policy.json";
pub(super) const RECEIPT_KEY: &str = "receipt.key";
pub(super) const TLS_CERT: &str = "tls.crt";
pub(super) const TLS_KEY: &str = "tls.key";
pub(super) const PROFILE: &str = "profile.json";
const DATA: &str = "data";

/// The configuration as it is written; [`fenming_collector::Config`] reads it.
#[derive(Serialize)]
pub(super) struct ConfigFile {
    data: &'static str,
    listen: SocketAddr,
    tls_cert: &'static str,
    tls_key: &'static str,
    tenant: TenantId,
    root_key: Ed25519Key,
    trust: &'static str,
    policy: &'static str,
    receipt_key: &'static str,
    endpoint: Endpoint,
}

impl ConfigFile {
    pub(super) const fn new(
        listen: SocketAddr,
        tenant: TenantId,
        root_key: Ed25519Key,
        endpoint: Endpoint,
    ) -> Self {
        Self {
            data: DATA,
            listen,
            tls_cert: TLS_CERT,
            tls_key: TLS_KEY,
            tenant,
            root_key,
            trust: TRUST,
            policy: POLICY,
            receipt_key: RECEIPT_KEY,
            endpoint,
        }
    }
}

/// Reads a profile: a flat map of strings.
pub(super) fn read_profile(path: &Path) -> Result<BTreeMap<String, String>, CliError> {
    json::parse(&files::read(path, MAX_KEY_BYTES)?, MAX_KEY_BYTES)
        .map_err(|error| CliError::document(path, &error))
}

/// Writes JSON that people may want to read and edit.
pub(super) fn write_json<T: Serialize>(
    path: &Path,
    value: &T,
    access: Access,
) -> Result<(), CliError> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| CliError::fault(format!("{}: {error}", path.display())))?;
    let text = zeroize::Zeroizing::new(text + "\n");
    files::write_new(path, text.as_bytes(), access)
}
