//! The endpoint without a network: requests are calls, and an answer is there when a call returns.
//!
//! For a program that holds both ends, such as a simulation in one thread. What a request meets
//! is the same as behind TLS, from the allow-list of routes to the disk; what only a network has
//! (TLS, the limits of a connection, slow bodies) is not there.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use fenming_wire::signature::Headers;

use super::handler::work;
use super::routes::{Caller, RouteEntry, routes};
use super::{Console, StartError};
use crate::clock::Clock;
use crate::config::{Config, Documents};
use crate::service::{Answer, Checked, Head, Refusal, Service};

/// An endpoint that is called instead of connected to.
pub struct LocalCollector {
    service: Arc<Service>,
    console: Console,
}

/// A request as a device signed it.
pub struct LocalRequest<'a> {
    /// The method, such as `POST`.
    pub method: &'a str,
    /// The path, without a query.
    pub path: &'a str,
    /// The three fields of the signature, where there is one.
    pub signature: Option<Headers>,
    /// The body; empty where there is none.
    pub body: &'a [u8],
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalAnswer {
    /// The HTTP status.
    pub status: u16,
    /// Seconds of `Retry-After`.
    pub retry_after: Option<i64>,
    /// The body.
    pub body: Vec<u8>,
}

/// Every request comes from this machine.
const PEER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

impl LocalCollector {
    /// Checks everything and opens the data folder. Of the configuration, `listen` and `tls` mean
    /// nothing here; `endpoint` is what devices sign for, with its port.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn open(config: &Config, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
        let checked = Checked::new(config)?;
        let authority = config.endpoint.authority();
        let (service, _) = Service::open(config, checked, authority, Arc::clone(&clock))?;
        let service = Arc::new(service);
        let console = Console::of(Arc::clone(service.store()), clock);
        Ok(Self { service, console })
    }

    /// The operator's view.
    #[must_use]
    pub const fn console(&self) -> &Console {
        &self.console
    }

    /// Serves another trust document or policy from now on.
    ///
    /// # Errors
    /// [`StartError`] as at the start; what was served before is served on.
    pub fn publish(&self, documents: Documents) -> Result<(), StartError> {
        self.service.publish(documents)
    }

    /// Does what a request asks for. What it changes is on the disk when this returns.
    #[must_use]
    pub fn answer(&self, request: LocalRequest<'_>) -> LocalAnswer {
        let Answer { status, body, retry_after, .. } =
            self.pass(request).unwrap_or_else(|answer| answer);
        LocalAnswer { status, retry_after, body }
    }

    fn pass(&self, request: LocalRequest<'_>) -> Result<Answer, Answer> {
        let found = routes().iter().find(|route| is_at(route, request.path));
        let route = found.ok_or_else(Refusal::not_found)?;
        if request.method != route.method {
            return Err(Answer::method_not_allowed(route.method));
        }
        let head = Head {
            method: route.method,
            path: request.path.to_owned(),
            headers: request.signature,
        };
        let admitted = match route.caller {
            Caller::Anybody => None,
            Caller::TokenHolder => self.service.may_enrol(PEER).map(|()| None)?,
            Caller::Device => Some(self.service.admit(&head)?),
        };
        if request.body.len() > route.body {
            return Err(Refusal::too_large(route.body).into());
        }
        Ok(work(&self.service, route.operation, (PEER, &head), admitted, request.body)?)
    }
}

/// Whether the path is the route's; a segment in braces stands for any one.
fn is_at(route: &RouteEntry, path: &str) -> bool {
    let (mut wanted, mut given) = (route.path.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) => {
                let any = wanted.starts_with('{') && !given.is_empty();
                if wanted != given && !any {
                    return false;
                }
            }
            (None, Some(_)) | (Some(_), None) => return false,
        }
    }
}
