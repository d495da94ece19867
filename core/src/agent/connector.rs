//! How the agent comes to a transport.

use std::sync::Arc;

use fenming_wire::profile::Profile;

use crate::clock::Clock;
use crate::forward::residency::Residency;
use crate::forward::transport::{HttpsTransport, Resolver, Transport, TransportFailure};

/// Makes a transport to the profile's endpoint.
pub trait Connector: Send + Sync {
    /// Prepares connections; nothing is sent yet.
    ///
    /// # Errors
    /// As [`HttpsTransport::new`].
    fn connect(
        &self,
        profile: &Profile,
        residency: Residency,
    ) -> Result<Box<dyn Transport>, TransportFailure>;
}

/// Connects over HTTPS; the one that ships.
pub struct HttpsConnector {
    /// Looks host names up.
    pub resolver: Arc<dyn Resolver>,
    /// Dates the check of certificates.
    pub clock: Arc<dyn Clock>,
}

impl Connector for HttpsConnector {
    fn connect(
        &self,
        profile: &Profile,
        residency: Residency,
    ) -> Result<Box<dyn Transport>, TransportFailure> {
        let (resolver, clock) = (Arc::clone(&self.resolver), Arc::clone(&self.clock));
        Ok(Box::new(HttpsTransport::new(profile, residency, resolver, clock)?))
    }
}
