//! The bytes of a file at rest: chunks, each sealed under the file's own key and bound to the
//! file, its place and whether it is the last one.
//!
//! So no chunk passes for another, none can be left out or put in, and a file that was cut off
//! does not open.

use std::fs::File;
use std::io::{self, Read, Write};

use fenming_wire::attachment::Kept;
use fenming_wire::digest::DigestWriter;
use zeroize::Zeroizing;

use crate::ports::KeyError;
use crate::vault::aead::{DataKey, TAG};

/// Bytes of plaintext in a chunk; only the last one has fewer.
pub(super) const CHUNK: usize = 64 * 1024;

/// Why a file was not written.
pub(super) enum Stop {
    TooLarge,
    Read,
    Write(io::Error),
    Key(KeyError),
}

/// Reads a file at rest: its plaintext, chunk by chunk. A chunk that does not open is an error of
/// the kind [`io::ErrorKind::InvalidData`].
pub struct FileReader {
    file: File,
    key: DataKey,
    name: String,
    left: u64,
    number: u32,
    begun: bool,
    chunk: Zeroizing<Vec<u8>>,
    taken: usize,
}

/// Encrypts everything that `from` gives, at most so many bytes.
pub(super) fn write(
    from: &mut dyn Read,
    to: &mut dyn Write,
    (key, name): (&[u8; 32], &str),
    most: u64,
) -> Result<Kept, Stop> {
    let key = DataKey::new(key).map_err(Stop::Key)?;
    let mut digest = DigestWriter::new(io::sink());
    let mut plain = Zeroizing::new(Vec::with_capacity(CHUNK + TAG));
    let mut number = 0u32;
    let mut next = Zeroizing::new(Vec::with_capacity(CHUNK + TAG));
    fill(from, &mut plain)?;
    loop {
        // Whether a chunk is the last one shows only when the next one is asked for.
        fill(from, &mut next)?;
        digest.write_all(&plain).map_err(Stop::Write)?;
        if digest.written() > most {
            return Err(Stop::TooLarge);
        }
        let last = next.is_empty();
        key.seal_chunk(&bound(name, number, last), (number, last), &mut plain)
            .map_err(Stop::Key)?;
        to.write_all(&plain).map_err(Stop::Write)?;
        if last {
            let (_, sha256, size) = digest.finish();
            return Ok(Kept { size, sha256 });
        }
        std::mem::swap(&mut plain, &mut next);
        number = number.checked_add(1).ok_or(Stop::TooLarge)?;
    }
}

/// Reads a whole chunk, or what is left.
fn fill(from: &mut dyn Read, chunk: &mut Vec<u8>) -> Result<(), Stop> {
    chunk.clear();
    let most = u64::try_from(CHUNK).unwrap_or(u64::MAX);
    from.take(most).read_to_end(chunk).map_err(|_| Stop::Read)?;
    Ok(())
}

/// What a chunk is bound to.
fn bound(name: &str, number: u32, last: bool) -> Vec<u8> {
    let mut bytes = b"fenming.file.v1".to_vec();
    bytes.extend_from_slice(name.as_bytes());
    bytes.extend_from_slice(&number.to_be_bytes());
    bytes.push(u8::from(last));
    bytes
}

impl FileReader {
    pub(super) fn new(file: File, key: &[u8], name: String, size: u64) -> Result<Self, KeyError> {
        Ok(Self {
            file,
            key: DataKey::new(key)?,
            name,
            left: size,
            number: 0,
            begun: false,
            chunk: Zeroizing::new(Vec::with_capacity(CHUNK + TAG)),
            taken: 0,
        })
    }

    /// Opens the next chunk; `false` behind the last one.
    fn advance(&mut self) -> io::Result<bool> {
        let whole = u64::try_from(CHUNK).unwrap_or(u64::MAX);
        if self.begun && self.left == 0 {
            // Nothing may follow.
            let mut more = [0];
            return if self.file.read(&mut more)? == 0 { Ok(false) } else { Err(unopenable()) };
        }
        let length = self.left.min(whole);
        let last = self.left <= whole;
        let sealed = length.saturating_add(u64::try_from(TAG).unwrap_or(0));
        self.chunk.clear();
        (&mut self.file).take(sealed).read_to_end(&mut self.chunk)?;
        if u64::try_from(self.chunk.len()).ok() != Some(sealed) {
            return Err(unopenable());
        }
        let bound = bound(&self.name, self.number, last);
        self.key
            .open_chunk(&bound, (self.number, last), &mut self.chunk)
            .map_err(|_| unopenable())?;
        self.begun = true;
        self.left -= length;
        self.number = self.number.saturating_add(1);
        self.taken = 0;
        Ok(true)
    }
}

impl Read for FileReader {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if to.is_empty() {
            return Ok(0);
        }
        while self.taken >= self.chunk.len() {
            if !self.advance()? {
                return Ok(0);
            }
            // An empty file has one empty chunk.
            if self.chunk.is_empty() && self.left == 0 && !self.advance()? {
                return Ok(0);
            }
        }
        let ready = self.chunk.get(self.taken..).unwrap_or_default();
        let length = ready.len().min(to.len());
        let (Some(from), Some(to)) = (ready.get(..length), to.get_mut(..length)) else {
            return Ok(0);
        };
        to.copy_from_slice(from);
        self.taken += length;
        Ok(length)
    }
}

fn unopenable() -> io::Error {
    io::ErrorKind::InvalidData.into()
}
