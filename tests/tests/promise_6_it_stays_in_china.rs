//! Promise 6: it stays in China. The agent talks to one pinned endpoint inside the allowed
//! address ranges. Peers that it must refuse count what reaches them: nothing of ours does, and
//! nothing is lost by it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use fenming::certificate::PrivateCa;
use fenming_core::agent::{Choices, Ended};
use fenming_core::clock::Span;
use fenming_core::vault::RecordState;
use fenming_tests::stage::{HOST, Stage, message, next_version, policy};
use fenming_wire::heartbeat::AgentState;
use fenming_wire::id::Digest;
use fenming_wire::profile::Profile;
use fenming_wire::text::{Bilingual, Language};
use fenming_wire::trust::ExportRoute;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, Stream};

const CLIENT: &str = "林嘉怡（恒远资本）";

#[test]
fn an_address_out_of_range_is_not_even_connected_to() {
    let stage = with_a_record();
    let peer = Peer::silent(beside(&stage));
    stage.network.resolve(&[peer.ip()]);
    assert_refused(&stage, &peer, None);
    assert_mended(&stage);
}

#[test]
fn every_kind_of_address_that_leads_elsewhere_is_refused() {
    let stage = with_a_record();
    for address in
        ["8.8.8.8", "198.18.0.7", "::ffff:8.8.8.8", "64:ff9b::808:808", "10.0.0.1", "::1"]
    {
        stage.network.resolve(&[address.parse().unwrap()]);
        stage.pass(Span::hours(2));
        let before = stage.network.lookups();
        let _ = stage.run();
        assert!(stage.network.lookups() > before, "{address} was looked up");
        assert!(stage.agent().status().unwrap().forwarding.last_error.is_some(), "{address}");
    }
    assert_nothing_was_delivered(&stage);
    assert_mended(&stage);
}

#[test]
fn without_a_separate_consent_nothing_leaves_by_an_export_route() {
    let mut stage = with_a_record();
    let mut profile = stage.profile();
    stage.custodian.trust.export_routes = vec![ExportRoute {
        id: "hk-2026".parse().unwrap(),
        basis: Bilingual::new("标准合同备案 0042", "Standard contract, filing 0042"),
        ranges: profile.address_ranges.clone(),
        expires: "2028-01-01T00:00:00Z".parse().unwrap(),
    }];
    next_version(&mut stage.custodian.trust.version);
    stage.publish();
    stage.agent().refresh().unwrap();
    profile.export_route = Some("hk-2026".parse().unwrap());
    assert!(stage.take_profile(&profile));
    stage.pass(Span::hours(2));
    assert_eq!(stage.run().unwrap().ended, Ended::NotConsented, "what was captured at home stays");
    assert_nothing_was_delivered(&stage);

    let notice = stage.agent().notice(Language::Chinese).unwrap();
    assert!(notice.asks_export && notice.text.contains("单独同意"));
    stage.agent().agree(Language::Chinese, notice.digest, false).unwrap();
    stage.pass(Span::hours(2));
    assert_eq!(stage.run().unwrap().ended, Ended::NotConsented);
    assert_eq!(stage.agent().status().unwrap().state, AgentState::ScopeGrew);
    assert_nothing_was_delivered(&stage);

    let choices = Choices { export: true, ..Choices::default() };
    stage.agent().agree_to(Language::Chinese, notice.digest, choices).unwrap();
    stage.drain();
    assert_eq!(stage.open_archive().texts(), ["合同"]);
    assert_eq!(stage.agent().status().unwrap().state, AgentState::Capturing);
}

#[test]
fn of_several_addresses_only_the_allowed_one_is_used() {
    let stage = with_a_record();
    let peer = Peer::silent(beside(&stage));
    stage.network.resolve(&[peer.ip(), stage.address().ip()]);
    stage.drain();
    assert_eq!(peer.reached(), (0, 0));
    assert_eq!(stage.open_archive().texts(), ["合同"]);
}

#[test]
fn an_answer_of_the_name_service_that_changes_later_leads_nowhere() {
    let stage = with_a_record();
    let peer = Peer::silent(beside(&stage));
    let good = stage.address().ip();
    stage.network.resolve_in_turn(&[&[good], &[peer.ip()]]);
    stage.agent().refresh().unwrap_err();
    assert_eq!(peer.reached(), (0, 0), "between two connections");
    stage.network.resolve_in_turn(&[&[peer.ip()], &[good], &[peer.ip()]]);
    assert_refused(&stage, &peer, None);
    assert_mended(&stage);
}

#[test]
fn an_ip_literal_out_of_range_is_refused_without_a_look_up() {
    let stage = with_a_record();
    let peer = Peer::silent(beside(&stage));
    let literal = format!("https://{}", peer.address);
    let profile = Profile { endpoint: literal.parse().unwrap(), ..stage.profile() };
    assert!(stage.take_profile(&profile));
    let before = stage.network.lookups();
    assert_refused(&stage, &peer, None);
    assert_eq!(stage.network.lookups(), before);
    assert!(stage.take_profile(&stage.profile()));
    assert_mended(&stage);
}

#[test]
fn a_server_with_another_key_than_the_pinned_one_gets_no_request() {
    let stage = with_a_record();
    stage.network.resolve(&[stage.address().ip()]);
    let other = Digest::of(b"another key");
    let backup = Digest::of(b"its backup");
    let profile = Profile { tls_pins: vec![other, backup], ..stage.profile() };
    assert!(stage.take_profile(&profile));
    let before = stage.collector().console().devices().unwrap();
    stage.pass(Span::hours(1));
    let _ = stage.run();
    assert_eq!(last_error(&stage).as_deref(), Some("wrong_pin"));
    assert_eq!(stage.collector().console().devices().unwrap(), before, "it heard nothing");
    assert_nothing_was_delivered(&stage);
    assert!(stage.take_profile(&stage.profile()));
    assert_mended(&stage);
}

#[test]
fn a_server_with_a_certificate_of_another_authority_gets_no_request() {
    let mut stage = with_a_record();
    stage.stop_collector();
    let peer = Peer::speaking(stage.address(), &PrivateCa::issue(HOST).unwrap(), NOT_FOUND);
    stage.pass(Span::hours(1));
    let _ = stage.run();
    assert_eq!(last_error(&stage).as_deref(), Some("tls_failed"));
    let (connections, bytes) = peer.reached();
    assert!(connections > 0, "it was reached");
    assert_eq!(bytes, 0, "and read nothing of ours");
    drop(peer);
    stage.start_collector();
    assert_mended(&stage);
}

#[test]
fn a_redirect_is_never_followed() {
    let mut stage = with_a_record();
    let target = Peer::silent(beside(&stage));
    stage.stop_collector();
    for status in [301, 302, 303, 307, 308] {
        let answer = format!(
            "HTTP/1.1 {status} Moved\r\nLocation: https://{}/v1/batches\r\nContent-Length: 0\r\n\
             Connection: close\r\n\r\n",
            target.address
        );
        let peer = Peer::speaking(stage.address(), &stage.tls, &answer);
        stage.pass(Span::hours(2));
        let _ = stage.run();
        assert!(peer.reached().1 > 0, "the endpoint itself was asked");
        assert_eq!(target.reached(), (0, 0), "{status}");
        assert_eq!(last_error(&stage).as_deref(), Some("redirect_refused"), "{status}");
    }
    assert_nothing_was_delivered(&stage);
    stage.start_collector();
    assert_mended(&stage);
}

#[test]
fn after_a_refusal_nothing_more_is_sent_for_an_hour() {
    let stage = with_a_record();
    let peer = Peer::silent(beside(&stage));
    stage.network.resolve(&[peer.ip()]);
    stage.pass(Span::hours(1));
    let _ = stage.run();
    let refused = fenming_core::clock::Clock::now(stage.clock.as_ref());
    let next = stage.agent().next_wake().unwrap().unwrap();
    assert!(next.since(refused) >= Span::minutes(59), "it waits: {next}");
}

const NOT_FOUND: &str = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

fn with_a_record() -> Stage {
    let stage = Stage::agreed(policy(), false);
    let seen = stage.see(&[message("2026-03-02T01:00:00Z", 7, CLIENT, "合同")]);
    assert_eq!(seen.captured, 1);
    stage
}

/// The stage's port on another loopback address, which no range allows.
fn beside(stage: &Stage) -> SocketAddr {
    let [_, b, c, d] = match stage.address().ip() {
        IpAddr::V4(own) => own.octets(),
        IpAddr::V6(_) => unreachable!("a stage has an IPv4 address"),
    };
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, b, c, d ^ 1)), stage.address().port())
}

fn assert_refused(stage: &Stage, peer: &Peer, code: Option<&str>) {
    stage.pass(Span::hours(2));
    let _ = stage.run();
    assert_eq!(peer.reached(), (0, 0), "not one byte, nor a connection");
    let error = last_error(stage);
    assert!(error.is_some(), "and it says so");
    if let Some(code) = code {
        assert_eq!(error.as_deref(), Some(code));
    }
    assert_nothing_was_delivered(stage);
}

fn assert_nothing_was_delivered(stage: &Stage) {
    let records = stage.agent().records(None, None, 500).unwrap().records;
    let mut counted = records.iter().filter(|record| record.body.is_counted()).peekable();
    assert!(counted.peek().is_some(), "the record is still there");
    assert!(counted.all(|record| record.state != RecordState::Delivered));
}

/// Once the way is good again, everything arrives.
fn assert_mended(stage: &Stage) {
    stage.network.resolve(&[stage.address().ip()]);
    stage.pass(Span::hours(2));
    stage.drain();
    let archive = stage.open_archive();
    archive.assert_sound();
    assert_eq!(archive.texts(), ["合同"]);
}

fn last_error(stage: &Stage) -> Option<String> {
    stage.agent().status().unwrap().forwarding.last_error
}

/// Somebody who must not be talked to, and who counts what reaches them.
struct Peer {
    address: SocketAddr,
    probes: AtomicU64,
    counts: Arc<Counts>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Counts {
    connections: AtomicU64,
    bytes: AtomicU64,
    over: AtomicBool,
    failed: Mutex<Option<String>>,
}

impl Peer {
    /// Counts connections and bytes, and says nothing.
    fn silent(address: SocketAddr) -> Self {
        Self::serve(address, |mut tcp, counts| {
            let mut buffer = [0; 4096];
            while let Ok(n @ 1..) = tcp.read(&mut buffer) {
                counts.bytes.fetch_add(n as u64, Ordering::SeqCst);
            }
        })
    }

    /// Speaks TLS, counts the bytes inside it, and gives one answer to everything.
    fn speaking(address: SocketAddr, tls: &PrivateCa, answer: &str) -> Self {
        let chain = CertificateDer::pem_slice_iter(tls.chain.as_bytes()).map(Result::unwrap);
        let key = PrivateKeyDer::from_pem_slice(tls.key.as_bytes()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain.collect(), key)
            .unwrap();
        let (config, answer) = (Arc::new(config), answer.to_owned());
        Self::serve(address, move |mut tcp, counts| {
            let mut connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = Stream::new(&mut connection, &mut tcp);
            let mut buffer = [0; 4096];
            if let Ok(n @ 1..) = stream.read(&mut buffer) {
                counts.bytes.fetch_add(n as u64, Ordering::SeqCst);
                let _ = stream.write_all(answer.as_bytes());
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        })
    }

    fn serve(
        address: SocketAddr,
        mut talk: impl FnMut(TcpStream, &Counts) + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let counts = Arc::new(Counts::default());
        let shared = Arc::clone(&counts);
        let thread = std::thread::spawn(move || {
            for tcp in listener.incoming() {
                if shared.over.load(Ordering::SeqCst) {
                    return;
                }
                match tcp {
                    Ok(tcp) => {
                        shared.connections.fetch_add(1, Ordering::SeqCst);
                        talk(tcp, &shared);
                    }
                    Err(error) => *shared.failed.lock().unwrap() = Some(error.to_string()),
                }
            }
        });
        Self { address, probes: AtomicU64::new(0), counts, thread: Some(thread) }
    }

    fn ip(&self) -> IpAddr {
        self.address.ip()
    }

    /// Connections, and bytes of ours in them. The peer serves one connection after the other, so
    /// once it has closed one of the test's own, everything before that has been counted.
    fn reached(&self) -> (u64, u64) {
        let mut probe = TcpStream::connect(self.address).unwrap();
        probe.shutdown(Shutdown::Write).unwrap();
        let _ = probe.read_to_end(&mut Vec::new());
        let probes = self.probes.fetch_add(1, Ordering::SeqCst) + 1;
        assert_eq!(*self.counts.failed.lock().unwrap(), None, "the peer itself works");
        let Counts { connections, bytes, .. } = &*self.counts;
        (connections.load(Ordering::SeqCst) - probes, bytes.load(Ordering::SeqCst))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.counts.over.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[test]
fn the_peers_of_these_tests_do_count() {
    let stage = Stage::bare(policy());
    let peer = Peer::silent(beside(&stage));
    let mut tcp = TcpStream::connect(peer.address).unwrap();
    tcp.write_all(b"12345").unwrap();
    drop(tcp);
    assert_eq!(peer.reached(), (1, 5));
    assert_eq!(peer.reached(), (1, 5), "and the test's own connections do not count");
}
