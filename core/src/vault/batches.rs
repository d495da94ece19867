//! Sealed batches: from their sealing to their receipt.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use fenming_wire::envelope::Envelope;
use fenming_wire::id::{Epoch, RetentionClass};
use fenming_wire::ledger::Position;
use fenming_wire::manifest::Manifest;
use fenming_wire::receipt::Receipt;
use fenming_wire::time::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use super::aead::Place;
use super::error::{counted, exact, from_io, length, stored};
use super::records::{State, move_books};
use super::session::Session;
use super::{Pending, Vault, meta};
use crate::error::AgentError;

/// A batch in this store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BatchId(pub(super) i64);

/// A batch that was just sealed, its bytes already on disk and synced.
pub struct SealedBatch {
    /// The manifest.
    pub manifest: Manifest,
    /// The manifest as the device signed it.
    pub envelope: Envelope<Manifest>,
    /// Name of the file in the spool, without a folder.
    pub file: String,
}

/// What became of a batch that was to be committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commit {
    /// It is part of the ledger.
    Done(BatchId),
    /// Its lines are no longer as they were (one was taken back meanwhile); nothing changed.
    /// Remove the file and compose again.
    Stale,
}

/// A batch that waits for its receipt.
pub struct Batch {
    /// Its id.
    pub id: BatchId,
    /// The epoch.
    pub epoch: Epoch,
    /// The ledger before it.
    pub from: Position,
    /// The ledger after it.
    pub to: Position,
    /// The retention class.
    pub class: RetentionClass,
    /// The manifest as the device signed it.
    pub envelope: Envelope<Manifest>,
    /// Name of the file in the spool.
    pub file: String,
    /// Length of that file in bytes.
    pub size: u64,
    /// When it was sealed.
    pub sealed: Timestamp,
    /// How many lines it holds beside genesis and balance.
    pub lines: u64,
}

/// What became of a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The batch is delivered; its file can go.
    Delivered(BatchId),
    /// It had been delivered before.
    Already(BatchId),
    /// It fits none of this store's batches; nothing changed.
    Unknown,
}

/// What was taken back into the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsealed {
    /// How many batches.
    pub batches: u64,
    /// Their files in the spool, which can go.
    pub files: Vec<String>,
}

impl BatchId {
    /// The number by which it is named in logs.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0
    }
}

impl Vault {
    /// Makes a sealed batch part of the ledger: gives its lines their sequences and moves head and
    /// books.
    ///
    /// # Errors
    /// [`AgentError::Internal`] where manifest and lines do not belong together; as the store's.
    pub fn commit_batch(
        &mut self,
        pending: &Pending,
        batch: &SealedBatch,
    ) -> Result<Commit, AgentError> {
        let manifest = &batch.manifest;
        let belongs = manifest.epoch == self.epoch()?
            && manifest.from == pending.from
            && manifest.to.seq == pending.last_seq()
            && manifest.class == pending.class
            && Path::new(&batch.file).file_name().is_some_and(|name| name == batch.file.as_str());
        if !belongs || pending.lines.is_empty() {
            return Err(AgentError::Internal("a manifest does not fit its lines"));
        }
        self.change(1, |session| {
            let moved = meta::sealed(session)? != Some(pending.from);
            if moved || !all_queued(session, pending)? {
                return Ok(Commit::Stale);
            }
            insert(session, pending, batch).map(Commit::Done)
        })
    }

    /// The batches without a receipt, oldest first.
    ///
    /// # Errors
    /// As the store's.
    pub fn open_batches(&self) -> Result<Vec<Batch>, AgentError> {
        self.read(|session| {
            let mut statement = session.prepare(
                "SELECT b.id, e.epoch, b.from_seq, b.from_head, b.to_seq, b.to_head, b.class,
                        b.manifest, b.file, b.size, b.sealed, b.lines
                 FROM batches AS b JOIN epochs AS e ON e.id = b.epoch
                 WHERE b.delivered IS NULL ORDER BY b.id",
            )?;
            let mut rows = statement.query([])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(read(session, row)?);
            }
            Ok(found)
        })
    }

    /// Files in the spool that belong to no open batch: delivered, or never committed.
    ///
    /// # Errors
    /// As the store's.
    pub fn stray_files(&self) -> Result<Vec<String>, AgentError> {
        let open: BTreeSet<String> =
            self.open_batches()?.into_iter().map(|batch| batch.file).collect();
        let sealed = self.sealed_files()?;
        let entries = fs::read_dir(self.spool()).map_err(|e| from_io(&e))?;
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        Ok(names.filter(|name| !open.contains(name) && !sealed.contains(name)).collect())
    }

    /// Marks the batch that this verified receipt is for as delivered, and keeps the receipt.
    ///
    /// # Errors
    /// As the store's.
    pub fn settle(
        &mut self,
        envelope: &Envelope<Receipt>,
        receipt: &Receipt,
    ) -> Result<Settled, AgentError> {
        let bytes = envelope.to_bytes();
        let bytes = bytes.map_err(|_| AgentError::Internal("a receipt cannot be written"))?;
        self.change(1, |session| {
            let found: Option<(i64, Option<i64>, Vec<u8>)> = session
                .prepare(
                    "SELECT b.id, b.delivered, b.manifest
                     FROM batches AS b JOIN epochs AS e ON e.id = b.epoch
                     WHERE e.epoch = ?1 AND b.from_seq = ?2",
                )?
                .query_row(params![receipt.epoch.as_bytes(), stored(receipt.from.seq)], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                })
                .optional()?;
            let Some((id, delivered, manifest)) = found else {
                return Ok(Settled::Unknown);
            };
            // Signed by this device and bound to its place by the seal.
            let manifest = manifest_of(session, id, &manifest)?.peek_unverified();
            if !receipt.fits(&manifest.map_err(|_| AgentError::StoreDamaged)?) {
                return Ok(Settled::Unknown);
            }
            if delivered.is_some() {
                return Ok(Settled::Already(BatchId(id)));
            }
            let place = Place { table: "receipts", column: "envelope", row: id };
            session
                .prepare("INSERT INTO receipts (batch, envelope) VALUES (?1, ?2)")?
                .execute(params![id, session.seal(place, &bytes)?])?;
            session
                .prepare(
                    "DELETE FROM attachments
                     WHERE record IN (SELECT id FROM records WHERE batch = ?1)",
                )?
                .execute([id])?;
            session
                .prepare("UPDATE batches SET delivered = ?2 WHERE id = ?1")?
                .execute([id, receipt.received.millis()])?;
            Ok(Settled::Delivered(BatchId(id)))
        })
    }

    /// The latest receipt of this epoch.
    ///
    /// # Errors
    /// As the store's.
    pub fn latest_receipt(&self) -> Result<Option<Envelope<Receipt>>, AgentError> {
        self.read(|session| {
            let found: Option<(i64, Vec<u8>)> = session
                .prepare(
                    "SELECT r.batch, r.envelope FROM receipts AS r JOIN batches AS b
                     ON b.id = r.batch WHERE b.epoch = ?1 ORDER BY r.batch DESC LIMIT 1",
                )?
                .query_row([session.facts.row], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let Some((row, sealed)) = found else {
                return Ok(None);
            };
            let place = Place { table: "receipts", column: "envelope", row };
            let plain = session.open(place, &sealed)?;
            Envelope::from_bytes(&plain).map(Some).map_err(|_| AgentError::StoreDamaged)
        })
    }

    /// Takes a batch and all later ones back into the queue. Only for a caller who has the
    /// endpoint's signed word that it does not have them.
    ///
    /// # Errors
    /// [`AgentError::NotFound`] where it is not open; [`AgentError::Internal`] where a later one
    /// was delivered; as the store's.
    pub fn unseal(&mut self, batch: BatchId) -> Result<Unsealed, AgentError> {
        self.change(0, |session| unseal(session, batch))
    }

    /// Takes a batch and all later ones back as [`Vault::unseal`] does, and parks the record that
    /// had this sequence in it: it is never sealed again, stays visible, and stands in the books.
    ///
    /// # Errors
    /// [`AgentError::NotFound`] where the batch has no record with this sequence (genesis, balance
    /// and declarations are not parked); as [`Vault::unseal`].
    pub fn park(&mut self, batch: BatchId, seq: u64) -> Result<Unsealed, AgentError> {
        self.change(0, |session| {
            let (record, counted): (i64, bool) = session
                .prepare(
                    "SELECT id, counted FROM records
                     WHERE batch = ?1 AND seq = ?2 AND seen IS NOT NULL",
                )?
                .query_row([batch.0, stored(seq)], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?
                .ok_or(AgentError::NotFound("record with this sequence"))?;
            let unsealed = unseal(session, batch)?;
            session
                .prepare("UPDATE records SET state = ?2, epoch = ?3, seq = ?4 WHERE id = ?1")?
                .execute([record, State::Parked.code(), session.facts.row, stored(seq)])?;
            move_books(session, "parked", u64::from(counted), 1)?;
            Ok(unsealed)
        })
    }
}

/// Whether every line still waits as it did when it was read.
fn all_queued(session: &Session<'_>, pending: &Pending) -> Result<bool, AgentError> {
    let mut statement = session.prepare("SELECT 1 FROM records WHERE id = ?1 AND state = 0")?;
    for line in &pending.lines {
        if !statement.exists([line.id.0])? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn insert(
    session: &Session<'_>,
    pending: &Pending,
    batch: &SealedBatch,
) -> Result<BatchId, AgentError> {
    let SealedBatch { manifest, envelope, file } = batch;
    let id = session.next_id();
    let bytes = envelope.to_bytes();
    let bytes = bytes.map_err(|_| AgentError::Internal("a manifest cannot be written"))?;
    session
        .prepare(
            "INSERT INTO batches (id, epoch, from_seq, from_head, to_seq, to_head, class, size,
                                  file, lines, counted, oldest, sealed, manifest)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,
                     (SELECT wall FROM records WHERE id = ?12), ?13, ?14)",
        )?
        .execute(params![
            id,
            session.facts.row,
            stored(manifest.from.seq),
            manifest.from.head.as_bytes(),
            stored(manifest.to.seq),
            manifest.to.head.as_bytes(),
            manifest.class.as_str(),
            stored(manifest.size),
            file,
            length(pending.lines.len()),
            stored(pending.counted()),
            pending.lines.first().map(|line| line.id.0),
            session.now.wall,
            session.seal(place(id), &bytes)?
        ])?;
    let mut statement = session
        .prepare("UPDATE records SET state = ?2, batch = ?3, epoch = ?4, seq = ?5 WHERE id = ?1")?;
    for (line, seq) in pending.lines.iter().zip(pending.first_seq..) {
        let epoch = session.facts.row;
        statement.execute([line.id.0, State::Sealed.code(), id, epoch, stored(seq)])?;
    }
    session.prepare("UPDATE epochs SET seq = ?2, head = ?3 WHERE id = ?1")?.execute(params![
        session.facts.row,
        stored(manifest.to.seq),
        manifest.to.head.as_bytes()
    ])?;
    move_books(session, "forwarded", pending.counted(), pending.lines.len())?;
    Ok(BatchId(id))
}

fn unseal(session: &Session<'_>, batch: BatchId) -> Result<Unsealed, AgentError> {
    let first: Option<(i64, Vec<u8>)> = session
        .prepare(
            "SELECT from_seq, from_head FROM batches
             WHERE id = ?1 AND epoch = ?2 AND delivered IS NULL",
        )?
        .query_row([batch.0, session.facts.row], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (seq, head) = first.ok_or(AgentError::NotFound("open batch"))?;
    let later = "SELECT 1 FROM batches WHERE id > ?1 AND epoch = ?2 AND delivered IS NOT NULL";
    if session.prepare(later)?.exists([batch.0, session.facts.row])? {
        return Err(AgentError::Internal("a later batch was delivered"));
    }
    let files = requeue(session, batch.0)?;
    session.prepare("UPDATE epochs SET seq = ?2, head = ?3 WHERE id = ?1")?.execute(params![
        session.facts.row,
        seq,
        head
    ])?;
    Ok(Unsealed { batches: u64::try_from(files.len()).unwrap_or(u64::MAX), files })
}

/// Takes every open batch of the epoch back into the queue, for an epoch that ends.
pub(super) fn requeue_open(session: &Session<'_>) -> Result<Vec<String>, AgentError> {
    requeue(session, 0)
}

/// Takes the open batches from this one on back into the queue. Names their files.
fn requeue(session: &Session<'_>, first: i64) -> Result<Vec<String>, AgentError> {
    let batches: Vec<(i64, i64, String)> = session
        .prepare(
            "SELECT id, counted, file FROM batches
             WHERE id >= ?1 AND epoch = ?2 AND delivered IS NULL ORDER BY id",
        )?
        .query_map([first, session.facts.row], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    for (id, counted, _) in &batches {
        let lines = session
            .prepare(
                "UPDATE records SET state = 0, batch = NULL, epoch = NULL, seq = NULL
                 WHERE batch = ?1",
            )?
            .execute([id])?;
        session.prepare("DELETE FROM batches WHERE id = ?1")?.execute([id])?;
        session
            .prepare(
                "UPDATE epochs SET forwarded = forwarded - ?2, queued = queued + ?2,
                                   waiting = waiting + ?3 WHERE id = ?1",
            )?
            .execute([session.facts.row, *counted, length(lines)])?;
    }
    Ok(batches.into_iter().map(|(.., file)| file).collect())
}

fn read(session: &Session<'_>, row: &Row<'_>) -> Result<Batch, AgentError> {
    let id = row.get(0)?;
    let (epoch, class): (Vec<u8>, String) = (row.get(1)?, row.get(6)?);
    Ok(Batch {
        id: BatchId(id),
        epoch: Epoch::from_bytes(exact(&epoch)?),
        from: meta::position(row.get(2)?, &row.get::<_, Vec<u8>>(3)?)?,
        to: meta::position(row.get(4)?, &row.get::<_, Vec<u8>>(5)?)?,
        class: class.try_into().map_err(|_| AgentError::StoreDamaged)?,
        envelope: manifest_of(session, id, &row.get::<_, Vec<u8>>(7)?)?,
        file: row.get(8)?,
        size: counted(row.get(9)?)?,
        sealed: Timestamp::from_millis(row.get(10)?),
        lines: counted(row.get(11)?)?,
    })
}

fn manifest_of(
    session: &Session<'_>,
    id: i64,
    sealed: &[u8],
) -> Result<Envelope<Manifest>, AgentError> {
    let plain = session.open(place(id), sealed)?;
    Envelope::from_bytes(&plain).map_err(|_| AgentError::StoreDamaged)
}

fn place(row: i64) -> Place<'static> {
    Place { table: "batches", column: "manifest", row }
}

#[cfg(test)]
mod tests;
