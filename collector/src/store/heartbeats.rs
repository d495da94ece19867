//! The last heartbeats of every device.

use fenming_wire::id::DeviceId;
use fenming_wire::time::Timestamp;

use super::{Store, StoreError};
use crate::limits::MAX_HEARTBEATS_KEPT;

/// A heartbeat as it came.
pub(crate) struct HeartbeatRow {
    pub(crate) received: Timestamp,
    pub(crate) document: Vec<u8>,
}

impl Store {
    /// Keeps a heartbeat and drops those past the limit.
    pub(crate) fn add_heartbeat(
        &self,
        device: DeviceId,
        received: Timestamp,
        document: &[u8],
    ) -> Result<(), StoreError> {
        let kept = i64::try_from(MAX_HEARTBEATS_KEPT).unwrap_or(i64::MAX);
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO heartbeats (device, received, document) VALUES (?1, ?2, ?3)",
                (device.as_bytes(), received.millis(), document),
            )?;
            transaction.execute(
                "DELETE FROM heartbeats WHERE device = ?1 AND id NOT IN (
                     SELECT id FROM heartbeats WHERE device = ?1 ORDER BY id DESC LIMIT ?2)",
                (device.as_bytes(), kept),
            )?;
            Ok(())
        })
    }

    /// A device's heartbeats, newest first.
    pub(crate) fn heartbeats(
        &self,
        device: DeviceId,
        most: usize,
    ) -> Result<Vec<HeartbeatRow>, StoreError> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.read(|transaction| {
            let mut newest = transaction.prepare(
                "SELECT received, document FROM heartbeats WHERE device = ?1
                 ORDER BY id DESC LIMIT ?2",
            )?;
            let rows = newest.query_map((device.as_bytes(), most), |row| {
                let received = Timestamp::from_millis(row.get(0)?);
                Ok(HeartbeatRow { received, document: row.get(1)? })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}
