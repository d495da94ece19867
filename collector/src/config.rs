//! The configuration, and what makes the endpoint refuse to start.

mod documents;

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use fenming_wire::WireError;
use fenming_wire::envelope::{Document, Envelope};
use fenming_wire::id::TenantId;
use fenming_wire::json;
use fenming_wire::key::Ed25519Key;
use fenming_wire::policy::Policy;
use fenming_wire::profile::Endpoint;
use fenming_wire::trust::TrustDocument;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde::Deserialize;
use zeroize::Zeroizing;

pub(crate) use documents::Published;
pub use documents::{Documents, Kind};

use crate::limits::Limits;

/// All that the endpoint needs to start.
pub struct Config {
    /// The folder that holds everything; made where it is missing.
    pub data: PathBuf,
    /// The address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Certificate chain and key for TLS.
    pub tls: TlsIdentity,
    /// The tenant that is served.
    pub tenant: TenantId,
    /// The custodian's root key, against which the trust document is checked.
    pub root_key: Ed25519Key,
    /// What is served to devices.
    pub documents: Documents,
    /// The PKCS #8 form of the Ed25519 key that signs receipts; the trust document names it.
    pub receipt_key: Zeroizing<Vec<u8>>,
    /// The endpoint as devices name it; signatures cover its authority, whatever a balancer makes
    /// of the `Host` field. Port 0 stands for the port that was bound.
    pub endpoint: Endpoint,
    /// Limits.
    pub limits: Limits,
}

/// A certificate chain with its private key.
pub struct TlsIdentity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

/// Why a configuration was refused. Each names the key and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A file cannot be read.
    #[error("`{key}`: the file cannot be read ({kind}): check its path and who may read it")]
    Unreadable {
        /// The key of the configuration.
        key: &'static str,
        /// What the system says.
        kind: io::ErrorKind,
    },
    /// The configuration file, or a document that it names, is malformed.
    #[error("`{key}`: {error}")]
    Malformed {
        /// The key of the configuration.
        key: &'static str,
        /// What is wrong.
        #[source]
        error: WireError,
    },
    /// The certificate or its key cannot be used.
    #[error("`{key}`: holds no usable PEM: give a certificate chain, and the key that fits it")]
    Tls {
        /// The key of the configuration.
        key: &'static str,
    },
    /// The trust document was not signed by the root key.
    #[error("`trust`: not accepted under `root_key` ({0}): have the custodian sign it")]
    TrustRefused(#[source] WireError),
    /// The policy was not signed by a policy key of the trust document.
    #[error("`policy`: not accepted under the trust document's `policy_keys` ({0})")]
    PolicyRefused(#[source] WireError),
    /// The receipt key is no key, or the trust document does not name it.
    #[error(
        "`receipt_key`: must be an Ed25519 key (PKCS #8) of the trust document's `receipt_keys`"
    )]
    ReceiptKey,
    /// A document holds for another tenant.
    #[error("`{0}`: holds for another tenant than `tenant`")]
    WrongTenant(Kind),
    /// A newer document was served before.
    #[error(
        "`{kind}`: version {offered} was offered, but version {served} was served before: \
         a version only grows, and the same version is the same document"
    )]
    Rollback {
        /// The document.
        kind: Kind,
        /// The version that is refused.
        offered: u64,
        /// The version that devices may already have.
        served: u64,
    },
}

/// The configuration file; paths are relative to it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    data: PathBuf,
    listen: SocketAddr,
    tls_cert: PathBuf,
    tls_key: PathBuf,
    tenant: TenantId,
    root_key: Ed25519Key,
    trust: PathBuf,
    policy: PathBuf,
    receipt_key: PathBuf,
    endpoint: Endpoint,
    #[serde(default)]
    limits: Limits,
}

/// Most bytes of the configuration file and of a PEM file.
const MAX_FILE_BYTES: usize = 64 * 1024;

impl Config {
    /// Reads a JSON configuration file and the files that it names, relative to itself: `data`,
    /// `listen`, `tls_cert`, `tls_key` (PEM), `tenant`, `root_key`, `trust`, `policy`
    /// (envelopes), `receipt_key` (PKCS #8, DER or PEM), `endpoint`, and optionally `limits`.
    ///
    /// # Errors
    /// [`ConfigError`] with the key that is wrong.
    pub fn from_file(path: &Path) -> Result<Self, ConfigError> {
        let bytes = read(path, "config", MAX_FILE_BYTES)?;
        let file: File = json::parse(&bytes, MAX_FILE_BYTES)
            .map_err(|error| ConfigError::Malformed { key: "config", error })?;
        let base = path.parent().unwrap_or_else(|| Path::new("."));
        let at = |relative: &Path| base.join(relative);
        let cert = read(&at(&file.tls_cert), "tls_cert", MAX_FILE_BYTES)?;
        let key = Zeroizing::new(read(&at(&file.tls_key), "tls_key", MAX_FILE_BYTES)?);
        let receipt_key =
            Zeroizing::new(read(&at(&file.receipt_key), "receipt_key", MAX_FILE_BYTES)?);
        Ok(Self {
            data: at(&file.data),
            listen: file.listen,
            tls: TlsIdentity::from_pem(&cert, &key)?,
            tenant: file.tenant,
            root_key: file.root_key,
            documents: Documents {
                trust: envelope::<TrustDocument>(&at(&file.trust), "trust")?,
                policy: envelope::<Policy>(&at(&file.policy), "policy")?,
            },
            receipt_key: pkcs8(&receipt_key)?,
            endpoint: file.endpoint,
            limits: file.limits,
        })
    }
}

impl TlsIdentity {
    /// From PEM: the chain with the leaf first, and its private key.
    ///
    /// # Errors
    /// [`ConfigError::Tls`].
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, ConfigError> {
        let wrong = |key| ConfigError::Tls { key };
        let chain = CertificateDer::pem_slice_iter(chain)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| wrong("tls_cert"))?;
        if chain.is_empty() {
            return Err(wrong("tls_cert"));
        }
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| wrong("tls_key"))?;
        Ok(Self { chain, key })
    }

    /// What the server is built with: TLS 1.3 only, ring, no early data, no client certificates.
    pub(crate) fn server(&self) -> Result<rustls::ServerConfig, ConfigError> {
        let wrong = || ConfigError::Tls { key: "tls_key" };
        let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|_| wrong())?
            .with_no_client_auth()
            .with_single_cert(self.chain.clone(), self.key.clone_key())
            .map_err(|_| wrong())?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}

fn read(path: &Path, key: &'static str, limit: usize) -> Result<Vec<u8>, ConfigError> {
    use io::Read;
    let unreadable = |error: io::Error| ConfigError::Unreadable { key, kind: error.kind() };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > limit {
        return Err(ConfigError::Malformed { key, error: WireError::TooLarge { limit } });
    }
    Ok(bytes)
}

fn envelope<D: Document>(path: &Path, key: &'static str) -> Result<Envelope<D>, ConfigError> {
    let bytes = read(path, key, fenming_wire::limits::MAX_DOCUMENT_BYTES * 2)?;
    Envelope::from_bytes(&bytes).map_err(|error| ConfigError::Malformed { key, error })
}

/// The key's DER, whether it came bare or in PEM.
fn pkcs8(bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, ConfigError> {
    if bytes.first() == Some(&0x30) {
        return Ok(Zeroizing::new(bytes.to_vec()));
    }
    match PrivateKeyDer::from_pem_slice(bytes) {
        Ok(PrivateKeyDer::Pkcs8(key)) => Ok(Zeroizing::new(key.secret_pkcs8_der().to_vec())),
        _ => Err(ConfigError::ReceiptKey),
    }
}
