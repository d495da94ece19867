//! Record lines: what a batch holds, one JSON object a line.
//!
//! A line is stored on the phone as the JSON of its [`Body`]; the sequence is put in front when
//! it is sealed, so nothing is parsed again. `jq` and [`Line`] read the same bytes.

use serde::{Deserialize, Serialize};

use crate::attachment::Attachment;
use crate::balance::Balance;
use crate::consent::{ConsentGrant, ConsentWithdrawal};
use crate::content::Content;
use crate::envelope::Envelope;
use crate::error::WireError;
pub use crate::evidence::{Layout, Raw, Shown};
use crate::id::{ChatId, DeviceId, Digest, Epoch, RuleId};
use crate::json;
use crate::key::DeviceKey;
use crate::limits::MAX_LINE_BYTES;
use crate::policy::ChatKind;
use crate::receipt::CollectorState;
use crate::screening::Label;
pub use crate::share::ShareLine;
use crate::source::Source;

/// A line as the custodian reads it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Line {
    /// Its sequence in the device's epoch, from 1, without holes.
    pub seq: u64,
    /// For a recall: the sequences of the messages that may have been recalled, likeliest first.
    /// For a shared message: those of the notifications that may show the same message.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub of: Vec<u64>,
    /// Ciphertext digests of its attachments, in the order in which the body names those that were
    /// kept. None for one that the phone lost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Option<Digest>>,
    /// What it says.
    #[serde(flatten)]
    pub body: Body,
}

/// What a line says. Times are milliseconds since the Unix epoch, UTC.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Body {
    /// First line of an epoch.
    Genesis(Box<Genesis>),
    /// First line of every batch: the signed books.
    Balance(Box<BalanceLine>),
    /// A consent given.
    ConsentGrant(Signed<ConsentGrant>),
    /// A consent withdrawn.
    ConsentWithdrawal(Signed<ConsentWithdrawal>),
    /// A chat that is business: its title, its kind, and why.
    Chat(ChatLine),
    /// A message.
    Message(MessageLine),
    /// A notice that a message was recalled. The message itself stays.
    Recall(RecallLine),
    /// A voice or video call: metadata only.
    Call(CallLine),
    /// What the agent could, or could not, see.
    Coverage(CoverageLine),
    /// A directory chat that the employee tagged personal: no content, no title.
    Override(OverrideLine),
    /// Chat text that the employee shared; its messages follow, each on a line of its own.
    Share(ShareLine),
}

/// A signed document inside a line, with the time at which it took effect.
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound(serialize = "", deserialize = ""))]
pub struct Signed<T> {
    /// When it took effect.
    pub t: i64,
    /// The document.
    pub envelope: Envelope<T>,
}

/// What a device's ledger begins with.
#[derive(Clone, Serialize, Deserialize)]
pub struct Genesis {
    /// When the ledger was begun, with the sealing of its first batch.
    pub t: i64,
    /// The device.
    pub device: DeviceId,
    /// The epoch that begins.
    pub epoch: Epoch,
    /// The device's public key.
    pub device_key: DeviceKey,
    /// Digest of the trust document's payload.
    pub trust: Digest,
    /// The consent under which the first record was captured.
    pub grant: Envelope<ConsentGrant>,
    /// After a reset: the last state of earlier epochs that the endpoint signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prior: Option<Envelope<CollectorState>>,
    /// Version of the agent.
    pub agent: String,
}

/// The signed balance and the salt of the batch's leaves.
#[derive(Clone, Serialize, Deserialize)]
pub struct BalanceLine {
    /// Random salt of the leaves, 32 bytes in hexadecimal.
    pub salt: Digest,
    /// The books, signed by the device.
    pub books: Envelope<Balance>,
}

/// A chat that is business.
#[derive(Clone, Serialize, Deserialize)]
pub struct ChatLine {
    /// When this was decided or seen.
    pub t: i64,
    /// The chat, as this store names it.
    pub chat: ChatId,
    /// Where it was seen.
    pub src: Source,
    /// What kind of chat it is.
    pub chat_kind: ChatKind,
    /// Its title as shown, or the counterpart's pseudonym.
    pub title: Content,
    /// Whether names in this chat are pseudonyms.
    #[serde(default, skip_serializing_if = "is_false")]
    pub pseudonymous: bool,
    /// Why it is business.
    pub why: Why,
}

/// The step and rule that decided a verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// The step of the order of decision.
    pub step: Step,
    /// The rule, where the step has rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleId>,
}

/// A step of the order of decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// 1: the OS profile in which the app runs.
    OsProfile,
    /// 2: the employee's own tag.
    Employee,
    /// 3: the policy's directory.
    Directory,
    /// 3: the policy's rules on group titles.
    GroupRule,
    /// 4: words that suggest business.
    TextRule,
    /// No step had an answer.
    None,
}

/// A message.
#[derive(Clone, Serialize, Deserialize)]
pub struct MessageLine {
    /// When it was posted, by the phone's clock.
    pub t: i64,
    /// The chat.
    pub chat: ChatId,
    /// Incoming, outgoing or unknown. Notifications never yield more than incoming.
    pub dir: Direction,
    /// The sender as shown, or a pseudonym; absent where what was seen does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Content>,
    /// The text, without counter and sender.
    #[serde(default, skip_serializing_if = "Content::is_empty")]
    pub text: Content,
    /// What the placeholder stands for, where the text began with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<Media>,
    /// Whether the employee is mentioned.
    #[serde(default, skip_serializing_if = "is_false")]
    pub mention: bool,
    /// Whether the OS or the app may have cut the text.
    #[serde(default, skip_serializing_if = "is_false")]
    pub truncated: bool,
    /// How sure the parser is.
    pub sure: Confidence,
    /// The evidence as seen, as a delta to the parsed form.
    #[serde(default, skip_serializing_if = "Raw::is_plain")]
    pub raw: Raw,
    /// Whether it waited in quarantine until the employee decided.
    #[serde(default, skip_serializing_if = "is_false")]
    pub held: bool,
    /// Whether it stood in text that the employee shared, which shows what they selected and which
    /// nothing protects from being edited on its way.
    #[serde(default, skip_serializing_if = "is_false")]
    pub shared: bool,
    /// The files that came with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// What screening says of it, one label a lexicon.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Label>,
}

/// What a placeholder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the kinds are WeChat's own and named as it names them")]
#[non_exhaustive]
pub enum Media {
    Image,
    Voice,
    Video,
    File,
    Sticker,
    Location,
    LiveLocation,
    Link,
    MiniProgram,
    Card,
    Transfer,
    RedPacket,
    ChatHistory,
    VoiceCall,
    VideoCall,
    Channel,
    Pat,
    /// `[Message]`: a quote whose real text stood elsewhere.
    Quote,
    /// A bracketed word at the start that no locale pack knows; the text keeps it.
    UnknownPlaceholder,
}

/// Which way a message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// To the employee.
    In,
    /// From the employee.
    Out,
    /// Not told.
    Unknown,
}

/// How sure the parser is of its reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// More than one reading is possible.
    Low,
    /// Likely, but it rests on something not verified on a device.
    Medium,
    /// The shape is verified and unambiguous.
    High,
}

/// A notice of a recall.
#[derive(Clone, Serialize, Deserialize)]
pub struct RecallLine {
    /// When the notice was seen.
    pub t: i64,
    /// The chat.
    pub chat: ChatId,
    /// Who recalled, where shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Content>,
    /// How sure it is that the first candidate is the recalled message.
    pub sure: Confidence,
    /// The evidence as seen.
    #[serde(default, skip_serializing_if = "Raw::is_plain")]
    pub raw: Raw,
}

/// A call. Its content is never available.
#[derive(Clone, Serialize, Deserialize)]
pub struct CallLine {
    /// When it was first seen.
    pub t: i64,
    /// The chat it belongs to, where the peer's name leads to one.
    pub chat: ChatId,
    /// Voice or video.
    pub medium: CallMedium,
    /// Who rang whom.
    pub dir: Direction,
    /// How it went.
    pub outcome: CallOutcome,
    /// Milliseconds from the first sign that the call was going on to its end; an estimate, which
    /// for an outgoing call includes the ringing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated_ms: Option<i64>,
    /// How sure the parser is.
    pub sure: Confidence,
}

/// Voice or video.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum CallMedium {
    Voice,
    Video,
}

/// How a call went, as far as notifications tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallOutcome {
    /// It was in progress and ended.
    Ended,
    /// It rang and nobody took it.
    Unanswered,
    /// What was seen does not tell.
    Unknown,
}

/// What the agent could, or could not, see in a stretch of time.
#[derive(Clone, Serialize, Deserialize)]
pub struct CoverageLine {
    /// When the stretch began, or the moment that revealed it.
    pub t: i64,
    /// When it ended; absent while it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
    /// The source.
    pub src: Source,
    /// The business chat that it concerns; absent where it concerns the whole source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat: Option<ChatId>,
    /// How much could be seen.
    pub state: CoverageState,
    /// Why.
    pub cause: Cause,
    /// Messages that were never visible, where the counter tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed: Option<u32>,
}

/// How much of a chat or source can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CoverageState {
    /// Everything.
    Observed,
    /// Incoming messages only; the most that notifications can yield.
    IncomingOnly,
    /// Something happened that could not be seen.
    Blind,
    /// Nothing is captured.
    Off,
}

/// Why coverage is as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Cause {
    /// The notification listener was connected.
    ListenerOn,
    /// The notification listener was off.
    ListenerOff,
    /// WeChat hides names and text (a setting of the employee's).
    PreviewHidden,
    /// The OS redacted the text.
    RedactedByOs,
    /// The unread counter jumped: messages were posted that were never visible.
    CountJump,
    /// The agent's process was killed.
    Killed,
    /// The employee paused capture.
    Paused,
    /// The employee resumed capture.
    Resumed,
    /// There is no consent, or it was withdrawn.
    NoConsent,
    /// The scope grew beyond the consent.
    ScopeGrew,
    /// The policy ended and its grace as well.
    PolicyExpired,
    /// The queue is full.
    QueueFull,
    /// The store was damaged and a new epoch began.
    StoreDamaged,
    /// A key was lost.
    KeyLost,
    /// The counterpart has not been told, and the policy says to drop.
    CounterpartNotTold,
    /// The counterpart objected.
    CounterpartObjected,
    /// The employee shared this stretch of the chat.
    Shared,
}

/// A directory chat that the employee tagged personal.
#[derive(Clone, Serialize, Deserialize)]
pub struct OverrideLine {
    /// When they did.
    pub t: i64,
    /// The directory rule that it overrides.
    pub rule: RuleId,
}

impl Body {
    /// The JSON under which the line is stored until it is sealed.
    ///
    /// # Errors
    /// [`WireError::TooLarge`] past [`MAX_LINE_BYTES`].
    pub fn to_json(&self) -> Result<Vec<u8>, WireError> {
        let bytes = json::write(self)?;
        if bytes.len() > MAX_LINE_BYTES {
            return Err(WireError::TooLarge { limit: MAX_LINE_BYTES });
        }
        Ok(bytes)
    }

    /// The attachments that were kept, in the order of [`Line::files`].
    pub fn kept(&self) -> impl Iterator<Item = &Attachment> {
        let all: &[Attachment] = match self {
            Self::Message(line) => &line.attachments,
            Self::Share(line) => &line.attachments,
            _ => &[],
        };
        all.iter().filter(|attachment| attachment.kept.is_some())
    }

    /// Whether the balance counts the line: what was captured, not what the agent says of itself.
    #[must_use]
    pub fn is_counted(&self) -> bool {
        matches!(self, Self::Message(_) | Self::Recall(_) | Self::Call(_))
    }
}

/// Puts the sequence, and the candidates of a recall, in front of a stored body.
///
/// # Errors
/// [`WireError::Field`] where the stored bytes are no JSON object.
pub fn compose_line(seq: u64, of: &[u64], body: &[u8]) -> Result<Vec<u8>, WireError> {
    compose_line_with(seq, of, &[], body)
}

/// As [`compose_line`], for a body with attachments: `files` are their ciphertext digests.
///
/// # Errors
/// As [`compose_line`].
pub fn compose_line_with(
    seq: u64,
    of: &[u64],
    files: &[Option<Digest>],
    body: &[u8],
) -> Result<Vec<u8>, WireError> {
    let rest = body.strip_prefix(b"{").ok_or_else(|| WireError::field("", "is no JSON object"))?;
    let mut line = format!("{{\"seq\":{seq},").into_bytes();
    if !of.is_empty() {
        let list: Vec<String> = of.iter().map(ToString::to_string).collect();
        line.extend_from_slice(format!("\"of\":[{}],", list.join(",")).as_bytes());
    }
    if !files.is_empty() {
        line.extend_from_slice(b"\"files\":");
        line.extend_from_slice(&json::write(&files)?);
        line.push(b',');
    }
    line.extend_from_slice(rest);
    Ok(line)
}

impl Line {
    /// Reads one line.
    ///
    /// # Errors
    /// As [`json::parse`].
    pub fn from_json(bytes: &[u8]) -> Result<Self, WireError> {
        json::parse(bytes, MAX_LINE_BYTES + FRONT_BYTES)
    }
}

/// Most bytes that stand in front of a stored body: sequence, candidates and the digests of
/// attachments, of which a record has at most 64.
const FRONT_BYTES: usize = 8 * 1024;

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

#[cfg(test)]
mod tests;
