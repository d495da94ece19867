//! The ledgers as far as they came: the highest place of every epoch, and every batch.

use fenming_wire::id::{DeviceId, Digest, Epoch, RetentionClass};
use fenming_wire::ledger::Position;
use fenming_wire::limits::MAX_RECEIPTS_REPEATED;
use fenming_wire::manifest::Manifest;
use fenming_wire::receipt::{EpochState, MAX_EPOCHS};
use fenming_wire::time::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction};

use super::{Store, StoreError, integer, natural};

/// A batch to be taken into its ledger.
pub(crate) struct Append<'a> {
    pub(crate) manifest: &'a Manifest,
    /// The manifest's envelope as it came.
    pub(crate) envelope: &'a [u8],
    /// The signed receipt as it will be sent.
    pub(crate) receipt: &'a [u8],
    pub(crate) received: Timestamp,
}

/// What is known where a batch wants to begin.
pub(crate) struct Known {
    /// The highest place of the epoch; absent where the epoch is new.
    pub(crate) high: Option<Position>,
    /// The batch that begins at the same line.
    pub(crate) same_start: Option<BatchRow>,
}

/// What is known of a device, as one moment saw it.
pub(crate) struct View {
    /// The highest places of its epochs, the last active first, at most as many as a state may
    /// hold; the one that was asked for is among them.
    pub(crate) epochs: Vec<EpochState>,
    /// Receipts of the epoch that was asked for, newest first.
    pub(crate) receipts: Vec<Vec<u8>>,
}

/// One batch.
pub(crate) struct BatchRow {
    pub(crate) epoch: Epoch,
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) ciphertext: Digest,
    pub(crate) size: u64,
    pub(crate) class: RetentionClass,
    pub(crate) received: Timestamp,
    pub(crate) manifest: Vec<u8>,
    pub(crate) receipt: Vec<u8>,
}

impl Store {
    /// What is known where the batch wants to begin.
    pub(crate) fn known(&self, manifest: &Manifest) -> Result<Known, StoreError> {
        let Manifest { device, epoch, from, .. } = manifest;
        let first = from.seq.saturating_add(1);
        self.read(|transaction| {
            Ok(Known {
                high: high(transaction, *device, *epoch)?,
                same_start: batch(transaction, *device, *epoch, first)?,
            })
        })
    }

    /// The batch that begins at a line.
    pub(crate) fn batch(
        &self,
        device: DeviceId,
        epoch: Epoch,
        first: u64,
    ) -> Result<Option<BatchRow>, StoreError> {
        self.read(|transaction| batch(transaction, device, epoch, first))
    }

    /// Takes a batch into its ledger; `false` where the ledger does not stand at its start.
    pub(crate) fn append(&self, batch: &Append<'_>) -> Result<bool, StoreError> {
        let Manifest { device, epoch, from, to, .. } = batch.manifest;
        let names = (device.as_bytes(), epoch.as_bytes());
        self.write(|transaction| {
            let at = high(transaction, *device, *epoch)?
                .unwrap_or_else(|| Position::start(*device, *epoch));
            if at != *from {
                return Ok(false);
            }
            transaction.execute(
                "INSERT INTO epochs (device, epoch, seq, head, turn)
                 VALUES (?1, ?2, ?3, ?4, (SELECT coalesce(max(turn), 0) + 1 FROM epochs))
                 ON CONFLICT DO UPDATE SET seq = excluded.seq, head = excluded.head,
                                           turn = excluded.turn",
                (names.0, names.1, integer(to.seq)?, to.head.as_bytes()),
            )?;
            transaction.execute(
                "INSERT INTO batches (device, epoch, first, last, ciphertext, size, class,
                                      received, manifest, receipt)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                (
                    names.0,
                    names.1,
                    integer(from.seq.saturating_add(1))?,
                    integer(to.seq)?,
                    batch.manifest.ciphertext.as_bytes(),
                    integer(batch.manifest.size)?,
                    batch.manifest.class.as_str(),
                    batch.received.millis(),
                    batch.envelope,
                    batch.receipt,
                ),
            )?;
            Ok(true)
        })
    }

    /// What is known of a device, with the receipts of one epoch where one is asked for.
    pub(crate) fn view(&self, device: DeviceId, epoch: Option<Epoch>) -> Result<View, StoreError> {
        self.read(|transaction| {
            let mut epochs = newest_epochs(transaction, device)?;
            let mut receipts = Vec::new();
            if let Some(epoch) = epoch {
                receipts = newest_receipts(transaction, device, epoch)?;
                let high = high(transaction, device, epoch)?;
                let absent = epochs.iter().all(|state| state.epoch != epoch);
                if let Some(high) = high.filter(|_| absent) {
                    epochs.truncate(MAX_EPOCHS.saturating_sub(1));
                    epochs.push(EpochState { epoch, high });
                }
            }
            Ok(View { epochs, receipts })
        })
    }

    /// All batches of a device, epoch by epoch, as the ledger runs.
    pub(crate) fn batches(&self, device: DeviceId) -> Result<Vec<BatchRow>, StoreError> {
        self.read(|transaction| {
            let text = format!("{BATCH} WHERE device = ?1 ORDER BY epoch, first");
            let mut all = transaction.prepare(&text)?;
            let rows = all.query_map([device.as_bytes()], |row| Ok(parse(row)))?;
            rows.map(|row| row?).collect()
        })
    }

    /// How many batches a device has sent, and their bytes.
    pub(crate) fn volume(&self, device: DeviceId) -> Result<(u64, u64), StoreError> {
        let (count, bytes) = self.read(|transaction| {
            Ok(transaction.query_row(
                "SELECT count(*), coalesce(sum(size), 0) FROM batches WHERE device = ?1",
                [device.as_bytes()],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?)
        })?;
        Ok((natural(count)?, natural(bytes)?))
    }
}

/// The columns that [`parse`] reads.
const BATCH: &str =
    "SELECT epoch, first, last, ciphertext, size, class, received, manifest, receipt
                     FROM batches";

fn batch(
    transaction: &Transaction<'_>,
    device: DeviceId,
    epoch: Epoch,
    first: u64,
) -> Result<Option<BatchRow>, StoreError> {
    // A place past SQLite's numbers is past every ledger.
    let Ok(first) = integer(first) else {
        return Ok(None);
    };
    let text = format!("{BATCH} WHERE device = ?1 AND epoch = ?2 AND first = ?3");
    transaction
        .query_row(&text, (device.as_bytes(), epoch.as_bytes(), first), |row| Ok(parse(row)))
        .optional()?
        .transpose()
}

fn newest_epochs(
    transaction: &Transaction<'_>,
    device: DeviceId,
) -> Result<Vec<EpochState>, StoreError> {
    let most = i64::try_from(MAX_EPOCHS).unwrap_or(i64::MAX);
    let mut newest = transaction.prepare(
        "SELECT epoch, seq, head FROM epochs WHERE device = ?1 ORDER BY turn DESC LIMIT ?2",
    )?;
    let rows = newest
        .query_map((device.as_bytes(), most), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    rows.map(|row| {
        let (epoch, seq, head) = row?;
        Ok(EpochState { epoch: Epoch::from_bytes(epoch), high: position(seq, head)? })
    })
    .collect()
}

/// As many as an answer may repeat.
fn newest_receipts(
    transaction: &Transaction<'_>,
    device: DeviceId,
    epoch: Epoch,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let most = i64::try_from(MAX_RECEIPTS_REPEATED).unwrap_or(i64::MAX);
    let mut newest = transaction.prepare(
        "SELECT receipt FROM batches WHERE device = ?1 AND epoch = ?2
         ORDER BY first DESC LIMIT ?3",
    )?;
    let names = (device.as_bytes(), epoch.as_bytes(), most);
    let rows = newest.query_map(names, |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn high(
    transaction: &Transaction<'_>,
    device: DeviceId,
    epoch: Epoch,
) -> Result<Option<Position>, StoreError> {
    transaction
        .query_row(
            "SELECT seq, head FROM epochs WHERE device = ?1 AND epoch = ?2",
            (device.as_bytes(), epoch.as_bytes()),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?
        .map(|(seq, head)| position(seq, head))
        .transpose()
}

fn position(seq: i64, head: [u8; 32]) -> Result<Position, StoreError> {
    Ok(Position { seq: natural(seq)?, head: Digest::from_bytes(head) })
}

fn parse(row: &Row<'_>) -> Result<BatchRow, StoreError> {
    let class: String = row.get(5)?;
    Ok(BatchRow {
        epoch: Epoch::from_bytes(row.get(0)?),
        first: natural(row.get(1)?)?,
        last: natural(row.get(2)?)?,
        ciphertext: Digest::from_bytes(row.get(3)?),
        size: natural(row.get(4)?)?,
        class: class.parse().map_err(|_| StoreError::Damaged)?,
        received: Timestamp::from_millis(row.get(6)?),
        manifest: row.get(7)?,
        receipt: row.get(8)?,
    })
}
