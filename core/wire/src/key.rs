//! Public keys that check signatures, and the ports that make them.
//!
//! Ed25519 (RFC 8032) for the custodian's root, the policy and the receipts; ECDSA P-256 with
//! SHA-256 in fixed-width r‖s form for devices, because Secure Enclave and StrongBox have it.

use std::fmt;

use data_encoding::BASE64;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{self, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::WireError;
use crate::id::{DeviceId, Digest, KeyId};

/// An Ed25519 public key, 32 bytes, base64 in documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Ed25519Key([u8; 32]);

/// A device's P-256 public key as an uncompressed point, 65 bytes, base64 in documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeviceKey([u8; 65]);

/// Makes signatures. The private key may stand in hardware.
pub trait Signer {
    /// The id of the key that signs.
    fn key_id(&self) -> KeyId;

    /// Signs the message: 64 bytes.
    ///
    /// # Errors
    /// [`WireError::SignerFailed`] where the key is locked, lost or refuses.
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], WireError>;
}

/// Checks signatures.
pub trait Verifier {
    /// The id of the key that is checked against.
    fn key_id(&self) -> KeyId;

    /// Checks a signature over the message.
    ///
    /// # Errors
    /// [`WireError::BadSignature`].
    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), WireError>;
}

/// An Ed25519 private key held in memory: root, policy and receipt keys of the custodian's tools
/// and of the endpoint. `ring` does not zero it when it is dropped.
pub struct Ed25519Signer(Ed25519KeyPair);

impl Ed25519Key {
    /// From the 32 bytes of the key.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key as people compare it: 16 hexadecimal digits in groups of four.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.key_id().fingerprint()
    }
}

impl DeviceKey {
    /// From an uncompressed point (65 bytes that begin with 4).
    ///
    /// # Errors
    /// [`WireError::BadKey`].
    pub fn from_point(point: &[u8]) -> Result<Self, WireError> {
        let bytes: [u8; 65] = point.try_into().map_err(|_| WireError::BadKey("P-256"))?;
        if bytes.first() == Some(&4) { Ok(Self(bytes)) } else { Err(WireError::BadKey("P-256")) }
    }

    /// The uncompressed point.
    #[must_use]
    pub const fn as_point(&self) -> &[u8; 65] {
        &self.0
    }

    /// The device that this key names.
    #[must_use]
    pub fn device_id(&self) -> DeviceId {
        DeviceId::from_bytes(Digest::of(&self.0).prefix())
    }
}

impl Verifier for Ed25519Key {
    fn key_id(&self) -> KeyId {
        KeyId::from_bytes(Digest::of(&self.0).prefix())
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), WireError> {
        UnparsedPublicKey::new(&signature::ED25519, &self.0)
            .verify(message, signature)
            .map_err(|_| WireError::BadSignature(self.key_id()))
    }
}

impl Verifier for DeviceKey {
    fn key_id(&self) -> KeyId {
        KeyId::from_bytes(Digest::of(&self.0).prefix())
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), WireError> {
        UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, &self.0)
            .verify(message, signature)
            .map_err(|_| WireError::BadSignature(self.key_id()))
    }
}

/// What stands before the seed of an Ed25519 key in PKCS #8, version 1 (RFC 8410, section 7).
/// Every tool reads that version; stock OpenSSL refuses version 2 as `ring` writes it.
const PKCS8_HEAD: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

impl Ed25519Signer {
    /// Makes a new key and returns its PKCS #8 form, which the caller must keep secret.
    ///
    /// # Errors
    /// [`WireError::BadKey`] where the system gives no randomness.
    pub fn generate() -> Result<(Self, Zeroizing<Vec<u8>>), WireError> {
        let mut seed = Zeroizing::new([0; 32]);
        SystemRandom::new().fill(&mut *seed).map_err(|_| WireError::BadKey("Ed25519"))?;
        let bytes = Zeroizing::new([PKCS8_HEAD.as_slice(), &*seed].concat());
        Ok((Self::from_pkcs8(&bytes)?, bytes))
    }

    /// Reads a PKCS #8 key, of version 1 or 2. Where the public half stands beside the private one,
    /// it must be the right one.
    ///
    /// # Errors
    /// [`WireError::BadKey`].
    pub fn from_pkcs8(bytes: &[u8]) -> Result<Self, WireError> {
        Ed25519KeyPair::from_pkcs8_maybe_unchecked(bytes)
            .map(Self)
            .map_err(|_| WireError::BadKey("Ed25519"))
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> Ed25519Key {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.0.public_key().as_ref());
        Ed25519Key(bytes)
    }
}

impl Signer for Ed25519Signer {
    fn key_id(&self) -> KeyId {
        self.public().key_id()
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], WireError> {
        self.0.sign(message).as_ref().try_into().map_err(|_| WireError::SignerFailed)
    }
}

macro_rules! base64_text {
    ($name:ident, $label:expr, $make:expr) => {
        impl TryFrom<String> for $name {
            type Error = WireError;
            fn try_from(text: String) -> Result<Self, WireError> {
                text.parse()
            }
        }

        impl std::str::FromStr for $name {
            type Err = WireError;
            fn from_str(text: &str) -> Result<Self, WireError> {
                let bytes =
                    BASE64.decode(text.as_bytes()).map_err(|_| WireError::BadKey($label))?;
                $make(&bytes)
            }
        }

        impl From<$name> for String {
            fn from(key: $name) -> Self {
                key.to_string()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&BASE64.encode(&self.0))
            }
        }
    };
}
base64_text!(Ed25519Key, "Ed25519", |bytes: &[u8]| {
    bytes.try_into().map(Self).map_err(|_| WireError::BadKey("Ed25519"))
});
base64_text!(DeviceKey, "P-256", Self::from_point);

#[cfg(test)]
mod tests;
