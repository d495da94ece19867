//! Requests that were seen, so that none is taken twice.

use fenming_wire::id::DeviceId;
use fenming_wire::time::Timestamp;
use rusqlite::Transaction;

use super::{Store, StoreError};
use crate::limits::NONCE_KEPT;

impl Store {
    /// Remembers a request; `false` where it was seen before.
    pub(crate) fn remember(
        &self,
        device: DeviceId,
        nonce: &str,
        created: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(|transaction| remember(transaction, device, nonce, created, now))
    }
}

/// Remembers a request within a transaction and forgets those that are too old to pass.
pub(super) fn remember(
    transaction: &Transaction<'_>,
    device: DeviceId,
    nonce: &str,
    created: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    transaction.execute("DELETE FROM nonces WHERE forget < ?1", [now.millis()])?;
    let new = transaction.execute(
        "INSERT OR IGNORE INTO nonces (device, nonce, forget) VALUES (?1, ?2, ?3)",
        (device.as_bytes(), nonce, (created + NONCE_KEPT).millis()),
    )?;
    Ok(new == 1)
}
