//! Sealed attachments: how much of each is here.

use fenming_wire::id::{DeviceId, Digest};
use rusqlite::OptionalExtension;

use super::{Store, StoreError, integer, natural};

/// One attachment of a device.
pub(crate) struct UploadRow {
    pub(crate) size: u64,
    pub(crate) received: u64,
    /// The signed receipt as it is sent, once all of it is here.
    pub(crate) receipt: Option<Vec<u8>>,
}

impl Store {
    /// What is known of an attachment.
    pub(crate) fn upload(
        &self,
        device: DeviceId,
        ciphertext: &Digest,
    ) -> Result<Option<UploadRow>, StoreError> {
        self.read(|transaction| {
            let row = transaction
                .query_row(
                    "SELECT size, received, receipt FROM attachments
                     WHERE device = ?1 AND ciphertext = ?2",
                    (device.as_bytes(), ciphertext.as_bytes()),
                    |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
                )
                .optional()?;
            row.map(|(size, received, receipt)| {
                Ok(UploadRow { size: natural(size)?, received: natural(received)?, receipt })
            })
            .transpose()
        })
    }

    /// Begins an upload. Names the oldest unfinished ones that have to go, so that no more than
    /// `most` are left.
    pub(crate) fn begin_upload(
        &self,
        device: DeviceId,
        (ciphertext, size): (&Digest, u64),
        most: usize,
    ) -> Result<Vec<Digest>, StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO attachments (device, ciphertext, size, received, turn)
                 VALUES (?1, ?2, ?3, 0, (SELECT coalesce(max(turn), 0) + 1 FROM attachments))",
                (device.as_bytes(), ciphertext.as_bytes(), integer(size)?),
            )?;
            let kept = i64::try_from(most).unwrap_or(i64::MAX);
            let mut old = transaction.prepare(
                "DELETE FROM attachments WHERE device = ?1 AND receipt IS NULL AND turn NOT IN (
                     SELECT turn FROM attachments WHERE device = ?1 AND receipt IS NULL
                     ORDER BY turn DESC LIMIT ?2)
                 RETURNING ciphertext",
            )?;
            let gone = old.query_map((device.as_bytes(), kept), |row| row.get(0))?;
            Ok(gone.map(|bytes| bytes.map(Digest::from_bytes)).collect::<Result<_, _>>()?)
        })
    }

    /// Notes how much is durably in the file.
    pub(crate) fn set_received(
        &self,
        device: DeviceId,
        ciphertext: &Digest,
        received: u64,
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "UPDATE attachments SET received = ?3 WHERE device = ?1 AND ciphertext = ?2",
                (device.as_bytes(), ciphertext.as_bytes(), integer(received)?),
            )?;
            Ok(())
        })
    }

    /// Notes that an attachment is whole and in its place.
    pub(crate) fn finish_upload(
        &self,
        device: DeviceId,
        ciphertext: &Digest,
        receipt: &[u8],
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "UPDATE attachments SET receipt = ?3 WHERE device = ?1 AND ciphertext = ?2",
                (device.as_bytes(), ciphertext.as_bytes(), receipt),
            )?;
            Ok(())
        })
    }

    /// Forgets an upload whose bytes were wrong.
    pub(crate) fn drop_upload(
        &self,
        device: DeviceId,
        ciphertext: &Digest,
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "DELETE FROM attachments
                 WHERE device = ?1 AND ciphertext = ?2 AND receipt IS NULL",
                (device.as_bytes(), ciphertext.as_bytes()),
            )?;
            Ok(())
        })
    }
}
