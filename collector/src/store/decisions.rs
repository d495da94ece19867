//! Counsel's decisions, to be handed to the devices that they are for.

use fenming_wire::id::DeviceId;
use rusqlite::OptionalExtension;

use super::{Store, StoreError, integer};

/// What became of a decision that was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Added {
    /// It is served from now on.
    New,
    /// It was there already.
    Same,
    /// The device has another one of this number or of a later one.
    Late,
    /// There is no such device.
    Unknown,
}

impl Store {
    /// Keeps a decision. Numbers of a device only grow.
    pub(crate) fn add_decision(
        &self,
        device: DeviceId,
        number: u64,
        envelope: &[u8],
    ) -> Result<Added, StoreError> {
        let number = integer(number)?;
        self.write(|transaction| {
            let device = device.as_bytes();
            let known = "SELECT 1 FROM devices WHERE device = ?1";
            if !transaction.prepare(known)?.exists([device])? {
                return Ok(Added::Unknown);
            }
            let same =
                "SELECT 1 FROM decisions WHERE device = ?1 AND number = ?2 AND envelope = ?3";
            if transaction.prepare(same)?.exists((device, number, envelope))? {
                return Ok(Added::Same);
            }
            let later = "SELECT 1 FROM decisions WHERE device = ?1 AND number >= ?2";
            if transaction.prepare(later)?.exists((device, number))? {
                return Ok(Added::Late);
            }
            transaction.execute(
                "INSERT INTO decisions (device, number, envelope) VALUES (?1, ?2, ?3)",
                (device, number, envelope),
            )?;
            Ok(Added::New)
        })
    }

    /// The device's first decision behind a number.
    pub(crate) fn decision_after(
        &self,
        device: DeviceId,
        number: u64,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let number = integer(number)?;
        self.read(|connection| {
            Ok(connection
                .query_row(
                    "SELECT envelope FROM decisions WHERE device = ?1 AND number > ?2
                     ORDER BY number LIMIT 1",
                    (device.as_bytes(), number),
                    |row| row.get(0),
                )
                .optional()?)
        })
    }
}
