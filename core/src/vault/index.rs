//! Keyed hashes: names that mean nothing outside this store.

use fenming_wire::Content;
use fenming_wire::id::ChatId;

use super::{UNFINISHED, Vault};
use crate::error::AgentError;
use crate::event::{ChatKey, Origin};

impl Vault {
    /// The id of a chat: a keyed hash of source, OS user and what names the chat.
    ///
    /// # Errors
    /// [`AgentError::Suspended`].
    pub fn chat_id(&self, _origin: Origin, _key: &ChatKey) -> Result<ChatId, AgentError> {
        Err(UNFINISHED)
    }

    /// A counterpart's pseudonym, such as `联系人-k3f9ab`: the same for the same name throughout
    /// the chat, another in every other chat.
    ///
    /// # Errors
    /// [`AgentError::Suspended`].
    pub fn pseudonym(&self, _chat: ChatId, _name: &Content) -> Result<Content, AgentError> {
        Err(UNFINISHED)
    }
}
