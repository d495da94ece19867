//! What an answer means: every line of the table of outcomes, as one pure function.
//!
//! No action deletes anything, and only [`Action::Settle`] and [`Action::Reconcile`] deliver, both
//! by receipts that were verified.

use fenming_wire::Code;
use fenming_wire::api::ProblemKind;
use fenming_wire::content::Loggable;
use fenming_wire::time::Span;

use super::residency::AddressRefused;
use super::transport::TransportFailure;
use crate::limits::RETRY_AFTER;

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// To store a batch.
    Batch(Sent),
    /// For a signed document: state, trust document or policy.
    Document,
    /// For the state of an attachment, or to take a chunk of it.
    Attachment,
    /// To take a heartbeat.
    Heartbeat,
}

/// The batch that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Sequence of the first record; the agent's own lines in front of it are not counted.
    pub first: u64,
    /// Sequence of the last record; below `first` where the batch has no record.
    pub last: u64,
}

/// What came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// An answer.
    Answered(Answered),
    /// None.
    Failed(TransportFailure),
}

/// An answer, its signed document already checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The HTTP status.
    pub status: u16,
    /// What became of the check of the signed document: the batch's receipt, or the document
    /// that was asked for. With a clock skew, the signed state that tells the time.
    pub proof: Proof,
    /// The problem type, where it is one that is known.
    pub problem: Option<ProblemKind>,
    /// The sequence that the problem names.
    pub sequence: Option<u64>,
    /// How long the endpoint asks to wait.
    pub retry_after: Option<Span>,
}

/// What became of the check of a signed document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// There was none.
    Absent,
    /// It is not signed by a key that may sign it, or it is about something else.
    Invalid,
    /// It is good.
    Valid,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Take what the checked document says: mark as delivered what the receipt covers.
    Settle,
    /// Settle by the verified receipts that the answer carries, then go on from there.
    Reconcile,
    /// Keep all and ask for the state before anything else is sent.
    AskState(Trouble),
    /// Keep all and wait, with full jitter, at least as long as the endpoint asks.
    BackOff(Trouble, Option<Span>),
    /// Ask for the state; if the batch is not there, seal its records again in halves.
    Halve,
    /// Ask for each attachment of the batch how much of it is there, and send the rest.
    Attach,
    /// Seal the attachment again, and its batch with it: what came is not what was sealed.
    Reseal,
    /// Ask for the state; if the batch is not there, set this record aside and seal the rest.
    Park(u64),
    /// Take the time from the signed state and try once more.
    SetClock,
    /// Keep all and try again hourly, and at every change of policy or profile.
    Pause(Trouble),
    /// Keep all and send nothing more until the profile changes or an hour has passed.
    Stop(Trouble),
}

/// Why forwarding did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// No network, no such name, or nobody listens.
    Offline,
    /// No answer in time.
    TimedOut,
    /// The connection broke.
    Interrupted,
    /// The answer was longer than any may be.
    AnswerTooLarge,
    /// The endpoint asks to come again later (408, 425, 429).
    Busy,
    /// The endpoint failed (5xx).
    ServerFault,
    /// A success without a valid receipt or document.
    ReceiptInvalid,
    /// The device may not do this (401, 403).
    NotAuthorised,
    /// The endpoint says that the phone's clock is wrong, and gives no signed time.
    ClockSkew,
    /// A single record is larger than the endpoint takes: its body limit is set too low.
    RecordTooLarge,
    /// Another problem that the endpoint reports.
    Problem(ProblemKind),
    /// An answer of a kind that is not known.
    UnknownAnswer,
    /// The endpoint wants to send the agent elsewhere.
    Redirected,
    /// TLS failed: no common version, or a certificate that is not good.
    Tls,
    /// The endpoint's key is none of those that the profile names.
    WrongPin,
    /// The endpoint's certificate is not valid by the endpoint's own time: IT must renew it.
    CertificateDates,
    /// The endpoint's certificate is not valid by the phone's clock, and no better time is known:
    /// the employee should set the clock.
    PhoneClock,
    /// An address that the profile does not allow.
    Address(AddressRefused),
    /// The endpoint has more of this ledger than the phone: an old copy of the store was restored.
    LedgerBehind,
    /// The endpoint lacks what it gave receipts for.
    EndpointBehind,
    /// The endpoint's ledger and the phone's have parted.
    LedgerForked,
}

/// Decides.
#[must_use]
pub fn decide(asked: Asked, reply: &Reply) -> Action {
    match reply {
        Reply::Answered(answered) => decide_answer(asked, answered),
        Reply::Failed(failure) => decide_failure(asked, *failure),
    }
}

fn decide_answer(asked: Asked, answered: &Answered) -> Action {
    match (answered.status, asked) {
        (200..=299, _) => decide_success(asked, answered.proof),
        (300..=399, _) => Action::Stop(Trouble::Redirected),
        (401, _) if answered.problem == Some(ProblemKind::ClockSkew) => match answered.proof {
            Proof::Valid => Action::SetClock,
            Proof::Absent | Proof::Invalid => Action::Pause(Trouble::ClockSkew),
        },
        (401 | 403, _) => Action::Pause(Trouble::NotAuthorised),
        (408 | 425 | 429, _) => Action::BackOff(Trouble::Busy, bounded(answered.retry_after)),
        (409, Asked::Batch(_)) => Action::Reconcile,
        (413, Asked::Batch(sent)) if sent.records() > 1 => Action::Halve,
        (413, Asked::Batch(_)) => Action::Stop(Trouble::RecordTooLarge),
        (400..=499, Asked::Batch(_))
            if answered.problem == Some(ProblemKind::AttachmentMissing) =>
        {
            Action::Attach
        }
        (400..=499, Asked::Attachment) if answered.problem == Some(ProblemKind::DigestMismatch) => {
            Action::Reseal
        }
        (400..=499, Asked::Batch(sent)) => match (answered.problem, answered.sequence) {
            (Some(ProblemKind::RecordRefused), Some(seq)) if sent.holds(seq) => Action::Park(seq),
            (problem, _) => Action::Pause(reported(problem)),
        },
        (400..=499, Asked::Document | Asked::Attachment | Asked::Heartbeat) => {
            Action::Pause(reported(answered.problem))
        }
        (500..=599, _) => Action::BackOff(Trouble::ServerFault, bounded(answered.retry_after)),
        (_, _) => Action::BackOff(Trouble::UnknownAnswer, None),
    }
}

fn decide_success(asked: Asked, proof: Proof) -> Action {
    match (asked, proof) {
        (_, Proof::Valid) | (Asked::Heartbeat, Proof::Absent | Proof::Invalid) => Action::Settle,
        (Asked::Batch(_), Proof::Absent | Proof::Invalid) => {
            Action::AskState(Trouble::ReceiptInvalid)
        }
        (Asked::Document | Asked::Attachment, Proof::Absent | Proof::Invalid) => {
            Action::BackOff(Trouble::ReceiptInvalid, None)
        }
    }
}

fn decide_failure(asked: Asked, failure: TransportFailure) -> Action {
    match failure {
        TransportFailure::Offline => Action::BackOff(Trouble::Offline, None),
        TransportFailure::TimedOut => Action::BackOff(Trouble::TimedOut, None),
        TransportFailure::Interrupted => Action::BackOff(Trouble::Interrupted, None),
        TransportFailure::AnswerTooLarge => match asked {
            Asked::Batch(_) => Action::AskState(Trouble::AnswerTooLarge),
            Asked::Document | Asked::Attachment | Asked::Heartbeat => {
                Action::BackOff(Trouble::AnswerTooLarge, None)
            }
        },
        TransportFailure::Tls => Action::Stop(Trouble::Tls),
        TransportFailure::WrongPin => Action::Stop(Trouble::WrongPin),
        TransportFailure::CertificateDates => Action::Stop(Trouble::CertificateDates),
        // A pause, which the employee's own try passes over once the clock is set.
        TransportFailure::PhoneClock => Action::Pause(Trouble::PhoneClock),
        TransportFailure::Address(refused) => Action::Stop(Trouble::Address(refused)),
    }
}

fn reported(problem: Option<ProblemKind>) -> Trouble {
    problem.map_or(Trouble::UnknownAnswer, Trouble::Problem)
}

fn bounded(asked: Option<Span>) -> Option<Span> {
    asked.map(|span| span.clamp(RETRY_AFTER.0, RETRY_AFTER.1))
}

impl Sent {
    /// How many records the batch has.
    #[must_use]
    pub const fn records(self) -> u64 {
        (self.last + 1).saturating_sub(self.first)
    }

    /// Whether the sequence is one of its records.
    #[must_use]
    pub const fn holds(self, seq: u64) -> bool {
        self.first <= seq && seq <= self.last
    }
}

impl Action {
    /// Why it was not a success, where it was none.
    #[must_use]
    pub const fn trouble(self) -> Option<Trouble> {
        match self {
            Self::AskState(trouble)
            | Self::BackOff(trouble, _)
            | Self::Pause(trouble)
            | Self::Stop(trouble) => Some(trouble),
            Self::Settle
            | Self::Reconcile
            | Self::Halve
            | Self::Attach
            | Self::Reseal
            | Self::Park(_)
            | Self::SetClock => None,
        }
    }
}

impl Trouble {
    /// Whether a heartbeat may still be sent, to tell IT of the trouble: the right endpoint
    /// answered, and did not ask to be left alone.
    #[must_use]
    pub const fn allows_heartbeat(self) -> bool {
        match self {
            Self::ReceiptInvalid
            | Self::ClockSkew
            | Self::RecordTooLarge
            | Self::Problem(_)
            | Self::UnknownAnswer
            | Self::LedgerBehind
            | Self::EndpointBehind
            | Self::LedgerForked => true,
            Self::Offline
            | Self::TimedOut
            | Self::Interrupted
            | Self::AnswerTooLarge
            | Self::Busy
            | Self::ServerFault
            | Self::NotAuthorised
            | Self::Redirected
            | Self::Tls
            | Self::WrongPin
            | Self::CertificateDates
            | Self::PhoneClock
            | Self::Address(_) => false,
        }
    }

    /// A code that stays the same across versions and languages.
    #[must_use]
    pub fn code(self) -> Code {
        Code(match self {
            Self::Offline => "offline",
            Self::TimedOut => "timed_out",
            Self::Interrupted => "interrupted",
            Self::AnswerTooLarge => "answer_too_large",
            Self::Busy => "endpoint_busy",
            Self::ServerFault => "endpoint_fault",
            Self::ReceiptInvalid => "receipt_invalid",
            Self::NotAuthorised => "not_authorised",
            Self::ClockSkew => "clock_skew",
            Self::RecordTooLarge => "record_too_large",
            Self::Problem(kind) => problem_code(kind),
            Self::UnknownAnswer => "unknown_answer",
            Self::Redirected => "redirect_refused",
            Self::Tls => "tls_failed",
            Self::WrongPin => "wrong_pin",
            Self::CertificateDates => "certificate_dates",
            Self::PhoneClock => "phone_clock",
            Self::Address(refused) => refused.code().0,
            Self::LedgerBehind => "ledger_behind",
            Self::EndpointBehind => "endpoint_behind",
            Self::LedgerForked => "ledger_forked",
        })
    }
}

/// The last part of a problem's URI.
fn problem_code(kind: ProblemKind) -> &'static str {
    const PREFIX: &str = "urn:fenming:problem:";
    kind.uri().strip_prefix(PREFIX).unwrap_or("unknown_answer")
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.code().fmt(f)
    }
}

impl Loggable for Trouble {}

#[cfg(test)]
mod tests;
