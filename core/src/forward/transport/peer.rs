//! The last check in front of a request: once a connection stands, who is at its other end?
//!
//! The addresses that are connected to have been checked before. This check holds even if a name
//! lookup, or a later version of a library, hands on another address.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper_util::client::legacy::connect::{Connection, HttpInfo};
use tower::{BoxError, Layer, Service};

use super::https::Refusal;
use crate::forward::residency::{AddressRefused, Residency};

/// Puts the check behind whatever connects.
#[derive(Clone)]
pub(super) struct PeerLayer(pub(super) Residency);

/// Connects, then checks the peer's address before the connection is used.
#[derive(Clone)]
pub(super) struct PeerCheck<S> {
    inner: S,
    residency: Residency,
}

impl<S> Layer<S> for PeerLayer {
    type Service = PeerCheck<S>;

    fn layer(&self, inner: S) -> PeerCheck<S> {
        PeerCheck { inner, residency: self.0.clone() }
    }
}

impl<S, R> Service<R> for PeerCheck<S>
where
    S: Service<R, Error = BoxError>,
    S::Response: Connection,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let residency = self.residency.clone();
        let connecting = self.inner.call(request);
        Box::pin(async move {
            let connection = connecting.await?;
            check(&residency, &connection).map_err(Refusal)?;
            Ok(connection)
        })
    }
}

fn check(residency: &Residency, connection: &impl Connection) -> Result<(), AddressRefused> {
    let mut facts = http::Extensions::new();
    connection.connected().get_extras(&mut facts);
    let peer = facts.get::<HttpInfo>().map(HttpInfo::remote_addr);
    residency.check(peer.ok_or(AddressRefused::OutOfRange)?.ip())
}
