//! What the vault accepts, and nothing else: a record of a business chat under a permit, or a
//! declaration of the agent's own that holds no content.

use fenming_wire::Content;
use fenming_wire::attachment::Absence;
use fenming_wire::consent::{ConsentGrant, ConsentWithdrawal};
use fenming_wire::envelope::Envelope;
use fenming_wire::id::{ChatId, DeviceId, Digest, RetentionClass, TenantId};
use fenming_wire::policy::ChatKind;
use fenming_wire::record::{Body, CoverageLine, OverrideLine, Signed, Why};
use fenming_wire::screening::Label;
use fenming_wire::seal::Recipient;
use fenming_wire::time::{Span, Timestamp};

use crate::consent::{HoldPermit, Naming, Permit};
use crate::screen::Screen;
use crate::tag::Business;

mod lines;

pub use lines::Scribe;

/// Something captured in a business chat under a live consent.
pub struct Record {
    chat: ChatId,
    class: RetentionClass,
    why: Why,
    grant: Digest,
    at: Timestamp,
    fingerprint: Content,
    body: Body,
    counsel: Option<Counsel>,
}

/// To whom a suspicion is sealed, and in whose name.
#[derive(Clone)]
pub struct Counsel {
    /// The tenant.
    pub tenant: TenantId,
    /// The device.
    pub device: DeviceId,
    /// Counsel's key, as the trust document names it.
    pub key: Recipient,
}

/// Something of an undecided chat that waits in quarantine until the employee decides. It is
/// shown to the employee and to nobody else, and destroyed when its time has passed.
pub struct Held {
    chat: HeldChat,
    grant: Digest,
    naming: Naming,
    longest: Span,
    fact: Fact,
}

/// An undecided chat as the employee sees it when they decide.
#[derive(Clone)]
pub struct HeldChat {
    /// The chat.
    pub id: ChatId,
    /// Its title as shown: only the employee sees it here.
    pub title: Content,
    /// Its kind, as far as it is known.
    pub kind: ChatKind,
    /// What speaks for business; without that nothing is held.
    pub signal: Why,
}

/// Something that the agent says of itself. It holds neither content nor a name.
pub struct Declaration {
    at: Timestamp,
    body: Body,
}

impl Record {
    /// Uses a permit up. The fingerprint is the same whenever the same thing is seen again.
    #[must_use]
    pub fn new(business: &Business, permit: Permit, chat: ChatId, fact: Fact) -> Self {
        let Fact { at, fingerprint, body } = fact;
        let (class, why) = (business.class().clone(), business.why().clone());
        Self { chat, class, why, grant: permit.into_grant(), at, fingerprint, body, counsel: None }
    }

    /// The records of one event, such as the line that presents its chat and the message. They use
    /// one permit up together: it was given for the event.
    #[must_use]
    pub fn of_event(
        business: &Business,
        permit: Permit,
        chat: ChatId,
        facts: impl IntoIterator<Item = Fact>,
    ) -> Vec<Self> {
        let grant = permit.into_grant();
        let record = |Fact { at, fingerprint, body }| {
            let (class, why) = (business.class().clone(), business.why().clone());
            Self { chat, class, why, grant, at, fingerprint, body, counsel: None }
        };
        facts.into_iter().map(record).collect()
    }

    /// Puts the labels of its text on it. With a suspicion among them it is for counsel alone, and
    /// the store seals it so.
    #[must_use]
    pub fn screened(mut self, screen: &Screen, counsel: &Counsel) -> Self {
        if let Body::Message(line) = &mut self.body {
            line.labels = screen.labels(&line.text);
            let suspicion = line.labels.iter().any(|label| label.kind.is_suspicion());
            // Its files are not kept, and the line says so.
            for file in line.attachments.iter_mut().filter(|file| suspicion && file.kept.is_some())
            {
                (file.kept, file.absent) = (None, Some(Absence::Suspicion));
            }
            self.counsel = suspicion.then(|| counsel.clone());
        }
        self
    }

    /// The labels that screening put on it.
    #[must_use]
    pub fn labels(&self) -> &[Label] {
        match &self.body {
            Body::Message(line) => &line.labels,
            _ => &[],
        }
    }

    /// To whom alone it is sealed, where it is a suspicion.
    #[must_use]
    pub const fn counsel(&self) -> Option<&Counsel> {
        self.counsel.as_ref()
    }

    /// The chat.
    #[must_use]
    pub const fn chat(&self) -> ChatId {
        self.chat
    }

    /// The retention class.
    #[must_use]
    pub const fn class(&self) -> &RetentionClass {
        &self.class
    }

    /// Why it is business.
    #[must_use]
    pub const fn why(&self) -> &Why {
        &self.why
    }

    /// The consent that it rests on, by its payload's digest.
    #[must_use]
    pub const fn grant(&self) -> &Digest {
        &self.grant
    }

    /// When it happened.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// What tells it from every other record.
    #[must_use]
    pub const fn fingerprint(&self) -> &Content {
        &self.fingerprint
    }

    /// The line that it becomes.
    #[must_use]
    pub const fn body(&self) -> &Body {
        &self.body
    }
}

impl Held {
    /// Uses a permit to hold up.
    #[must_use]
    pub fn new(permit: HoldPermit, chat: HeldChat, fact: Fact) -> Self {
        let (longest, naming) = (permit.longest(), permit.naming());
        Self { chat, grant: permit.into_grant(), naming, longest, fact }
    }

    /// The chat.
    #[must_use]
    pub const fn chat(&self) -> &HeldChat {
        &self.chat
    }

    /// The consent that it rests on, by its payload's digest.
    #[must_use]
    pub const fn grant(&self) -> &Digest {
        &self.grant
    }

    /// What it says of counterparts' names.
    #[must_use]
    pub const fn naming(&self) -> Naming {
        self.naming
    }

    /// How long it may wait.
    #[must_use]
    pub const fn longest(&self) -> Span {
        self.longest
    }

    /// What it says.
    #[must_use]
    pub const fn fact(&self) -> &Fact {
        &self.fact
    }
}

/// What a record says: a chat, a message, a recall or a call line, names already as the permit
/// allows them.
pub struct Fact {
    /// When it happened.
    pub at: Timestamp,
    /// What tells it from every other record.
    pub fingerprint: Content,
    /// The line.
    pub body: Body,
}

impl Fact {
    /// Marks what was held until the employee decided that the chat is business. A permit of that
    /// moment then makes a [`Record`] of it.
    #[must_use]
    pub fn after_hold(mut self) -> Self {
        if let Body::Message(line) = &mut self.body {
            line.held = true;
        }
        self
    }
}

impl Declaration {
    /// Says what can, or cannot, be seen.
    #[must_use]
    pub fn coverage(line: CoverageLine) -> Self {
        Self { at: Timestamp::from_millis(line.t), body: Body::Coverage(line) }
    }

    /// Says that the employee tagged a directory chat personal.
    #[must_use]
    pub fn overridden(line: OverrideLine) -> Self {
        Self { at: Timestamp::from_millis(line.t), body: Body::Override(line) }
    }

    /// Says that consent was given.
    #[must_use]
    pub fn granted(at: Timestamp, envelope: Envelope<ConsentGrant>) -> Self {
        Self { at, body: Body::ConsentGrant(Signed { t: at.millis(), envelope }) }
    }

    /// Says that consent was withdrawn.
    #[must_use]
    pub fn withdrawn(at: Timestamp, envelope: Envelope<ConsentWithdrawal>) -> Self {
        Self { at, body: Body::ConsentWithdrawal(Signed { t: at.millis(), envelope }) }
    }

    /// When it holds.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// The line that it becomes.
    #[must_use]
    pub const fn body(&self) -> &Body {
        &self.body
    }
}
