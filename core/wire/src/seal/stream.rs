//! Sealing of files of any length in flat memory: the same layers as a batch, a chunk at a time.
//!
//! `age -d -i KEY FILE.age | zstd -d > NAME` opens it.

use std::io::{self, Read, Write};

use super::{Identity, Recipient, SKIPPABLE_HEADER, SKIPPABLE_MAGIC, size_bucket};
use crate::digest::DigestWriter;
use crate::error::WireError;
use crate::id::Digest;
use crate::limits::{MAX_ATTACHMENT_BYTES, MAX_SEALED_ATTACHMENT_BYTES, ZSTD_ATTACHMENT_LEVEL};
use crate::manifest::SealedFile;

/// Bytes that are copied at a time.
const COPY_BYTES: usize = 64 * 1024;

/// Why a stream was not sealed or opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StreamError {
    /// The bytes that came in could not be read to their end.
    #[error("the file cannot be read to its end")]
    Read(#[source] io::Error),
    /// What was made could not be written.
    #[error("the output cannot be written")]
    Write(#[source] io::Error),
    /// Keys, lengths or contents are refused.
    #[error(transparent)]
    Refused(#[from] WireError),
}

/// A file that was opened: length and digest of its plaintext.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenedFile {
    /// Length in bytes.
    pub size: u64,
    /// SHA-256 of the bytes.
    pub sha256: Digest,
}

/// Compresses, pads and seals everything that `plain` gives to all recipients, and names what was
/// written. The memory that it takes does not depend on the length.
///
/// # Errors
/// [`StreamError`]; what was written by then is to be thrown away.
pub fn seal_stream(
    plain: &mut dyn Read,
    sealed: &mut dyn Write,
    recipients: &[Recipient],
) -> Result<SealedFile, StreamError> {
    let keys = recipients.iter().map(Recipient::key).collect::<Result<Vec<_>, _>>()?;
    let keys = keys.iter().map(|key| key as &dyn age::Recipient);
    let encryptor =
        age::Encryptor::with_recipients(keys).map_err(|_| WireError::BadKey("age X25519"))?;
    let outer = encryptor.wrap_output(DigestWriter::new(sealed)).map_err(StreamError::Write)?;
    let counted = DigestWriter::new(outer);
    let mut packer = zstd::stream::write::Encoder::new(counted, ZSTD_ATTACHMENT_LEVEL)
        .map_err(StreamError::Write)?;
    copy(plain, &mut packer, MAX_ATTACHMENT_BYTES)?;
    let mut packed = packer.finish().map_err(StreamError::Write)?;
    pad(&mut packed).map_err(StreamError::Write)?;
    let (outer, ..) = packed.finish();
    let written = outer.finish().map_err(StreamError::Write)?;
    let (sealed, ciphertext, size) = written.finish();
    sealed.flush().map_err(StreamError::Write)?;
    Ok(SealedFile { ciphertext, size })
}

/// Opens what [`seal_stream`] made. What is written counts only once this returns: age proves each
/// chunk by itself and the end at the end.
///
/// # Errors
/// [`StreamError`]; what was written by then is to be thrown away.
pub fn open_stream(
    sealed: &mut dyn Read,
    plain: &mut dyn Write,
    identities: &[Identity],
) -> Result<OpenedFile, StreamError> {
    let keys = identities.iter().map(|identity| &identity.0 as &dyn age::Identity);
    let sealed = sealed.take(MAX_SEALED_ATTACHMENT_BYTES.saturating_add(1));
    let decryptor =
        age::Decryptor::new(sealed).map_err(|_| StreamError::from(WireError::Unopenable))?;
    let mut outer =
        decryptor.decrypt(keys).map_err(|_| StreamError::from(WireError::Unopenable))?;
    let mut written = DigestWriter::new(plain);
    {
        let mut unpacked = zstd::stream::read::Decoder::new(&mut outer)
            .map_err(|_| StreamError::from(WireError::Unopenable))?;
        copy(&mut unpacked, &mut written, MAX_ATTACHMENT_BYTES).map_err(unopenable)?;
    }
    // The padding is read as well: only its end proves that nothing was cut off.
    copy(&mut outer, &mut io::sink(), MAX_SEALED_ATTACHMENT_BYTES).map_err(unopenable)?;
    let (_, sha256, size) = written.finish();
    Ok(OpenedFile { size, sha256 })
}

/// Bytes that do not open give no I/O error of anybody's.
fn unopenable(error: StreamError) -> StreamError {
    match error {
        StreamError::Read(_) => WireError::Unopenable.into(),
        StreamError::Refused(_) => {
            let limit = usize::try_from(MAX_ATTACHMENT_BYTES).unwrap_or(usize::MAX);
            WireError::Bomb { limit }.into()
        }
        StreamError::Write(_) => error,
    }
}

/// Copies everything, and refuses what is longer than the limit.
fn copy(from: &mut dyn Read, to: &mut dyn Write, limit: u64) -> Result<u64, StreamError> {
    let mut buffer = zeroize::Zeroizing::new(vec![0; COPY_BYTES]);
    let mut copied = 0u64;
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) => return Ok(copied),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(StreamError::Read(error)),
        };
        copied = copied.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        if copied > limit {
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            return Err(WireError::TooLarge { limit }.into());
        }
        let bytes = buffer.get(..read).unwrap_or_default();
        to.write_all(bytes).map_err(StreamError::Write)?;
    }
}

/// The skippable frame that fills the bucket.
fn pad<W: Write>(packed: &mut DigestWriter<W>) -> io::Result<()> {
    let header = u64::try_from(SKIPPABLE_HEADER).unwrap_or_default();
    let least = packed.written().saturating_add(header);
    let filling = size_bucket(least).saturating_sub(least);
    let filling = u32::try_from(filling).unwrap_or_default();
    packed.write_all(&SKIPPABLE_MAGIC.to_le_bytes())?;
    packed.write_all(&filling.to_le_bytes())?;
    let mut zeros = io::repeat(0).take(u64::from(filling));
    io::copy(&mut zeros, packed)?;
    Ok(())
}

#[cfg(test)]
mod tests;
