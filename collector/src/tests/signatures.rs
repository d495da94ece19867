//! Who may pass: only known devices, freshly signed, each request once.

use fenming_wire::api::{POLICY_PATH, ProblemKind, TRUST_PATH};
use fenming_wire::signature::Headers;
use fenming_wire::time::Span;

use super::fixture::{Batch, Phone, Tenant, epoch};
use super::fixture::{holds, tenant_id};

#[test]
fn a_request_without_a_signature_is_refused() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let reply = tenant.client(&running).plain("GET", POLICY_PATH, None, Vec::new());
    assert_eq!(reply.kind(), ProblemKind::SignatureRefused);
    assert_eq!(reply.header("www-authenticate"), "Signature");
    assert_eq!(reply.header("cache-control"), "no-store");
}

#[test]
fn a_signature_that_cannot_be_read_is_refused() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let good = client.call(&phone, "GET", POLICY_PATH, Vec::new()).sign(&phone);
    let broken = [
        Headers { signature_input: String::new(), ..good.clone() },
        Headers { signature: "fenming=:!:".to_owned(), ..good.clone() },
        Headers { content_digest: "sha-256=::".to_owned(), ..good.clone() },
        Headers {
            signature_input: good.signature_input.replace("@path", "@query"),
            ..good.clone()
        },
        Headers { signature_input: good.signature_input.replace("p256", "p384"), ..good.clone() },
        Headers { signature: "x".repeat(2_000), ..good },
    ];
    for headers in broken {
        let reply = client.plain("GET", POLICY_PATH, Some(&headers), Vec::new());
        assert_eq!(reply.kind(), ProblemKind::SignatureRefused);
    }
}

#[test]
fn a_field_that_stands_twice_is_refused() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let good = client.call(&phone, "GET", POLICY_PATH, Vec::new()).sign(&phone);
    let twice = format!(
        "GET {POLICY_PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Digest: {}\r\n\
         Signature-Input: {}\r\nSignature: {}\r\nSignature: fenming=:AAAA:\r\n\r\n",
        good.content_digest, good.signature_input, good.signature
    );
    assert!(client.talk(twice.as_bytes()).starts_with("HTTP/1.1 401 "));
    let once = twice.replace("Signature: fenming=:AAAA:\r\n", "");
    assert!(client.talk(once.as_bytes()).starts_with("HTTP/1.1 200 "));
}

#[test]
fn a_device_that_is_not_known_is_refused() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let reply = tenant.client(&running).get(&Phone::new(), POLICY_PATH);
    assert_eq!(reply.kind(), ProblemKind::SignatureRefused);
    assert!(reply.problem().state.is_none());
}

#[test]
fn nobody_signs_for_another_device() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone, other) =
        (tenant.client(&running), tenant.phone(&running), tenant.phone(&running));
    let mut call = client.call(&phone, "GET", POLICY_PATH, Vec::new());
    call.device = other.device();
    assert_eq!(client.send(&phone, &call).kind(), ProblemKind::SignatureRefused);
    call.device = phone.device();
    assert_eq!(client.send(&phone, &call).status, 200);
}

#[test]
fn a_signature_holds_for_its_method_path_authority_and_body_only() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let refused = |method: &str, path: &str, headers: &Headers, body: &[u8]| {
        let reply = client.plain(method, path, Some(headers), body.to_vec());
        assert_eq!(reply.kind(), ProblemKind::SignatureRefused);
    };
    let batch = Batch::first(&tenant, &phone, epoch(1)).frame(&phone);
    let other_body = Batch::first(&tenant, &phone, epoch(1)).frame(&phone);

    let call = client.call(&phone, "POST", "/v1/heartbeats", batch.clone());
    refused("POST", "/v1/batches", &call.sign(&phone), &batch);
    let call = client.call(&phone, "GET", "/v1/batches", batch.clone());
    refused("POST", "/v1/batches", &call.sign(&phone), &batch);
    let call = client.call(&phone, "POST", "/v1/batches", batch);
    refused("POST", "/v1/batches", &call.sign(&phone), &other_body);
    let mut call = client.call(&phone, "GET", POLICY_PATH, Vec::new());
    call.authority = "collector.invalid".to_owned();
    refused("GET", POLICY_PATH, &call.sign(&phone), &[]);
    assert!(running.console().batches(phone.device()).unwrap().is_empty());
}

#[test]
fn the_host_field_has_no_say() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let good = client.call(&phone, "GET", POLICY_PATH, Vec::new()).sign(&phone);
    let request = format!(
        "GET {POLICY_PATH} HTTP/1.1\r\nHost: inner-balancer\r\nConnection: close\r\n\
         Content-Digest: {}\r\nSignature-Input: {}\r\nSignature: {}\r\n\r\n",
        good.content_digest, good.signature_input, good.signature
    );
    assert!(client.talk(request.as_bytes()).starts_with("HTTP/1.1 200 "));
}

#[test]
fn a_wrong_clock_is_answered_with_the_signed_time() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let now = crate::Clock::now(&*tenant.clock);
    for created in [now + Span::seconds(301), now - Span::seconds(301)] {
        let mut call = client.call(&phone, "GET", POLICY_PATH, Vec::new());
        call.created = created;
        let reply = client.send(&phone, &call);
        assert_eq!(reply.kind(), ProblemKind::ClockSkew);
        let state = tenant.state(&reply.problem().state.unwrap());
        assert_eq!(state.nonce, call.nonce);
        assert_eq!(state.at, now);
        assert_eq!((state.tenant, state.device), (tenant_id(), phone.device()));
    }
    for created in [now + Span::seconds(300), now - Span::seconds(300)] {
        let mut call = client.call(&phone, "GET", POLICY_PATH, Vec::new());
        call.created = created;
        assert_eq!(client.send(&phone, &call).status, 200);
    }
}

#[test]
fn a_stranger_gets_no_signed_time() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let mut call = client.call(&phone, "GET", POLICY_PATH, Vec::new());
    call.created = call.created + Span::hours(1);
    let reply = client.send(&Phone::new(), &call);
    assert_eq!(reply.kind(), ProblemKind::SignatureRefused);
    assert!(reply.problem().state.is_none());
}

#[test]
fn a_request_passes_once() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let call = client.call(&phone, "GET", POLICY_PATH, Vec::new());
    assert_eq!(client.send(&phone, &call).status, 200);
    assert_eq!(client.send(&phone, &call).kind(), ProblemKind::Replayed);
}

#[test]
fn a_request_passes_once_across_a_restart_and_a_clock_that_is_set_back() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let mut call = client.call(&phone, "GET", POLICY_PATH, Vec::new());
    assert_eq!(client.send(&phone, &call).status, 200);
    running.stop();

    let running = tenant.start();
    let client = tenant.client(&running);
    call.authority = client.authority().to_owned();
    assert_eq!(client.send(&phone, &call).kind(), ProblemKind::Replayed);
    tenant.clock.advance(Span::minutes(8));
    assert_eq!(client.get(&phone, POLICY_PATH).status, 200);
    tenant.clock.turn_back(Span::minutes(8));
    assert_eq!(client.send(&phone, &call).kind(), ProblemKind::Replayed);
}

#[test]
fn two_devices_may_choose_the_same_nonce() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone, other) =
        (tenant.client(&running), tenant.phone(&running), tenant.phone(&running));
    let call = client.call(&phone, "GET", POLICY_PATH, Vec::new());
    let mut same = client.call(&other, "GET", POLICY_PATH, Vec::new());
    same.nonce.clone_from(&call.nonce);
    assert_eq!(client.send(&phone, &call).status, 200);
    assert_eq!(client.send(&other, &same).status, 200);
}

#[test]
fn nonces_are_forgotten_once_their_signatures_are_too_old() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let call = client.call(&phone, "GET", POLICY_PATH, Vec::new());
    assert_eq!(client.send(&phone, &call).status, 200);
    tenant.clock.advance(Span::hours(1));
    assert_eq!(client.get(&phone, POLICY_PATH).status, 200);
    assert_eq!(client.send(&phone, &call).kind(), ProblemKind::ClockSkew);
    running.stop();
    let database = rusqlite::Connection::open(tenant.data().join("collector.sqlite")).unwrap();
    let kept: i64 =
        database.query_row("SELECT count(*) FROM nonces", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, 1);
}

#[test]
fn a_blocked_device_is_refused_until_it_is_let_in_again() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    assert!(running.console().block(phone.device()).unwrap());
    let batch = Batch::first(&tenant, &phone, epoch(1));
    assert_eq!(client.upload(&phone, &batch).kind(), ProblemKind::DeviceBlocked);
    assert_eq!(client.get(&phone, POLICY_PATH).kind(), ProblemKind::DeviceBlocked);
    assert!(!holds(&tenant.data(), &batch.sealed));
    assert!(running.console().unblock(phone.device()).unwrap());
    assert_eq!(client.upload(&phone, &batch).status, 200);
    assert!(!running.console().block(Phone::new().device()).unwrap());
}

#[test]
fn the_trust_document_needs_no_signature() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let reply = tenant.client(&running).plain("GET", TRUST_PATH, None, Vec::new());
    assert_eq!(reply.status, 200);
}
