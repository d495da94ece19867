//! Documents and small states, encrypted, each kind once or with its history.

use fenming_wire::consent::{ConsentGrant, ConsentWithdrawal};
use fenming_wire::envelope::Envelope;
use fenming_wire::json;
use fenming_wire::policy::Policy;
use fenming_wire::trust::TrustDocument;
use rusqlite::params;
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::Vault;
use super::aead::Place;
use super::session::Session;
use crate::error::AgentError;

/// A kind of document that the store keeps. Never for a type that can hold a message: those are
/// stored as a [`Record`](crate::record::Record) or not at all, and outside this crate there is no
/// other way at all.
pub(crate) trait Stored: Serialize + DeserializeOwned {
    /// Its name in the store; one for each type, for ever.
    const KIND: &'static str;

    /// Whether earlier versions are kept when a new one is put.
    const HISTORY: bool = false;
}

impl Stored for Envelope<TrustDocument> {
    const KIND: &'static str = "trust";
}

impl Stored for Envelope<Policy> {
    const KIND: &'static str = "policy";
}

impl Stored for Envelope<ConsentGrant> {
    const KIND: &'static str = "consent_grant";
    const HISTORY: bool = true;
}

impl Stored for Envelope<ConsentWithdrawal> {
    const KIND: &'static str = "consent_withdrawal";
    const HISTORY: bool = true;
}

/// Most bytes of a document: the largest policy in base64, and its signatures.
const MAX_BYTES: usize = 4 * 1024 * 1024;

impl Vault {
    /// Puts a document in the place of the one of its kind, or behind it where history is kept.
    ///
    /// # Errors
    /// As the store's.
    pub(crate) fn put<T: Stored>(&mut self, document: &T) -> Result<(), AgentError> {
        let plain = json::write(document).map(Zeroizing::new);
        let plain = plain.map_err(|_| AgentError::Internal("a document cannot be written"))?;
        self.change(1, |session| put(session, T::KIND, &plain, T::HISTORY))
    }

    /// The document of this kind that was put last.
    ///
    /// # Errors
    /// As the store's.
    pub(crate) fn get<T: Stored>(&self) -> Result<Option<T>, AgentError> {
        self.read(|session| latest(session, T::KIND)?.map(|plain| read(&plain)).transpose())
    }

    /// Every consent that was ever given on this phone, oldest first.
    ///
    /// # Errors
    /// As the store's.
    pub fn consents(&self) -> Result<Vec<Envelope<ConsentGrant>>, AgentError> {
        self.read(history)
    }

    /// Every withdrawal of consent, oldest first.
    ///
    /// # Errors
    /// As the store's.
    pub fn withdrawals(&self) -> Result<Vec<Envelope<ConsentWithdrawal>>, AgentError> {
        self.read(history)
    }

    /// Puts bytes that another room encodes itself, in the place of those of the same kind. Never
    /// a message.
    ///
    /// # Errors
    /// As the store's.
    pub(crate) fn put_bytes(&mut self, kind: &'static str, bytes: &[u8]) -> Result<(), AgentError> {
        self.change(1, |session| put(session, kind, bytes, false))
    }

    /// The bytes that [`Vault::put_bytes`] put last.
    ///
    /// # Errors
    /// As the store's.
    pub(crate) fn bytes(
        &self,
        kind: &'static str,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, AgentError> {
        self.read(|session| latest(session, kind))
    }
}

/// Puts a document in the place of those of its kind, or behind them.
pub(super) fn put(
    session: &Session<'_>,
    kind: &'static str,
    plain: &[u8],
    history: bool,
) -> Result<(), AgentError> {
    if !history {
        session.prepare("DELETE FROM documents WHERE kind = ?1")?.execute([kind])?;
    }
    let id = session.next_id();
    let sealed = session.seal(place(kind, id), plain)?;
    session
        .prepare("INSERT INTO documents (id, kind, body) VALUES (?1, ?2, ?3)")?
        .execute(params![id, kind, sealed])?;
    Ok(())
}

fn history<T: Stored>(session: &Session<'_>) -> Result<Vec<T>, AgentError> {
    let mut statement =
        session.prepare("SELECT id, body FROM documents WHERE kind = ?1 ORDER BY id")?;
    let mut rows = statement.query([T::KIND])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let plain = session.open(place(T::KIND, row.get(0)?), &row.get::<_, Vec<u8>>(1)?)?;
        found.push(read(&plain)?);
    }
    Ok(found)
}

fn latest(
    session: &Session<'_>,
    kind: &'static str,
) -> Result<Option<Zeroizing<Vec<u8>>>, AgentError> {
    let newest = "SELECT id, body FROM documents WHERE kind = ?1 ORDER BY id DESC LIMIT 1";
    let mut statement = session.prepare(newest)?;
    let mut rows = statement.query([kind])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    session.open(place(kind, row.get(0)?), &row.get::<_, Vec<u8>>(1)?).map(Some)
}

fn read<T: Stored>(plain: &[u8]) -> Result<T, AgentError> {
    json::parse(plain, MAX_BYTES).map_err(|_| AgentError::StoreDamaged)
}

/// The kind is bound as well: a policy does not open as a trust document.
fn place(kind: &str, row: i64) -> Place<'_> {
    Place { table: "documents", column: kind, row }
}

#[cfg(test)]
mod tests;
