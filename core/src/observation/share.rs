//! Chat text that the employee shares from WeChat by hand: multi-select, then Email.

use std::io::{self, Read};

use fenming_wire::Content;
use fenming_wire::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::OsProfile;

/// Text and files as the share sheet handed them over. Every field may hold anything at all, since
/// any app can send the same.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// When it was shared.
    pub at: Timestamp,
    /// Identifier of the OS user in which WeChat runs.
    #[serde(default)]
    pub user: i32,
    /// What kind of OS profile that user is.
    #[serde(default)]
    pub profile: OsProfile,
    /// Minutes by which the phone's civil time is ahead of UTC: WeChat writes times without a zone.
    #[serde(default = "china")]
    pub utc_offset_minutes: i16,
    /// The employee's own name in WeChat, where the shell knows it: the text of a direct chat names
    /// both sides and does not say which is which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_name: Option<Content>,
    /// The app that shared it, as the OS says; a weak hint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referrer: Option<Content>,
    /// The text.
    pub text: Content,
    /// The files, in the order in which they were handed over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<SharedFile>,
}

/// A file that was shared with the text. Its bytes stay where they are until the chat has turned
/// out to be business.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedFile {
    /// Its name as the sharing app gives it.
    pub name: Content,
    /// Its media type, where the OS knows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<Content>,
}

/// Opens files that were shared. It is asked only for files of business chats, one at a time, and
/// each is read once from its beginning to its end.
pub trait SharedFiles {
    /// Opens the file that stands at this place among a share's attachments.
    ///
    /// # Errors
    /// Where there is none, or none any more; the record then says that it was not handed over.
    fn open(&self, place: usize, file: &SharedFile) -> io::Result<Box<dyn Read + '_>>;
}

/// No files at all, for what comes without any.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFiles;

impl SharedFiles for NoFiles {
    fn open(&self, _place: usize, _file: &SharedFile) -> io::Result<Box<dyn Read + '_>> {
        Err(io::ErrorKind::NotFound.into())
    }
}

/// China has one civil time, eight hours ahead of UTC.
const fn china() -> i16 {
    480
}
