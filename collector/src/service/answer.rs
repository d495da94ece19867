//! Answers and refusals, as far as HTTP is concerned: status, media type, bytes.

use fenming_wire::WireError;
use fenming_wire::api::{JSON_TYPE, PROBLEM_TYPE, Problem, ProblemKind};
use fenming_wire::envelope::Envelope;
use fenming_wire::json;
use fenming_wire::receipt::{CollectorState, Receipt};

use crate::limits::RETRY_AFTER_SECONDS;
use crate::store::StoreError;

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) media: Option<&'static str>,
    pub(crate) body: Vec<u8>,
    pub(crate) retry_after: Option<i64>,
    pub(crate) allow: Option<&'static str>,
}

/// Why a request is refused; becomes a problem document.
#[derive(Debug)]
pub(crate) struct Refusal {
    kind: ProblemKind,
    title: String,
    retry_after: Option<i64>,
    receipts: Vec<Envelope<Receipt>>,
    state: Option<Box<Envelope<CollectorState>>>,
}

impl Answer {
    /// 200 with a document.
    pub(crate) const fn json(body: Vec<u8>) -> Self {
        Self { status: 200, media: Some(JSON_TYPE), body, retry_after: None, allow: None }
    }

    /// 204.
    pub(crate) const fn empty() -> Self {
        Self { status: 204, media: None, body: Vec::new(), retry_after: None, allow: None }
    }

    /// 405: the path is known, the method is not.
    pub(crate) fn method_not_allowed(allow: &'static str) -> Self {
        Self { allow: Some(allow), ..Self::bare(405, "the path has another method") }
    }

    /// 408: the request did not come in time.
    pub(crate) fn too_slow() -> Self {
        Self::bare(408, "the request took too long")
    }

    /// A problem that HTTP's own status says all about.
    fn bare(status: u16, title: &str) -> Self {
        Self::problem(&Problem {
            kind: "about:blank".to_owned(),
            title: title.to_owned(),
            status,
            sequence: None,
            receipts: Vec::new(),
            state: None,
        })
    }

    fn problem(problem: &Problem) -> Self {
        Self {
            status: problem.status,
            media: Some(PROBLEM_TYPE),
            body: json::write(problem).unwrap_or_default(),
            retry_after: None,
            allow: None,
        }
    }
}

impl Refusal {
    pub(crate) fn new(kind: ProblemKind, title: impl Into<String>) -> Self {
        Self { kind, title: title.into(), retry_after: None, receipts: Vec::new(), state: None }
    }

    pub(crate) fn not_found() -> Self {
        Self::new(ProblemKind::NotFound, "no such route")
    }

    pub(crate) fn too_large(limit: usize) -> Self {
        Self::new(ProblemKind::TooLarge, format!("the body is larger than {limit} bytes"))
    }

    pub(crate) fn unavailable() -> Self {
        let title = "the endpoint cannot store now";
        Self {
            retry_after: Some(RETRY_AFTER_SECONDS),
            ..Self::new(ProblemKind::Unavailable, title)
        }
    }

    pub(crate) fn too_many(retry_after: i64) -> Self {
        let title = "too many enrolments from this address failed";
        Self { retry_after: Some(retry_after), ..Self::new(ProblemKind::TooMany, title) }
    }

    /// A document or frame that cannot be read.
    pub(crate) fn malformed(error: &WireError) -> Self {
        Self::new(ProblemKind::Malformed, error.to_string())
    }

    /// A field that does not fit this endpoint or this request.
    pub(crate) fn field(path: &str, reason: &'static str) -> Self {
        Self::malformed(&WireError::field(path, reason))
    }

    pub(crate) fn with_state(self, state: Envelope<CollectorState>) -> Self {
        Self { state: Some(Box::new(state)), ..self }
    }

    pub(crate) fn with_receipts(self, receipts: Vec<Envelope<Receipt>>) -> Self {
        Self { receipts, ..self }
    }

    pub(crate) const fn kind(&self) -> ProblemKind {
        self.kind
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        let problem = Problem {
            kind: refusal.kind.uri().to_owned(),
            title: refusal.title,
            status: refusal.kind.status(),
            sequence: None,
            receipts: refusal.receipts,
            state: refusal.state.map(|state| *state),
        };
        Self { retry_after: refusal.retry_after, ..Self::problem(&problem) }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        tracing::error!(error = %error.code(), "the store did not do its work");
        Self::unavailable()
    }
}
