//! State and heartbeats.

use fenming_wire::api::{ProblemKind, STATE_PATH};
use fenming_wire::envelope::Envelope;
use fenming_wire::heartbeat::{AgentState, ConsentState, Heartbeat, MAX_HEARTBEAT_BYTES};
use fenming_wire::json;
use fenming_wire::ledger::Position;
use fenming_wire::receipt::{CollectorState, MAX_EPOCHS};
use fenming_wire::time::Span;

use super::fixture::{Batch, Edit, Phone, Tenant, epoch, tenant_id};
use crate::Clock;
use crate::limits::MAX_HEARTBEATS_KEPT;

fn heartbeat(tenant: &Tenant, phone: &Phone) -> Heartbeat {
    let start = Position::start(phone.device(), epoch(1));
    Heartbeat {
        v: 1,
        tenant: tenant_id(),
        device: phone.device(),
        epoch: epoch(1),
        at: tenant.clock.now(),
        state: AgentState::Capturing,
        consent: ConsentState::Live,
        backlog: 3,
        oldest: Some(Span::minutes(9)),
        ledger: start,
        receipted: start,
        last_attempt: None,
        last_success: None,
        last_error: None,
        next_due: None,
        policy_version: 1,
        trust_version: 1,
        agent: "0.1.0".to_owned(),
        os: "Android 15".to_owned(),
        listener: Some(true),
        store_bytes: 4096,
        counsel_hold: false,
    }
}

#[test]
fn the_console_sees_the_last_heartbeat_and_a_short_history() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let mut sent = heartbeat(&tenant, &phone);
    let most = u64::try_from(MAX_HEARTBEATS_KEPT).unwrap();
    for backlog in 0..most + 3 {
        sent.backlog = backlog;
        tenant.clock.advance(Span::hours(1));
        let reply = client.heartbeat(&phone, json::write(&sent).unwrap());
        assert_eq!((reply.status, reply.body.len()), (204, 0));
    }
    let device = running.console().device(phone.device()).unwrap().unwrap();
    let last = device.heartbeat.unwrap();
    assert_eq!((last.heartbeat, last.received), (sent, tenant.clock.now()));
    let history = running.console().heartbeats(phone.device()).unwrap();
    let backlogs: Vec<_> = history.iter().map(|entry| entry.heartbeat.backlog).collect();
    assert_eq!(backlogs, (3..most + 3).rev().collect::<Vec<_>>());
}

#[test]
fn a_heartbeat_of_another_tenant_device_or_format_is_refused() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let good = heartbeat(&tenant, &phone);
    let edits: [Edit<'_, Heartbeat>; 3] = [
        ("v", &|h| h.v = 2),
        ("tenant", &|h| h.tenant = "other".parse().unwrap()),
        ("device", &|h| h.device = Phone::new().device()),
    ];
    for (field, edit) in edits {
        let mut wrong = good.clone();
        edit(&mut wrong);
        let reply = client.heartbeat(&phone, json::write(&wrong).unwrap());
        assert_eq!(reply.kind(), ProblemKind::Malformed);
        assert!(reply.problem().title.contains(&format!("`{field}`")));
    }
    let extra = String::from_utf8(json::write(&good).unwrap()).unwrap();
    let extra = extra.replacen('{', r#"{"personal":12,"#, 1);
    let reply = client.heartbeat(&phone, extra.into_bytes());
    assert_eq!(reply.kind(), ProblemKind::Malformed);
    assert!(reply.problem().title.contains("`personal`"));
    let large = vec![b' '; MAX_HEARTBEAT_BYTES + 1];
    assert_eq!(client.heartbeat(&phone, large).kind(), ProblemKind::TooLarge);
    assert!(running.console().heartbeats(phone.device()).unwrap().is_empty());
}

#[test]
fn the_state_is_signed_and_answers_this_very_request() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let batch = Batch::first(&tenant, &phone, epoch(1));
    let receipt = client.upload(&phone, &batch);
    let path = format!("{STATE_PATH}/{}", epoch(1));
    let call = client.call(&phone, "GET", &path, Vec::new());
    let envelope: Envelope<CollectorState> = client.send(&phone, &call).json();
    let state = tenant.state(&envelope);
    assert_eq!((state.tenant, state.device), (tenant_id(), phone.device()));
    assert_eq!((state.nonce, state.at), (call.nonce, tenant.clock.now()));
    assert_eq!((state.policy_version, state.trust_version), (1, 1));
    assert_eq!(state.epochs[0].high, batch.manifest.to);
    assert_eq!(state.receipts[0].to_bytes().unwrap(), receipt.body);
}

#[test]
fn the_state_of_an_epoch_that_never_came_is_empty() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let state = tenant.state(&client.state(&phone, epoch(1)).json());
    assert!(state.epochs.is_empty() && state.receipts.is_empty());
    for path in ["/v1/state/x", "/v1/state/0101010101010101ff", "/v1/state/%30"] {
        assert_eq!(client.get(&phone, path).kind(), ProblemKind::Malformed);
    }
}

#[test]
fn a_device_sees_only_its_own_state() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let client = tenant.client(&running);
    let (phone, other) = (tenant.phone(&running), tenant.phone(&running));
    client.upload(&phone, &Batch::first(&tenant, &phone, epoch(1)));
    let state = tenant.state(&client.state(&other, epoch(1)).json());
    assert_eq!(state.device, other.device());
    assert!(state.epochs.is_empty() && state.receipts.is_empty());
}

#[test]
fn a_state_with_many_epochs_still_holds_the_one_that_was_asked_for() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let last = u8::try_from(MAX_EPOCHS).unwrap() + 1;
    for n in 0..=last {
        assert_eq!(client.upload(&phone, &Batch::first(&tenant, &phone, epoch(n))).status, 200);
    }
    let state = tenant.state(&client.state(&phone, epoch(0)).json());
    assert_eq!(state.epochs.len(), MAX_EPOCHS);
    assert_eq!(state.epochs[0].epoch, epoch(last));
    assert!(state.epochs.iter().any(|seen| seen.epoch == epoch(0)));
}
