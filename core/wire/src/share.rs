//! The line that says of shared chat text what concerns it as a whole.

use serde::{Deserialize, Serialize};

use crate::attachment::Attachment;
use crate::content::Content;
use crate::id::{ChatId, Digest};
use crate::record::Confidence;

/// Chat text that the employee shared, as a whole.
#[derive(Clone, Serialize, Deserialize)]
pub struct ShareLine {
    /// When it was shared.
    pub t: i64,
    /// The chat.
    pub chat: ChatId,
    /// Time of its first message; absent where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// The end of the minute of its last message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
    /// How many messages it holds.
    pub messages: u32,
    /// SHA-256 of the text as it was handed over, names included.
    pub text: Digest,
    /// What stands before the first message.
    pub header: Content,
    /// What stands after the last message, where it is not nothing.
    #[serde(default, skip_serializing_if = "Content::is_empty")]
    pub tail: Content,
    /// The app that handed it over, as the OS says; a hint and no proof.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referrer: Option<Content>,
    /// How sure the parser is of chat and messages.
    pub sure: Confidence,
    /// Files of which no message speaks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
}
