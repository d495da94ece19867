//! The body of a batch upload: the signed manifest on one line, then the sealed bytes.

use crate::envelope::Envelope;
use crate::error::WireError;
use crate::limits::MAX_BATCH_BYTES;
use crate::manifest::Manifest;

/// Longest first line in bytes: the manifest's limit in base64, and its signatures.
const MAX_HEAD_BYTES: usize = 96 * 1024;

/// Most bytes of a whole frame.
pub const MAX_FRAME_BYTES: usize = MAX_HEAD_BYTES + MAX_BATCH_BYTES + 1;

/// Puts a frame together.
///
/// # Errors
/// As [`Envelope::to_bytes`].
pub fn join(manifest: &Envelope<Manifest>, sealed: &[u8]) -> Result<Vec<u8>, WireError> {
    let mut frame = manifest.to_bytes()?;
    frame.push(b'\n');
    frame.extend_from_slice(sealed);
    Ok(frame)
}

/// Takes a frame apart. Neither signature nor digest has been checked.
///
/// # Errors
/// [`WireError::TooLarge`], or [`WireError::Field`] where there is no first line.
pub fn split(frame: &[u8]) -> Result<(Envelope<Manifest>, &[u8]), WireError> {
    if frame.len() > MAX_FRAME_BYTES {
        return Err(WireError::TooLarge { limit: MAX_FRAME_BYTES });
    }
    let missing = || WireError::field("manifest", "is missing: it is the first line of the body");
    let end = frame.iter().take(MAX_HEAD_BYTES).position(|b| *b == b'\n').ok_or_else(missing)?;
    let (head, rest) = frame.split_at(end);
    Ok((Envelope::from_bytes(head)?, rest.get(1..).unwrap_or_default()))
}

#[cfg(test)]
mod tests;
