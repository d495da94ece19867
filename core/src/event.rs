//! What a parser makes of observations. Held in memory only.

use fenming_wire::Content;
use fenming_wire::attachment::Attachment;
use fenming_wire::id::Digest;
use fenming_wire::policy::ChatKind;
use fenming_wire::record::{CallMedium, CallOutcome, Confidence, Direction, Media, Raw};
use fenming_wire::source::Source;
use fenming_wire::time::Timestamp;

use crate::observation::OsProfile;

/// Something that happened in a chat, or that shows how much of it can be seen.
pub struct Event {
    /// When, by the phone's clock.
    pub at: Timestamp,
    /// Where it was seen.
    pub origin: Origin,
    /// The chat, as far as it was shown; none for what concerns the whole source.
    pub chat: Option<ChatSeen>,
    /// What happened.
    pub what: What,
    /// Digest input that is the same whenever the same observation is handed in again, and
    /// another for every other observation: the store hashes it with a key and refuses doubles.
    pub fingerprint: Content,
}

/// Where an event was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The source.
    pub source: Source,
    /// The OS user.
    pub user: i32,
    /// The kind of that user.
    pub profile: OsProfile,
}

/// A chat as it was shown.
#[derive(Clone)]
pub struct ChatSeen {
    /// What names it.
    pub key: ChatKey,
    /// The title as shown; empty where the OS put the app's name in its place.
    pub title: Content,
    /// What kind of chat it is, as far as what was seen tells.
    pub kind: ChatKind,
}

/// What names a chat. The store makes a keyed hash of it together with the origin.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum ChatKey {
    /// The notification's id, which survives renames and language changes.
    Notification(i32),
    /// The title, where nothing else is known (calls, shared text).
    Title(Content),
}

/// What happened.
pub enum What {
    /// A message was shown.
    Message(Message),
    /// A notice said that a message was recalled.
    Recall(Recall),
    /// A call ended, or was not taken.
    Call(Call),
    /// The counter jumped: so many messages were never visible. Without a chat it was the counter
    /// of the container in which WeChat folds its service accounts.
    Missed(u32),
    /// WeChat hides names and text.
    PreviewHidden,
    /// The OS redacted the text of a message.
    Redacted,
    /// Nothing to keep: a summary, a login notice, a double post.
    Ignored(Ignored),
    /// The employee shared text; its messages follow.
    Share(Box<ShareSeen>),
}

/// Shared text as a whole.
pub struct ShareSeen {
    /// From the first message to the end of the last one's minute.
    pub span: Option<(Timestamp, Timestamp)>,
    /// How many messages it holds.
    pub messages: u32,
    /// SHA-256 of the text.
    pub text: Digest,
    /// What stands before the first message.
    pub header: Content,
    /// What stands after the last one.
    pub tail: Content,
    /// The app that shared it, as the OS says.
    pub referrer: Option<Content>,
    /// How sure the reading of the chat is.
    pub sure: Confidence,
    /// Files of which no message speaks.
    pub attachments: Vec<Attachment>,
}

impl What {
    /// Names the files that came with it; what can have none keeps none.
    pub fn attach(&mut self, files: Vec<Attachment>) {
        match self {
            Self::Message(message) => message.attachments = files,
            Self::Share(share) => share.attachments = files,
            Self::Recall(_)
            | Self::Call(_)
            | Self::Missed(_)
            | Self::PreviewHidden
            | Self::Redacted
            | Self::Ignored(_) => {}
        }
    }
}

/// A message as it was shown.
#[derive(Clone)]
pub struct Message {
    /// Which way it went.
    pub direction: Direction,
    /// The sender, where shown.
    pub from: Option<Content>,
    /// The text without counter and sender; of a known placeholder, what follows it.
    pub text: Content,
    /// What the placeholder stands for.
    pub media: Option<Media>,
    /// Whether the employee is mentioned.
    pub mention: bool,
    /// Whether the text may have been cut.
    pub truncated: bool,
    /// How sure the reading is.
    pub sure: Confidence,
    /// What was shown beyond the parsed form.
    pub raw: Raw,
    /// Whether it stood in text that the employee shared.
    pub shared: bool,
    /// The files that came with it.
    pub attachments: Vec<Attachment>,
}

/// A recall notice as it was shown.
pub struct Recall {
    /// Who recalled, where shown.
    pub from: Option<Content>,
    /// How sure the reading is.
    pub sure: Confidence,
    /// What was shown beyond the parsed form.
    pub raw: Raw,
}

/// A call, put together from its signs.
pub struct Call {
    /// Voice or video.
    pub medium: CallMedium,
    /// Who rang whom.
    pub direction: Direction,
    /// How it went.
    pub outcome: CallOutcome,
    /// Milliseconds from the first sign that it was going on to its end; for an outgoing call this
    /// includes the ringing.
    pub estimated_ms: Option<i64>,
    /// How sure the reading is.
    pub sure: Confidence,
}

/// Why an observation is nothing to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ignored {
    /// The summary of a notification group.
    GroupSummary,
    /// A notice that is no chat: a login on another device, a payment channel, a status.
    NotAChat,
    /// The same notification posted again.
    DoublePost,
    /// A removal that ends nothing.
    Removal,
    /// A sign of a call that is still going on.
    CallInProgress,
    /// Nothing that any pack knows.
    Unreadable,
}
