//! How the agent comes to a transport.

use std::sync::Arc;

use fenming_wire::profile::Profile;

use crate::forward::endpoint_clock::EndpointClock;
use crate::forward::residency::Residency;
use crate::forward::transport::{HttpsTransport, Resolver, Transport, TransportFailure};

/// Makes a transport to the profile's endpoint.
pub trait Connector: Send + Sync {
    /// Prepares connections; nothing is sent yet. Certificates are dated by `time`, the best that
    /// the phone knows.
    ///
    /// # Errors
    /// As [`HttpsTransport::new`].
    fn connect(
        &self,
        profile: &Profile,
        residency: Residency,
        time: &Arc<EndpointClock>,
    ) -> Result<Box<dyn Transport>, TransportFailure>;
}

/// Connects over HTTPS; the one that ships.
pub struct HttpsConnector {
    /// Looks host names up.
    pub resolver: Arc<dyn Resolver>,
}

impl Connector for HttpsConnector {
    fn connect(
        &self,
        profile: &Profile,
        residency: Residency,
        time: &Arc<EndpointClock>,
    ) -> Result<Box<dyn Transport>, TransportFailure> {
        let (resolver, time) = (Arc::clone(&self.resolver), Arc::clone(time));
        Ok(Box::new(HttpsTransport::new(profile, residency, resolver, time)?))
    }
}
