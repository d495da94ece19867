//! One-time tokens make devices.

use fenming_wire::api::{ENROLMENTS_PATH, Enrolment, POLICY_PATH, ProblemKind};
use fenming_wire::profile::EnrolmentToken;
use fenming_wire::time::Span;

use super::fixture::{Phone, Tenant, holds, person};
use crate::StoreError;

fn stranger_token(n: u32) -> EnrolmentToken {
    format!("a-token-that-nobody-made-{n:08}").try_into().unwrap()
}

#[test]
fn a_token_makes_a_device_of_its_person() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), Phone::new());
    let token = running.console().issue_token(&person(), Span::hours(1)).unwrap();
    let reply = client.enrol(&phone, &token);
    assert_eq!(reply.status, 200);
    let enrolment: Enrolment = reply.json();
    assert_eq!((enrolment.device, enrolment.person), (phone.device(), person()));
    let documents = tenant.documents(1, 1);
    let trust = enrolment.trust.verify(&[tenant.root.public()]).unwrap();
    assert_eq!(trust, documents.trust.peek_unverified().unwrap());
    let policy = enrolment.policy.verify(&trust.policy_keys).unwrap();
    assert_eq!(policy, documents.policy.peek_unverified().unwrap());
    assert_eq!(client.get(&phone, POLICY_PATH).status, 200);
    let [device] = running.console().devices().unwrap().try_into().unwrap();
    assert_eq!((device.device, device.person), (phone.device(), person()));
}

#[test]
fn a_lost_answer_is_given_again_to_the_same_key_only() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let client = tenant.client(&running);
    let (phone, other) = (Phone::new(), Phone::new());
    let token = running.console().issue_token(&person(), Span::hours(1)).unwrap();
    let first = client.enrol(&phone, &token);
    tenant.clock.advance(Span::hours(2));
    let again = client.enrol(&phone, &token);
    assert_eq!((first.status, again.status), (200, 200));
    assert_eq!(first.body, again.body);
    assert_eq!(client.enrol(&other, &token).kind(), ProblemKind::TokenRefused);
    assert_eq!(running.console().devices().unwrap().len(), 1);
}

#[test]
fn a_captured_enrolment_is_not_answered_again() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), Phone::new());
    let token = running.console().issue_token(&person(), Span::hours(1)).unwrap();
    let call = client.call(&phone, "POST", ENROLMENTS_PATH, phone.enrolment(&token));
    assert_eq!(client.send(&phone, &call).status, 200);
    assert_eq!(client.send(&phone, &call).kind(), ProblemKind::Replayed);
}

#[test]
fn a_token_that_is_unknown_or_too_old_makes_nothing() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), Phone::new());
    assert_eq!(client.enrol(&phone, &stranger_token(1)).kind(), ProblemKind::TokenRefused);
    let token = running.console().issue_token(&person(), Span::hours(1)).unwrap();
    tenant.clock.advance(Span::hours(1));
    assert_eq!(client.enrol(&phone, &token).kind(), ProblemKind::TokenRefused);
    assert!(running.console().devices().unwrap().is_empty());
}

#[test]
fn a_token_lives_up_to_a_month() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let issue = |life| running.console().issue_token(&person(), life).err();
    assert_eq!(issue(Span::default()), Some(StoreError::TokenLife));
    assert_eq!(issue(Span::days(32)), Some(StoreError::TokenLife));
    assert_eq!(issue(Span::days(31)), None);
}

#[test]
fn a_device_does_not_change_its_person() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let other = "p-0077".parse().unwrap();
    let token = running.console().issue_token(&other, Span::hours(1)).unwrap();
    assert_eq!(client.enrol(&phone, &token).kind(), ProblemKind::TokenRefused);
    let token = running.console().issue_token(&person(), Span::hours(1)).unwrap();
    assert_eq!(client.enrol(&phone, &token).status, 200);
}

#[test]
fn a_blocked_device_cannot_enrol_its_way_back() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    running.console().block(phone.device()).unwrap();
    let token = running.console().issue_token(&person(), Span::hours(1)).unwrap();
    assert_eq!(client.enrol(&phone, &token).kind(), ProblemKind::DeviceBlocked);
    assert_eq!(client.enrol(&Phone::new(), &token).status, 200);
}

#[test]
fn only_who_holds_the_key_can_enrol_it() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let client = tenant.client(&running);
    let (phone, thief) = (Phone::new(), Phone::new());
    let token = running.console().issue_token(&person(), Span::hours(1)).unwrap();
    let call = client.call(&phone, "POST", ENROLMENTS_PATH, phone.enrolment(&token));
    assert_eq!(client.send(&thief, &call).kind(), ProblemKind::SignatureRefused);
    let call = client.call(&thief, "POST", ENROLMENTS_PATH, phone.enrolment(&token));
    assert_eq!(client.send(&thief, &call).kind(), ProblemKind::SignatureRefused);
    assert_eq!(client.enrol(&phone, &token).status, 200);
}

#[test]
fn an_enrolment_with_a_wrong_clock_is_told_so_and_keeps_its_token() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), Phone::new());
    let token = running.console().issue_token(&person(), Span::hours(1)).unwrap();
    let mut call = client.call(&phone, "POST", ENROLMENTS_PATH, phone.enrolment(&token));
    call.created = call.created + Span::hours(8);
    let reply = client.send(&phone, &call);
    assert_eq!(reply.kind(), ProblemKind::ClockSkew);
    let state = tenant.state(&reply.problem().state.unwrap());
    assert_eq!((state.nonce, state.at), (call.nonce, crate::Clock::now(&*tenant.clock)));
    assert!(state.epochs.is_empty());
    assert_eq!(client.enrol(&phone, &token).status, 200);
}

#[test]
fn an_enrolment_that_cannot_be_read_names_the_field() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), Phone::new());
    for (body, field) in [
        ("{}", "token"),
        (r#"{"token":"short","device_key":""}"#, "token"),
        (r#"{"token":"a-token-that-nobody-made","device_key":"AAAA"}"#, "device_key"),
        ("not json", "not JSON"),
    ] {
        let reply = client.post(&phone, ENROLMENTS_PATH, body.as_bytes().to_vec());
        assert_eq!(reply.kind(), ProblemKind::Malformed);
        assert!(reply.problem().title.contains(field), "{}", reply.problem().title);
    }
}

#[test]
fn an_address_that_fails_too_often_must_wait() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), Phone::new());
    let token = running.console().issue_token(&person(), Span::hours(1)).unwrap();
    for n in 0..20 {
        assert_eq!(client.enrol(&phone, &stranger_token(n)).kind(), ProblemKind::TokenRefused);
    }
    let reply = client.enrol(&phone, &token);
    assert_eq!(reply.kind(), ProblemKind::TooMany);
    let seconds: i64 = reply.header("retry-after").parse().unwrap();
    assert!((1..=601).contains(&seconds));
    tenant.clock.advance(Span::seconds(seconds));
    assert_eq!(client.enrol(&phone, &token).status, 200);
}

#[test]
fn a_token_is_nowhere_on_the_disk() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let token = running.console().issue_token(&person(), Span::hours(1)).unwrap();
    assert_eq!(tenant.client(&running).enrol(&Phone::new(), &token).status, 200);
    assert!(!holds(&tenant.data(), token.expose().as_bytes()));
    running.stop();
    assert!(!holds(&tenant.data(), token.expose().as_bytes()));
    assert!(holds(&tenant.data(), token.digest().as_bytes()));
}
