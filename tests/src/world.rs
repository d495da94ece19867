//! A world in one thread: phones, the real endpoint, and a network between them that loses,
//! repeats and delays requests when it is told to.
//!
//! Everything stands in one folder, so that a world can be opened again on what another left
//! there. TLS is not part of it; [`crate::stage`] has that.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod account;
mod link;
mod phone;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use fenming::certificate::PrivateCa;
use fenming_collector::{Config, Documents, Limits, LocalCollector, TlsIdentity};
use fenming_core::clock::{Clock, Timestamp};
use fenming_wire::id::Digest;
use fenming_wire::profile::Profile;

pub use self::account::Account;
pub use self::link::{Link, Mishap};
pub use self::phone::{Hardware, Phone, text_of};
use crate::stage::{Custodian, HOST, Opened, StageClock};

/// The endpoint, its custodian, and the time.
pub struct World {
    /// Keys and documents.
    pub custodian: Custodian,
    /// The endpoint's time.
    pub clock: Arc<StageClock>,
    folder: PathBuf,
    tls: PrivateCa,
    endpoint: Arc<Mutex<Option<LocalCollector>>>,
}

/// The port stands in what devices sign; nobody listens on it.
const PORT: u16 = 8443;

impl World {
    /// Opens the endpoint on what the folder holds, or on nothing.
    ///
    /// # Panics
    /// Where the endpoint does not start.
    #[must_use]
    pub fn open(folder: &Path, custodian: Custodian, now: Timestamp) -> Self {
        let world = Self {
            custodian,
            clock: Arc::new(StageClock::at(now)),
            folder: folder.to_owned(),
            tls: PrivateCa::issue(HOST).unwrap(),
            endpoint: Arc::default(),
        };
        world.start();
        world
    }

    /// Starts the endpoint.
    ///
    /// # Panics
    /// Where it does not start.
    pub fn start(&self) {
        let clock: Arc<dyn fenming_collector::Clock> = Arc::<StageClock>::clone(&self.clock);
        *self.endpoint.lock().unwrap() = Some(LocalCollector::open(&self.config(), clock).unwrap());
    }

    /// Stops the endpoint; requests do not get through until it is started.
    ///
    /// # Panics
    /// After a panic inside the endpoint.
    pub fn stop(&self) {
        *self.endpoint.lock().unwrap() = None;
    }

    /// Does something with the endpoint.
    ///
    /// # Panics
    /// While it is stopped.
    pub fn endpoint<T>(&self, work: impl FnOnce(&LocalCollector) -> T) -> T {
        work(self.endpoint.lock().unwrap().as_ref().expect("the endpoint runs"))
    }

    /// Makes the endpoint serve the custodian's present documents.
    pub fn publish(&self) {
        self.endpoint(|endpoint| endpoint.publish(self.documents()).unwrap());
    }

    /// A way for one phone to the endpoint.
    #[must_use]
    pub fn link(&self) -> Arc<Link> {
        Arc::new(Link::to(Arc::clone(&self.endpoint)))
    }

    /// Everything that the endpoint has on disk.
    #[must_use]
    pub fn endpoint_folder(&self) -> PathBuf {
        self.folder.join(ENDPOINT)
    }

    /// The folder of everything.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The profile that leads to the endpoint.
    #[must_use]
    pub fn profile(&self) -> Profile {
        Profile {
            tenant: self.custodian.policy.tenant.clone(),
            endpoint: format!("https://{HOST}:{PORT}").parse().unwrap(),
            root_key: self.custodian.root.public(),
            tls_pins: vec![Digest::of(b"pin"), Digest::of(b"backup")],
            tls_ca: None,
            address_ranges: vec!["127.0.0.0/8".parse().unwrap()],
            export_route: None,
        }
    }

    /// The archive, opened with the custodian's key.
    #[must_use]
    pub fn open_archive(&self) -> Opened {
        Opened::read(&self.endpoint_folder(), &self.custodian)
    }

    /// The endpoint's time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Clock::now(self.clock.as_ref())
    }

    fn documents(&self) -> Documents {
        Documents { trust: self.custodian.signed_trust(), policy: self.custodian.signed_policy() }
    }

    fn config(&self) -> Config {
        let (chain, key) = (self.tls.chain.as_bytes(), self.tls.key.as_bytes());
        Config {
            data: self.endpoint_folder(),
            listen: ([127, 0, 0, 1], 0).into(),
            tls: TlsIdentity::from_pem(chain, key).unwrap(),
            tenant: self.custodian.policy.tenant.clone(),
            root_key: self.custodian.root.public(),
            documents: self.documents(),
            receipt_key: self.custodian.receipt_pkcs8.clone(),
            endpoint: format!("https://{HOST}:{PORT}").parse().unwrap(),
            limits: Limits { free_bytes: 0, ..Limits::default() },
        }
    }
}

/// The endpoint's folder.
pub const ENDPOINT: &str = "endpoint";
