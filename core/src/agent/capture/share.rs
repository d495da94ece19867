//! Shared chat text: the same steps as for everything else, for all of its messages at once.
//!
//! No file is opened before the chat has turned out to be business, a live consent covers the
//! source, and the record that names the file has turned out to be new.

use std::collections::BTreeSet;

use fenming_wire::Content;
use fenming_wire::attachment::{Absence, Attachment, MAX_RECORD_ATTACHMENTS};
use fenming_wire::id::{ChatId, Digest};
use fenming_wire::record::{Body, Media};
use fenming_wire::source::Source;
use fenming_wire::time::{Span, Timestamp};

use super::super::Inner;
use super::{Burst, Case, earlier_why};
use crate::consent::authorise;
use crate::error::AgentError;
use crate::event::{ChatSeen, Event, Origin, ShareSeen, What};
use crate::limits::{MAX_SHARE_FILES, MAX_SHARE_TEXT_BYTES};
use crate::observation::{Observation, Share, SharedFiles};
use crate::parse::share::{FileSeen, MINUTE, SharedMessage, SharedText};
use crate::tag::{Business, ChatFacts, EmployeeTag, Verdict, decide};
use crate::vault::{Chat, FileRefused, RecordId, RecordQuery, StoredFile};

/// What was shared, read.
pub(super) struct Shared<'o> {
    pub(super) share: &'o Share,
    pub(super) text: SharedText,
}

/// An event of a shared text, and the files that it names.
struct Part {
    event: Event,
    files: Vec<FileSeen>,
}

/// A message that was shown in a notification.
struct Notified {
    record: RecordId,
    at: i64,
    text: Content,
    media: Option<Media>,
}

/// Pages of 500 records in which a message is looked for that was notified of before.
const MAX_PAGES: usize = 8;

/// How long after its minute a message may have been notified of.
const NOTICE_DELAY: Span = Span::seconds(30);

/// Refuses what is too large to be taken as a whole.
pub(super) fn check(observation: &Observation) -> Result<(), AgentError> {
    let Observation::WechatShare(share) = observation else { return Ok(()) };
    if share.text.len() > MAX_SHARE_TEXT_BYTES {
        let reason = "is longer than 512 KiB: select fewer messages";
        return Err(AgentError::InputInvalid { field: "text", reason });
    }
    if share.attachments.len() > MAX_SHARE_FILES {
        let reason = "are more than 100: select fewer messages";
        return Err(AgentError::InputInvalid { field: "attachments", reason });
    }
    Ok(())
}

impl Inner {
    pub(super) fn share(
        &mut self,
        shared: &Shared<'_>,
        files: &dyn SharedFiles,
        burst: &mut Burst,
    ) -> Result<(), AgentError> {
        let messages = shared.messages();
        let (Some(seen), Some(in_force)) = (&shared.text.chat, &self.in_force) else {
            burst.seen.undecided += messages;
            return Ok(());
        };
        let origin = shared.origin();
        let id = self.vault.chat_id(origin, &seen.key)?;
        let stored = self.vault.chat(id)?;
        let tag = stored.as_ref().and_then(|chat| chat.tag);
        // What the employee called personal where it was notified of is not business here.
        let personal = tag.is_none() && self.recent.is_personal(&seen.title);
        let facts = ChatFacts {
            profile: origin.profile,
            kind: seen.kind,
            title: &seen.title,
            employee: if personal { Some(EmployeeTag::Personal) } else { tag },
            earlier: stored.as_ref().and_then(earlier_why),
        };
        let verdict = decide(&facts, &in_force.rules, None);
        let event = shared.whole(seen);
        match verdict {
            Verdict::Personal(_) => {
                burst.seen.personal += messages;
                let case = Case { event: &event, seen, id, stored };
                burst.glimpses.push(case.glimpse(None, true));
                Ok(())
            }
            // The employee is there: they can decide, and share it again.
            Verdict::Undecided { signal } => {
                burst.seen.undecided += messages;
                let case = Case { event: &event, seen, id, stored };
                burst.glimpses.push(case.glimpse(signal, false));
                Ok(())
            }
            Verdict::Business(business) => {
                self.keep_share((id, seen), &business, (shared, files), burst)
            }
        }
    }

    fn keep_share(
        &mut self,
        (id, seen): (ChatId, &ChatSeen),
        business: &Business,
        (shared, files): (&Shared<'_>, &dyn SharedFiles),
        burst: &mut Burst,
    ) -> Result<(), AgentError> {
        let (twin, mut notified) = self.notified(shared, &seen.title)?;
        let mut new = false;
        for Part { mut event, files: named } in shared.parts(seen) {
            let stored = self.vault.chat(id)?;
            let kept = if self.wants_files(&event, (id, stored.as_ref()))? {
                let (attachments, kept) = self.read_files(shared.share, &named, files)?;
                event.what.attach(attachments);
                kept
            } else {
                Vec::new()
            };
            let case = Case { event: &event, seen, id, stored };
            let Some(record) = self.business(&case, business, burst)? else { continue };
            self.vault.attach(record, &kept)?;
            self.vault.relate(record, &same(&event, &mut notified))?;
            new = true;
        }
        match shared.span() {
            Some(span) if new => {
                let chats = [Some(id), twin].into_iter().flatten();
                let lines = chats.flat_map(|chat| self.coverage.shared(span, business, chat));
                self.declare_coverage(lines.collect())
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Whether the event's files are to be read: it is new, and it may be kept.
    fn wants_files(
        &self,
        event: &Event,
        (id, stored): (ChatId, Option<&Chat>),
    ) -> Result<bool, AgentError> {
        let terms = self.in_force()?.terms(self.now());
        let counterpart = stored.map(|chat| chat.counterpart).unwrap_or_default();
        let permit = authorise(&self.decision, &terms, event.origin.source, counterpart);
        Ok(!self.paused && permit.is_ok() && !self.vault.is_stored(id, &event.fingerprint)?)
    }

    /// Reads the files that an event names into the store. One that cannot be had stands in the
    /// record with the reason.
    fn read_files(
        &self,
        share: &Share,
        named: &[FileSeen],
        files: &dyn SharedFiles,
    ) -> Result<(Vec<Attachment>, Vec<StoredFile>), AgentError> {
        let (mut attachments, mut stored) = (Vec::new(), Vec::new());
        for seen in named.iter().take(MAX_RECORD_ATTACHMENTS) {
            let handed = seen.place.and_then(|place| Some((place, share.attachments.get(place)?)));
            let opened = handed.and_then(|(place, file)| files.open(place, file).ok());
            let kept = match opened {
                None => Err(Absence::NotHandedOver),
                Some(mut bytes) => match self.vault.store_file(&mut bytes) {
                    Ok(file) => Ok(file),
                    Err(FileRefused::TooLarge) => Err(Absence::TooLarge),
                    Err(FileRefused::Unreadable) => Err(Absence::Unreadable),
                    Err(FileRefused::Store(error)) => return Err(error),
                },
            };
            let (kept, absent) = match kept {
                Ok(file) => (Some(file), None),
                Err(absent) => (None, Some(absent)),
            };
            attachments.push(Attachment {
                name: handed.map_or(&seen.name, |(_, file)| &file.name).clone(),
                media_type: handed.and_then(|(_, file)| file.media_type.clone()),
                kept: kept.as_ref().map(|file| file.kept),
                absent,
                sure: seen.sure,
            });
            stored.extend(kept);
        }
        Ok((attachments, stored))
    }

    /// The chat of the same title of which the employee was notified, and what was kept of it in
    /// the stretch that was shared.
    fn notified(
        &self,
        shared: &Shared<'_>,
        title: &Content,
    ) -> Result<(Option<ChatId>, Vec<Notified>), AgentError> {
        let origin = Origin { source: Source::WechatNotification, ..shared.origin() };
        let chat = self.vault.chat_titled(origin, title)?;
        let (Some(chat), Some((from, until))) = (chat, shared.span()) else {
            return Ok((chat, Vec::new()));
        };
        let (mut found, mut before) = (Vec::new(), None);
        for _ in 0..MAX_PAGES {
            let query =
                RecordQuery { chat: Some(chat), before, limit: u16::MAX, ..RecordQuery::default() };
            let page = self.vault.records(&query)?;
            for view in page.records {
                let Body::Message(line) = view.body else { continue };
                if line.t >= from.millis() && line.t < (until + NOTICE_DELAY).millis() {
                    let (at, text, media) = (line.t, line.text, line.media);
                    found.push(Notified { record: view.id, at, text, media });
                }
            }
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        found.reverse();
        Ok((Some(chat), found))
    }
}

/// The notification that shows the same message, which then counts for no other one.
fn same(event: &Event, notified: &mut Vec<Notified>) -> Vec<RecordId> {
    let What::Message(message) = &event.what else { return Vec::new() };
    let (from, until) = (event.at.millis(), (event.at + MINUTE + NOTICE_DELAY).millis());
    let fits = |one: &Notified| {
        (from..until).contains(&one.at) && one.text == message.text && one.media == message.media
    };
    let found = notified.iter().position(fits).map(|at| notified.remove(at).record);
    found.into_iter().collect()
}

impl Shared<'_> {
    const fn origin(&self) -> Origin {
        let Share { user, profile, .. } = self.share;
        Origin { source: Source::WechatShare, user: *user, profile: *profile }
    }

    /// How many messages it holds; a text without any counts as one.
    pub(super) fn messages(&self) -> u64 {
        u64::try_from(self.text.messages.len()).unwrap_or(u64::MAX).max(1)
    }

    /// From the first message to the end of the last one's minute.
    fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let times = || self.text.messages.iter().map(|message| message.at);
        Some((times().min()?, times().max()? + MINUTE))
    }

    /// The text as a whole.
    fn whole(&self, seen: &ChatSeen) -> Event {
        let SharedText { header, tail, sure, .. } = &self.text;
        let share = ShareSeen {
            span: self.span(),
            messages: u32::try_from(self.text.messages.len()).unwrap_or(u32::MAX),
            text: Digest::of(self.share.text.expose().as_bytes()),
            header: header.clone(),
            tail: tail.clone(),
            referrer: self.share.referrer.clone(),
            sure: *sure,
            attachments: Vec::new(),
        };
        let names: BTreeSet<&str> =
            self.share.attachments.iter().map(|file| file.name.expose()).collect();
        let fingerprint = format!("share|{}|{}|{names:?}", share.text, self.share.at.millis());
        Event {
            at: self.share.at,
            origin: self.origin(),
            chat: Some(seen.clone()),
            what: What::Share(Box::new(share)),
            fingerprint: fingerprint.into(),
        }
    }

    /// The text as a whole with the files of which no message speaks, then every message with its
    /// own.
    fn parts(&self, seen: &ChatSeen) -> Vec<Part> {
        let whole = Part { event: self.whole(seen), files: self.text.spare.clone() };
        let messages = self.text.messages.iter().map(|one| Part {
            event: self.message(one, seen),
            files: one.file.iter().cloned().collect(),
        });
        [whole].into_iter().chain(messages).collect()
    }

    /// A message is the same whenever a text shows it again: by time, sender and words, by how many
    /// before it are the same, and by whether its file came with it.
    fn message(&self, one: &SharedMessage, seen: &ChatSeen) -> Event {
        let message = one.message.clone();
        let from = message.from.as_ref().map_or("", Content::expose);
        let shown = message.raw.placeholder.as_ref().map_or("", Content::expose);
        let file = one.file.as_ref().is_some_and(|file| file.place.is_some());
        let fingerprint = format!(
            "shared|{}|{}|{}|{file}|{from}|{shown}|{}",
            self.share.user,
            one.at.millis(),
            one.same_before,
            message.text.expose(),
        );
        Event {
            at: one.at,
            origin: self.origin(),
            chat: Some(seen.clone()),
            what: What::Message(message),
            fingerprint: fingerprint.into(),
        }
    }
}
