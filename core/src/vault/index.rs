//! Keyed hashes: names that mean nothing outside this store.

use data_encoding::BASE32_DNSCURVE;
use fenming_wire::Content;
use fenming_wire::id::ChatId;
use ring::hmac;

use super::Vault;
use crate::error::AgentError;
use crate::event::{ChatKey, Origin};

/// The keys of the hashes, one for each purpose, so that no table can be compared with another.
pub(super) struct Index {
    chat: hmac::Key,
    title: hmac::Key,
    sender: hmac::Key,
    seen: hmac::Key,
    basis: hmac::Key,
    pseudonym: hmac::Key,
}

impl Index {
    pub(super) fn new(index: &[u8], pseudonym: &[u8]) -> Self {
        Self {
            chat: derived(index, "chat"),
            title: derived(index, "title"),
            sender: derived(index, "sender"),
            seen: derived(index, "seen"),
            basis: derived(index, "basis"),
            pseudonym: derived(pseudonym, "pseudonym"),
        }
    }

    fn chat(&self, origin: Origin, key: &ChatKey) -> ChatId {
        let source = origin.source.code().as_bytes();
        let user = origin.user.to_be_bytes();
        ChatId::from_bytes(match key {
            ChatKey::Notification(id) => {
                hash(&self.chat, &[b"notification", source, &user, &id.to_be_bytes()])
            }
            ChatKey::Title(title) => {
                hash(&self.chat, &[b"title", source, &user, title.expose().as_bytes()])
            }
        })
    }

    /// Of a source, an OS user and a title.
    pub(super) fn title(&self, origin: Origin, title: &Content) -> [u8; 16] {
        let source = origin.source.code().as_bytes();
        hash(&self.title, &[source, &origin.user.to_be_bytes(), title.expose().as_bytes()])
    }

    /// Of a sender in a chat.
    pub(super) fn sender(&self, chat: ChatId, sender: &Content) -> [u8; 16] {
        hash(&self.sender, &[chat.as_bytes(), sender.expose().as_bytes()])
    }

    /// Of a record's fingerprint in a chat.
    pub(super) fn seen(&self, chat: ChatId, fingerprint: &Content) -> [u8; 16] {
        hash(&self.seen, &[chat.as_bytes(), fingerprint.expose().as_bytes()])
    }

    /// Of a consent and a reason.
    pub(super) fn basis(&self, grant: &[u8], why: &[u8]) -> [u8; 16] {
        hash(&self.basis, &[grant, why])
    }
}

impl Vault {
    /// The id of a chat: a keyed hash of source, OS user and what names the chat.
    ///
    /// # Errors
    /// [`AgentError::Suspended`].
    pub fn chat_id(&self, origin: Origin, key: &ChatKey) -> Result<ChatId, AgentError> {
        Ok(self.live()?.ring.index().chat(origin, key))
    }

    /// A counterpart's pseudonym, such as `联系人-k3f9ab`: the same for the same name throughout
    /// the chat, another in every other chat.
    ///
    /// # Errors
    /// [`AgentError::Suspended`].
    pub fn pseudonym(&self, chat: ChatId, name: &Content) -> Result<Content, AgentError> {
        let key = &self.live()?.ring.index().pseudonym;
        let bytes: [u8; 5] = hash(key, &[chat.as_bytes(), name.expose().as_bytes()]);
        // An alphabet of base 32 without vowels spells no word.
        Ok(Content::new(format!("联系人-{}", BASE32_DNSCURVE.encode(&bytes))))
    }
}

fn derived(key: &[u8], purpose: &str) -> hmac::Key {
    let root = hmac::Key::new(hmac::HMAC_SHA256, key);
    let name = [b"fenming.index.", purpose.as_bytes()].concat();
    hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&root, &name).as_ref())
}

/// The first `N` bytes of the keyed hash over the parts, each with its length.
fn hash<const N: usize>(key: &hmac::Key, parts: &[&[u8]]) -> [u8; N] {
    let mut context = hmac::Context::with_key(key);
    for part in parts {
        context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.update(part);
    }
    let mut out = [0; N];
    for (to, from) in out.iter_mut().zip(context.sign().as_ref()) {
        *to = *from;
    }
    out
}

#[cfg(test)]
mod tests;
