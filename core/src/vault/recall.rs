//! Which messages a recall may mean.

use fenming_wire::Content;
use fenming_wire::record::Body;
use rusqlite::params;

use super::error::exact;
use super::records::{Kind, State};
use super::session::Session;
use crate::error::AgentError;
use crate::record::Record;

/// Most candidates of a recall: WeChat allows two minutes, in which few messages come.
const MOST: i64 = 3;

/// Who sent or recalled, where it is shown.
fn from(body: &Body) -> Option<&Content> {
    match body {
        Body::Message(line) => line.from.as_ref(),
        Body::Recall(line) => line.from.as_ref(),
        _ => None,
    }
}

/// The keyed hash of the sender.
pub(super) fn sender(session: &Session<'_>, record: &Record) -> Option<[u8; 16]> {
    from(record.body()).map(|name| session.index().sender(record.chat(), name))
}

/// The latest messages of the chat, likeliest first: of the same sender where one is shown, or of
/// one that is not known.
pub(super) fn candidates(
    session: &Session<'_>,
    record: &Record,
) -> Result<Option<Vec<u8>>, AgentError> {
    if !matches!(record.body(), Body::Recall(_)) {
        return Ok(None);
    }
    let mut statement = session.prepare(
        "SELECT id FROM records
         WHERE chat = ?1 AND kind = ?2 AND state IN (?3, ?4)
               AND (?5 IS NULL OR sender IS NULL OR sender = ?5)
         ORDER BY id DESC LIMIT ?6",
    )?;
    let mut rows = statement.query(params![
        record.chat().as_bytes(),
        Kind::Message.code(),
        State::Queued.code(),
        State::Sealed.code(),
        sender(session, record),
        MOST
    ])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.extend_from_slice(&row.get::<_, i64>(0)?.to_be_bytes());
    }
    Ok(Some(found))
}

/// The ids that [`candidates`] stored.
pub(super) fn ids(stored: &[u8]) -> Result<Vec<i64>, AgentError> {
    stored.chunks(8).map(|chunk| Ok(i64::from_be_bytes(exact(chunk)?))).collect()
}
