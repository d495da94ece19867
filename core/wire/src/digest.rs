//! Digests of what streams by and is never in memory as a whole.

use std::io::{self, Write};

use ring::digest::{Context, SHA256};

use crate::id::Digest;

/// Passes bytes on to a writer, and counts and hashes those that it took.
pub struct DigestWriter<W> {
    inner: W,
    context: Context,
    written: u64,
}

impl<W: Write> DigestWriter<W> {
    /// Around a writer; [`io::sink`] where only the digest is wanted.
    pub fn new(inner: W) -> Self {
        Self { inner, context: Context::new(&SHA256), written: 0 }
    }

    /// Bytes so far.
    #[must_use]
    pub const fn written(&self) -> u64 {
        self.written
    }

    /// The writer, the SHA-256 digest and the number of all bytes.
    #[must_use]
    pub fn finish(self) -> (W, Digest, u64) {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.context.finish().as_ref());
        (self.inner, Digest::from_bytes(bytes), self.written)
    }
}

impl<W: Write> Write for DigestWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.inner.write(bytes)?;
        self.context.update(bytes.get(..taken).unwrap_or_default());
        self.written = self.written.saturating_add(u64::try_from(taken).unwrap_or(u64::MAX));
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests;
