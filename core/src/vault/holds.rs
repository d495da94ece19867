//! The quarantine: undecided items that only this phone opens, each under a key of its own.
//!
//! Destroying the hardware alias destroys the item, whatever is left of it in flash or in an old
//! copy of the store.

use data_encoding::HEXLOWER;
use fenming_wire::Content;
use fenming_wire::id::{ChatId, Digest};
use fenming_wire::json;
use fenming_wire::policy::ChatKind;
use fenming_wire::record::{Body, Why};
use fenming_wire::time::{Span, Timestamp};
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::aead::{DataKey, Place};
use super::error::exact;
use super::session::Session;
use super::steady::Moment;
use super::{Appended, Vault, keys, numbers, records};
use crate::consent::Naming;
use crate::error::AgentError;
use crate::limits::MAX_HELD_ITEMS;
use crate::ports::{KeyError, KeyVault};
use crate::record::{Held, Record};

/// A held item in this store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HoldId(pub(super) i64);

/// What became of an item that was to be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldOutcome {
    /// It waits for the employee.
    New(HoldId),
    /// It waits already, or was stored as a record.
    Duplicate,
    /// It is older than the quarantine lasts, or the quarantine is full: it was dropped.
    Dropped,
}

/// A held item as the employee sees it.
pub struct Hold {
    /// Its id.
    pub id: HoldId,
    /// The chat.
    pub chat: ChatId,
    /// The chat's title.
    pub title: Content,
    /// The chat's kind, as far as it is known.
    pub kind: ChatKind,
    /// What it says of counterparts' names.
    pub naming: Naming,
    /// What speaks for business.
    pub signal: Why,
    /// The consent that it rests on, by its payload's digest.
    pub grant: Digest,
    /// When it happened.
    pub at: Timestamp,
    /// When it is destroyed at the latest, by the phone's clock.
    pub until: Timestamp,
    /// What tells it from every other.
    pub fingerprint: Content,
    /// What it says.
    pub body: Body,
}

impl HoldId {
    /// The number by which a shell names it.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0
    }

    /// From the number that a shell names.
    #[must_use]
    pub const fn from_number(number: i64) -> Self {
        Self(number)
    }
}

impl Vault {
    /// Puts an item into quarantine, for as long as it may wait.
    ///
    /// # Errors
    /// [`AgentError::InputInvalid`] where its line would be too long; as the store's.
    pub fn hold(&mut self, held: &Held) -> Result<HoldOutcome, AgentError> {
        if let Some(refusal) = self.read(|session| refusal(session, held))? {
            return Ok(refusal);
        }
        let plain = Kept::of(held)?.to_json()?;
        self.expect_holds(1)?;
        let alias = self.live.as_mut().and_then(|live| live.spare.pop());
        let alias = alias.ok_or(AgentError::Internal("no key was announced"))?;
        let created = self.ports.keys.create(&alias).map_err(AgentError::from);
        let done = created.and_then(|()| {
            self.change(0, |session| Ok(HoldOutcome::New(insert(session, held, &alias, &plain)?)))
        });
        if done.is_err() || self.is_together() {
            // Where the item is not stored in the end, its key must go.
            self.destroy_doomed()?;
        }
        done
    }

    /// Makes ready for so many items. Call it before a unit of work that may hold some. Their
    /// hardware keys are written down as doomed before they exist, so that a crash leaves no key
    /// behind.
    ///
    /// # Errors
    /// As the store's.
    pub(crate) fn expect_holds(&mut self, items: usize) -> Result<(), AgentError> {
        let room = MAX_HELD_ITEMS.saturating_sub(self.read(numbers::holding)?);
        let items = items.min(usize::try_from(room).unwrap_or(usize::MAX));
        let missing = items.saturating_sub(self.live()?.spare.len());
        if missing == 0 || self.is_together() {
            return Ok(());
        }
        let aliases =
            self.change(0, |session| (0..missing).map(|_| announce(session)).collect())?;
        let aliases: Vec<String> = aliases;
        if let Some(live) = &mut self.live {
            live.spare.extend(aliases);
        }
        Ok(())
    }

    /// The held items, oldest first. Those whose time is over are not among them, nor those whose
    /// key is gone.
    ///
    /// # Errors
    /// As the store's.
    pub fn holds(&self) -> Result<Vec<Hold>, AgentError> {
        self.read(|session| {
            let mut found = Vec::new();
            for row in rows(session)? {
                if !row.due(session) {
                    found.extend(row.open(session)?);
                }
            }
            Ok(found)
        })
    }

    /// The employee decided for business: the item becomes a captured record and its key is
    /// destroyed. Where the queue is full it stays in quarantine.
    ///
    /// # Errors
    /// [`AgentError::NotFound`] where it is gone; [`AgentError::InputInvalid`] where the record is
    /// of another chat or has another fingerprint; as the store's.
    pub fn promote(&mut self, hold: HoldId, record: &Record) -> Result<Appended, AgentError> {
        let done = self.change(records::VALUES, |session| {
            let row = HoldRow::of(session, hold)?;
            if row.due(session) {
                return Err(AgentError::NotFound("held item"));
            }
            let seen = session.index().seen(record.chat(), record.fingerprint());
            if row.seen != seen {
                let reason = "is not what was held";
                return Err(AgentError::InputInvalid { field: "record", reason });
            }
            let done = records::append(session, record, numbers::room(session)?)?;
            if done != Appended::QueueFull {
                row.remove(session, false)?;
            }
            Ok(done)
        })?;
        self.destroy_doomed()?;
        Ok(done)
    }

    /// The employee decided against it: destroys the item with its key. The books count it as
    /// expired, so that the decision stays theirs.
    ///
    /// # Errors
    /// [`AgentError::NotFound`]; as the store's.
    pub fn discard(&mut self, hold: HoldId) -> Result<(), AgentError> {
        self.change(0, |session| HoldRow::of(session, hold)?.remove(session, true))?;
        self.destroy_doomed()
    }

    /// Destroys every item whose time is over, by the earliest estimate. Call it at every wake-up.
    /// Returns how many were destroyed.
    ///
    /// # Errors
    /// As the store's.
    pub fn expire_holds(&mut self) -> Result<u64, AgentError> {
        self.remove_holds(HoldRow::due)
    }

    /// Destroys every held item, as after a withdrawal. Returns how many.
    ///
    /// # Errors
    /// As the store's.
    pub fn discard_all(&mut self) -> Result<u64, AgentError> {
        self.remove_holds(|_, _| true)
    }

    fn remove_holds(
        &mut self,
        which: impl Fn(&HoldRow, &Session<'_>) -> bool,
    ) -> Result<u64, AgentError> {
        let any = self.read(|session| Ok(rows(session)?.iter().any(|row| which(row, session))))?;
        let mut removed = 0;
        if any {
            removed = self.change(0, |session| {
                let rows = rows(session)?;
                let over = rows.iter().filter(|row| which(row, session));
                over.map(|row| row.remove(session, true).map(|()| 1)).sum()
            })?;
        }
        self.destroy_doomed()?;
        Ok(removed)
    }
}

/// What is inside a held item's seal.
#[derive(Serialize, Deserialize)]
struct Kept {
    chat: ChatId,
    title: Content,
    kind: ChatKind,
    pseudonymous: bool,
    signal: Why,
    grant: Digest,
    at: i64,
    fingerprint: Content,
    body: Body,
}

/// Most bytes of a held item: a line, a fingerprint and a title.
const MAX_KEPT_BYTES: usize = 1024 * 1024;

impl Kept {
    fn of(held: &Held) -> Result<Self, AgentError> {
        let (chat, fact) = (held.chat(), held.fact());
        // A held item must be able to become a record.
        records::json(&fact.body)?;
        Ok(Self {
            chat: chat.id,
            title: chat.title.clone(),
            kind: chat.kind,
            pseudonymous: held.naming() == Naming::Pseudonyms,
            signal: chat.signal.clone(),
            grant: *held.grant(),
            at: fact.at.millis(),
            fingerprint: fact.fingerprint.clone(),
            body: fact.body.clone(),
        })
    }

    fn to_json(&self) -> Result<Zeroizing<Vec<u8>>, AgentError> {
        let written = json::write(self).map(Zeroizing::new);
        written.map_err(|_| AgentError::Internal("a held item cannot be written"))
    }
}

/// Names the hardware key of an item to come, and dooms it until there is one.
fn announce(session: &Session<'_>) -> Result<String, AgentError> {
    let mut part = [0; 8];
    session.ports.random.fill(&mut part)?;
    let name = HEXLOWER.encode(&session.facts.name);
    let alias = format!("fenming.hold.{name}.{}", HEXLOWER.encode(&part));
    session.doom(&alias)?;
    Ok(alias)
}

/// Why an item is not held, where it is not.
fn refusal(session: &Session<'_>, held: &Held) -> Result<Option<HoldOutcome>, AgentError> {
    let seen = session.index().seen(held.chat().id, &held.fact().fingerprint);
    let known = records::is_seen(session, &seen)?
        || session.prepare("SELECT 1 FROM holds WHERE seen = ?1")?.exists([seen])?;
    if known {
        return Ok(Some(HoldOutcome::Duplicate));
    }
    let full = numbers::holding(session)? >= MAX_HELD_ITEMS;
    let over = began(session, held).due(session.now, held.longest());
    Ok((full || over).then_some(HoldOutcome::Dropped))
}

/// When its quarantine began: when it happened, where that was earlier than now. What is shown
/// again after days does not wait again.
fn began(session: &Session<'_>, held: &Held) -> Moment {
    Moment { wall: session.now.wall.min(held.fact().at.millis()), ..session.now }
}

fn insert(
    session: &Session<'_>,
    held: &Held,
    alias: &str,
    plain: &[u8],
) -> Result<HoldId, AgentError> {
    let id = session.next_id();
    let random = &*session.ports.random;
    let bytes = keys::fresh(random)?;
    let wrapped = session.ports.keys.wrap(alias, &label(session, id, &*bytes))?;
    let body = DataKey::new(&*bytes)?.seal_value(random, (0, place(id)), plain)?;
    let Moment { wall, run, tick } = began(session, held);
    session
        .prepare(
            "INSERT INTO holds (id, seen, wall, run, tick, longest, alias, wrapped, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            id,
            session.index().seen(held.chat().id, &held.fact().fingerprint),
            wall,
            run,
            tick,
            held.longest().as_millis(),
            alias,
            wrapped,
            body
        ])?;
    session.prepare("DELETE FROM doomed WHERE alias = ?1")?.execute([alias])?;
    session
        .prepare("UPDATE epochs SET held = held + 1, holding = holding + 1 WHERE id = ?1")?
        .execute([session.facts.row])?;
    Ok(HoldId(id))
}

/// What hardware wraps: the key, behind the store and the item that it belongs to.
fn label(session: &Session<'_>, id: i64, key: &[u8]) -> Zeroizing<Vec<u8>> {
    let parts: [&[u8]; 4] = [b"fenming.hold.v1", &session.facts.name, &id.to_be_bytes(), key];
    Zeroizing::new(parts.concat())
}

fn place(row: i64) -> Place<'static> {
    Place { table: "holds", column: "body", row }
}

struct HoldRow {
    id: i64,
    seen: [u8; 16],
    began: Moment,
    longest: Span,
    alias: String,
    wrapped: Vec<u8>,
    body: Vec<u8>,
}

const COLUMNS: &str = "id, seen, wall, run, tick, longest, alias, wrapped, body";

fn rows(session: &Session<'_>) -> Result<Vec<HoldRow>, AgentError> {
    let mut statement = session.prepare(&format!("SELECT {COLUMNS} FROM holds ORDER BY id"))?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(HoldRow::read(row)?);
    }
    Ok(found)
}

impl HoldRow {
    fn of(session: &Session<'_>, hold: HoldId) -> Result<Self, AgentError> {
        session
            .prepare(&format!("SELECT {COLUMNS} FROM holds WHERE id = ?1"))?
            .query_row([hold.0], Self::read)
            .optional()?
            .ok_or(AgentError::NotFound("held item"))
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            seen: row.get(1)?,
            began: Moment { wall: row.get(2)?, run: row.get(3)?, tick: row.get(4)? },
            longest: Span::millis(row.get(5)?),
            alias: row.get(6)?,
            wrapped: row.get(7)?,
            body: row.get(8)?,
        })
    }

    fn due(&self, session: &Session<'_>) -> bool {
        self.began.due(session.now, self.longest)
    }

    /// Opens the item; none where its key is gone.
    fn open(&self, session: &Session<'_>) -> Result<Option<Hold>, AgentError> {
        let Some(key) = self.key(session, &*session.ports.keys)? else {
            return Ok(None);
        };
        let opened = key.open_value(place(self.id), &self.body);
        let plain = opened.map_err(|_| AgentError::StoreDamaged)?;
        let kept: Kept =
            json::parse(&plain, MAX_KEPT_BYTES).map_err(|_| AgentError::StoreDamaged)?;
        let Kept { chat, title, kind, pseudonymous, signal, grant, at, fingerprint, body } = kept;
        Ok(Some(Hold {
            id: HoldId(self.id),
            chat,
            title,
            kind,
            naming: if pseudonymous { Naming::Pseudonyms } else { Naming::Names },
            signal,
            grant,
            at: Timestamp::from_millis(at),
            until: Timestamp::from_millis(self.began.wall) + self.longest,
            fingerprint,
            body,
        }))
    }

    fn key(
        &self,
        session: &Session<'_>,
        keys: &dyn KeyVault,
    ) -> Result<Option<DataKey>, AgentError> {
        let plain = match keys.unwrap(&self.alias, &self.wrapped) {
            Ok(plain) => plain,
            Err(KeyError::Lost) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let label = label(session, self.id, &[]);
        let key = plain.strip_prefix(label.as_slice()).ok_or(AgentError::StoreDamaged)?;
        let key: [u8; 32] = exact(key)?;
        let key = Zeroizing::new(key);
        Ok(Some(DataKey::new(&*key)?))
    }

    /// Removes the item and dooms its key.
    fn remove(&self, session: &Session<'_>, expired: bool) -> Result<(), AgentError> {
        session.prepare("DELETE FROM holds WHERE id = ?1")?.execute([self.id])?;
        session.doom(&self.alias)?;
        session
            .prepare(
                "UPDATE epochs SET holding = holding - 1, expired = expired + ?2 WHERE id = ?1",
            )?
            .execute([session.facts.row, i64::from(expired)])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
