//! Chats: what the employee and the rules say of them.
//!
//! A title is stored only of a business chat. Of any other chat the store knows at most a keyed
//! hash and what the employee said of it.

use fenming_wire::Content;
use fenming_wire::id::{ChatId, RetentionClass};
use fenming_wire::json;
use fenming_wire::policy::ChatKind;
use fenming_wire::record::Why;
use fenming_wire::time::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use super::Vault;
use super::aead::Place;
use super::error::{counted, length, stored};
use super::session::{Session, chat_id};
use crate::consent::Counterpart;
use crate::error::AgentError;
use crate::event::{ChatSeen, Origin};
use crate::tag::{Business, EmployeeTag, Verdict};

/// A chat as the store knows it.
pub struct Chat {
    /// Its id.
    pub id: ChatId,
    /// Its title as last shown; only of a business chat.
    pub title: Option<Content>,
    /// Its kind, as far as it is known.
    pub kind: ChatKind,
    /// What the employee said of it.
    pub tag: Option<EmployeeTag>,
    /// The last verdict that was stored.
    pub verdict: Option<StoredVerdict>,
    /// What its counterpart knows.
    pub counterpart: Counterpart,
    /// When it was first stored.
    pub since: Timestamp,
    /// When something of it was last captured.
    pub last: Option<Timestamp>,
    /// Messages, recalls and calls captured of it.
    pub captured: u64,
}

/// What is known of a business chat.
#[derive(Clone, Copy)]
pub struct BusinessChat<'a> {
    /// The chat.
    pub id: ChatId,
    /// Where it was seen.
    pub origin: Origin,
    /// Title and kind as shown.
    pub seen: &'a ChatSeen,
    /// The verdict.
    pub business: &'a Business,
}

/// A page of chats, the latest first.
pub struct ChatPage {
    /// The chats.
    pub chats: Vec<Chat>,
    /// Where the next page begins, where there is one.
    pub next: Option<u64>,
}

/// A verdict as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredVerdict {
    /// What the chat is.
    pub kind: VerdictKind,
    /// Why; of an undecided chat, what speaks for business.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
    /// Of a business chat, the retention class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<RetentionClass>,
}

/// What a chat is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictKind {
    /// Business.
    Business,
    /// Personal.
    Personal,
    /// Undecided.
    Undecided,
}

impl From<&Verdict> for StoredVerdict {
    fn from(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Business(business) => business.into(),
            Verdict::Personal(why) => {
                Self { kind: VerdictKind::Personal, why: Some(why.clone()), class: None }
            }
            Verdict::Undecided { signal } => {
                Self { kind: VerdictKind::Undecided, why: signal.clone(), class: None }
            }
        }
    }
}

impl From<&Business> for StoredVerdict {
    fn from(business: &Business) -> Self {
        Self {
            kind: VerdictKind::Business,
            why: Some(business.why().clone()),
            class: Some(business.class().clone()),
        }
    }
}

impl Vault {
    /// A chat, where the store knows it.
    ///
    /// # Errors
    /// As the store's.
    pub fn chat(&self, chat: ChatId) -> Result<Option<Chat>, AgentError> {
        self.read(|session| find(session, chat))
    }

    /// The business chat that last had this title, for a call whose peer's name is all that is
    /// known. None where two chats share the title.
    ///
    /// # Errors
    /// As the store's.
    pub fn chat_titled(
        &self,
        origin: Origin,
        title: &Content,
    ) -> Result<Option<ChatId>, AgentError> {
        self.read(|session| {
            let hash = session.index().title(origin, title);
            let mut statement =
                session.prepare("SELECT chat FROM chats WHERE hash = ?1 LIMIT 2")?;
            let found: Vec<Vec<u8>> =
                statement.query_map([hash], |row| row.get(0))?.collect::<Result<_, _>>()?;
            match found.as_slice() {
                [only] => chat_id(only).map(Some),
                _ => Ok(None),
            }
        })
    }

    /// Stores what is known of a business chat: title, kind and verdict. Returns whether any of
    /// it is new.
    ///
    /// # Errors
    /// As the store's.
    pub fn put_business_chat(
        &mut self,
        chat: ChatId,
        (origin, seen): (Origin, &ChatSeen),
        business: &Business,
    ) -> Result<bool, AgentError> {
        let known = BusinessChat { id: chat, origin, seen, business };
        if self.read(|session| news(session, &known))?.is_none() {
            return Ok(false);
        }
        self.change(VALUES, |session| put_business(session, &known))
    }

    /// Stores what the employee says of a chat; none takes it back. A chat that is tagged personal
    /// loses its title and the verdict it had.
    ///
    /// # Errors
    /// As the store's.
    pub fn tag_chat(&mut self, chat: ChatId, tag: Option<EmployeeTag>) -> Result<(), AgentError> {
        self.change(0, |session| {
            let id = row_of(session, chat)?;
            session
                .prepare("UPDATE chats SET tag = ?2, updated = ?3 WHERE id = ?1")?
                .execute(params![id, tag.map(tag_code), session.next_id()])?;
            if tag == Some(EmployeeTag::Personal) {
                session
                    .prepare(
                        "UPDATE chats SET title = NULL, hash = NULL, verdict = NULL, kind = 0
                         WHERE id = ?1",
                    )?
                    .execute([id])?;
            }
            Ok(())
        })
    }

    /// Stores what the counterpart of a chat knows.
    ///
    /// # Errors
    /// As the store's.
    pub fn set_counterpart(
        &mut self,
        chat: ChatId,
        counterpart: Counterpart,
    ) -> Result<(), AgentError> {
        self.change(0, |session| {
            let id = row_of(session, chat)?;
            session
                .prepare("UPDATE chats SET counterpart = ?2, updated = ?3 WHERE id = ?1")?
                .execute([id, counterpart_code(counterpart), session.next_id()])?;
            Ok(())
        })
    }

    /// The chats that the store knows, the latest first; `before` is [`ChatPage::next`]. At most
    /// 500 at once.
    ///
    /// # Errors
    /// As the store's.
    pub fn chats(&self, before: Option<u64>, limit: u16) -> Result<ChatPage, AgentError> {
        self.read(|session| {
            let limit = usize::from(limit.clamp(1, MAX_PAGE));
            let statement = format!(
                "SELECT {COLUMNS} FROM chats WHERE updated < ?1 ORDER BY updated DESC LIMIT ?2"
            );
            let mut statement = session.prepare(&statement)?;
            let mut rows = statement.query([before.map_or(i64::MAX, stored), length(limit)])?;
            let (mut chats, mut last) = (Vec::new(), 0);
            while let Some(row) = rows.next()? {
                last = row.get::<_, i64>(2)?;
                chats.push(read(session, row)?);
            }
            let next = if chats.len() == limit { Some(counted(last)?) } else { None };
            Ok(ChatPage { chats, next })
        })
    }
}

/// Most rows of a page.
pub(super) const MAX_PAGE: u16 = 500;

/// How many values a chat seals at most.
const VALUES: usize = 2;

const COLUMNS: &str =
    "id, chat, updated, since, last, captured, tag, counterpart, kind, title, verdict";

/// The kind of a business chat, and its verdict, where any of what is known is new.
fn news(
    session: &Session<'_>,
    chat: &BusinessChat<'_>,
) -> Result<Option<(ChatKind, StoredVerdict)>, AgentError> {
    let verdict = StoredVerdict::from(chat.business);
    let before = find(session, chat.id)?;
    let kind = match (chat.seen.kind, &before) {
        (ChatKind::Unknown, Some(before)) => before.kind,
        (kind, _) => kind,
    };
    let same = before.is_some_and(|before| {
        before.kind == kind
            && before.title.as_ref() == Some(&chat.seen.title)
            && before.verdict.as_ref() == Some(&verdict)
    });
    Ok((!same).then_some((kind, verdict)))
}

/// Stores what is known of a business chat. Returns whether any of it is new.
pub(super) fn put_business(
    session: &Session<'_>,
    chat: &BusinessChat<'_>,
) -> Result<bool, AgentError> {
    let Some((kind, verdict)) = news(session, chat)? else {
        return Ok(false);
    };
    let title = &chat.seen.title;
    let id = row_of(session, chat.id)?;
    let verdict =
        json::write(&verdict).map_err(|_| AgentError::Internal("a verdict cannot be written"))?;
    session
        .prepare(
            "UPDATE chats SET hash = ?2, kind = ?3, title = ?4, verdict = ?5, updated = ?6
             WHERE id = ?1",
        )?
        .execute(params![
            id,
            session.index().title(chat.origin, title),
            kind_code(kind),
            session.seal(place("title", id), title.expose().as_bytes())?,
            session.seal(place("verdict", id), &verdict)?,
            session.next_id()
        ])?;
    Ok(true)
}

/// Counts a capture of the chat, where the store knows the chat.
pub(super) fn count(session: &Session<'_>, chat: ChatId) -> Result<(), AgentError> {
    session
        .prepare(
            "UPDATE chats SET captured = captured + 1, last = ?2, updated = ?3 WHERE chat = ?1",
        )?
        .execute(params![chat.as_bytes(), session.now.wall, session.next_id()])?;
    Ok(())
}

/// Takes the count of a capture back.
pub(super) fn uncount(
    session: &Session<'_>,
    chat: Option<&[u8]>,
    counted: bool,
) -> Result<(), AgentError> {
    session
        .prepare("UPDATE chats SET captured = max(captured - ?2, 0) WHERE chat = ?1")?
        .execute(params![chat, counted])?;
    Ok(())
}

/// The row of a chat, made where there is none.
fn row_of(session: &Session<'_>, chat: ChatId) -> Result<i64, AgentError> {
    let known = session
        .prepare("SELECT id FROM chats WHERE chat = ?1")?
        .query_row([chat.as_bytes()], |row| row.get(0))
        .optional()?;
    if let Some(id) = known {
        return Ok(id);
    }
    let id = session.next_id();
    session
        .prepare("INSERT INTO chats (id, chat, updated, since) VALUES (?1, ?2, ?1, ?3)")?
        .execute(params![id, chat.as_bytes(), session.now.wall])?;
    Ok(id)
}

fn find(session: &Session<'_>, chat: ChatId) -> Result<Option<Chat>, AgentError> {
    let mut statement = session.prepare(&format!("SELECT {COLUMNS} FROM chats WHERE chat = ?1"))?;
    let mut rows = statement.query([chat.as_bytes()])?;
    rows.next()?.map(|row| read(session, row)).transpose()
}

/// Reads a row of [`COLUMNS`].
fn read(session: &Session<'_>, row: &Row<'_>) -> Result<Chat, AgentError> {
    let id = row.get(0)?;
    let open = |column, value: Option<Vec<u8>>| {
        value.map(|value| session.open(place(column, id), &value)).transpose()
    };
    let title = open("title", row.get(9)?)?
        .map(|plain| str::from_utf8(&plain).map(Content::from).map_err(|_| DAMAGED))
        .transpose()?;
    let verdict = open("verdict", row.get(10)?)?
        .map(|plain| json::parse(&plain, MAX_VERDICT_BYTES).map_err(|_| DAMAGED))
        .transpose()?;
    let tag: Option<i64> = row.get(6)?;
    let last: Option<i64> = row.get(4)?;
    Ok(Chat {
        id: chat_id(&row.get::<_, Vec<u8>>(1)?)?,
        title,
        kind: kind_of(row.get(8)?)?,
        tag: tag.map(tag_of).transpose()?,
        verdict,
        counterpart: counterpart_of(row.get(7)?)?,
        since: Timestamp::from_millis(row.get(3)?),
        last: last.map(Timestamp::from_millis),
        captured: counted(row.get(5)?)?,
    })
}

const DAMAGED: AgentError = AgentError::StoreDamaged;

/// Most bytes of a stored verdict: three names of 64 bytes, and the words around them.
const MAX_VERDICT_BYTES: usize = 4 * 1024;

fn place(column: &'static str, row: i64) -> Place<'static> {
    Place { table: "chats", column, row }
}

const fn tag_code(tag: EmployeeTag) -> i64 {
    match tag {
        EmployeeTag::Business => 1,
        EmployeeTag::Personal => 2,
    }
}

const fn tag_of(code: i64) -> Result<EmployeeTag, AgentError> {
    match code {
        1 => Ok(EmployeeTag::Business),
        2 => Ok(EmployeeTag::Personal),
        _ => Err(DAMAGED),
    }
}

const fn counterpart_code(counterpart: Counterpart) -> i64 {
    match counterpart {
        Counterpart::Unknown => 0,
        Counterpart::Told => 1,
        Counterpart::Consented => 2,
        Counterpart::Objected => 3,
    }
}

const fn counterpart_of(code: i64) -> Result<Counterpart, AgentError> {
    match code {
        0 => Ok(Counterpart::Unknown),
        1 => Ok(Counterpart::Told),
        2 => Ok(Counterpart::Consented),
        3 => Ok(Counterpart::Objected),
        _ => Err(DAMAGED),
    }
}

const fn kind_code(kind: ChatKind) -> i64 {
    match kind {
        ChatKind::Unknown => 0,
        ChatKind::Direct => 1,
        ChatKind::Group => 2,
        ChatKind::Service => 3,
    }
}

const fn kind_of(code: i64) -> Result<ChatKind, AgentError> {
    match code {
        0 => Ok(ChatKind::Unknown),
        1 => Ok(ChatKind::Direct),
        2 => Ok(ChatKind::Group),
        3 => Ok(ChatKind::Service),
        _ => Err(DAMAGED),
    }
}

#[cfg(test)]
mod tests;
