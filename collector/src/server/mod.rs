//! TLS, HTTP and the life of the endpoint.

mod body;
mod connection;
mod handler;
pub(crate) mod local;
pub(crate) mod routes;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use fenming_wire::profile::Endpoint;
use tokio::runtime::Builder;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::config::{Config, ConfigError, Documents};
use crate::console::Console;
use crate::service::{Checked, Service};
use crate::store::folder::Settled;
use crate::store::{PublishRefused, StoreError};

/// The endpoint, before it runs.
pub struct Collector;

/// An endpoint that runs. It stops when this is dropped.
pub struct Running {
    address: SocketAddr,
    endpoint: Endpoint,
    service: Arc<Service>,
    console: Console,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

/// Why the endpoint does not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The configuration is refused.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data folder cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The address cannot be listened on.
    #[error("`listen`: cannot be listened on ({0}): is it this machine's, and free?")]
    Listen(io::ErrorKind),
    /// The system gives no threads.
    #[error("the system gives no threads ({0})")]
    Threads(io::ErrorKind),
}

/// Threads that wait for the network; what blocks runs beside them.
const NETWORK_THREADS: usize = 2;

/// Threads that wait for the disk: SQLite has one writer, so more would only queue.
const DISK_THREADS: usize = 16;

impl Collector {
    /// Checks everything, opens the data folder, binds the address and serves until the returned
    /// value is stopped or dropped. It brings its own threads, so it may be called from anywhere.
    ///
    /// # Errors
    /// [`StartError`]; nothing runs then.
    pub fn start(config: Config, clock: Arc<dyn Clock>) -> Result<Running, StartError> {
        let checked = Checked::new(&config)?;
        let tls = Arc::new(config.tls.server()?);
        let listen = |error: io::Error| StartError::Listen(error.kind());
        let threads = |error: io::Error| StartError::Threads(error.kind());
        let listener = TcpListener::bind(config.listen).map_err(listen)?;
        listener.set_nonblocking(true).map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let endpoint = bound(&config.endpoint, address)?;
        let (service, settled) =
            Service::open(&config, checked, endpoint.authority(), Arc::clone(&clock))?;
        let service = Arc::new(service);
        if settled != Settled::default() {
            let Settled { filed, orphans } = settled;
            tracing::warn!(filed, orphans, "finished what was interrupted");
        }
        let runtime = Builder::new_multi_thread()
            .worker_threads(NETWORK_THREADS)
            .max_blocking_threads(DISK_THREADS)
            .thread_name("collector")
            .enable_all()
            .build()
            .map_err(threads)?;
        let (stop, stopped) = watch::channel(false);
        let shared = handler::Shared::new(Arc::clone(&service), config.limits);
        let thread = std::thread::Builder::new()
            .name("collector-main".to_owned())
            .spawn(move || runtime.block_on(connection::serve(listener, tls, shared, stopped)))
            .map_err(threads)?;
        let console = Console::of(Arc::clone(service.store()), clock);
        Ok(Running { address, endpoint, service, console, stop, thread: Some(thread) })
    }
}

impl Running {
    /// The address that was bound.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The endpoint as a profile names it, with the bound port where the configuration had 0.
    #[must_use]
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
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

    /// Takes no new connection, lets open requests finish within the limit, and returns when no
    /// thread is left.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the endpoint's thread ended in a panic");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

impl From<PublishRefused> for StartError {
    fn from(refused: PublishRefused) -> Self {
        match refused {
            PublishRefused::Rollback(error) => Self::Config(error),
            PublishRefused::Store(error) => Self::Store(error),
        }
    }
}

/// The endpoint with the bound port in the place of port 0.
fn bound(endpoint: &Endpoint, address: SocketAddr) -> Result<Endpoint, ConfigError> {
    if endpoint.port() != 0 {
        return Ok(endpoint.clone());
    }
    let text = format!("https://{}:{}", endpoint.host(), address.port());
    text.parse().map_err(|error| ConfigError::Malformed { key: "endpoint", error })
}
