//! Records: what was captured, and what the agent says of itself.

mod row;

use fenming_wire::Content;
use fenming_wire::id::ChatId;
use fenming_wire::record::Body;
use fenming_wire::time::Span;
use rusqlite::{OptionalExtension, params};
use zeroize::Zeroizing;

use super::chats::{self, BusinessChat};
use super::counters::{self, Counter};
use super::error::{length, stored};
use super::session::Session;
use super::steady::Moment;
use super::{Vault, counsel, files, numbers};
use crate::error::AgentError;
use crate::record::{Declaration, Record};

pub(super) use row::Row;

/// A record in this store. Later ones are greater, whatever the clock said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId(pub(super) i64);

/// What became of an entry that was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// It is stored.
    New(RecordId),
    /// It has been stored before, under the same fingerprint; nothing changed.
    Duplicate,
    /// It is sealed to counsel alone, for a suspicion.
    ToCounsel,
    /// Too much waits on the phone; it was not stored. Capture has to stop and to say so.
    QueueFull,
}

/// What [`Vault::write`] stores.
#[derive(Clone, Copy)]
pub enum Entry<'a> {
    /// Something captured.
    Record(&'a Record),
    /// Something that the agent says of itself; it is stored even where the queue is full.
    Declaration(&'a Declaration),
    /// Adds to a counter.
    Count(Counter, u64),
}

/// Where a record is on its way, as its row says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Queued = 0,
    Sealed = 1,
    Retracted = 2,
    Parked = 3,
    Destroyed = 4,
}

/// What a line says, as its row says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    ConsentGrant = 1,
    ConsentWithdrawal = 2,
    Chat = 3,
    Message = 4,
    Recall = 5,
    Call = 6,
    Coverage = 7,
    Override = 8,
    Share = 9,
}

impl RecordId {
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

impl State {
    pub(super) const fn code(self) -> i64 {
        self as i64
    }
}

impl Kind {
    pub(super) const fn code(self) -> i64 {
        self as i64
    }

    fn of(body: &Body) -> Result<Self, AgentError> {
        Ok(match body {
            Body::ConsentGrant(_) => Self::ConsentGrant,
            Body::ConsentWithdrawal(_) => Self::ConsentWithdrawal,
            Body::Chat(_) => Self::Chat,
            Body::Message(_) => Self::Message,
            Body::Recall(_) => Self::Recall,
            Body::Call(_) => Self::Call,
            Body::Coverage(_) => Self::Coverage,
            Body::Override(_) => Self::Override,
            Body::Share(_) => Self::Share,
            // Genesis and balance are composed when a batch is sealed.
            _ => return Err(AgentError::InputInvalid { field: "body", reason: "is no record" }),
        })
    }
}

impl Vault {
    /// Stores a record, once. A recall gets up to three candidates: the latest messages of the
    /// chat, of the same sender where it is shown.
    ///
    /// # Errors
    /// [`AgentError::InputInvalid`] where its line would be too long; as the store's.
    pub fn append(&mut self, record: &Record) -> Result<Appended, AgentError> {
        self.change(VALUES, |session| append(session, record, numbers::room(session)?))
    }

    /// Stores several records in one transaction, all or none, in their order.
    ///
    /// # Errors
    /// As [`Vault::append`].
    pub fn append_many(&mut self, records: &[Record]) -> Result<Vec<Appended>, AgentError> {
        let entries: Vec<Entry<'_>> = records.iter().map(Entry::Record).collect();
        self.write(&entries)
    }

    /// Stores a declaration.
    ///
    /// # Errors
    /// As the store's.
    pub fn declare(&mut self, declaration: &Declaration) -> Result<RecordId, AgentError> {
        self.change(VALUES, |session| declare(session, declaration))
    }

    /// Stores several entries in one transaction, all or none, in their order. Returns what became
    /// of each record and declaration among them; the others have nothing to tell.
    ///
    /// # Errors
    /// As [`Vault::append`].
    pub fn write(&mut self, entries: &[Entry<'_>]) -> Result<Vec<Appended>, AgentError> {
        self.change(entries.len().saturating_mul(VALUES), |session| {
            let mut room = numbers::room(session)?;
            let mut outcomes = Vec::with_capacity(entries.len());
            for entry in entries {
                if let Some(outcome) = put(session, entry, room)? {
                    room = room.saturating_sub(u64::from(matches!(outcome, Appended::New(_))));
                    outcomes.push(outcome);
                }
            }
            Ok(outcomes)
        })
    }

    /// Stores what became of one event: the records that follow from it and, where it is new, what
    /// is known of their chat. Each has a fingerprint of its own. Where the queue has no room for
    /// all of them it takes none, so that the store never knows a chat of which the archive has no
    /// line.
    ///
    /// # Errors
    /// As [`Vault::append`].
    pub fn capture(
        &mut self,
        chat: Option<BusinessChat<'_>>,
        records: &[Record],
    ) -> Result<Vec<Appended>, AgentError> {
        self.change((records.len() + 1).saturating_mul(VALUES), |session| {
            let looks = records.iter().map(|record| look(session, record));
            let looks: Vec<Option<[u8; 16]>> = looks.collect::<Result<_, _>>()?;
            let new = u64::try_from(looks.iter().flatten().count()).unwrap_or(u64::MAX);
            let room = if new == 0 { 0 } else { numbers::room(session)? };
            let room = if new > room { 0 } else { room };
            if let Some(chat) = chat.filter(|_| new == 0 || room > 0) {
                chats::put_business(session, &chat)?;
            }
            let looked = records.iter().zip(looks);
            looked.map(|(record, seen)| store(session, record, seen, room)).collect()
        })
    }

    /// Names the records that show the same as this one, such as the notification of a message that
    /// was shared later.
    ///
    /// # Errors
    /// As the store's.
    pub fn relate(&mut self, record: RecordId, to: &[RecordId]) -> Result<(), AgentError> {
        if to.is_empty() {
            return Ok(());
        }
        let ids: Vec<u8> = to.iter().flat_map(|other| other.0.to_be_bytes()).collect();
        self.change(0, |session| {
            session
                .prepare("UPDATE records SET candidates = ?2 WHERE id = ?1")?
                .execute(params![record.0, ids])?;
            Ok(())
        })
    }

    /// Whether a record with this fingerprint was stored before, whatever became of it.
    ///
    /// # Errors
    /// As the store's.
    pub fn is_stored(&self, chat: ChatId, fingerprint: &Content) -> Result<bool, AgentError> {
        self.read(|session| is_seen(session, &session.index().seen(chat, fingerprint)))
    }

    /// Takes a record back: its content is overwritten, the books count it as retracted.
    ///
    /// # Errors
    /// [`AgentError::TooLate`] where it was sealed or the review window has passed;
    /// [`AgentError::NotFound`]; as the store's.
    pub fn retract(&mut self, record: RecordId, review: Span) -> Result<(), AgentError> {
        self.change(0, |session| {
            let row = Standing::of(session, record)?;
            let sealed = row.state == State::Sealed.code() || row.state == State::Parked.code();
            if sealed
                || (row.state == State::Queued.code() && row.moment.reviewed(session.now, review))
            {
                return Err(AgentError::TooLate);
            }
            // A declaration is no capture, and what is gone already is not there.
            if row.state != State::Queued.code() || !row.is_capture {
                return Err(AgentError::NotFound("record"));
            }
            empty(session, record.0, State::Retracted)?;
            move_books(session, "retracted", u64::from(row.counted), 1)?;
            chats::uncount(session, row.chat.as_deref(), row.counted)
        })
    }

    /// Destroys what was captured and not yet sealed, after a withdrawal under a policy that says
    /// so. Declarations stay. Returns how many counted records the books now call destroyed.
    ///
    /// # Errors
    /// As the store's.
    pub fn destroy_unsent(&mut self) -> Result<u64, AgentError> {
        self.change(0, |session| {
            let rows: Vec<(i64, bool)> = session
                .prepare("SELECT id, counted FROM records WHERE state = 0 AND seen IS NOT NULL")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<Result<_, _>>()?;
            for (id, _) in &rows {
                empty(session, *id, State::Destroyed)?;
            }
            let counted = rows.iter().filter(|(_, counted)| *counted).count();
            let counted = u64::try_from(counted).unwrap_or(u64::MAX);
            move_books(session, "destroyed", counted, rows.len())?;
            Ok(counted)
        })
    }
}

/// How many values one entry seals at most.
pub(super) const VALUES: usize = 3;

fn put(
    session: &Session<'_>,
    entry: &Entry<'_>,
    room: u64,
) -> Result<Option<Appended>, AgentError> {
    match entry {
        Entry::Record(record) => append(session, record, room).map(Some),
        Entry::Declaration(declaration) => Ok(Some(Appended::New(declare(session, declaration)?))),
        Entry::Count(counter, added) => counters::add(session, *counter, *added).map(|()| None),
    }
}

/// Stores a record, once.
pub(super) fn append(
    session: &Session<'_>,
    record: &Record,
    room: u64,
) -> Result<Appended, AgentError> {
    store(session, record, look(session, record)?, room)
}

/// The keyed hash of the record's fingerprint; none where it was stored before.
fn look(session: &Session<'_>, record: &Record) -> Result<Option<[u8; 16]>, AgentError> {
    let seen = session.index().seen(record.chat(), record.fingerprint());
    Ok((!is_seen(session, &seen)?).then_some(seen))
}

/// Stores a record that was looked up.
fn store(
    session: &Session<'_>,
    record: &Record,
    seen: Option<[u8; 16]>,
    room: u64,
) -> Result<Appended, AgentError> {
    let Some(seen) = seen else { return Ok(Appended::Duplicate) };
    if room == 0 {
        return Ok(Appended::QueueFull);
    }
    if let Some(counsel) = record.counsel() {
        let sealed = counsel::seal(session, (record, seen), counsel)?;
        return Ok(if sealed { Appended::ToCounsel } else { Appended::QueueFull });
    }
    let row = Row::of(session, record, seen)?;
    let id = row.insert(session, &json(record.body())?)?;
    if row.counted {
        chats::count(session, record.chat())?;
    }
    Ok(Appended::New(id))
}

/// Stores a declaration.
pub(super) fn declare(
    session: &Session<'_>,
    declaration: &Declaration,
) -> Result<RecordId, AgentError> {
    let body = declaration.body();
    let chat = match body {
        Body::Coverage(line) => line.chat,
        _ => None,
    };
    let row = Row {
        kind: Kind::of(body)?.code(),
        counted: false,
        seen: None,
        basis: None,
        class: None,
        chat,
        sender: None,
        candidates: None,
    };
    row.insert(session, &json(body)?)
}

/// Whether a record with this fingerprint was stored before, whatever became of it.
pub(super) fn is_seen(session: &Session<'_>, seen: &[u8; 16]) -> Result<bool, AgentError> {
    let stored = session.prepare("SELECT 1 FROM records WHERE seen = ?1")?.exists([seen])?;
    Ok(stored || counsel::is_seen(session, seen)?)
}

/// The JSON under which a body is stored.
pub(super) fn json(body: &Body) -> Result<Zeroizing<Vec<u8>>, AgentError> {
    let too_long =
        AgentError::InputInvalid { field: "body", reason: "is longer than a line may be" };
    body.to_json().map(Zeroizing::new).map_err(|_| too_long)
}

/// What decides whether a record can be taken back.
struct Standing {
    state: i64,
    counted: bool,
    is_capture: bool,
    chat: Option<Vec<u8>>,
    moment: Moment,
}

impl Standing {
    fn of(session: &Session<'_>, record: RecordId) -> Result<Self, AgentError> {
        session
            .prepare(
                "SELECT state, counted, seen IS NOT NULL, chat, wall, run, tick
                 FROM records WHERE id = ?1",
            )?
            .query_row([record.0], |row| {
                let moment = Moment { wall: row.get(4)?, run: row.get(5)?, tick: row.get(6)? };
                Ok(Self {
                    state: row.get(0)?,
                    counted: row.get(1)?,
                    is_capture: row.get(2)?,
                    chat: row.get(3)?,
                    moment,
                })
            })
            .optional()?
            .ok_or(AgentError::NotFound("record"))
    }
}

/// Leaves nothing of a record but that it was seen. `secure_delete` overwrites what is freed.
fn empty(session: &Session<'_>, id: i64, state: State) -> Result<(), AgentError> {
    files::forget_of(session, id)?;
    session
        .prepare(
            "UPDATE records SET state = ?2, basis = NULL, class = NULL, chat = NULL,
                    sender = NULL, key = NULL, body = NULL, candidates = NULL WHERE id = ?1",
        )?
        .execute([id, state.code()])?;
    Ok(())
}

/// Moves counted records from the queue to another column of the books, and takes lines out of
/// the queue.
pub(super) fn move_books(
    session: &Session<'_>,
    column: &'static str,
    counted: u64,
    lines: usize,
) -> Result<(), AgentError> {
    let statement = format!(
        "UPDATE epochs SET queued = queued - ?2, {column} = {column} + ?2, waiting = waiting - ?3
         WHERE id = ?1"
    );
    session.prepare(&statement)?.execute([session.facts.row, stored(counted), length(lines)])?;
    Ok(())
}

#[cfg(test)]
mod tests;
