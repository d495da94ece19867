//! What each route does, blocking and free of HTTP: a request in, an [`Answer`] or a [`Refusal`]
//! out.

mod admit;
pub(crate) mod answer;
mod attachment;
mod batch;
mod counsel;
mod enrol;
mod heartbeat;
pub(crate) mod limiter;
mod rule;
mod state;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use fenming_wire::id::{DeviceId, TenantId};
use fenming_wire::key::{Ed25519Key, Ed25519Signer};

pub(crate) use admit::{Admitted, Head};
pub(crate) use answer::{Answer, Refusal};

use crate::clock::Clock;
use crate::config::{Config, ConfigError, Documents, Kind, Published};
use crate::server::StartError;
use crate::store::Store;
use crate::store::folder::{Folder, Settled};
use limiter::FailureLimiter;

/// The endpoint behind its routes.
pub(crate) struct Service {
    tenant: TenantId,
    root: Ed25519Key,
    authority: String,
    receipts: Ed25519Signer,
    published: RwLock<Arc<Published>>,
    store: Arc<Store>,
    folder: Folder,
    clock: Arc<dyn Clock>,
    failures: Mutex<FailureLimiter>,
    lanes: Lanes,
}

/// What a configuration must pass before anything is opened or bound.
pub(crate) struct Checked {
    receipts: Ed25519Signer,
    published: Published,
}

/// Uploads of one device pass one after the other; those of most others pass beside it.
struct Lanes([Mutex<()>; LANES]);

/// Lanes: as many as uploads are in work at once.
const LANES: usize = 32;

impl Checked {
    pub(crate) fn new(config: &Config) -> Result<Self, ConfigError> {
        let receipts =
            Ed25519Signer::from_pkcs8(&config.receipt_key).map_err(|_| ConfigError::ReceiptKey)?;
        let documents = config.documents.clone();
        let published = Published::check(documents, &config.tenant, config.root_key, &receipts)?;
        Ok(Self { receipts, published })
    }
}

impl Service {
    pub(crate) fn open(
        config: &Config,
        checked: Checked,
        authority: String,
        clock: Arc<dyn Clock>,
    ) -> Result<(Self, Settled), StartError> {
        let data: &Path = &config.data;
        let folder = Folder::take(data, config.limits.free_bytes)?;
        let store = Store::open(data)?;
        store.claim(&config.tenant)?;
        let settled = folder.settle(&store)?;
        let published = serve_from_now(&store, &folder, checked.published)?;
        let service = Self {
            tenant: config.tenant.clone(),
            root: config.root_key,
            authority,
            receipts: checked.receipts,
            published: RwLock::new(published),
            store: Arc::new(store),
            folder,
            clock,
            failures: Mutex::new(FailureLimiter::default()),
            lanes: Lanes(std::array::from_fn(|_| Mutex::new(()))),
        };
        Ok((service, settled))
    }

    /// Serves other documents from now on, after the same checks as at the start.
    pub(crate) fn publish(&self, documents: Documents) -> Result<(), StartError> {
        let published = Published::check(documents, &self.tenant, self.root, &self.receipts)?;
        // The lock spans both, so that what is served is what was noted last.
        let mut current = self.published.write().unwrap_or_else(PoisonError::into_inner);
        *current = serve_from_now(&self.store, &self.folder, published)?;
        Ok(())
    }

    pub(crate) const fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// `GET /v1/trust`.
    pub(crate) fn trust(&self) -> Answer {
        Answer::json(self.published().bytes(Kind::Trust).to_vec())
    }

    /// `GET /v1/policy`.
    pub(crate) fn policy(&self, admitted: Admitted, body: &[u8]) -> Result<Answer, Refusal> {
        self.accept(admitted, body)?;
        Ok(Answer::json(self.published().bytes(Kind::Policy).to_vec()))
    }

    fn published(&self) -> Arc<Published> {
        Arc::clone(&self.published.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn failures(&self) -> MutexGuard<'_, FailureLimiter> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lanes {
    fn enter(&self, device: DeviceId) -> Option<MutexGuard<'_, ()>> {
        let byte = device.as_bytes().first().copied().unwrap_or_default();
        let lane = self.0.get(usize::from(byte) % LANES)?;
        Some(lane.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What stands in a path behind that of its route.
fn behind<'p>(path: &'p str, route: &str) -> Option<&'p str> {
    path.strip_prefix(route)?.strip_prefix('/')
}

fn serve_from_now(
    store: &Store,
    folder: &Folder,
    published: Published,
) -> Result<Arc<Published>, StartError> {
    store.publish(&published)?;
    folder.keep_trust(published.trust_version, published.bytes(Kind::Trust))?;
    Ok(Arc::new(published))
}
