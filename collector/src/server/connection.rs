//! Connections: accepted up to a limit, each with a time limit for every step.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use super::handler::{self, Peer, Shared};
use crate::limits::{Limits, MAX_HEAD_BYTES, MAX_HEADERS};

/// Pause after a connection could not be accepted: most likely all file handles are in use.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Accepts connections until it is told to stop, then lets the open ones end.
pub(super) async fn serve(
    listener: std::net::TcpListener,
    tls: Arc<rustls::ServerConfig>,
    shared: Shared,
    mut stopped: watch::Receiver<bool>,
) {
    let Ok(listener) = TcpListener::from_std(listener) else {
        tracing::error!("the bound address cannot be used");
        return;
    };
    let limits = shared.limits();
    let router = handler::router(&shared);
    let acceptor = TlsAcceptor::from(tls);
    let free = Arc::new(Semaphore::new(limits.connections.max(1)));
    let mut open = JoinSet::new();
    loop {
        let next = async {
            let permit = Arc::clone(&free).acquire_owned().await;
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => break,
            Some(_) = open.join_next(), if !open.is_empty() => continue,
            next = next => next,
        };
        let Ok((stream, peer)) = accepted else {
            tracing::warn!("a connection could not be accepted");
            sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let (acceptor, router, stopped) = (acceptor.clone(), router.clone(), stopped.clone());
        open.spawn(async move {
            let _permit = permit;
            connection(stream, peer.ip(), acceptor, router, (limits, stopped)).await;
        });
    }
    drop(listener);
    while open.join_next().await.is_some() {}
}

/// One connection from handshake to end. What goes wrong here concerns nobody but the peer.
async fn connection(
    stream: TcpStream,
    peer: IpAddr,
    acceptor: TlsAcceptor,
    router: Router,
    (limits, mut stopped): (Limits, watch::Receiver<bool>),
) {
    // Answers are small; waiting to fill a segment would only delay them.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let handshake = timeout(limits.handshake(), acceptor.accept(stream));
    let shaken = tokio::select! {
        _ = stopped.wait_for(|stop| *stop) => return,
        shaken = handshake => shaken,
    };
    let Ok(Ok(stream)) = shaken else {
        return;
    };
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Peer(peer));
        router.clone().oneshot(request)
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head())
        .max_buf_size(MAX_HEAD_BYTES)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(stream), service);
    let mut serving = std::pin::pin!(serving);
    tokio::select! {
        _ = serving.as_mut() => return,
        _ = stopped.wait_for(|stop| *stop) => {}
        () = sleep(limits.connection()) => {}
    }
    serving.as_mut().graceful_shutdown();
    // A peer that does not end in time is cut off; whatever it did not see it asks for again.
    let _ = timeout(limits.stop(), serving).await;
}
