//! A real TLS server on loopback that counts every byte it gets.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, PublicKeyData};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};

use super::*;

/// A private CA, and a key with a certificate by it.
pub(super) struct Pki {
    pub(super) ca: Vec<u8>,
    pub(super) pin: Digest,
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Pki {
    /// A certificate for the names, valid in the years from and until.
    pub(super) fn new(names: &[&str], from: i32, until: i32) -> Self {
        let ca_key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca = params.self_signed(&ca_key).unwrap().der().to_vec();
        let issuer = Issuer::new(params, ca_key);
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.not_before = rcgen::date_time_ymd(from, 1, 1);
        params.not_after = rcgen::date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &issuer).unwrap().der().clone();
        let pin = Digest::of(&key.subject_public_key_info());
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        Self { ca, pin, certificate, key }
    }

    fn config(&self, version: &'static SupportedProtocolVersion) -> Arc<ServerConfig> {
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate.clone()], self.key.clone_key())
            .unwrap();
        Arc::new(config)
    }
}

/// What has reached the server.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) connections: AtomicUsize,
    /// Bytes on the wire, the handshake's included.
    pub(super) raw: AtomicUsize,
    /// Bytes inside TLS.
    pub(super) application: AtomicUsize,
    pub(super) requests: Mutex<Vec<Vec<u8>>>,
}

/// Answers requests until it is dropped.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    pub(super) seen: Arc<Seen>,
    ended: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

/// From the number of requests so far and the request to the raw answer.
pub(super) type Script = fn(usize, &[u8]) -> Vec<u8>;

impl Server {
    pub(super) fn start(ip: &str, pki: &Pki, script: Script) -> Self {
        Self::start_with(ip, pki, &rustls::version::TLS13, script)
    }

    pub(super) fn start_with(
        ip: &str,
        pki: &Pki,
        version: &'static SupportedProtocolVersion,
        script: Script,
    ) -> Self {
        let listener = TcpListener::bind((ip, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Seen::default());
        let ended = Arc::new(AtomicBool::new(false));
        let config = pki.config(version);
        let (all, end) = (Arc::clone(&seen), Arc::clone(&ended));
        let accepting = std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if end.load(Ordering::SeqCst) {
                    break;
                }
                all.connections.fetch_add(1, Ordering::SeqCst);
                let (config, seen) = (Arc::clone(&config), Arc::clone(&all));
                std::thread::spawn(move || serve(stream, config, &seen, script));
            }
        });
        Self { address, seen, ended, accepting: Some(accepting) }
    }

    pub(super) fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    pub(super) fn requests(&self) -> Vec<String> {
        let requests = self.seen.requests.lock().unwrap();
        requests.iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        if let Some(accepting) = self.accepting.take() {
            accepting.join().unwrap();
        }
    }
}

/// A socket that counts what it reads.
struct Counted<'a>(TcpStream, &'a Seen);

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buffer)?;
        self.1.raw.fetch_add(read, Ordering::SeqCst);
        Ok(read)
    }
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// An answer with this field is the last of its connection.
const CLOSE: &[u8] = b"connection: close\r\n";

fn serve(stream: TcpStream, config: Arc<ServerConfig>, seen: &Seen, script: Script) {
    let connection = ServerConnection::new(config).unwrap();
    let mut tls = StreamOwned::new(connection, Counted(stream, seen));
    while let Some(request) = read_request(&mut tls, seen) {
        let number = {
            let mut requests = seen.requests.lock().unwrap();
            requests.push(request.clone());
            requests.len()
        };
        let answer = script(number, &request);
        let last = answer.windows(CLOSE.len()).any(|bytes| bytes == CLOSE);
        let written = tls.write_all(&answer).and_then(|()| tls.flush());
        if answer.is_empty() || last || written.is_err() {
            break;
        }
    }
    tls.conn.send_close_notify();
    let _ = tls.flush();
}

/// A whole request; none where the client went away.
fn read_request(tls: &mut impl Read, seen: &Seen) -> Option<Vec<u8>> {
    let mut request = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        if let Some(end) = request.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&request[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |text| text.parse().unwrap());
            if request.len() >= end + 4 + length {
                return Some(request);
            }
        }
        let read = tls.read(&mut buffer).ok().filter(|read| *read > 0)?;
        seen.application.fetch_add(read, Ordering::SeqCst);
        request.extend_from_slice(&buffer[..read]);
    }
}
