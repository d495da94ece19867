//! Documents and small states, encrypted, each kind once or with its history.

use fenming_wire::consent::{ConsentGrant, ConsentWithdrawal};
use fenming_wire::envelope::Envelope;
use fenming_wire::policy::Policy;
use fenming_wire::trust::TrustDocument;
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::{UNFINISHED, Vault};
use crate::error::AgentError;

/// A kind of document that the store keeps. Never for a type that can hold a message: those are
/// stored as a [`Record`](crate::record::Record) or not at all.
pub trait Stored: Serialize + DeserializeOwned {
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

impl Vault {
    /// Puts a document in the place of the one of its kind, or behind it where history is kept.
    ///
    /// # Errors
    /// As the store's.
    pub fn put<T: Stored>(&mut self, _document: &T) -> Result<(), AgentError> {
        Err(UNFINISHED)
    }

    /// The document of this kind that was put last.
    ///
    /// # Errors
    /// As the store's.
    pub fn get<T: Stored>(&self) -> Result<Option<T>, AgentError> {
        Err(UNFINISHED)
    }

    /// All documents of this kind, oldest first.
    ///
    /// # Errors
    /// As the store's.
    pub fn history<T: Stored>(&self) -> Result<Vec<T>, AgentError> {
        Err(UNFINISHED)
    }

    /// Puts bytes that another room encodes itself, in the place of those of the same kind. Never
    /// a message.
    ///
    /// # Errors
    /// As the store's.
    pub fn put_bytes(&mut self, _kind: &'static str, _bytes: &[u8]) -> Result<(), AgentError> {
        Err(UNFINISHED)
    }

    /// The bytes that [`Vault::put_bytes`] put last.
    ///
    /// # Errors
    /// As the store's.
    pub fn bytes(&self, _kind: &'static str) -> Result<Option<Zeroizing<Vec<u8>>>, AgentError> {
        Err(UNFINISHED)
    }

    /// Removes the documents of this kind. Returns whether there was one.
    ///
    /// # Errors
    /// As the store's.
    pub fn remove<T: Stored>(&mut self) -> Result<bool, AgentError> {
        Err(UNFINISHED)
    }
}
