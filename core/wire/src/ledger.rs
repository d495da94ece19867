//! The ledger's arithmetic: salted leaves and the chain of heads.
//!
//! `leaf = HMAC-SHA-256(salt, line)`, `head = SHA-256("fenming.chain.v1" ‖ previous ‖ seq ‖ leaf)`
//! with the sequence as eight big-endian bytes; a line's newline is not part of it. The salt is
//! random for each batch and travels inside it, so a head tells an outsider nothing about short
//! lines.

use ring::digest::{Context, SHA256};
use ring::hmac;

use crate::error::WireError;
use crate::id::{DeviceId, Digest, Epoch};

/// A place in a device's ledger: everything up to `seq`, summed up in `head`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// The last sequence that is included; 0 before the first line.
    pub seq: u64,
    /// The head after that line.
    pub head: Digest,
}

impl Position {
    /// Where an epoch begins. The head binds device and epoch, so no ledger continues another.
    #[must_use]
    pub fn start(device: DeviceId, epoch: Epoch) -> Self {
        let mut context = Context::new(&SHA256);
        context.update(b"fenming.start.v1");
        context.update(device.as_bytes());
        context.update(epoch.as_bytes());
        Self { seq: 0, head: finish(context) }
    }

    /// The place after one more line.
    #[must_use]
    pub fn after(self, salt: &Digest, line: &[u8]) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, salt.as_bytes());
        let seq = self.seq.saturating_add(1);
        let mut context = Context::new(&SHA256);
        context.update(b"fenming.chain.v1");
        context.update(self.head.as_bytes());
        context.update(&seq.to_be_bytes());
        context.update(hmac::sign(&key, line).as_ref());
        Self { seq, head: finish(context) }
    }

    /// Follows a whole batch of lines and compares where it ends.
    ///
    /// # Errors
    /// [`WireError::Ledger`] where the end is another one than `expected`.
    pub fn follow<'a>(
        self,
        salt: &Digest,
        lines: impl IntoIterator<Item = &'a [u8]>,
        expected: Self,
    ) -> Result<Self, WireError> {
        let end = lines.into_iter().fold(self, |at, line| at.after(salt, line));
        if end == expected {
            Ok(end)
        } else if end.seq == expected.seq {
            Err(WireError::Ledger { seq: end.seq, reason: "the lines do not lead to this head" })
        } else {
            Err(WireError::Ledger { seq: end.seq, reason: "lines are missing or too many" })
        }
    }
}

fn finish(context: Context) -> Digest {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(context.finish().as_ref());
    Digest::from_bytes(bytes)
}

#[cfg(test)]
mod tests;
