//! Ports that a shell implements: keys, signatures, randomness.
//!
//! A locked phone, a lost key and a port that fails are ordinary states, not exceptions.

use fenming_wire::WireError;
use fenming_wire::id::KeyId;
use fenming_wire::key::{DeviceKey, Signer, Verifier};
use zeroize::Zeroizing;

/// Holds wrapping keys in hardware, by alias. Nothing but an alias ever names a key.
pub trait KeyVault: Send + Sync {
    /// Makes a key; one that exists already stays as it is.
    ///
    /// # Errors
    /// [`KeyError`].
    fn create(&self, alias: &str) -> Result<(), KeyError>;

    /// Encrypts a data key under the named key.
    ///
    /// # Errors
    /// [`KeyError`].
    fn wrap(&self, alias: &str, plain: &[u8]) -> Result<Vec<u8>, KeyError>;

    /// Decrypts what [`KeyVault::wrap`] made.
    ///
    /// # Errors
    /// [`KeyError`]; [`KeyError::Lost`] also where the bytes were changed.
    fn unwrap(&self, alias: &str, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError>;

    /// Destroys a key for ever; one that does not exist is no error.
    ///
    /// # Errors
    /// [`KeyError`].
    fn destroy(&self, alias: &str) -> Result<(), KeyError>;
}

/// Holds the device's P-256 key, which never leaves it.
pub trait DeviceSigner: Send + Sync {
    /// The public key.
    ///
    /// # Errors
    /// [`KeyError`].
    fn public_key(&self) -> Result<DeviceKey, KeyError>;

    /// Signs with ECDSA and SHA-256; the signature is r‖s of fixed width.
    ///
    /// # Errors
    /// [`KeyError`].
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], KeyError>;
}

/// Gives random bytes fit for keys.
pub trait Random: Send + Sync {
    /// Fills the buffer.
    ///
    /// # Errors
    /// [`KeyError::Failed`] where the system has none to give.
    fn fill(&self, buffer: &mut [u8]) -> Result<(), KeyError>;
}

/// Why a key could not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The phone is locked; the key comes back when it is unlocked.
    #[error("the key is locked until the phone is unlocked")]
    Locked,
    /// The key is gone for ever, or the wrapped bytes are not its own.
    #[error("the key is lost")]
    Lost,
    /// The port failed for another reason and may work again.
    #[error("the key store failed")]
    Failed,
}

/// The operating system's random numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), KeyError> {
        use ring::rand::SecureRandom;
        ring::rand::SystemRandom::new().fill(buffer).map_err(|_| KeyError::Failed)
    }
}

/// A device signer as the wire's documents want it. The public key is read once.
pub struct DocumentSigner<'a> {
    signer: &'a dyn DeviceSigner,
    key: DeviceKey,
}

impl<'a> DocumentSigner<'a> {
    /// Reads the public key.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn new(signer: &'a dyn DeviceSigner) -> Result<Self, KeyError> {
        Ok(Self { key: signer.public_key()?, signer })
    }

    /// The device's public key.
    #[must_use]
    pub fn key(&self) -> &DeviceKey {
        &self.key
    }
}

impl Signer for DocumentSigner<'_> {
    fn key_id(&self) -> KeyId {
        self.key.key_id()
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], WireError> {
        self.signer.sign(message).map_err(|_| WireError::SignerFailed)
    }
}
