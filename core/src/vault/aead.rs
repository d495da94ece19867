//! AES-256-GCM over single values, each bound to the place where it stands.
//!
//! A stored value is `version (1) ‖ key id (4) ‖ nonce (12) ‖ ciphertext ‖ tag (16)`. The
//! associated data name table, column, row and key, each with its length, so that a value that is
//! moved to any other place does not open. Nonces are random, 96 bits: a counter would repeat
//! after an old copy of the store is restored. [`MAX_VALUES_PER_KEY`] keeps the odds of a repeat
//! far below one in a trillion.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::ports::{KeyError, Random};

/// Most values under one key: 2^20. With random 96-bit nonces the odds of a repeat are 2^-57;
/// NIST SP 800-38D allows 2^32 values. A phone's day has a few thousand.
pub(super) const MAX_VALUES_PER_KEY: i64 = 1 << 20;

/// What a stored value begins with.
const VERSION: u8 = 1;

/// Bytes of version and key id.
const HEADER: usize = 5;

/// Bytes of GCM's tag.
pub(super) const TAG: usize = 16;

/// A key for single values. `ring` does not zero its key schedule when it is dropped.
pub(crate) struct DataKey(LessSafeKey);

/// A value does not open: wrong key, wrong place, or changed bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unopenable;

/// Where a value stands.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) table: &'a str,
    pub(super) column: &'a str,
    pub(super) row: i64,
}

impl DataKey {
    /// From 32 bytes.
    pub(crate) fn new(bytes: &[u8]) -> Result<Self, KeyError> {
        let key = UnboundKey::new(&AES_256_GCM, bytes).map_err(|_| KeyError::Lost)?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Nonce, ciphertext and tag.
    pub(crate) fn seal(
        &self,
        random: &dyn Random,
        bound: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, KeyError> {
        let mut nonce = [0; NONCE_LEN];
        random.fill(&mut nonce)?;
        // Room for the tag, so that no copy of the plaintext stays behind when it would grow.
        let mut sealed = Vec::with_capacity(NONCE_LEN + plain.len() + TAG);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let (_, text) = sealed.split_at_mut(NONCE_LEN);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = self.0.seal_in_place_separate_tag(nonce, Aad::from(bound), text);
        sealed.extend_from_slice(tag.map_err(|_| KeyError::Failed)?.as_ref());
        Ok(sealed)
    }

    /// Opens what [`Self::seal`] made.
    pub(crate) fn open(
        &self,
        bound: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Unopenable> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN).ok_or(Unopenable)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unopenable)?;
        let mut plain = Zeroizing::new(sealed.to_vec());
        let opened = self.0.open_in_place(nonce, Aad::from(bound), &mut plain);
        let length = opened.map_err(|_| Unopenable)?.len();
        plain.truncate(length);
        Ok(plain)
    }

    /// Seals one chunk of a file in place. The key must be the file's own: the nonce is the chunk's
    /// number and whether it is the last one.
    pub(super) fn seal_chunk(
        &self,
        bound: &[u8],
        (number, last): (u32, bool),
        chunk: &mut Vec<u8>,
    ) -> Result<(), KeyError> {
        let nonce = chunk_nonce(number, last);
        self.0
            .seal_in_place_append_tag(nonce, Aad::from(bound), chunk)
            .map_err(|_| KeyError::Failed)
    }

    /// Opens what [`Self::seal_chunk`] made.
    pub(super) fn open_chunk(
        &self,
        bound: &[u8],
        (number, last): (u32, bool),
        chunk: &mut Vec<u8>,
    ) -> Result<(), Unopenable> {
        let nonce = chunk_nonce(number, last);
        let opened = self.0.open_in_place(nonce, Aad::from(bound), chunk);
        let length = opened.map_err(|_| Unopenable)?.len();
        chunk.truncate(length);
        Ok(())
    }

    /// A stored value.
    pub(super) fn seal_value(
        &self,
        random: &dyn Random,
        (key, place): (u32, Place<'_>),
        plain: &[u8],
    ) -> Result<Vec<u8>, KeyError> {
        let sealed = self.seal(random, &place.bound(key), plain)?;
        let mut value = Vec::with_capacity(HEADER + sealed.len());
        value.push(VERSION);
        value.extend_from_slice(&key.to_be_bytes());
        value.extend_from_slice(&sealed);
        Ok(value)
    }

    /// Opens a stored value in its place.
    pub(super) fn open_value(
        &self,
        place: Place<'_>,
        value: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Unopenable> {
        let key = key_of(value)?;
        let sealed = value.get(HEADER..).ok_or(Unopenable)?;
        self.open(&place.bound(key), sealed)
    }
}

/// Seven zero bytes, the number, and whether it is the last chunk, as in STREAM (Hoang et al.,
/// 2015).
fn chunk_nonce(number: u32, last: bool) -> Nonce {
    let mut nonce = [0; NONCE_LEN];
    let (_, tail) = nonce.split_at_mut(7);
    let (count, end) = tail.split_at_mut(4);
    count.copy_from_slice(&number.to_be_bytes());
    end.fill(u8::from(last));
    Nonce::assume_unique_for_key(nonce)
}

impl Place<'_> {
    fn bound(self, key: u32) -> Vec<u8> {
        let mut bytes = b"fenming.vault.v1".to_vec();
        for name in [self.table, self.column] {
            bytes.extend_from_slice(&u32::try_from(name.len()).unwrap_or(u32::MAX).to_be_bytes());
            bytes.extend_from_slice(name.as_bytes());
        }
        bytes.extend_from_slice(&self.row.to_be_bytes());
        bytes.extend_from_slice(&key.to_be_bytes());
        bytes
    }
}

/// The id of the key under which a stored value stands.
pub(super) fn key_of(value: &[u8]) -> Result<u32, Unopenable> {
    match value {
        [VERSION, a, b, c, d, ..] => Ok(u32::from_be_bytes([*a, *b, *c, *d])),
        _ => Err(Unopenable),
    }
}

#[cfg(test)]
mod tests;
