//! From HTTP to the service and back: the same steps for every route.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::any;
use fenming_wire::content::{Code, Loggable};
use fenming_wire::id::DeviceId;
use fenming_wire::signature::Headers;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::body::{self, BodyError};
use super::routes::{Caller, Operation, RouteEntry, routes};
use crate::limits::Limits;
use crate::service::{Admitted, Answer, Head, Refusal, Service};

/// What every request shares.
#[derive(Clone)]
pub(super) struct Shared {
    service: Arc<Service>,
    limits: Limits,
    bodies: Arc<Semaphore>,
}

/// Where a connection comes from.
#[derive(Clone, Copy)]
pub(super) struct Peer(pub(super) IpAddr);

/// A body as large as this waits for its turn, so that memory has a bound.
const LARGE_BODY: usize = 64 * 1024;

/// The status of a request that did not come in time; nothing more of it is waited for.
const TOO_SLOW: u16 = 408;

/// A route that was found, and who asks.
struct Asked {
    route: &'static RouteEntry,
    peer: IpAddr,
    head: Head,
}

/// A request so far, for the one line that is logged of it.
#[derive(Default)]
struct Seen {
    device: Option<DeviceId>,
    received: usize,
}

impl Shared {
    pub(super) fn new(service: Arc<Service>, limits: Limits) -> Self {
        let bodies = Arc::new(Semaphore::new(limits.bodies.max(1)));
        Self { service, limits, bodies }
    }

    pub(super) const fn limits(&self) -> Limits {
        self.limits
    }
}

/// The routes of the allow-list; everything else is a 404.
pub(super) fn router(shared: &Shared) -> Router {
    let mut router = Router::new();
    for route in routes() {
        let shared = shared.clone();
        let handler = move |request: Request| answer(shared.clone(), route, request);
        router = router.route(route.path, any(handler));
    }
    router.fallback(|| async {
        let answer = Answer::from(Refusal::not_found());
        log(Code("none"), &Seen::default(), &answer);
        response(answer)
    })
}

async fn answer(shared: Shared, route: &'static RouteEntry, request: Request) -> Response {
    let mut seen = Seen::default();
    let (parts, mut body) = request.into_parts();
    let peer = parts.extensions.get::<Peer>().copied();
    let answer = if parts.method.as_str() != route.method {
        Answer::method_not_allowed(route.method)
    } else if parts.uri.query().is_some() {
        // No route has a query, and no signature covers one.
        Refusal::not_found().into()
    } else if let Some(Peer(peer)) = peer {
        let head = Head {
            method: route.method,
            path: parts.uri.path().to_owned(),
            headers: signature_fields(&parts.headers),
        };
        let asked = Asked { route, peer, head };
        pass(&shared, asked, &mut body, &mut seen).await.unwrap_or_else(|answer| answer)
    } else {
        Refusal::unavailable().into()
    };
    if answer.status != TOO_SLOW {
        body::discard(&mut body, route.body, shared.limits.body()).await;
    }
    log(route.name(), &seen, &answer);
    response(answer)
}

/// Admits, reads the body, and does the work.
async fn pass(
    shared: &Shared,
    asked: Asked,
    body: &mut Body,
    seen: &mut Seen,
) -> Result<Answer, Answer> {
    let Asked { route, peer, head } = asked;
    let head = Arc::new(head);
    let admitted = admit(shared, route.caller, peer, &head).await?;
    seen.device = admitted.as_ref().map(Admitted::device);
    let _turn = if route.body >= LARGE_BODY {
        let turn = Arc::clone(&shared.bodies).acquire_owned();
        let turn = tokio::time::timeout(shared.limits.body(), turn).await;
        Some(turn.map_err(|_| Refusal::unavailable())?)
    } else {
        None
    };
    let bytes =
        body::read(body, route.body, shared.limits.body()).await.map_err(|error| match error {
            BodyError::TooLarge => Refusal::too_large(route.body).into(),
            BodyError::Slow => Answer::too_slow(),
            BodyError::Broken => Refusal::field("body", "did not come whole").into(),
        })?;
    seen.received = bytes.len();
    let service = Arc::clone(&shared.service);
    blocking(move || work(&service, route.operation, (peer, &head), admitted, &bytes)).await
}

async fn admit(
    shared: &Shared,
    caller: Caller,
    peer: IpAddr,
    head: &Arc<Head>,
) -> Result<Option<Admitted>, Answer> {
    let (service, head) = (Arc::clone(&shared.service), Arc::clone(head));
    match caller {
        Caller::Anybody => Ok(None),
        Caller::TokenHolder => Ok(service.may_enrol(peer).map(|()| None)?),
        Caller::Device => blocking(move || service.admit(&head)).await.map(Some),
    }
}

/// Does the work of a route.
pub(super) fn work(
    service: &Service,
    operation: Operation,
    (peer, head): (IpAddr, &Head),
    admitted: Option<Admitted>,
    body: &[u8],
) -> Result<Answer, Refusal> {
    match (operation, admitted) {
        (Operation::Trust, _) => Ok(service.trust()),
        (Operation::Enrol, _) => service.enrol(peer, head, body),
        (Operation::Policy, Some(admitted)) => service.policy(admitted, body),
        (Operation::Counsel, Some(admitted)) => service.counsel(&head.path, admitted, body),
        (Operation::State, Some(admitted)) => service.state(&head.path, admitted, body),
        (Operation::Batch, Some(admitted)) => service.batch(admitted, body),
        (Operation::Attachment, Some(admitted)) => service.attachment(&head.path, admitted, body),
        (Operation::Chunk, Some(admitted)) => service.chunk(&head.path, admitted, body),
        (Operation::Heartbeat, Some(admitted)) => service.heartbeat(admitted, body),
        (
            Operation::Policy
            | Operation::Counsel
            | Operation::State
            | Operation::Batch
            | Operation::Attachment
            | Operation::Chunk
            | Operation::Heartbeat,
            None,
        ) => Err(Refusal::unavailable()),
    }
}

/// Runs what blocks beside the network's threads. A panic there ends this request, not the
/// endpoint.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Answer> {
    match spawn_blocking(work).await {
        Ok(done) => done.map_err(Answer::from),
        Err(_) => {
            tracing::error!("a request ended in a panic");
            Err(Refusal::unavailable().into())
        }
    }
}

/// The three fields of a signature, each exactly once.
fn signature_fields(headers: &HeaderMap) -> Option<Headers> {
    let one = |name: HeaderName| {
        let mut values = headers.get_all(name).iter();
        let value = values.next()?.to_str().ok()?.to_owned();
        values.next().is_none().then_some(value)
    };
    Some(Headers {
        content_digest: one(HeaderName::from_static("content-digest"))?,
        signature_input: one(HeaderName::from_static("signature-input"))?,
        signature: one(HeaderName::from_static("signature"))?,
    })
}

fn response(answer: Answer) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(media) = answer.media {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
    }
    if let Some(seconds) = answer.retry_after {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if let Some(method) = answer.allow {
        headers.insert(ALLOW, HeaderValue::from_static(method));
    }
    if answer.status == 401 {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Signature"));
    }
    response
}

/// One line a request: route, device, status, sizes. Nothing of a body, a path or an address.
fn log(route: Code, seen: &Seen, answer: &Answer) {
    let device = seen.device.as_ref().map(|id| plain(id).to_string()).unwrap_or_default();
    tracing::info!(
        route = %plain(&route),
        device,
        status = answer.status,
        received = seen.received,
        sent = answer.body.len(),
        "answered"
    );
}

/// Lets only loggable values through.
const fn plain<T: Loggable>(value: &T) -> &T {
    value
}
