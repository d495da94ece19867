//! What the employee sees and corrects: chats, records, held items, the change log.

use fenming_wire::id::ChatId;
use fenming_wire::policy::ChatKind;
use fenming_wire::record::{Body, ChatLine, OverrideLine, Step};
use fenming_wire::source::Source;
use fenming_wire::{Code, Content, Loggable};

use super::recent::RecentChat;
use super::unit::ENTRIES;
use super::{Agent, Inner};
use crate::consent::{Counterpart, Naming, authorise};
use crate::error::AgentError;
use crate::logging::{Level, say};
use crate::observation::OsProfile;
use crate::record::{Declaration, Fact, Record, Scribe};
use crate::tag::{Business, ChatFacts, EmployeeTag, Verdict, decide};
use crate::vault::{
    Appended, Chat, ChatPage, Hold, HoldId, LoggedChange, RecordId, RecordPage, RecordQuery,
    RecordState, RecordView,
};

/// What a new tag did to what was there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Held items that became records.
    pub promoted: u64,
    /// Held items that were destroyed.
    pub discarded: u64,
    /// Messages, recalls and calls within their review window that were taken back.
    pub retracted: u64,
}

/// Records that are looked at in one step of taking back.
const PAGE: u16 = 200;

impl Agent {
    /// The chats that the store knows, the latest first; `before` is [`ChatPage::next`].
    ///
    /// # Errors
    /// As the store's.
    pub fn chats(&self, before: Option<u64>, limit: u16) -> Result<ChatPage, AgentError> {
        self.lock()?.vault.chats(before, limit)
    }

    /// Chats seen since the agent was opened that are not business, newest first. They stand in
    /// memory only.
    ///
    /// # Errors
    /// [`AgentError::Internal`] after a panic.
    pub fn recent_chats(&self) -> Result<Vec<RecentChat>, AgentError> {
        Ok(self.lock()?.recent.list())
    }

    /// The employee tags a chat, or takes their tag back with none. It holds from the next
    /// observation on. A business tag makes records of the chat's held items; a personal tag
    /// destroys them and takes back every record that is still within its review window. A
    /// directory chat that is tagged personal leaves a record of that without content. Touches the
    /// disk.
    ///
    /// # Errors
    /// As the store's.
    pub fn tag(&self, chat: ChatId, tag: Option<EmployeeTag>) -> Result<Taken, AgentError> {
        self.lock()?.tag(chat, tag)
    }

    /// Notes what the counterpart of a chat knows and wants. Touches the disk.
    ///
    /// # Errors
    /// As the store's.
    pub fn set_counterpart(
        &self,
        chat: ChatId,
        counterpart: Counterpart,
    ) -> Result<(), AgentError> {
        self.lock()?.set_counterpart(chat, counterpart)
    }

    /// Records, newest first. The review window is the policy's.
    ///
    /// # Errors
    /// [`AgentError::NotEnrolled`]; as the store's.
    pub fn records(
        &self,
        chat: Option<ChatId>,
        before: Option<RecordId>,
        limit: u16,
    ) -> Result<RecordPage, AgentError> {
        let inner = self.lock()?;
        let review = inner.in_force()?.review();
        inner.vault.records(&RecordQuery { chat, before, limit, review })
    }

    /// One record.
    ///
    /// # Errors
    /// [`AgentError::NotFound`]; as [`Agent::records`].
    pub fn record(&self, record: RecordId) -> Result<RecordView, AgentError> {
        let inner = self.lock()?;
        inner.vault.record(record, inner.in_force()?.review())
    }

    /// Takes a record back within its review window. Touches the disk.
    ///
    /// # Errors
    /// [`AgentError::TooLate`], [`AgentError::NotFound`]; as [`Agent::records`].
    pub fn retract(&self, record: RecordId) -> Result<(), AgentError> {
        let mut inner = self.lock()?;
        let review = inner.in_force()?.review();
        inner.vault.retract(record, review)
    }

    /// Items that wait for the employee's decision, oldest first. Decide by tagging the chat, or
    /// destroy a single one with [`Agent::discard`].
    ///
    /// # Errors
    /// As the store's.
    pub fn holds(&self) -> Result<Vec<Hold>, AgentError> {
        self.lock()?.vault.holds()
    }

    /// Destroys one held item. Touches the disk.
    ///
    /// # Errors
    /// [`AgentError::NotFound`]; as the store's.
    pub fn discard(&self, hold: HoldId) -> Result<(), AgentError> {
        self.lock()?.vault.discard(hold)
    }

    /// The latest changes of the policy's rules, newest first.
    ///
    /// # Errors
    /// As the store's.
    pub fn changes(&self, limit: u16) -> Result<Vec<LoggedChange>, AgentError> {
        self.lock()?.vault.changes(limit)
    }
}

impl Inner {
    fn tag(&mut self, id: ChatId, tag: Option<EmployeeTag>) -> Result<Taken, AgentError> {
        // A held item becomes a record, which takes two entries at most.
        let held = self.vault.holds()?.len();
        let entries = ENTRIES.saturating_add(held.saturating_mul(2));
        let taken = self.together(entries, |inner| inner.write_tag(id, tag))?;
        if let Some(chat) = self.recent.get(id).cloned() {
            let personal = tag == Some(EmployeeTag::Personal);
            self.recent.put(RecentChat { personal, ..chat });
        }
        let counts: [(&str, &dyn Loggable); 2] =
            [("promoted", &taken.promoted), ("retracted", &taken.retracted)];
        say(Level::Info, Code("chat_tagged"), &counts);
        Ok(taken)
    }

    /// The tag and all that follows from it.
    fn write_tag(&mut self, id: ChatId, tag: Option<EmployeeTag>) -> Result<Taken, AgentError> {
        let before = self.vault.chat(id)?;
        let mut taken = Taken::default();
        if tag == Some(EmployeeTag::Personal) {
            self.declare_override(before.as_ref())?;
        }
        self.vault.tag_chat(id, tag)?;
        match tag {
            Some(EmployeeTag::Business) => taken.promoted = self.promote(id)?,
            Some(EmployeeTag::Personal) => {
                taken.discarded = self.discard_of(id)?;
                taken.retracted = self.retract_of(id)?;
            }
            None => {}
        }
        Ok(taken)
    }

    /// A directory chat that becomes personal leaves a trace without content.
    fn declare_override(&mut self, chat: Option<&Chat>) -> Result<(), AgentError> {
        let why =
            chat.and_then(|chat| chat.verdict.as_ref()).and_then(|verdict| verdict.why.as_ref());
        let rule = match why {
            Some(why) if why.step == Step::Directory => why.rule.clone(),
            Some(_) | None => None,
        };
        let already = chat.is_some_and(|chat| chat.tag == Some(EmployeeTag::Personal));
        let Some(rule) = rule.filter(|_| !already) else { return Ok(()) };
        let line = OverrideLine { t: self.now().millis(), rule };
        self.vault.declare(&Declaration::overridden(line))?;
        Ok(())
    }

    fn set_counterpart(&mut self, id: ChatId, state: Counterpart) -> Result<(), AgentError> {
        self.together(ENTRIES, |inner| inner.write_counterpart(id, state))
    }

    fn write_counterpart(&mut self, id: ChatId, state: Counterpart) -> Result<(), AgentError> {
        self.vault.set_counterpart(id, state)?;
        let Some(chat) = self.vault.chat(id)? else { return Ok(()) };
        let Some(business) = self.business_of(&chat)? else { return Ok(()) };
        match chat.title.clone() {
            Some(title) => self.present(&chat, &title, &business),
            None => Ok(()),
        }
    }

    /// Writes the chat's line anew, with the title as its counterpart's state now allows it.
    fn present(
        &mut self,
        chat: &Chat,
        title: &Content,
        business: &Business,
    ) -> Result<(), AgentError> {
        let now = self.now();
        let terms = self.in_force()?.terms(now);
        let source = Source::WechatNotification;
        let Ok(permit) = authorise(&self.decision, &terms, source, chat.counterpart) else {
            return Ok(());
        };
        let pseudonymous = permit.naming() == Naming::Pseudonyms;
        let hidden = pseudonymous && chat.kind != ChatKind::Group;
        let title = if hidden { self.pseudonym(chat.id, title.expose()) } else { title.clone() };
        let body = Body::Chat(ChatLine {
            t: now.millis(),
            chat: chat.id,
            src: source,
            chat_kind: chat.kind,
            title,
            pseudonymous,
            why: business.why().clone(),
        });
        let fingerprint = format!("chat {} presented {}", chat.id, now.millis()).into();
        let record = Record::new(business, permit, chat.id, Fact { at: now, fingerprint, body });
        self.vault.append(&record)?;
        Ok(())
    }

    /// The verdict on a stored chat as it stands now, where that is business.
    fn business_of(&self, chat: &Chat) -> Result<Option<Business>, AgentError> {
        let nothing = Content::default();
        let facts = ChatFacts {
            profile: OsProfile::Unknown,
            kind: chat.kind,
            title: chat.title.as_ref().unwrap_or(&nothing),
            employee: chat.tag,
            earlier: chat.verdict.as_ref().and_then(|verdict| verdict.why.as_ref()),
        };
        match decide(&facts, &self.in_force()?.rules, None) {
            Verdict::Business(business) => Ok(Some(business)),
            Verdict::Personal(_) | Verdict::Undecided { .. } => Ok(None),
        }
    }

    fn promote(&mut self, id: ChatId) -> Result<u64, AgentError> {
        let Some(chat) = self.vault.chat(id)? else { return Ok(0) };
        let Some(business) = self.business_of(&chat)? else { return Ok(0) };
        let mut promoted = 0;
        for hold in self.vault.holds()?.into_iter().filter(|hold| hold.chat == id) {
            let terms = self.in_force()?.terms(self.now());
            let source = Source::WechatNotification;
            let Ok(permit) = authorise(&self.decision, &terms, source, chat.counterpart) else {
                break;
            };
            let Hold { id: item, title, kind, naming, at, fingerprint, body, .. } = hold;
            if promoted == 0 {
                self.present(&chat, &title, &business)?;
            }
            // The permit of now decides on names; what was held with fewer stays so.
            let pseudonym = |name: &str| self.pseudonym(id, name);
            let scribe = Scribe::new(id, permit.naming(), &pseudonym);
            let fact = Fact { at, fingerprint, body }.after_hold();
            let fact = scribe.decided(fact, naming, (&title, kind));
            let (in_force, record) = (self.in_force()?, Record::new(&business, permit, id, fact));
            let record = record.screened(&in_force.screen, &in_force.counsel);
            match self.vault.promote(item, &record)? {
                Appended::New(_) | Appended::ToCounsel => self.warn(id, record.labels()),
                Appended::Duplicate | Appended::QueueFull => {}
            }
            promoted += 1;
        }
        Ok(promoted)
    }

    fn discard_of(&mut self, id: ChatId) -> Result<u64, AgentError> {
        let mut discarded = 0;
        for hold in self.vault.holds()?.into_iter().filter(|hold| hold.chat == id) {
            self.vault.discard(hold.id)?;
            discarded += 1;
        }
        Ok(discarded)
    }

    fn retract_of(&mut self, id: ChatId) -> Result<u64, AgentError> {
        let Some(in_force) = &self.in_force else { return Ok(0) };
        let review = in_force.review();
        let (mut retracted, mut before) = (0, None);
        loop {
            let query = RecordQuery { chat: Some(id), before, limit: PAGE, review };
            let page = self.vault.records(&query)?;
            for record in page.records.iter().filter(|r| r.state == RecordState::InReview) {
                self.vault.retract(record.id, review)?;
                retracted += u64::from(record.body.is_counted());
            }
            match page.next {
                Some(next) => before = Some(next),
                None => return Ok(retracted),
            }
        }
    }
}
