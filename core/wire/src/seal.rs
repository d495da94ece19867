//! Sealing: [age](https://age-encryption.org/v1) around zstd (RFC 8878) around JSON Lines.
//!
//! `age -d -i KEY batch.age | zstd -d | jq` opens it. So that a length tells little, the zstd
//! frame is followed by a skippable frame that pads the whole to a Padmé bucket (at most 12 %
//! more); `zstd -d` passes over it.

mod stream;

use std::fmt;
use std::io::{Read, Write};

use age::secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::WireError;
use crate::id::{Digest, KeyId};
use crate::limits::{MAX_BATCH_BYTES, MAX_OPENED_BYTES, ZSTD_LEVEL};

pub use stream::{OpenedFile, StreamError, open_stream, seal_stream};

/// A public key to seal to: an age X25519 recipient, `age1…`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Recipient(String);

/// A private key that opens what was sealed to its [`Recipient`]. Only custodians hold one.
pub struct Identity(age::x25519::Identity);

impl Recipient {
    /// A short name of the key: 16 hexadecimal digits.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        KeyId::from_bytes(Digest::of(self.0.as_bytes()).prefix())
    }

    fn key(&self) -> Result<age::x25519::Recipient, WireError> {
        self.0.parse().map_err(|_| WireError::BadKey("age X25519"))
    }
}

impl Identity {
    /// Makes a new key.
    #[must_use]
    pub fn generate() -> Self {
        Self(age::x25519::Identity::generate())
    }

    /// The public half.
    #[must_use]
    pub fn recipient(&self) -> Recipient {
        Recipient(self.0.to_public().to_string())
    }

    /// The secret as `AGE-SECRET-KEY-1…`, for writing a key file that stock `age` reads.
    #[must_use]
    pub fn expose_secret(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.to_string().expose_secret().to_owned())
    }
}

/// Compresses, pads and seals the bytes to all recipients.
///
/// # Errors
/// [`WireError::BadKey`] without a recipient; [`WireError::TooLarge`] past [`MAX_BATCH_BYTES`].
pub fn seal(plain: &[u8], recipients: &[Recipient]) -> Result<Vec<u8>, WireError> {
    if plain.len() > MAX_OPENED_BYTES {
        return Err(WireError::TooLarge { limit: MAX_OPENED_BYTES });
    }
    let mut packed = Zeroizing::new(
        zstd::bulk::compress(plain, ZSTD_LEVEL)
            .map_err(|_| WireError::field("batch", "cannot be compressed"))?,
    );
    pad(&mut packed);
    let keys = recipients.iter().map(Recipient::key).collect::<Result<Vec<_>, _>>()?;
    let sealed = encrypt(&packed, &keys).map_err(|()| WireError::BadKey("age X25519"))?;
    if sealed.len() > MAX_BATCH_BYTES {
        return Err(WireError::TooLarge { limit: MAX_BATCH_BYTES });
    }
    Ok(sealed)
}

/// Opens sealed bytes with one of the identities.
///
/// # Errors
/// [`WireError::Unopenable`], [`WireError::TooLarge`] or [`WireError::Bomb`].
pub fn open(sealed: &[u8], identities: &[Identity]) -> Result<Zeroizing<Vec<u8>>, WireError> {
    if sealed.len() > MAX_BATCH_BYTES {
        return Err(WireError::TooLarge { limit: MAX_BATCH_BYTES });
    }
    let keys = identities.iter().map(|identity| &identity.0 as &dyn age::Identity);
    let decryptor = age::Decryptor::new(sealed).map_err(|_| WireError::Unopenable)?;
    let mut reader = decryptor.decrypt(keys).map_err(|_| WireError::Unopenable)?;
    let mut packed = Zeroizing::new(Vec::new());
    reader.read_to_end(&mut packed).map_err(|_| WireError::Unopenable)?;
    let mut plain = Zeroizing::new(Vec::new());
    let limit = u64::try_from(MAX_OPENED_BYTES).unwrap_or(u64::MAX);
    zstd::stream::Decoder::new(packed.as_slice())
        .and_then(|unpacked| unpacked.take(limit.saturating_add(1)).read_to_end(&mut plain))
        .map_err(|_| WireError::Unopenable)?;
    if plain.len() > MAX_OPENED_BYTES {
        return Err(WireError::Bomb { limit: MAX_OPENED_BYTES });
    }
    Ok(plain)
}

/// The Padmé bucket (Nikitin et al., 2019) of a length: the length rounded up so that it shows
/// only as many bits as its own magnitude needs.
#[must_use]
pub fn size_bucket(length: u64) -> u64 {
    if length < 2 {
        return length;
    }
    let magnitude = length.ilog2();
    let shown = magnitude.checked_ilog2().map_or(0, |bits| bits + 1);
    let mask = (1u64 << magnitude.saturating_sub(shown)) - 1;
    length.saturating_add(mask) & !mask
}

/// Length of a skippable frame's header: magic number and length, four bytes each.
const SKIPPABLE_HEADER: usize = 8;

/// Magic number of the first kind of skippable frame (RFC 8878, 3.1.2).
const SKIPPABLE_MAGIC: u32 = 0x184D_2A50;

fn pad(packed: &mut Vec<u8>) {
    let least = packed.len().saturating_add(SKIPPABLE_HEADER);
    let bucket = size_bucket(u64::try_from(least).unwrap_or(u64::MAX));
    let target = usize::try_from(bucket).unwrap_or(least);
    let filling = target.saturating_sub(least);
    let Ok(length) = u32::try_from(filling) else {
        return;
    };
    packed.extend_from_slice(&SKIPPABLE_MAGIC.to_le_bytes());
    packed.extend_from_slice(&length.to_le_bytes());
    packed.resize(packed.len().saturating_add(filling), 0);
}

fn encrypt(packed: &[u8], keys: &[age::x25519::Recipient]) -> Result<Vec<u8>, ()> {
    let keys = keys.iter().map(|key| key as &dyn age::Recipient);
    let encryptor = age::Encryptor::with_recipients(keys).map_err(|_| ())?;
    let mut sealed = Vec::with_capacity(packed.len().saturating_add(1024));
    let mut writer = encryptor.wrap_output(&mut sealed).map_err(|_| ())?;
    writer.write_all(packed).map_err(|_| ())?;
    writer.finish().map_err(|_| ())?;
    Ok(sealed)
}

impl TryFrom<String> for Recipient {
    type Error = WireError;
    fn try_from(text: String) -> Result<Self, WireError> {
        text.parse()
    }
}

impl std::str::FromStr for Recipient {
    type Err = WireError;
    fn from_str(text: &str) -> Result<Self, WireError> {
        // Bech32 may be written in capitals too; one key must have one spelling.
        let key: age::x25519::Recipient =
            text.parse().map_err(|_| WireError::BadKey("age X25519"))?;
        Ok(Self(key.to_string()))
    }
}

impl From<Recipient> for String {
    fn from(recipient: Recipient) -> Self {
        recipient.0
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for Identity {
    type Err = WireError;
    fn from_str(text: &str) -> Result<Self, WireError> {
        text.trim().parse().map(Self).map_err(|_| WireError::BadKey("age X25519"))
    }
}

#[cfg(test)]
mod tests;
