//! The endpoint's interface: paths, requests and answers, shared by both ends.
//!
//! Every request but `GET /v1/trust` is signed (see [`crate::signature`]).
//!
//! | method and path | request | answer |
//! |---|---|---|
//! | `GET /v1/trust` | – | [`TrustDocument`] envelope |
//! | `POST /v1/enrolments` | [`EnrolmentRequest`], signed by the key it brings | [`Enrolment`] |
//! | `GET /v1/policy` | – | [`Policy`] envelope |
//! | `GET /v1/counsel/{number}` | – | the first [`CounselDecision`](crate::counsel::CounselDecision) envelope behind that number |
//! | `GET /v1/state/{epoch}` | – | [`CollectorState`] envelope |
//! | `POST /v1/batches` | [`crate::frame`] | [`Receipt`] envelope |
//! | `GET /v1/attachments/{digest}` | – | [`AttachmentState`] |
//! | `PUT /v1/attachments/{digest}/{size}/{offset}` | a chunk of the sealed bytes | [`AttachmentState`] |
//! | `POST /v1/heartbeats` | [`Heartbeat`](crate::heartbeat::Heartbeat) | 204 |
//!
//! Whatever fails is a [`Problem`] (RFC 9457).

use serde::{Deserialize, Serialize};

use crate::attachment::AttachmentReceipt;
use crate::envelope::Envelope;
use crate::id::{DeviceId, Digest, PersonId};
use crate::key::DeviceKey;
use crate::policy::Policy;
use crate::profile::EnrolmentToken;
use crate::receipt::{CollectorState, Receipt};
use crate::trust::TrustDocument;

/// Path of the trust document.
pub const TRUST_PATH: &str = "/v1/trust";
/// Path of enrolments.
pub const ENROLMENTS_PATH: &str = "/v1/enrolments";
/// Path of the policy.
pub const POLICY_PATH: &str = "/v1/policy";
/// Path of counsel's decisions for the device that asks, to which `/` and the number of the last
/// one that it knows are added.
pub const COUNSEL_PATH: &str = "/v1/counsel";
/// Path of a device's state, to which `/` and the epoch are added.
pub const STATE_PATH: &str = "/v1/state";
/// Path of batches.
pub const BATCHES_PATH: &str = "/v1/batches";
/// Path of heartbeats.
pub const HEARTBEATS_PATH: &str = "/v1/heartbeats";

/// Path of attachments, to which `/` and the ciphertext digest are added, and for a chunk the size
/// of the whole and the chunk's offset as well. All of it is signed with the path.
pub const ATTACHMENTS_PATH: &str = "/v1/attachments";

/// Media type of a chunk of a sealed attachment.
pub const CHUNK_TYPE: &str = "application/octet-stream";
/// Media type of a batch's frame.
pub const BATCH_TYPE: &str = "application/vnd.fenming.batch.v1";
/// Media type of every other request and answer.
pub const JSON_TYPE: &str = "application/json";
/// Media type of problems (RFC 9457).
pub const PROBLEM_TYPE: &str = "application/problem+json";

/// Asks to become a device of the tenant.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrolmentRequest {
    /// The one-time token.
    pub token: EnrolmentToken,
    /// The device's public key; the request is signed with its private half.
    pub device_key: DeviceKey,
}

/// What a new device gets. The same token and key get the same answer again, so that a lost
/// answer does no harm.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrolment {
    /// The device's name, which follows from its key.
    pub device: DeviceId,
    /// The person for whom the token was made.
    pub person: PersonId,
    /// The trust document, to be checked against the profile's root key.
    pub trust: Envelope<TrustDocument>,
    /// The policy, to be checked against the trust document.
    pub policy: Envelope<Policy>,
}

/// How much of a sealed attachment the endpoint has. A chunk that does not begin where the endpoint
/// stands changes nothing and gets this answer as well.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttachmentState {
    /// Bytes that are durably stored, from the start; the next chunk begins here.
    pub received: u64,
    /// Once all of it is there and its digest is right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Envelope<AttachmentReceipt>>,
}

/// The path at which an endpoint is asked how much of an attachment it has.
#[must_use]
pub fn attachment_path(ciphertext: &Digest) -> String {
    format!("{ATTACHMENTS_PATH}/{ciphertext}")
}

/// The path to which a chunk is sent.
#[must_use]
pub fn chunk_path(ciphertext: &Digest, size: u64, offset: u64) -> String {
    format!("{ATTACHMENTS_PATH}/{ciphertext}/{size}/{offset}")
}

/// What went wrong, as RFC 9457 shapes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Problem {
    /// The kind of problem, as [`ProblemKind`] writes it, or `about:blank`.
    #[serde(rename = "type", default = "blank")]
    pub kind: String,
    /// Words for people.
    #[serde(default)]
    pub title: String,
    /// The HTTP status.
    #[serde(default)]
    pub status: u16,
    /// The sequence of the record that was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// With a conflict: the signed receipts of the batches that the endpoint has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub receipts: Vec<Envelope<Receipt>>,
    /// With a conflict or a wrong clock: the signed state, which holds the endpoint's time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Envelope<CollectorState>>,
}

/// The kinds of problems that the endpoint reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProblemKind {
    /// 409: the batch does not continue the ledger as the endpoint has it.
    LedgerConflict,
    /// 422: one record cannot be accepted; `sequence` names it.
    RecordRefused,
    /// 401: the signature is missing, wrong or by an unknown key.
    SignatureRefused,
    /// 401: `created` lies too far from the endpoint's clock.
    ClockSkew,
    /// 401: the request was seen before.
    Replayed,
    /// 403: the token is unknown, used or too old.
    TokenRefused,
    /// 403: the device was blocked.
    DeviceBlocked,
    /// 404: no such route, or nothing there.
    NotFound,
    /// 424: attachments of the batch are not there; send them first.
    AttachmentMissing,
    /// 422: the bytes of an attachment are not those of its digest. What came is dropped.
    DigestMismatch,
    /// 413: the body is larger than the endpoint takes.
    TooLarge,
    /// 400: the request cannot be read; `title` names the field.
    Malformed,
    /// 429: too many requests.
    TooMany,
    /// 507 and 503: the endpoint cannot store now.
    Unavailable,
}

impl ProblemKind {
    /// All kinds.
    pub const ALL: [Self; 14] = [
        Self::LedgerConflict,
        Self::RecordRefused,
        Self::SignatureRefused,
        Self::ClockSkew,
        Self::Replayed,
        Self::TokenRefused,
        Self::DeviceBlocked,
        Self::NotFound,
        Self::AttachmentMissing,
        Self::DigestMismatch,
        Self::TooLarge,
        Self::Malformed,
        Self::TooMany,
        Self::Unavailable,
    ];

    /// The URI that stands in `type`. It names the kind and need not be fetched (RFC 9457, 4.1).
    #[must_use]
    pub const fn uri(self) -> &'static str {
        match self {
            Self::LedgerConflict => "urn:fenming:problem:ledger_conflict",
            Self::RecordRefused => "urn:fenming:problem:record_refused",
            Self::SignatureRefused => "urn:fenming:problem:signature_refused",
            Self::ClockSkew => "urn:fenming:problem:clock_skew",
            Self::Replayed => "urn:fenming:problem:replayed",
            Self::TokenRefused => "urn:fenming:problem:token_refused",
            Self::DeviceBlocked => "urn:fenming:problem:device_blocked",
            Self::NotFound => "urn:fenming:problem:not_found",
            Self::AttachmentMissing => "urn:fenming:problem:attachment_missing",
            Self::DigestMismatch => "urn:fenming:problem:digest_mismatch",
            Self::TooLarge => "urn:fenming:problem:too_large",
            Self::Malformed => "urn:fenming:problem:malformed",
            Self::TooMany => "urn:fenming:problem:too_many",
            Self::Unavailable => "urn:fenming:problem:unavailable",
        }
    }

    /// The HTTP status that goes with it.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::LedgerConflict => 409,
            Self::RecordRefused | Self::DigestMismatch => 422,
            Self::SignatureRefused | Self::ClockSkew | Self::Replayed => 401,
            Self::TokenRefused | Self::DeviceBlocked => 403,
            Self::NotFound => 404,
            Self::AttachmentMissing => 424,
            Self::TooLarge => 413,
            Self::Malformed => 400,
            Self::TooMany => 429,
            Self::Unavailable => 503,
        }
    }

    /// The kind that a URI names.
    #[must_use]
    pub fn from_uri(uri: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.uri() == uri)
    }
}

fn blank() -> String {
    "about:blank".to_owned()
}

#[cfg(test)]
mod tests;
