//! Why a call did not bring what it asked for.

use fenming_wire::api::{Problem, ProblemKind};
use fenming_wire::{Code, WireError, json};

use super::{Answer, Answered, Asked, Evidence, Proof, Reply};
use crate::error::AgentError;
use crate::forward::outcome::{Action, Trouble, decide};
use crate::forward::transport::TransportFailure;
use crate::limits::MAX_ANSWER_BYTES;
use crate::ports::KeyError;

/// Why a call did not bring what it asked for.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The device key or the random numbers cannot be used now. Nothing was sent.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The request could not be written or signed. Nothing was sent.
    #[error("the request cannot be written: {0}")]
    Unwritable(#[source] WireError),
    /// The endpoint did not do it, or did not prove that it did.
    #[error("the endpoint did not do it: {0}")]
    Refused(#[from] Box<Refused>),
}

/// An answer that is not what was asked for, or none.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.code())]
pub struct Refused {
    /// What was asked.
    pub asked: Asked,
    /// What came back.
    pub reply: Reply,
    /// What the answer proves nevertheless.
    pub evidence: Evidence,
    /// What is wrong with the document of a success.
    pub source: Option<WireError>,
}

impl CallError {
    /// A code that stays the same across versions and languages.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Key(_) => Code("key_unavailable"),
            Self::Unwritable(_) => Code("unwritable"),
            Self::Refused(refused) => refused.code(),
        }
    }
}

impl Refused {
    /// Nothing came back.
    pub(super) fn unanswered(asked: Asked, failure: TransportFailure) -> Box<Self> {
        let evidence = Evidence::default();
        Box::new(Self { asked, reply: Reply::Failed(failure), evidence, source: None })
    }

    /// A success whose document is not good.
    pub(super) fn invalid(asked: Asked, answer: &Answer, source: WireError) -> Box<Self> {
        let mut refused = Self::new(asked, answer, None);
        if let Reply::Answered(answered) = &mut refused.reply {
            answered.proof = Proof::Invalid;
        }
        refused.source = Some(source);
        Box::new(refused)
    }

    /// As [`Refused::invalid`], where a document was asked for.
    pub(super) fn document(answer: &Answer, source: WireError) -> Box<Self> {
        Self::invalid(Asked::Document, answer, source)
    }

    /// An answer with its problem; nothing that it carries has been checked.
    pub(super) fn new(asked: Asked, answer: &Answer, problem: Option<&Problem>) -> Self {
        let answered = Answered {
            status: answer.status,
            proof: Proof::Absent,
            problem: problem.and_then(|problem| ProblemKind::from_uri(&problem.kind)),
            sequence: problem.and_then(|problem| problem.sequence),
            retry_after: answer.retry_after,
        };
        let evidence = Evidence::default();
        Self { asked, reply: Reply::Answered(answered), evidence, source: None }
    }

    /// What to do about it.
    #[must_use]
    pub fn action(&self) -> Action {
        decide(self.asked, &self.reply)
    }

    /// A code that stays the same across versions and languages.
    #[must_use]
    pub fn code(&self) -> Code {
        match self.action() {
            Action::Settle => Code("settled"),
            Action::Reconcile => Code("ledger_conflict"),
            Action::Halve => Code("too_large"),
            Action::Attach => Code("attachment_missing"),
            Action::Reseal => Code("digest_mismatch"),
            Action::Park(_) => Code("record_refused"),
            Action::SetClock => Trouble::ClockSkew.code(),
            Action::AskState(trouble)
            | Action::BackOff(trouble, _)
            | Action::Pause(trouble)
            | Action::Stop(trouble) => trouble.code(),
        }
    }
}

impl From<Refused> for CallError {
    fn from(refused: Refused) -> Self {
        Self::Refused(Box::new(refused))
    }
}

impl From<Trouble> for AgentError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::PhoneClock => Self::ClockWrong,
            other => Self::Forwarding(other.code()),
        }
    }
}

impl From<CallError> for AgentError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Key(error) => Self::KeyUnavailable(error),
            CallError::Unwritable(WireError::SignerFailed) => {
                Self::KeyUnavailable(KeyError::Failed)
            }
            CallError::Unwritable(_) => Self::Internal("a request could not be written"),
            CallError::Refused(refused) => {
                let (code, trouble) = (refused.code(), refused.action().trouble());
                match refused.source {
                    Some(source) => Self::DocumentRefused { document: "endpoint's answer", source },
                    None => trouble.map_or(Self::Forwarding(code), Self::from),
                }
            }
        }
    }
}

/// The problem that an answer reports, where it does.
pub(super) fn problem(answer: &Answer) -> Option<Problem> {
    json::parse(&answer.body, MAX_ANSWER_BYTES).ok()
}
