//! The next batch's lines.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use fenming_wire::balance::Books;
use fenming_wire::id::RetentionClass;
use fenming_wire::ledger::Position;
use fenming_wire::manifest::{MAX_ATTACHMENTS, SealedFile};
use fenming_wire::time::Span;
use rusqlite::{OptionalExtension, named_params, params};
use zeroize::Zeroizing;

use super::aead::Place;
use super::error::{counted, length};
use super::files;
use super::records::Kind;
use super::session::Session;
use super::steady::Moment;
use super::{RecordId, Vault, meta, numbers, recall};
use crate::error::AgentError;
use crate::limits::MAX_PARKED_NAMED;

/// What may go into the next batch.
#[derive(Clone, Copy, Debug)]
pub struct PendingRule<'a> {
    /// The review window: a record must be older. Declarations have none.
    pub review: Span,
    /// The retention class of declarations.
    pub declarations: &'a RetentionClass,
    /// Most lines, genesis and balance not counted.
    pub max_lines: usize,
    /// Most bytes of their bodies together; one line alone may be larger.
    pub max_bytes: usize,
}

/// The lines of the next batch, in capture order, all of one retention class.
///
/// The batch begins at `from`. In an epoch's first batch the genesis has the first sequence; then,
/// in every batch, comes the balance; then these lines, the first of them at `first_seq`.
pub struct Pending {
    /// The ledger before the batch.
    pub from: Position,
    /// The retention class.
    pub class: RetentionClass,
    /// The sequence of the first of `lines`.
    pub first_seq: u64,
    /// The lines, at least one.
    pub lines: Vec<PendingLine>,
}

/// A line that waits.
pub struct PendingLine {
    /// Its id in this store.
    pub id: RecordId,
    /// Whether the books count it.
    pub counted: bool,
    /// For a recall: the sequences of the messages that may have been recalled.
    pub of: Vec<u64>,
    /// Its attachments as far as they are sealed, in the order of its body; none for one that is
    /// lost.
    pub files: Vec<Option<SealedFile>>,
    /// The body's JSON, for [`compose_line`](fenming_wire::record::compose_line).
    pub body: Zeroizing<Vec<u8>>,
}

impl Pending {
    /// Whether the batch begins with the genesis.
    #[must_use]
    pub const fn begins_epoch(&self) -> bool {
        self.from.seq == 0
    }

    /// The sequence of the balance.
    #[must_use]
    pub const fn balance_seq(&self) -> u64 {
        self.first_seq.saturating_sub(1)
    }

    /// The last sequence of the batch.
    #[must_use]
    pub fn last_seq(&self) -> u64 {
        self.balance_seq().saturating_add(u64::try_from(self.lines.len()).unwrap_or(u64::MAX))
    }

    /// The sealed attachments of all lines, each once.
    #[must_use]
    pub fn attachments(&self) -> Vec<SealedFile> {
        let mut named = BTreeSet::new();
        let files = self.lines.iter().flat_map(|line| &line.files).flatten();
        files.filter(|file| named.insert(file.ciphertext)).copied().collect()
    }

    /// How many of the lines the books count.
    #[must_use]
    pub fn counted(&self) -> u64 {
        u64::try_from(self.lines.iter().filter(|line| line.counted).count()).unwrap_or(u64::MAX)
    }
}

impl Vault {
    /// The lines of the next batch, or none where nothing is due. A consent that was given or
    /// withdrawn keeps its place: no line captured after it is sealed before it.
    ///
    /// # Errors
    /// [`AgentError::NotEnrolled`] before [`Vault::set_device`]; as the store's.
    pub fn pending(&self, rule: &PendingRule<'_>) -> Result<Option<Pending>, AgentError> {
        self.read(|session| {
            let from = meta::sealed(session)?.ok_or(AgentError::NotEnrolled)?;
            let due = Due::of(session, rule);
            let Some((first, class)) = due.first()? else {
                return Ok(None);
            };
            let until = if class == *rule.declarations { i64::MAX } else { due.consent(first)? };
            // The genesis, where the epoch begins, and the balance come first.
            let ahead = if from.seq == 0 { 2 } else { 1 };
            let first_seq = from.seq.saturating_add(ahead).saturating_add(1);
            let lines = due.lines(&class, first..until, first_seq)?;
            Ok(Some(Pending { from, class, first_seq, lines }))
        })
    }

    /// The ledger as far as it is sealed.
    ///
    /// # Errors
    /// [`AgentError::NotEnrolled`] before [`Vault::set_device`]; as the store's.
    pub fn position(&self) -> Result<Position, AgentError> {
        self.read(|session| meta::sealed(session)?.ok_or(AgentError::NotEnrolled))
    }

    /// The ledger as far as every batch has its receipt.
    ///
    /// # Errors
    /// As [`Vault::position`].
    pub fn receipted(&self) -> Result<Position, AgentError> {
        self.read(|session| meta::receipted(session)?.ok_or(AgentError::NotEnrolled))
    }

    /// The books of this epoch as they stand.
    ///
    /// # Errors
    /// As the store's.
    pub fn books(&self) -> Result<Books, AgentError> {
        self.read(numbers::books)
    }

    /// The books as they will stand when these lines are sealed, for the balance in their batch.
    ///
    /// # Errors
    /// As the store's.
    pub fn books_if_sealed(&self, pending: &Pending) -> Result<Books, AgentError> {
        let books = self.books()?;
        let moved = pending.counted();
        let queued = books.queued.checked_sub(moved).ok_or(AgentError::StoreDamaged)?;
        Ok(Books { queued, forwarded: books.forwarded.saturating_add(moved), ..books })
    }

    /// Sequences that the endpoint refused and this device parked in this epoch, for the balance:
    /// the lowest [`MAX_PARKED_NAMED`]. The books count all.
    ///
    /// # Errors
    /// As the store's.
    pub fn parked(&self) -> Result<Vec<u64>, AgentError> {
        self.read(|session| {
            let mut statement = session.prepare(
                "SELECT seq FROM records WHERE state = 3 AND epoch = ?1 ORDER BY seq LIMIT ?2",
            )?;
            let mut rows = statement.query(params![session.facts.row, MAX_PARKED_NAMED])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(counted(row.get(0)?)?);
            }
            Ok(found)
        })
    }
}

/// What is queued and past its review window. `reviewed` of the steady clock says the same.
const DUE: &str = "state = 0
    AND (class IS NULL OR tick <= :tick OR (run <> :run AND wall <= :wall))";

/// The queue as a rule sees it.
struct Due<'a> {
    session: &'a Session<'a>,
    rule: &'a PendingRule<'a>,
    tick: i64,
    wall: i64,
}

impl<'a> Due<'a> {
    fn of(session: &'a Session<'a>, rule: &'a PendingRule<'a>) -> Self {
        let review = rule.review.as_millis();
        let Moment { wall, tick, .. } = session.now;
        let (tick, wall) = (tick.saturating_sub(review), wall.saturating_sub(review));
        Self { session, rule, tick, wall }
    }

    /// The first line that is due, and its class.
    fn first(&self) -> Result<Option<(i64, RetentionClass)>, AgentError> {
        let declarations = self.rule.declarations.as_str();
        let found: Option<(i64, String)> = self
            .session
            .prepare(&format!(
                "SELECT id, coalesce(class, :class) FROM records WHERE {DUE} ORDER BY id LIMIT 1"
            ))?
            .query_row(
                named_params! {
                    ":class": declarations,
                    ":tick": self.tick,
                    ":wall": self.wall,
                    ":run": self.session.now.run,
                },
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        let Some((id, class)) = found else {
            return Ok(None);
        };
        Ok(Some((id, class.try_into().map_err(|_| AgentError::StoreDamaged)?)))
    }

    /// The first consent given or withdrawn after this line.
    fn consent(&self, after: i64) -> Result<i64, AgentError> {
        let kinds = [Kind::ConsentGrant.code(), Kind::ConsentWithdrawal.code()];
        let [granted, withdrawn] = kinds;
        let first: Option<i64> = self
            .session
            .prepare(
                "SELECT min(id) FROM records WHERE state = 0 AND id > ?1 AND kind IN (?2, ?3)",
            )?
            .query_row([after, granted, withdrawn], |row| row.get(0))?;
        Ok(first.unwrap_or(i64::MAX))
    }

    /// The lines of a class that are due within a range of ids, as many as the rule allows.
    fn lines(
        &self,
        class: &RetentionClass,
        ids: Range<i64>,
        first_seq: u64,
    ) -> Result<Vec<PendingLine>, AgentError> {
        let mut statement = self.session.prepare(&format!(
            "SELECT id, counted, candidates, body FROM records
             WHERE {DUE} AND id >= :first AND id < :until AND coalesce(class, :own) = :class
             ORDER BY id LIMIT :most"
        ))?;
        let mut rows = statement.query(named_params! {
            ":tick": self.tick,
            ":wall": self.wall,
            ":run": self.session.now.run,
            ":first": ids.start,
            ":until": ids.end,
            ":own": self.rule.declarations.as_str(),
            ":class": class.as_str(),
            ":most": length(self.rule.max_lines.max(1)),
        })?;
        let (mut lines, mut bytes, mut seqs) = (Vec::new(), 0usize, BTreeMap::new());
        let (mut seq, mut attached) = (first_seq, 0usize);
        while let Some(row) = rows.next()? {
            let id = row.get(0)?;
            let place = Place { table: "records", column: "body", row: id };
            let body = self.session.open(place, &row.get::<_, Vec<u8>>(3)?)?;
            bytes = bytes.saturating_add(body.len());
            if bytes > self.rule.max_bytes && !lines.is_empty() {
                break;
            }
            let files = files::of_record(self.session, id)?;
            attached = attached.saturating_add(files.len());
            if attached > MAX_ATTACHMENTS && !lines.is_empty() {
                break;
            }
            let of = self.sequences(row.get(2)?, &seqs)?;
            seqs.insert(id, seq);
            seq = seq.saturating_add(1);
            lines.push(PendingLine { id: RecordId(id), counted: row.get(1)?, of, files, body });
        }
        Ok(lines)
    }

    /// The sequences of a recall's candidates, in this batch or in an earlier one of this epoch.
    fn sequences(
        &self,
        candidates: Option<Vec<u8>>,
        here: &BTreeMap<i64, u64>,
    ) -> Result<Vec<u64>, AgentError> {
        let mut found = Vec::new();
        for id in recall::ids(&candidates.unwrap_or_default())? {
            let sealed: Option<i64> = self
                .session
                .prepare("SELECT seq FROM records WHERE id = ?1 AND state = 1 AND epoch = ?2")?
                .query_row([id, self.session.facts.row], |row| row.get(0))
                .optional()?;
            let seq = match sealed {
                Some(seq) => Some(counted(seq)?),
                None => here.get(&id).copied(),
            };
            found.extend(seq);
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests;
