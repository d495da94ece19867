//! Key files: Ed25519 private keys as PKCS #8 in PEM, age identities as stock `age` writes them,
//! public keys as one line of text.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use data_encoding::BASE64;
use fenming_wire::key::{Ed25519Key, Ed25519Signer};
use fenming_wire::seal::Identity;
use fenming_wire::time::Timestamp;
use zeroize::Zeroizing;

use crate::error::CliError;
use crate::files::{self, Access};

const PEM_BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const PEM_END: &str = "-----END PRIVATE KEY-----";

/// A line of base64 in PEM (RFC 7468).
const PEM_COLUMNS: usize = 64;

/// An Ed25519 public key as the command line gives it: the key itself, or a file that holds it.
#[derive(Clone, Debug)]
pub struct PublicKeyArg(String);

impl FromStr for PublicKeyArg {
    type Err = std::convert::Infallible;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl PublicKeyArg {
    /// The key.
    ///
    /// # Errors
    /// [`CliError`] where it is neither a key nor a file that holds one.
    pub fn key(&self) -> Result<Ed25519Key, CliError> {
        match self.0.parse() {
            Ok(key) => Ok(key),
            Err(_) => read_public(&PathBuf::from(&self.0)),
        }
    }
}

/// Reads a public key from its file.
///
/// # Errors
/// [`CliError`] that names the file.
pub fn read_public(path: &Path) -> Result<Ed25519Key, CliError> {
    let bytes = files::read(path, files::MAX_KEY_BYTES)?;
    std::str::from_utf8(&bytes).ok().and_then(|text| text.trim().parse().ok()).ok_or_else(|| {
        let text = format!("{}: holds no Ed25519 public key (32 bytes in base64)", path.display());
        CliError::input(text).hint("`fenming keygen` writes it beside the private key, as `.pub`")
    })
}

/// Reads a private Ed25519 key, PEM or DER.
///
/// # Errors
/// [`CliError`] that names the file.
pub fn read_signer(path: &Path) -> Result<Ed25519Signer, CliError> {
    let bytes = files::read_secret(path)?;
    let unusable = || {
        let text = format!("{}: holds no Ed25519 private key (PKCS #8)", path.display());
        CliError::input(text).hint("`fenming keygen` makes such keys")
    };
    let der = if bytes.first() == Some(&0x30) {
        bytes
    } else {
        std::str::from_utf8(&bytes).ok().and_then(from_pem).ok_or_else(unusable)?
    };
    Ed25519Signer::from_pkcs8(&der).map_err(|_| unusable())
}

/// Writes a new private Ed25519 key that only its owner may read.
///
/// # Errors
/// [`CliError`]; a file that exists stays as it is.
pub fn write_signer(path: &Path, pkcs8: &[u8]) -> Result<(), CliError> {
    let text = Zeroizing::new(BASE64.encode(pkcs8));
    let mut pem = Zeroizing::new(format!("{PEM_BEGIN}\n"));
    for (n, c) in text.chars().enumerate() {
        if n > 0 && n % PEM_COLUMNS == 0 {
            pem.push('\n');
        }
        pem.push(c);
    }
    pem.push_str(&format!("\n{PEM_END}\n"));
    files::write_new(path, pem.as_bytes(), Access::Owner)
}

/// Reads age identities, one a line, comments beside them.
///
/// # Errors
/// [`CliError`] that names file and line, never the line's text.
pub fn read_identities(path: &Path) -> Result<Vec<Identity>, CliError> {
    let bytes = files::read_secret(path)?;
    let wrong = |what: String| {
        CliError::input(format!("{}: {what}", path.display()))
            .hint("an age identity file holds a line that begins with AGE-SECRET-KEY-1")
    };
    let text = std::str::from_utf8(&bytes).map_err(|_| wrong("is no text".to_owned()))?;
    let mut identities = Vec::new();
    for (n, line) in text.lines().enumerate() {
        let line = line.trim();
        if !line.is_empty() && !line.starts_with('#') {
            let identity = line
                .parse()
                .map_err(|_| wrong(format!("line {} is no age identity", n.saturating_add(1))))?;
            identities.push(identity);
        }
    }
    if identities.is_empty() { Err(wrong("holds no identity".to_owned())) } else { Ok(identities) }
}

/// Writes a new age identity that only its owner may read, as `age-keygen` does.
///
/// # Errors
/// [`CliError`]; a file that exists stays as it is.
pub fn write_identity(path: &Path, identity: &Identity, made: Timestamp) -> Result<(), CliError> {
    let secret = identity.expose_secret();
    let public = identity.recipient();
    let text =
        Zeroizing::new(format!("# created: {made}\n# public key: {public}\n{}\n", secret.as_str()));
    files::write_new(path, text.as_bytes(), Access::Owner)
}

fn from_pem(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let (_, rest) = text.split_once(PEM_BEGIN)?;
    let (body, _) = rest.split_once(PEM_END)?;
    let digits: Zeroizing<String> =
        Zeroizing::new(body.chars().filter(|c| !c.is_whitespace()).collect());
    BASE64.decode(digits.as_bytes()).ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests;
