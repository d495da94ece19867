//! Nothing is read without a bound, in bytes or in time.

use std::io::{Read, Write};
use std::net::TcpStream;

use fenming_wire::api::{BATCHES_PATH, ENROLMENTS_PATH, POLICY_PATH, ProblemKind, TRUST_PATH};
use fenming_wire::frame::MAX_FRAME_BYTES;

use super::client::{Call, Client};
use super::fixture::{Batch, Phone, Tenant, epoch};
use crate::{Config, Limits};

/// Limits so short that a test sees them pass.
fn impatient() -> Limits {
    Limits {
        free_bytes: 0,
        handshake_ms: 150,
        head_ms: 150,
        body_ms: 150,
        stop_ms: 150,
        ..Limits::default()
    }
}

fn head(client: &Client, phone: &Phone, call: &Call<'_>, length: &str) -> String {
    let fields = call.sign(phone);
    format!(
        "{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{length}\r\nContent-Digest: {}\r\n\
         Signature-Input: {}\r\nSignature: {}\r\n\r\n",
        call.method,
        call.path,
        client.authority(),
        fields.content_digest,
        fields.signature_input,
        fields.signature,
    )
}

#[test]
fn a_body_that_is_too_large_is_refused_on_every_route() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    for route in crate::routes() {
        let path = route.path.replace("{epoch}", "0101010101010101").replace(['{', '}'], "");
        let call = client.call(&phone, route.method, &path, vec![b'x'; route.body + 1]);
        let reply = client.send(&phone, &call);
        assert_eq!(reply.kind(), ProblemKind::TooLarge, "{path}");
    }
}

#[test]
fn a_body_that_does_not_say_its_length_is_counted_as_it_comes() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let call = client.call(&phone, "POST", "/v1/heartbeats", Vec::new());
    let mut request = head(&client, &phone, &call, "Transfer-Encoding: chunked").into_bytes();
    for _ in 0..5 {
        request.extend_from_slice(b"1000\r\n");
        request.extend_from_slice(&[b'x'; 0x1000]);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"0\r\n\r\n");
    assert!(client.talk(&request).starts_with("HTTP/1.1 413 "));
}

#[test]
fn the_largest_frame_passes() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let from = fenming_wire::ledger::Position::start(phone.device(), epoch(1));
    let sealed = vec![7; fenming_wire::limits::MAX_BATCH_BYTES];
    let batch = Batch::of(&tenant, &phone, (epoch(1), from, 2_000), sealed);
    assert!(batch.frame(&phone).len() <= MAX_FRAME_BYTES);
    assert_eq!(client.upload(&phone, &batch).status, 200);
}

#[test]
fn a_stranger_is_refused_before_the_body_is_kept() {
    let tenant = Tenant::new();
    let running = tenant.start_with(Config { limits: impatient(), ..tenant.config() });
    let client = tenant.client(&running);
    let stranger = Phone::new();
    let call = client.call(&stranger, "POST", BATCHES_PATH, Vec::new());
    // The body never comes, so an answer can rest on the head alone.
    let request = head(&client, &stranger, &call, "Content-Length: 100000");
    assert!(client.talk(request.as_bytes()).starts_with("HTTP/1.1 401 "));
}

#[test]
fn a_body_that_does_not_come_is_not_waited_for() {
    let tenant = Tenant::new();
    let running = tenant.start_with(Config { limits: impatient(), ..tenant.config() });
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let call = client.call(&phone, "POST", BATCHES_PATH, Vec::new());
    let mut request = head(&client, &phone, &call, "Content-Length: 100000");
    request.push_str("a first piece");
    let answer = client.talk(request.as_bytes());
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("application/problem+json"));
}

#[test]
fn a_head_that_does_not_end_is_not_waited_for() {
    let tenant = Tenant::new();
    let running = tenant.start_with(Config { limits: impatient(), ..tenant.config() });
    let client = tenant.client(&running);
    let answer = client.talk(b"GET /v1/trust HTTP/1.1\r\nHost: x\r\nX-Slow: ");
    assert!(!answer.starts_with("HTTP/1.1 2"), "{answer}");
}

#[test]
fn a_connection_that_lies_idle_is_closed() {
    let tenant = Tenant::new();
    let running = tenant.start_with(Config { limits: impatient(), ..tenant.config() });
    let answer = tenant.client(&running).talk(b"GET /v1/trust HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 200 "));
}

#[test]
fn a_handshake_that_does_not_begin_is_not_waited_for() {
    let tenant = Tenant::new();
    let running = tenant.start_with(Config { limits: impatient(), ..tenant.config() });
    let mut stream = TcpStream::connect(running.address()).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(answer.is_empty());
}

#[test]
fn a_connection_does_not_live_for_ever() {
    let tenant = Tenant::new();
    let limits = Limits { connection_ms: 150, head_ms: 600_000, ..impatient() };
    let running = tenant.start_with(Config { limits, ..tenant.config() });
    let answer = tenant.client(&running).talk(b"GET /v1/trust HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 200 "));
}

#[test]
fn slow_peers_do_not_keep_the_others_out() {
    let tenant = Tenant::new();
    let limits = Limits { connections: 4, ..impatient() };
    let running = tenant.start_with(Config { limits, ..tenant.config() });
    let silent: Vec<_> = (0..16).map(|_| TcpStream::connect(running.address()).unwrap()).collect();
    let reply = tenant.client(&running).plain("GET", TRUST_PATH, None, Vec::new());
    assert_eq!(reply.status, 200);
    drop(silent);
}

#[test]
fn a_head_without_end_or_with_too_many_fields_is_refused() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let client = tenant.client(&running);
    let long = format!("GET {TRUST_PATH} HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "y".repeat(40_000));
    assert!(client.talk(long.as_bytes()).starts_with("HTTP/1.1 431 "));
    let many = format!("GET {TRUST_PATH} HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(100));
    assert!(client.talk(many.as_bytes()).starts_with("HTTP/1.1 431 "));
    let nonsense = client.talk(b"\x16\x03\x01 is no HTTP\r\n\r\n");
    assert!(nonsense.starts_with("HTTP/1.1 400 "));
}

#[test]
fn plain_http_is_not_spoken() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let mut stream = TcpStream::connect(running.address()).unwrap();
    stream.write_all(b"GET /v1/trust HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(!answer.windows(4).any(|window| window == b"HTTP"));
}

#[test]
fn tls_1_2_is_not_spoken() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let mut stream = TcpStream::connect(running.address()).unwrap();
    stream.write_all(&old_client_hello()).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    // A fatal alert, `protocol_version`.
    assert_eq!(answer.first(), Some(&0x15));
    assert_eq!(answer.get(5..7), Some([2, 70].as_slice()));
}

/// The first message of a client that knows TLS 1.2 and nothing newer.
fn old_client_hello() -> Vec<u8> {
    let extensions: &[u8] = &[
        0, 10, 0, 4, 0, 2, 0, 23, // supported_groups: secp256r1
        0, 11, 0, 2, 1, 0, // ec_point_formats: uncompressed
        0, 13, 0, 4, 0, 2, 4, 3, // signature_algorithms: ecdsa_secp256r1_sha256
    ];
    let mut hello = vec![3, 3];
    hello.extend_from_slice(&[7; 32]);
    hello.extend_from_slice(&[0, 0, 4, 0xC0, 0x2B, 0xC0, 0x2F, 1, 0]);
    hello.extend_from_slice(&[0, u8::try_from(extensions.len()).unwrap()]);
    hello.extend_from_slice(extensions);
    let length = u8::try_from(hello.len()).unwrap();
    let mut message = vec![0x16, 3, 1, 0, length + 4, 1, 0, 0, length];
    message.extend_from_slice(&hello);
    message
}

#[test]
fn an_upload_that_breaks_off_leaves_nothing_and_can_be_repeated() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let batch = Batch::first(&tenant, &phone, epoch(1));
    let call = client.call(&phone, "POST", BATCHES_PATH, batch.frame(&phone));
    let length = format!("Content-Length: {}", call.body.len());
    let mut request = head(&client, &phone, &call, &length).into_bytes();
    request.extend_from_slice(&call.body[..call.body.len() / 2]);
    let mut stream = client.raw();
    stream.write_all(&request).unwrap();
    stream.flush().unwrap();
    drop(stream);
    assert!(running.console().batches(phone.device()).unwrap().is_empty());
    assert_eq!(client.send(&phone, &call).status, 200);
}

#[test]
fn the_endpoint_stops_with_connections_open_and_gives_the_address_back() {
    let tenant = Tenant::new();
    let running = tenant.start_with(Config { limits: impatient(), ..tenant.config() });
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    assert_eq!(client.get(&phone, POLICY_PATH).status, 200);
    let mut half = client.raw();
    half.write_all(b"POST ").unwrap();
    half.flush().unwrap();
    let silent = TcpStream::connect(running.address()).unwrap();
    let address = running.address();
    running.stop();
    assert!(TcpStream::connect(address).is_err());
    drop((half, silent));
}

#[test]
fn an_endpoint_that_is_dropped_stops_even_within_another_runtime() {
    let tenant = Tenant::new();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let address = runtime.block_on(async {
        let running = tenant.start();
        running.address()
    });
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn an_enrolment_larger_than_a_token_and_a_key_is_refused() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), Phone::new());
    let reply = client.post(&phone, ENROLMENTS_PATH, vec![b' '; 5_000]);
    assert_eq!(reply.kind(), ProblemKind::TooLarge);
}
