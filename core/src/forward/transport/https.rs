//! The real transport: HTTPS to one pinned endpoint inside the allowed address ranges.

use std::error::Error;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use fenming_wire::profile::{Endpoint, Profile};
use fenming_wire::time::{Span, Timestamp};
use reqwest::blocking::{Client, Response};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, HeaderName, RETRY_AFTER};

use super::peer::PeerLayer;
use super::resolver::Resolver;
use super::{Answer, Method, Request, Transport, TransportFailure, tls};
use crate::clock::Clock as _;
use crate::forward::endpoint_clock::EndpointClock;
use crate::forward::residency::{AddressRefused, Residency};
use crate::limits::{CONNECT_TIMEOUT, MAX_ANSWER_BYTES, REQUEST_TIMEOUT};

/// HTTPS over TLS 1.3. Every address is checked before it is connected to, and once more before a
/// request is sent; a name is looked up once for each connection, so no change of it in between
/// can matter.
///
/// It blocks, and must neither be made nor dropped inside an asynchronous task.
pub struct HttpsTransport {
    client: Client,
    endpoint: Endpoint,
    residency: Residency,
    time: Arc<EndpointClock>,
}

/// What the program calls itself towards the endpoint.
const USER_AGENT: &str = concat!("fenming/", env!("CARGO_PKG_VERSION"));

impl HttpsTransport {
    /// Prepares connections to the profile's endpoint; nothing is sent yet. Certificates are
    /// dated by `time`.
    ///
    /// # Errors
    /// [`TransportFailure::Address`] where the endpoint is an IP literal that is refused;
    /// [`TransportFailure::Tls`] where the profile's CA certificate cannot be used.
    pub fn new(
        profile: &Profile,
        residency: Residency,
        resolver: Arc<dyn Resolver>,
        time: Arc<EndpointClock>,
    ) -> Result<Self, TransportFailure> {
        let checked = CheckedResolver { resolver, residency: residency.clone() };
        Self::build(profile, residency, Arc::new(checked), time)
    }

    fn build(
        profile: &Profile,
        residency: Residency,
        resolver: Arc<impl Resolve + 'static>,
        time: Arc<EndpointClock>,
    ) -> Result<Self, TransportFailure> {
        residency.check_host(profile.endpoint.host())?;
        let client = Client::builder()
            .tls_backend_preconfigured(tls::config(profile, Arc::clone(&time))?)
            .dns_resolver(resolver)
            .connector_layer(PeerLayer(residency.clone()))
            .https_only(true)
            .http1_only()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .user_agent(USER_AGENT)
            .tcp_nodelay(true)
            .pool_max_idle_per_host(1)
            .connect_timeout(duration(CONNECT_TIMEOUT))
            .timeout(duration(REQUEST_TIMEOUT))
            .build()
            .map_err(|_| TransportFailure::Tls)?;
        Ok(Self { client, endpoint: profile.endpoint.clone(), residency, time })
    }

    fn read(&self, mut response: Response) -> Result<Answer, TransportFailure> {
        let limit = u64::try_from(MAX_ANSWER_BYTES).unwrap_or(u64::MAX);
        if response.content_length().is_some_and(|length| length > limit) {
            return Err(TransportFailure::AnswerTooLarge);
        }
        let status = response.status().as_u16();
        let retry_after = retry_after(response.headers(), self.time.now());
        let mut body = Vec::new();
        response
            .by_ref()
            .take(limit.saturating_add(1))
            .read_to_end(&mut body)
            .map_err(|error| self.failure(&error))?;
        if body.len() > MAX_ANSWER_BYTES {
            return Err(TransportFailure::AnswerTooLarge);
        }
        Ok(Answer { status, retry_after, body })
    }

    /// Finds the reason of an error. Whether it is the phone's clock or the certificate that is
    /// wrong depends on whose time it is.
    fn failure(&self, error: &(dyn Error + 'static)) -> TransportFailure {
        match failure(error) {
            TransportFailure::CertificateDates if !self.time.is_steady() => {
                TransportFailure::PhoneClock
            }
            other => other,
        }
    }
}

impl Transport for HttpsTransport {
    fn send(&self, request: &Request) -> Result<Answer, TransportFailure> {
        self.residency.check_host(self.endpoint.host())?;
        let url = self.endpoint.url(&request.path);
        let mut builder = match request.method {
            Method::Get => self.client.get(url),
            Method::Post => self.client.post(url).body(request.body.clone()),
            Method::Put => self.client.put(url).body(request.body.clone()),
        };
        if let Some(kind) = request.content_type {
            builder = builder.header(CONTENT_TYPE, kind);
        }
        if let Some(signature) = &request.signature {
            builder = builder
                .header(CONTENT_DIGEST, &signature.content_digest)
                .header(SIGNATURE_INPUT, &signature.signature_input)
                .header(SIGNATURE, &signature.signature);
        }
        let response = builder.send().map_err(|error| self.failure(&error))?;
        self.read(response)
    }
}

const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");
const SIGNATURE_INPUT: HeaderName = HeaderName::from_static("signature-input");
const SIGNATURE: HeaderName = HeaderName::from_static("signature");

/// Looks a name up and hands on only the addresses that may be connected to.
struct CheckedResolver {
    resolver: Arc<dyn Resolver>,
    residency: Residency,
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = Arc::clone(&self.resolver);
        let residency = self.residency.clone();
        Box::pin(async move {
            let lookup = move || resolver.lookup(name.as_str());
            let found = tokio::task::spawn_blocking(lookup).await??;
            let good = residency.select(&found).map_err(Refusal)?;
            let addresses: Addrs =
                Box::new(good.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}

/// Carries the refusal of an address through the layers of the HTTP client.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(super) struct Refusal(pub(super) AddressRefused);

/// Finds the reason in the layers of an error.
fn failure(error: &(dyn Error + 'static)) -> TransportFailure {
    let mut kind = TransportFailure::Interrupted;
    let mut layer = Some(error);
    while let Some(error) = layer {
        if let Some(Refusal(refused)) = error.downcast_ref() {
            return TransportFailure::Address(*refused);
        }
        if let Some(error) = error.downcast_ref::<rustls::Error>() {
            return tls::failure(error);
        }
        if let Some(error) = error.downcast_ref::<reqwest::Error>() {
            if error.is_timeout() {
                return TransportFailure::TimedOut;
            }
            if error.is_connect() {
                kind = TransportFailure::Offline;
            }
        }
        // The source of an I/O error is that of what it wraps, which would pass over the latter.
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        layer = match wrapped {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    kind
}

/// `Retry-After` in seconds, or as a date against the answer's own `Date`.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Span> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(Span::seconds(i64::from(seconds)));
    }
    let date = |text: &str| {
        let since = httpdate::parse_http_date(text).ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(Timestamp::from_millis(i64::try_from(since.as_millis()).ok()?))
    };
    let sent = headers.get(DATE).and_then(|value| date(value.to_str().ok()?)).unwrap_or(now);
    Some(date(text)?.since(sent))
}

fn duration(span: Span) -> Duration {
    Duration::from_millis(u64::try_from(span.as_millis()).unwrap_or_default())
}

#[cfg(test)]
mod tests;
