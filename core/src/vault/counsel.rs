//! What is sealed to counsel: apart from the records, exempt from everything that ends them.
//!
//! Each item stands here twice. One copy is sealed to counsel's key and needs nothing of this
//! phone, so it survives even a lost hardware key. The other is what the record would be; it is
//! encrypted under a random token that is written down nowhere but inside counsel's copy. So the
//! phone cannot read either, until counsel's decision brings the token back.

use data_encoding::HEXLOWER;
use fenming_wire::counsel::{CounselDecision, CounselItem, Outcome, TOKEN_BYTES};
use fenming_wire::id::{ChatId, Digest, ItemId, RetentionClass};
use fenming_wire::screening::Label;
use fenming_wire::time::Timestamp;
use fenming_wire::{WireError, json};
use rusqlite::{OptionalExtension, params};
use zeroize::Zeroizing;

use super::aead::{DataKey, Place};
use super::error::{counted, exact, stored};
use super::records::Row;
use super::session::{Session, chat_id};
use super::{RecordId, Vault, chats, records};
use crate::error::AgentError;
use crate::limits::MAX_COUNSEL_ITEMS;
use crate::record::{Counsel, Record};

/// An item that waits for counsel, as the employee sees it. What it says is sealed to counsel.
pub struct CounselHeld {
    /// Its name.
    pub item: ItemId,
    /// The chat.
    pub chat: Option<ChatId>,
    /// When it was captured, by the phone's clock.
    pub captured: Timestamp,
    /// Why it was sealed.
    pub labels: Vec<Label>,
}

/// What a decision did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obeyed {
    /// The item is an ordinary record now.
    Cleared(RecordId),
    /// The phone let go of it.
    Released,
}

impl Vault {
    /// The items that wait for counsel, oldest first.
    ///
    /// # Errors
    /// As the store's.
    pub fn counsel_items(&self) -> Result<Vec<CounselHeld>, AgentError> {
        self.read(|session| {
            let mut statement = session.prepare(
                "SELECT id, item, chat, wall, labels FROM counsel WHERE state = 0 ORDER BY id",
            )?;
            let mut rows = statement.query([])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let chat: Option<Vec<u8>> = row.get(2)?;
                let labels = session
                    .open(place(row.get(0)?, "labels"), &row.get::<_, Vec<u8>>(4)?)
                    .and_then(|plain| {
                        json::parse(&plain, MAX_LABELS_BYTES).map_err(|_| AgentError::StoreDamaged)
                    })?;
                found.push(CounselHeld {
                    item: ItemId::from_bytes(exact(&row.get::<_, Vec<u8>>(1)?)?),
                    chat: chat.map(|chat| chat_id(&chat)).transpose()?,
                    captured: Timestamp::from_millis(row.get(3)?),
                    labels,
                });
            }
            Ok(found)
        })
    }

    /// The copy of an item that only counsel opens, to be handed to them.
    ///
    /// # Errors
    /// [`AgentError::NotFound`]; as the store's.
    pub fn counsel_sealed(&self, item: ItemId) -> Result<Vec<u8>, AgentError> {
        self.read(|session| {
            session
                .prepare("SELECT sealed FROM counsel WHERE item = ?1 AND state = 0")?
                .query_row([item.as_bytes()], |row| row.get(0))
                .optional()?
                .ok_or(UNKNOWN)
        })
    }

    /// The number of the last decision that was judged; 0 before the first.
    ///
    /// # Errors
    /// As the store's.
    pub fn last_decision(&self) -> Result<u64, AgentError> {
        self.read(last)
    }

    /// Obeys a decision, once. Whoever calls this has checked its signature, for whom it is, and
    /// its time.
    ///
    /// # Errors
    /// [`AgentError::Replayed`] where it, or a later one, was judged before; [`AgentError::NotFound`]
    /// where there is no such item; [`AgentError::DocumentRefused`] where its token does not open
    /// the item; as the store's. Nothing is done then.
    pub fn obey(
        &mut self,
        decision: &CounselDecision,
        digest: &Digest,
    ) -> Result<Obeyed, AgentError> {
        self.change(records::VALUES, |session| {
            judged(session, decision.number, digest, Some(decision.outcome))?;
            let item = ItemRow::of(session, decision.item)?;
            let plain = item.open(session, decision)?;
            match decision.outcome {
                Outcome::Clear => item.clear(session, &plain).map(Obeyed::Cleared),
                Outcome::Release => item.release(session).map(|()| Obeyed::Released),
            }
        })
    }

    /// Writes down that a decision was refused for good, so that it is not asked for again.
    ///
    /// # Errors
    /// [`AgentError::Replayed`]; as the store's.
    pub fn refuse_decision(&mut self, number: u64, digest: &Digest) -> Result<(), AgentError> {
        self.change(0, |session| judged(session, number, digest, None))
    }
}

/// Seals a record to counsel, with the keyed hash of its fingerprint. False where the phone holds
/// too many already.
pub(super) fn seal(
    session: &Session<'_>,
    (record, seen): (&Record, [u8; 16]),
    counsel: &Counsel,
) -> Result<bool, AgentError> {
    if held(session)? >= MAX_COUNSEL_ITEMS {
        return Ok(false);
    }
    let body = record.body();
    let plain = records::json(body)?;
    let random = &*session.ports.random;
    let (mut item, mut token) = ([0; 16], Zeroizing::new([0; TOKEN_BYTES]));
    random.fill(&mut item)?;
    random.fill(&mut *token)?;
    let item = ItemId::from_bytes(item);
    let sealed = CounselItem {
        v: 1,
        tenant: counsel.tenant.clone(),
        device: counsel.device,
        item,
        token: HEXLOWER.encode(&*token).into(),
        labels: record.labels().to_vec(),
        line: body.clone(),
    };
    let sealed = sealed.seal(&counsel.key);
    let sealed = sealed.map_err(|_| AgentError::Internal("an item cannot be sealed"))?;
    let labels = json::write(&record.labels());
    let labels = labels.map_err(|_| AgentError::Internal("labels cannot be written"))?;
    let kept = DataKey::new(&*token)?.seal(random, &bound(item), &plain)?;
    let row = Row::of(session, record, seen)?;
    let id = session.next_id();
    session
        .prepare(
            "INSERT INTO counsel (id, item, epoch, seen, kind, counted, basis, class, chat, sender,
                                  wall, labels, sealed, kept)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        )?
        .execute(params![
            id,
            item.as_bytes(),
            session.facts.row,
            row.seen,
            row.kind,
            row.counted,
            row.basis,
            row.class.as_ref().map(RetentionClass::as_str),
            row.chat.as_ref().map(ChatId::as_bytes),
            row.sender,
            session.now.wall,
            session.seal(place(id, "labels"), &labels)?,
            sealed,
            session.seal(place(id, "kept"), &kept)?
        ])?;
    session
        .prepare("UPDATE epochs SET counsel = counsel + ?2 WHERE id = ?1")?
        .execute(params![session.facts.row, row.counted])?;
    if row.counted {
        chats::count(session, record.chat())?;
    }
    Ok(true)
}

/// Items that the phone holds for counsel.
pub(super) fn held(session: &Session<'_>) -> Result<u64, AgentError> {
    let count = "SELECT count(*) FROM counsel WHERE state = 0";
    counted(session.prepare(count)?.query_row([], |row| row.get(0))?)
}

/// Whether something with this fingerprint was sealed to counsel, whatever became of it.
pub(super) fn is_seen(session: &Session<'_>, seen: &[u8; 16]) -> Result<bool, AgentError> {
    Ok(session.prepare("SELECT 1 FROM counsel WHERE seen = ?1")?.exists([seen])?)
}

/// Most bytes of an item's labels.
const MAX_LABELS_BYTES: usize = 16 * 1024;

const UNKNOWN: AgentError = AgentError::NotFound("item that waits for counsel");

fn place(row: i64, column: &'static str) -> Place<'static> {
    Place { table: "counsel", column, row }
}

/// What binds the kept copy to its item.
fn bound(item: ItemId) -> Vec<u8> {
    [b"fenming.counsel.v1".as_slice(), item.as_bytes()].concat()
}

fn last(session: &Session<'_>) -> Result<u64, AgentError> {
    let last = "SELECT coalesce(max(number), 0) FROM decisions";
    counted(session.prepare(last)?.query_row([], |row| row.get(0))?)
}

fn judged(
    session: &Session<'_>,
    number: u64,
    digest: &Digest,
    outcome: Option<Outcome>,
) -> Result<(), AgentError> {
    if number <= last(session)? {
        return Err(AgentError::Replayed { document: "counsel decision" });
    }
    let outcome = match outcome {
        None => 0,
        Some(Outcome::Clear) => 1,
        Some(Outcome::Release) => 2,
    };
    session
        .prepare("INSERT INTO decisions (number, digest, outcome, judged) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![stored(number), digest.as_bytes(), outcome, session.now.wall])?;
    Ok(())
}

struct ItemRow {
    id: i64,
    item: ItemId,
    epoch: i64,
    row: Row,
    kept: Vec<u8>,
}

impl ItemRow {
    fn of(session: &Session<'_>, item: ItemId) -> Result<Self, AgentError> {
        let mut statement = session.prepare(
            "SELECT id, epoch, seen, kind, counted, basis, class, chat, sender, kept
             FROM counsel WHERE item = ?1 AND state = 0",
        )?;
        let mut rows = statement.query([item.as_bytes()])?;
        let row = rows.next()?.ok_or(UNKNOWN)?;
        let class: Option<String> = row.get(6)?;
        let class = class.map(|class| class.parse().map_err(|_| AgentError::StoreDamaged));
        let chat: Option<Vec<u8>> = row.get(7)?;
        Ok(Self {
            id: row.get(0)?,
            item,
            epoch: row.get(1)?,
            row: Row {
                kind: row.get(3)?,
                counted: row.get(4)?,
                seen: Some(row.get(2)?),
                basis: row.get(5)?,
                class: class.transpose()?,
                chat: chat.map(|chat| chat_id(&chat)).transpose()?,
                sender: row.get(8)?,
                candidates: None,
            },
            kept: row.get(9)?,
        })
    }

    /// The line, where the decision brings the item's token.
    fn open(
        &self,
        session: &Session<'_>,
        decision: &CounselDecision,
    ) -> Result<Zeroizing<Vec<u8>>, AgentError> {
        let inner = session.open(place(self.id, "kept"), &self.kept)?;
        let token = HEXLOWER.decode(decision.token.as_bytes()).map(Zeroizing::new);
        let key = token.ok().and_then(|token| DataKey::new(&token).ok());
        key.and_then(|key| key.open(&bound(self.item), &inner).ok()).ok_or_else(|| {
            let source = WireError::field("token", "does not open the item");
            AgentError::DocumentRefused { document: "counsel decision", source }
        })
    }

    /// Makes an ordinary record of it, which begins its review window now.
    fn clear(&self, session: &Session<'_>, plain: &[u8]) -> Result<RecordId, AgentError> {
        session.prepare("DELETE FROM counsel WHERE id = ?1")?.execute([self.id])?;
        session
            .prepare("UPDATE epochs SET counsel = counsel - ?2 WHERE id = ?1")?
            .execute(params![self.epoch, self.row.counted])?;
        self.row.insert(session, plain)
    }

    /// Leaves nothing of it but that it was seen. `secure_delete` overwrites what is freed.
    fn release(&self, session: &Session<'_>) -> Result<(), AgentError> {
        session
            .prepare(
                "UPDATE counsel SET state = 1, basis = NULL, class = NULL, chat = NULL,
                        sender = NULL, labels = NULL, sealed = NULL, kept = NULL WHERE id = ?1",
            )?
            .execute([self.id])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
