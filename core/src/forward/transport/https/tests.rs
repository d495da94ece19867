//! Against a real TLS server on loopback that counts what reaches it.

mod dates;
mod server;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use data_encoding::BASE64;
use fenming_wire::id::Digest;
use fenming_wire::key::{DeviceKey, Ed25519Key};
use fenming_wire::signature;

use self::server::{Pki, Server};
use super::*;
use crate::clock::Clock;
use crate::ports::{DeviceSigner, DocumentSigner};
use crate::testing::{ManualClock, SoftwareSigner};

const NAME: &str = "archive.example.cn";
const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";

/// Yields one list of addresses after another; the last one stays.
struct Script {
    lists: Mutex<Vec<Vec<IpAddr>>>,
    lookups: AtomicUsize,
}

impl Script {
    fn new(lists: &[&[&str]]) -> Arc<Self> {
        let parse = |list: &&[&str]| list.iter().map(|ip| ip.parse().unwrap()).collect();
        let lists = lists.iter().rev().map(parse).collect();
        Arc::new(Self { lists: Mutex::new(lists), lookups: AtomicUsize::new(0) })
    }
}

impl Resolver for Script {
    fn lookup(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        assert_eq!(host, NAME);
        self.lookups.fetch_add(1, Ordering::SeqCst);
        let mut lists = self.lists.lock().unwrap();
        let next = if lists.len() > 1 { lists.pop() } else { lists.last().cloned() };
        next.ok_or_else(|| io::Error::other("no such name"))
    }
}

fn pki() -> Pki {
    Pki::new(&[NAME], 2020, 2040)
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at("2026-03-02T01:00:00Z".parse().unwrap()))
}

/// A profile for a host and port, with a CA, pins, or both.
fn profile(host: &str, port: u16, ca: Option<&[u8]>, pins: &[Digest], ranges: &str) -> Profile {
    let pins: Vec<String> = pins.iter().map(|pin| BASE64.encode(pin.as_bytes())).collect();
    let map: BTreeMap<String, String> = [
        ("tenant", "acme".to_owned()),
        ("endpoint", format!("https://{host}:{port}")),
        ("root_key", Ed25519Key::from_bytes([7; 32]).to_string()),
        ("tls_pins", pins.join(",")),
        ("tls_ca", ca.map(|ca| BASE64.encode(ca)).unwrap_or_default()),
        ("address_ranges", ranges.to_owned()),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into();
    fenming_wire::profile::parse(&map).profile.unwrap()
}

/// What a phone with a good clock knows that has never spoken to the endpoint.
fn time() -> Arc<EndpointClock> {
    Arc::new(EndpointClock::new(clock(), None))
}

fn transport(profile: &Profile, resolver: Arc<Script>) -> HttpsTransport {
    let residency = Residency::before_trust(profile);
    HttpsTransport::new(profile, residency, resolver, time()).unwrap()
}

/// A transport to a server at 127.0.0.1 by name, with its CA, that may reach 127.0.0.1 only.
fn to(server: &Server, pki: &Pki) -> HttpsTransport {
    let profile = profile(NAME, server.address.port(), Some(&pki.ca), &[], "127.0.0.1/32");
    transport(&profile, Script::new(&[&["127.0.0.1"]]))
}

fn get() -> Request {
    Request {
        method: Method::Get,
        path: "/v1/trust".to_owned(),
        content_type: None,
        body: Vec::new(),
        signature: None,
    }
}

fn post(body: &[u8]) -> Request {
    Request {
        method: Method::Post,
        path: "/v1/batches".to_owned(),
        content_type: Some(fenming_wire::api::BATCH_TYPE),
        body: body.to_vec(),
        signature: None,
    }
}

#[track_caller]
fn nothing_reached(server: &Server) {
    assert_eq!(server.connections(), 0);
    assert_eq!(server.seen.raw.load(Ordering::SeqCst), 0);
}

/// The handshake was refused: no byte of a request was sent.
#[track_caller]
fn no_request_reached(server: &Server) {
    assert_eq!(server.seen.application.load(Ordering::SeqCst), 0);
    assert!(server.requests().is_empty());
}

#[test]
fn a_signed_request_arrives_whole_and_verifies() {
    let pki = pki();
    let server = Server::start("127.0.0.1", &pki, |_, _| OK.to_vec());
    let transport = to(&server, &pki);
    let device = SoftwareSigner::generate().unwrap();
    let signer = DocumentSigner::new(&device).unwrap();
    let key: DeviceKey = device.public_key().unwrap();
    let mut request = post(b"sealed bytes");
    let authority = format!("{NAME}:{}", server.address.port());
    let signed = signature::Request {
        method: "POST",
        authority: &authority,
        path: "/v1/batches",
        body: b"sealed bytes",
    };
    let now = clock().now();
    let headers =
        signature::sign(signed, key.device_id(), now, "nonce-of-16-chars", &signer).unwrap();
    request.signature = Some(headers.clone());
    let answer = transport.send(&request).unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (200, b"hi".as_slice()));
    let seen = server.requests().remove(0);
    let field = |name: &str| {
        let line = seen.lines().find(|line| line.to_ascii_lowercase().starts_with(name));
        line.unwrap().split_once(": ").unwrap().1.to_owned()
    };
    assert_eq!(field("host:"), authority);
    assert_eq!(field("content-type:"), fenming_wire::api::BATCH_TYPE);
    let arrived = signature::Headers {
        content_digest: field("content-digest:"),
        signature_input: field("signature-input:"),
        signature: field("signature:"),
    };
    assert_eq!(arrived, headers);
    signature::parse(&arrived).unwrap().verify(signed, &key).unwrap();
    assert!(seen.ends_with("\r\n\r\nsealed bytes"));
}

#[test]
fn a_redirect_is_never_followed() {
    static ELSEWHERE: Mutex<u16> = Mutex::new(0);
    let pki = pki();
    let elsewhere = Server::start("127.0.0.1", &pki, |_, _| OK.to_vec());
    *ELSEWHERE.lock().unwrap() = elsewhere.address.port();
    let server = Server::start("127.0.0.1", &pki, |_, _| {
        let port = ELSEWHERE.lock().unwrap();
        let to = format!("https://{NAME}:{port}/v1/batches");
        format!("HTTP/1.1 307 Moved\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n").into_bytes()
    });
    let answer = to(&server, &pki).send(&post(b"sealed")).unwrap();
    assert_eq!(answer.status, 307);
    assert_eq!(server.requests().len(), 1);
    nothing_reached(&elsewhere);
}

#[test]
fn a_wrong_pin_gets_no_request() {
    let pki = pki();
    let server = Server::start("127.0.0.1", &pki, |_, _| OK.to_vec());
    let pins = [Digest::of(b"one key"), Digest::of(b"another key")];
    for ca in [None, Some(pki.ca.as_slice())] {
        let profile = profile(NAME, server.address.port(), ca, &pins, "127.0.0.1/32");
        let transport = transport(&profile, Script::new(&[&["127.0.0.1"]]));
        assert_eq!(transport.send(&post(b"sealed")), Err(TransportFailure::WrongPin));
    }
    no_request_reached(&server);
}

#[test]
fn the_backup_pin_is_as_good_as_the_first() {
    let pki = pki();
    let server = Server::start("127.0.0.1", &pki, |_, _| OK.to_vec());
    for pins in [[pki.pin, Digest::of(b"backup")], [Digest::of(b"former"), pki.pin]] {
        let profile = profile(NAME, server.address.port(), None, &pins, "127.0.0.1/32");
        let transport = transport(&profile, Script::new(&[&["127.0.0.1"]]));
        assert_eq!(transport.send(&get()).unwrap().status, 200);
    }
}

#[test]
fn a_pinned_key_under_another_name_gets_no_request() {
    let other_name = Pki::new(&["other.example.cn"], 2020, 2040);
    let server = Server::start("127.0.0.1", &other_name, |_, _| OK.to_vec());
    let pins = [other_name.pin, Digest::of(b"backup")];
    let profile = profile(NAME, server.address.port(), None, &pins, "127.0.0.1/32");
    let transport = transport(&profile, Script::new(&[&["127.0.0.1"]]));
    assert_eq!(transport.send(&get()), Err(TransportFailure::Tls));
    no_request_reached(&server);
}

#[test]
fn tls_1_2_is_refused() {
    let pki = pki();
    let server = Server::start_with("127.0.0.1", &pki, &rustls::version::TLS12, |_, _| OK.to_vec());
    assert_eq!(to(&server, &pki).send(&get()), Err(TransportFailure::Tls));
    no_request_reached(&server);
}

#[test]
fn an_address_out_of_range_is_not_even_connected_to() {
    let pki = pki();
    let server = Server::start("127.0.0.2", &pki, |_, _| OK.to_vec());
    let profile = profile(NAME, server.address.port(), Some(&pki.ca), &[], "127.0.0.1/32");
    for address in ["127.0.0.2", "::ffff:127.0.0.2"] {
        let transport = transport(&profile, Script::new(&[&[address]]));
        let refused = TransportFailure::Address(AddressRefused::Local);
        assert_eq!(transport.send(&post(b"sealed")), Err(refused));
    }
    nothing_reached(&server);
}

#[test]
fn an_ip_literal_out_of_range_is_refused_before_anything_is_made() {
    let pki = Pki::new(&["127.0.0.2"], 2020, 2040);
    let server = Server::start("127.0.0.2", &pki, |_, _| OK.to_vec());
    let profile = profile("127.0.0.2", server.address.port(), Some(&pki.ca), &[], "127.0.0.1/32");
    let made =
        HttpsTransport::new(&profile, Residency::before_trust(&profile), Script::new(&[]), time());
    assert_eq!(made.err(), Some(TransportFailure::Address(AddressRefused::Local)));
    nothing_reached(&server);
}

#[test]
fn an_ip_literal_in_range_is_reached_without_a_lookup() {
    let pki = Pki::new(&["127.0.0.1"], 2020, 2040);
    let server = Server::start("127.0.0.1", &pki, |_, _| OK.to_vec());
    let profile = profile("127.0.0.1", server.address.port(), Some(&pki.ca), &[], "127.0.0.1/32");
    let resolver = Script::new(&[]);
    let transport = transport(&profile, Arc::clone(&resolver));
    assert_eq!(transport.send(&get()).unwrap().status, 200);
    assert_eq!(resolver.lookups.load(Ordering::SeqCst), 0);
}

#[test]
fn a_name_is_looked_up_once_a_connection_and_a_change_of_it_is_refused() {
    let pki = pki();
    let good = Server::start("127.0.0.1", &pki, |_, _| {
        b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_vec()
    });
    // The same port at another address, as whoever changes the name would have it.
    let port = good.address.port();
    let foreign = std::net::TcpListener::bind(("127.0.0.2", port)).unwrap();
    foreign.set_nonblocking(true).unwrap();
    let profile = profile(NAME, port, Some(&pki.ca), &[], "127.0.0.1/32");
    let resolver = Script::new(&[&["127.0.0.1"], &["127.0.0.1"], &["127.0.0.2"]]);
    let transport = transport(&profile, Arc::clone(&resolver));
    for round in 1..=2 {
        assert_eq!(transport.send(&get()).unwrap().status, 200);
        assert_eq!(resolver.lookups.load(Ordering::SeqCst), round);
        assert_eq!(good.connections(), round);
    }
    let refused = TransportFailure::Address(AddressRefused::Local);
    assert_eq!(transport.send(&post(b"sealed")), Err(refused));
    assert_eq!(resolver.lookups.load(Ordering::SeqCst), 3);
    assert_eq!(good.connections(), 2);
    assert_eq!(foreign.accept().unwrap_err().kind(), io::ErrorKind::WouldBlock);
}

#[test]
fn of_several_addresses_only_those_in_range_are_connected_to() {
    let pki = pki();
    let good = Server::start("127.0.0.1", &pki, |_, _| OK.to_vec());
    let port = good.address.port();
    let foreign = std::net::TcpListener::bind(("127.0.0.2", port)).unwrap();
    foreign.set_nonblocking(true).unwrap();
    let profile = profile(NAME, port, Some(&pki.ca), &[], "127.0.0.1/32");
    let transport = transport(&profile, Script::new(&[&["127.0.0.2", "127.0.0.1"]]));
    assert_eq!(transport.send(&get()).unwrap().status, 200);
    assert_eq!(foreign.accept().unwrap_err().kind(), io::ErrorKind::WouldBlock);
}

#[test]
fn a_made_up_address_of_a_local_proxy_has_an_error_of_its_own() {
    let profile = profile(NAME, 443, Some(&pki().ca), &[], "127.0.0.1/32");
    let transport = transport(&profile, Script::new(&[&["198.18.0.23"]]));
    assert_eq!(transport.send(&get()), Err(TransportFailure::Address(AddressRefused::FakeIp)));
}

#[test]
fn a_name_that_does_not_exist_and_a_port_where_nobody_listens_count_as_offline() {
    let pki = pki();
    let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let profile = profile(NAME, port, Some(&pki.ca), &[], "127.0.0.1/32");
    let nobody = transport(&profile, Script::new(&[&["127.0.0.1"]]));
    assert_eq!(nobody.send(&get()), Err(TransportFailure::Offline));
    let nameless = transport(&profile, Script::new(&[]));
    assert_eq!(nameless.send(&get()), Err(TransportFailure::Offline));
}

#[test]
fn an_answer_that_is_too_long_is_not_read_to_its_end() {
    let pki = pki();
    let announced = Server::start("127.0.0.1", &pki, |_, _| {
        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", MAX_ANSWER_BYTES + 1).into_bytes()
    });
    assert_eq!(to(&announced, &pki).send(&get()), Err(TransportFailure::AnswerTooLarge));
    let endless = Server::start("127.0.0.1", &pki, |_, _| {
        let mut answer = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
        answer.extend_from_slice(format!("{:x}\r\n", MAX_ANSWER_BYTES + 2).as_bytes());
        answer.resize(answer.len() + MAX_ANSWER_BYTES + 2, b'x');
        answer
    });
    assert_eq!(to(&endless, &pki).send(&get()), Err(TransportFailure::AnswerTooLarge));
    let longest = Server::start("127.0.0.1", &pki, |_, _| {
        let mut answer =
            format!("HTTP/1.1 200 OK\r\ncontent-length: {MAX_ANSWER_BYTES}\r\n\r\n").into_bytes();
        answer.resize(answer.len() + MAX_ANSWER_BYTES, b'x');
        answer
    });
    let answer = to(&longest, &pki).send(&get()).unwrap();
    assert_eq!(answer.body.len(), MAX_ANSWER_BYTES);
}

#[test]
fn a_connection_that_breaks_in_an_answer_is_interrupted() {
    let pki = pki();
    let half = Server::start("127.0.0.1", &pki, |_, _| {
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\nconnection: close\r\n\r\nhalf".to_vec()
    });
    assert_eq!(to(&half, &pki).send(&get()), Err(TransportFailure::Interrupted));
    let silent = Server::start("127.0.0.1", &pki, |_, _| Vec::new());
    assert_eq!(to(&silent, &pki).send(&post(b"sealed")), Err(TransportFailure::Interrupted));
    assert_eq!(silent.requests().len(), 1, "a request is never repeated");
}

/// A lookup that nobody checks.
struct Unchecked(IpAddr);

impl Resolve for Unchecked {
    fn resolve(&self, _name: Name) -> Resolving {
        let addresses: Addrs = Box::new([SocketAddr::new(self.0, 0)].into_iter());
        Box::pin(std::future::ready(Ok(addresses)))
    }
}

#[test]
fn a_connected_peer_out_of_range_gets_no_request_even_after_an_unchecked_lookup() {
    let pki = pki();
    let server = Server::start("127.0.0.2", &pki, |_, _| OK.to_vec());
    let profile = profile(NAME, server.address.port(), Some(&pki.ca), &[], "127.0.0.1/32");
    let lookup = Arc::new(Unchecked(server.address.ip()));
    let residency = Residency::before_trust(&profile);
    let transport = HttpsTransport::build(&profile, residency, lookup, time()).unwrap();
    let refused = TransportFailure::Address(AddressRefused::Local);
    assert_eq!(transport.send(&post(b"sealed")), Err(refused));
    no_request_reached(&server);
}

#[test]
fn no_cookie_and_no_referer_is_ever_sent() {
    let pki = pki();
    let server = Server::start("127.0.0.1", &pki, |_, _| {
        b"HTTP/1.1 200 OK\r\nset-cookie: a=b\r\ncontent-length: 0\r\n\r\n".to_vec()
    });
    let transport = to(&server, &pki);
    for _ in 0..2 {
        transport.send(&get()).unwrap();
    }
    assert_eq!(server.connections(), 1, "the connection is kept");
    for request in server.requests() {
        let request = request.to_ascii_lowercase();
        assert!(!request.contains("cookie") && !request.contains("referer"));
    }
}

#[test]
fn retry_after_is_read_as_seconds_and_as_a_date() {
    let pki = pki();
    let server = Server::start("127.0.0.1", &pki, |number, _| {
        let fields = [
            "retry-after: 90",
            "date: Mon, 02 Mar 2026 01:00:00 GMT\r\nretry-after: Mon, 02 Mar 2026 01:02:00 GMT",
            "retry-after: Mon, 02 Mar 2026 01:03:00 GMT",
            "retry-after: soon",
        ];
        let field = fields[number - 1];
        format!("HTTP/1.1 503 Busy\r\n{field}\r\ncontent-length: 0\r\n\r\n").into_bytes()
    });
    let transport = to(&server, &pki);
    let waits = [Some(90), Some(120), Some(180), None];
    for wait in waits {
        let answer = transport.send(&get()).unwrap();
        assert_eq!(answer.status, 503);
        assert_eq!(answer.retry_after, wait.map(Span::seconds));
    }
}

/// Set for the program that the next test starts again.
const PROXIED: &str = "FENMING_TEST_PROXIED";

#[test]
fn no_proxy_of_the_environment_is_used() {
    if std::env::var_os(PROXIED).is_some() {
        let pki = pki();
        let server = Server::start("127.0.0.1", &pki, |_, _| OK.to_vec());
        assert_eq!(to(&server, &pki).send(&get()).unwrap().status, 200);
        return;
    }
    let proxy = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    proxy.set_nonblocking(true).unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    let name = "forward::transport::https::tests::no_proxy_of_the_environment_is_used";
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", name]).env(PROXIED, "1");
    for key in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        child.env(key, &address);
    }
    let output = child.output().unwrap();
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
    assert_eq!(proxy.accept().unwrap_err().kind(), io::ErrorKind::WouldBlock);
}
