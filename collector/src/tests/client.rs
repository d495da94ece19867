//! Clients over real TLS: one that behaves, one that sends what it likes.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fenming_wire::api::{
    BATCH_TYPE, BATCHES_PATH, ENROLMENTS_PATH, HEARTBEATS_PATH, JSON_TYPE, PROBLEM_TYPE, Problem,
    ProblemKind, STATE_PATH,
};
use fenming_wire::id::{DeviceId, Epoch};
use fenming_wire::profile::EnrolmentToken;
use fenming_wire::signature::{self, Headers, Request};
use fenming_wire::time::Timestamp;
use reqwest::Method;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde::de::DeserializeOwned;

use super::fixture::{Batch, Phone, Tenant};
use crate::{Clock, Running};

/// A client that signs as a phone does.
pub(super) struct Client {
    http: reqwest::blocking::Client,
    tls: Arc<ClientConfig>,
    address: SocketAddr,
    authority: String,
    clock: Arc<dyn Clock>,
}

/// One request, with all that a signature covers.
pub(super) struct Call<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) body: Vec<u8>,
    pub(super) device: DeviceId,
    pub(super) created: Timestamp,
    pub(super) nonce: String,
    pub(super) authority: String,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: reqwest::header::HeaderMap,
    pub(super) body: Vec<u8>,
}

/// Nonces that no test uses twice unless it means to.
static NONCES: AtomicU64 = AtomicU64::new(0);

impl Client {
    pub(super) fn new(tenant: &Tenant, running: &Running) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(tenant.ca.as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let http = reqwest::blocking::Client::builder()
            .tls_backend_preconfigured(tls.clone())
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            http,
            tls: Arc::new(tls),
            address: running.address(),
            authority: running.endpoint().authority(),
            clock: tenant.clock(),
        }
    }

    /// A call that is in order.
    pub(super) fn call<'a>(
        &self,
        phone: &Phone,
        method: &'a str,
        path: &'a str,
        body: Vec<u8>,
    ) -> Call<'a> {
        Call {
            method,
            path,
            body,
            device: phone.device(),
            created: self.clock.now(),
            nonce: format!("nonce-{:016}", NONCES.fetch_add(1, Ordering::SeqCst)),
            authority: self.authority.clone(),
        }
    }

    /// Signs a call and sends it.
    pub(super) fn send(&self, phone: &Phone, call: &Call<'_>) -> Reply {
        let headers = call.sign(phone);
        self.plain(call.method, call.path, Some(&headers), call.body.clone())
    }

    /// Sends a call with the fields that are given.
    pub(super) fn plain(
        &self,
        method: &str,
        path: &str,
        headers: Option<&Headers>,
        body: Vec<u8>,
    ) -> Reply {
        let method: Method = method.parse().unwrap();
        let media = if path == BATCHES_PATH { BATCH_TYPE } else { JSON_TYPE };
        let url = format!("https://{}{path}", self.authority);
        let mut request = self.http.request(method, url).header("Content-Type", media).body(body);
        if let Some(headers) = headers {
            request = request
                .header("Content-Digest", &headers.content_digest)
                .header("Signature-Input", &headers.signature_input)
                .header("Signature", &headers.signature);
        }
        let answer = request.send().unwrap();
        Reply {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            body: answer.bytes().unwrap().to_vec(),
        }
    }

    pub(super) fn get(&self, phone: &Phone, path: &str) -> Reply {
        self.send(phone, &self.call(phone, "GET", path, Vec::new()))
    }

    pub(super) fn state(&self, phone: &Phone, epoch: Epoch) -> Reply {
        self.get(phone, &format!("{STATE_PATH}/{epoch}"))
    }

    pub(super) fn upload(&self, phone: &Phone, batch: &Batch) -> Reply {
        self.post(phone, BATCHES_PATH, batch.frame(phone))
    }

    pub(super) fn heartbeat(&self, phone: &Phone, body: Vec<u8>) -> Reply {
        self.post(phone, HEARTBEATS_PATH, body)
    }

    pub(super) fn enrol(&self, phone: &Phone, token: &EnrolmentToken) -> Reply {
        self.post(phone, ENROLMENTS_PATH, phone.enrolment(token))
    }

    pub(super) fn post(&self, phone: &Phone, path: &str, body: Vec<u8>) -> Reply {
        self.send(phone, &self.call(phone, "POST", path, body))
    }

    /// A connection on which a test says what it likes.
    pub(super) fn raw(&self) -> StreamOwned<ClientConnection, TcpStream> {
        let name = ServerName::from(self.address.ip());
        let session = ClientConnection::new(Arc::clone(&self.tls), name).unwrap();
        StreamOwned::new(session, TcpStream::connect(self.address).unwrap())
    }

    /// Sends bytes and reads until the endpoint closes.
    pub(super) fn talk(&self, bytes: &[u8]) -> String {
        let mut stream = self.raw();
        // The endpoint may close while we still write; what it said before is what counts.
        let _ = stream.write_all(bytes).and_then(|()| stream.flush());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    pub(super) fn authority(&self) -> &str {
        &self.authority
    }
}

impl Call<'_> {
    pub(super) fn sign(&self, phone: &Phone) -> Headers {
        let request = Request {
            method: self.method,
            authority: &self.authority,
            path: self.path,
            body: &self.body,
        };
        signature::sign(request, self.device, self.created, &self.nonce, phone).unwrap()
    }
}

impl Reply {
    pub(super) fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The problem that it is, well-formed.
    pub(super) fn problem(&self) -> Problem {
        assert_eq!(self.header("content-type"), PROBLEM_TYPE);
        let problem: Problem = self.json();
        assert_eq!(problem.status, self.status);
        assert!(!problem.title.is_empty());
        problem
    }

    /// The problem's kind, whose status must be the answer's.
    pub(super) fn kind(&self) -> ProblemKind {
        let kind = ProblemKind::from_uri(&self.problem().kind).unwrap();
        assert_eq!(kind.status(), self.status);
        kind
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}
