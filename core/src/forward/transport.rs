//! The port through which requests leave the phone, and the values that pass it.

mod https;
mod peer;
mod resolver;
mod tls;

use fenming_wire::signature::Headers;
use fenming_wire::time::Span;

pub use self::https::HttpsTransport;
pub use self::resolver::{Resolver, SystemResolver};
use super::residency::AddressRefused;

/// Sends one request and brings the answer. It never repeats a request, follows a redirect, uses
/// a proxy or keeps a cookie.
pub trait Transport: Send + Sync {
    /// Sends a request to the endpoint.
    ///
    /// # Errors
    /// [`TransportFailure`] where no whole answer came. The request may still have arrived.
    fn send(&self, request: &Request) -> Result<Answer, TransportFailure>;
}

/// A request, ready to be sent.
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path, which begins with `/`.
    pub path: String,
    /// The body's media type, where there is a body.
    pub content_type: Option<&'static str>,
    /// The body.
    pub body: Vec<u8>,
    /// The signature, on every request but the one for the trust document.
    pub signature: Option<Headers>,
}

/// A transport that cannot even be prepared, such as one to a refused address: every request fails
/// for that reason, so that it is acted on, remembered and reported like any other failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unprepared(pub TransportFailure);

impl Transport for Unprepared {
    fn send(&self, _request: &Request) -> Result<Answer, TransportFailure> {
        Err(self.0)
    }
}

/// A method of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Asks for something.
    Get,
    /// Hands something over.
    Post,
    /// Hands something over that may be handed over again without harm.
    Put,
}

/// An answer of any status. Nothing in it has been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// How long the endpoint asks to wait (`Retry-After`), not yet bounded.
    pub retry_after: Option<Span>,
    /// The body, at most [`MAX_ANSWER_BYTES`](crate::limits::MAX_ANSWER_BYTES).
    pub body: Vec<u8>,
}

/// Why no answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportFailure {
    /// No network, no such name, or nobody listens. Nothing was sent.
    #[error("the endpoint cannot be reached")]
    Offline,
    /// No answer in time.
    #[error("the endpoint did not answer in time")]
    TimedOut,
    /// The connection broke.
    #[error("the connection broke")]
    Interrupted,
    /// The answer was longer than any may be.
    #[error("the answer is too long")]
    AnswerTooLarge,
    /// TLS failed: no common version, or a certificate that is not good. Nothing was sent.
    #[error("no secure connection came about")]
    Tls,
    /// The endpoint's key is none of those that the profile names. Nothing was sent.
    #[error("the endpoint's key is not the one that the profile names")]
    WrongPin,
    /// By the endpoint's own signed time, its certificate is not valid yet or any more: IT must
    /// renew it. Nothing was sent.
    #[error("the endpoint's certificate is not valid at this time; IT must renew it")]
    CertificateDates,
    /// By the phone's clock, the endpoint's certificate is not valid, and the phone knows no better
    /// time. The employee should set the clock. Nothing was sent.
    #[error("the phone's clock and the endpoint's certificate disagree; set date and time")]
    PhoneClock,
    /// The address is refused. Nothing was sent.
    #[error(transparent)]
    Address(#[from] AddressRefused),
}

impl Method {
    /// As it stands in a request.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
        }
    }
}
