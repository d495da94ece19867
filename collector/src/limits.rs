//! Limits of the endpoint, each with its unit and its reason.

use std::time::Duration;

use fenming_wire::time::Span;
use serde::Deserialize;

/// Limits that an operator may change; the defaults suit one machine and some thousand phones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Connections at once. A phone holds one for seconds, so 512 serve some thousand phones.
    pub connections: usize,
    /// Request bodies in memory at once; with 4 MiB each, 32 of them take 128 MiB.
    pub bodies: usize,
    /// Milliseconds for the TLS handshake: a weak mobile link needs two or three seconds.
    pub handshake_ms: u64,
    /// Milliseconds for a request's head, and for a connection to lie idle.
    pub head_ms: u64,
    /// Milliseconds for a request's body: 4 MiB at 40 kB/s take a hundred seconds.
    pub body_ms: u64,
    /// Milliseconds for a whole connection, slow readers included.
    pub connection_ms: u64,
    /// Milliseconds that open connections get to finish when the endpoint stops.
    pub stop_ms: u64,
    /// Bytes that must stay free on the disk. Below that nothing is accepted, so that SQLite can
    /// always finish what it began.
    pub free_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            bodies: 32,
            handshake_ms: 10_000,
            head_ms: 20_000,
            body_ms: 120_000,
            connection_ms: 600_000,
            stop_ms: 10_000,
            free_bytes: 64 * 1024 * 1024,
        }
    }
}

impl Limits {
    pub(crate) const fn handshake(&self) -> Duration {
        Duration::from_millis(self.handshake_ms)
    }

    pub(crate) const fn head(&self) -> Duration {
        Duration::from_millis(self.head_ms)
    }

    pub(crate) const fn body(&self) -> Duration {
        Duration::from_millis(self.body_ms)
    }

    pub(crate) const fn connection(&self) -> Duration {
        Duration::from_millis(self.connection_ms)
    }

    pub(crate) const fn stop(&self) -> Duration {
        Duration::from_millis(self.stop_ms)
    }
}

/// Most bytes of an enrolment: a token, a key and their names.
pub(crate) const MAX_ENROLMENT_BYTES: usize = 4 * 1024;

/// Most bytes of a request's head. Ours take about 1 KiB; 16 KiB leave room for a balancer's.
pub(crate) const MAX_HEAD_BYTES: usize = 16 * 1024;

/// Most header fields of a request, for the same reason.
pub(crate) const MAX_HEADERS: usize = 64;

/// How long a nonce is remembered after `created`: twice the window, so that a clock that is set
/// back a little does not open it again.
pub(crate) const NONCE_KEPT: Span =
    Span::seconds(2 * fenming_wire::limits::SIGNATURE_WINDOW_SECONDS);

/// Failed enrolments that one address may make within [`FAILURE_WINDOW`]: enough for a shared
/// office address with some mistyped codes. Tokens have 256 bits, so this saves work, not secrets.
pub(crate) const MAX_FAILURES: usize = 20;

/// The window of [`MAX_FAILURES`].
pub(crate) const FAILURE_WINDOW: Span = Span::minutes(10);

/// Addresses whose failures are remembered: bounds the memory (some 200 bytes each).
pub(crate) const MAX_FAILING_ADDRESSES: usize = 4_096;

/// Attachments that one device may have half uploaded: a phone sends one after the other, and
/// leaves one behind only when its recipients change. The oldest half goes when another begins.
pub(crate) const MAX_OPEN_UPLOADS: usize = 8;

/// Longest life of a one-time token: a month bridges a holiday.
pub const MAX_TOKEN_LIFE: Span = Span::days(31);

/// Heartbeats that are kept of one device: hourly ones of four days.
pub const MAX_HEARTBEATS_KEPT: usize = 96;

/// Seconds after which a device may ask again when nothing can be stored now.
pub(crate) const RETRY_AFTER_SECONDS: i64 = 60;
