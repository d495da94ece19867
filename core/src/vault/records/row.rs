//! A row of the records, and the consent and reason that it rests on.

use fenming_wire::id::{ChatId, RetentionClass};
use rusqlite::{OptionalExtension, params};

use super::{Kind, RecordId};
use crate::error::AgentError;
use crate::record::Record;
use crate::vault::aead::Place;
use crate::vault::recall;
use crate::vault::session::Session;
use crate::vault::steady::Moment;

/// A row of the records, without its body.
pub(in crate::vault) struct Row {
    pub(in crate::vault) kind: i64,
    pub(in crate::vault) counted: bool,
    pub(in crate::vault) seen: Option<[u8; 16]>,
    pub(in crate::vault) basis: Option<i64>,
    pub(in crate::vault) class: Option<RetentionClass>,
    pub(in crate::vault) chat: Option<ChatId>,
    pub(in crate::vault) sender: Option<[u8; 16]>,
    pub(in crate::vault) candidates: Option<Vec<u8>>,
}

impl Row {
    /// What stands beside the body of a record.
    pub(in crate::vault) fn of(
        session: &Session<'_>,
        record: &Record,
        seen: [u8; 16],
    ) -> Result<Self, AgentError> {
        let body = record.body();
        Ok(Self {
            kind: Kind::of(body)?.code(),
            counted: body.is_counted(),
            seen: Some(seen),
            basis: Some(basis(session, record)?),
            class: Some(record.class().clone()),
            chat: Some(record.chat()),
            sender: recall::sender(session, record),
            candidates: recall::candidates(session, record)?,
        })
    }

    /// Puts it into the queue with its body, the JSON of a line.
    pub(in crate::vault) fn insert(
        &self,
        session: &Session<'_>,
        plain: &[u8],
    ) -> Result<RecordId, AgentError> {
        let id = session.next_id();
        let (key, sealed) = session.seal_body(id, plain)?;
        let Moment { wall, run, tick } = session.now;
        session
            .prepare(
                "INSERT INTO records (id, kind, counted, seen, basis, class, chat, sender, wall,
                                      run, tick, key, body, candidates)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
            )?
            .execute(params![
                id,
                self.kind,
                self.counted,
                self.seen,
                self.basis,
                self.class.as_ref().map(RetentionClass::as_str),
                self.chat.as_ref().map(ChatId::as_bytes),
                self.sender,
                wall,
                run,
                tick,
                key,
                sealed,
                self.candidates
            ])?;
        session
            .prepare(
                "UPDATE epochs SET captured = captured + ?2, queued = queued + ?2,
                                   waiting = waiting + 1 WHERE id = ?1",
            )?
            .execute(params![session.facts.row, i64::from(self.counted)])?;
        Ok(RecordId(id))
    }
}

/// The row of the consent and the reason that a record rests on.
fn basis(session: &Session<'_>, record: &Record) -> Result<i64, AgentError> {
    let why = fenming_wire::json::write(record.why())
        .map_err(|_| AgentError::Internal("a reason cannot be written"))?;
    let grant = record.grant().as_bytes();
    let hash = session.index().basis(grant, &why);
    let known = session
        .prepare("SELECT id FROM bases WHERE hash = ?1")?
        .query_row([hash], |row| row.get(0))
        .optional()?;
    if let Some(id) = known {
        return Ok(id);
    }
    let id = session.next_id();
    let sealed = session.seal(Place { table: "bases", column: "why", row: id }, &why)?;
    session
        .prepare("INSERT INTO bases (id, consent, hash, why) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![id, grant, hash, sealed])?;
    Ok(id)
}
