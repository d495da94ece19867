//! Attachments in chunks: resumed where they stood, checked as a whole, waited for by their batch.

use std::fs;
use std::path::PathBuf;

use fenming_wire::api::{AttachmentState, ProblemKind, attachment_path, chunk_path};
use fenming_wire::attachment::AttachmentReceipt;
use fenming_wire::id::Digest;
use fenming_wire::limits::{MAX_CHUNK_BYTES, MAX_SEALED_ATTACHMENT_BYTES};
use fenming_wire::manifest::SealedFile;
use proptest::prelude::*;

use super::client::{Client, Reply};
use super::fixture::{Batch, Phone, Tenant, epoch, files};
use crate::Limits;
use crate::limits::MAX_OPEN_UPLOADS;

fn sealed(length: usize) -> Vec<u8> {
    (0..length).map(|n| u8::try_from(n % 251).unwrap()).collect()
}

fn put(client: &Client, phone: &Phone, (bytes, at): (&[u8], usize), chunk: usize) -> Reply {
    let end = (at + chunk).min(bytes.len());
    let path = chunk_path(&Digest::of(bytes), bytes.len() as u64, at as u64);
    client.send(phone, &client.call(phone, "PUT", &path, bytes[at..end].to_vec()))
}

fn asked(client: &Client, phone: &Phone, bytes: &[u8]) -> AttachmentState {
    let reply = client.get(phone, &attachment_path(&Digest::of(bytes)));
    assert_eq!(reply.status, 200);
    reply.json()
}

/// Sends chunk by chunk, always from where the endpoint says.
fn send(client: &Client, phone: &Phone, bytes: &[u8], chunk: usize) -> AttachmentState {
    let mut state = asked(client, phone, bytes);
    while state.receipt.is_none() {
        let at = usize::try_from(state.received).unwrap();
        let reply = put(client, phone, (bytes, at), chunk);
        assert_eq!(reply.status, 200);
        state = reply.json();
    }
    state
}

fn receipt(tenant: &Tenant, state: &AttachmentState) -> AttachmentReceipt {
    state.receipt.as_ref().unwrap().verify(&[tenant.receipt_key.public()]).unwrap()
}

fn place(tenant: &Tenant, phone: &Phone, bytes: &[u8]) -> PathBuf {
    let device = tenant.data().join("batches").join(phone.device().to_string());
    device.join("attachments").join(format!("{}.age", Digest::of(bytes)))
}

fn half(tenant: &Tenant, phone: &Phone, bytes: &[u8]) -> PathBuf {
    let device = tenant.data().join("uploads").join(phone.device().to_string());
    device.join(format!("{}.part", Digest::of(bytes)))
}

#[test]
fn a_whole_attachment_is_filed_by_its_digest_and_receipted() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let bytes = sealed(10_000);
    let state = send(&client, &phone, &bytes, 3_000);
    let receipt = receipt(&tenant, &state);
    assert_eq!((receipt.device, receipt.size), (phone.device(), 10_000));
    assert_eq!(receipt.ciphertext, Digest::of(&bytes));
    assert_eq!(fs::read(place(&tenant, &phone, &bytes)).unwrap(), bytes);
    assert!(!half(&tenant, &phone, &bytes).exists());
    assert_eq!(asked(&client, &phone, &bytes).receipt, state.receipt, "byte for byte");
}

#[test]
fn a_chunk_that_does_not_begin_where_the_upload_stands_changes_nothing() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let bytes = sealed(1_000);
    assert_eq!(put(&client, &phone, (&bytes, 0), 400).json::<AttachmentState>().received, 400);
    for at in [0, 200, 399, 401, 600] {
        let state: AttachmentState = put(&client, &phone, (&bytes, at), 100).json();
        assert_eq!((state.received, state.receipt.is_none()), (400, true), "at {at}");
    }
    assert_eq!(fs::read(half(&tenant, &phone, &bytes)).unwrap(), bytes[..400]);
    send(&client, &phone, &bytes, 100);
}

#[test]
fn an_upload_goes_on_after_a_restart_at_every_chunk() {
    let tenant = Tenant::new();
    let mut running = tenant.start();
    let phone = tenant.phone(&running);
    let bytes = sealed(5_000);
    for at in (0..5_000).step_by(1_000) {
        let client = tenant.client(&running);
        assert_eq!(asked(&client, &phone, &bytes).received, at as u64);
        assert_eq!(put(&client, &phone, (&bytes, at), 1_000).status, 200);
        running.stop();
        running = tenant.start();
    }
    let state = asked(&tenant.client(&running), &phone, &bytes);
    assert!(
        receipt(&tenant, &state).fits(&SealedFile { ciphertext: Digest::of(&bytes), size: 5_000 })
    );
}

#[test]
fn what_a_crash_left_behind_a_chunk_is_cut_off() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let bytes = sealed(2_000);
    put(&client, &phone, (&bytes, 0), 1_000);
    let mut torn = bytes[..1_000].to_vec();
    torn.extend_from_slice(&[0; 700]);
    fs::write(half(&tenant, &phone, &bytes), torn).unwrap();
    send(&client, &phone, &bytes, 1_000);
    assert_eq!(fs::read(place(&tenant, &phone, &bytes)).unwrap(), bytes);
}

#[test]
fn a_crash_between_filing_and_receipt_is_made_good() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let bytes = sealed(2_000);
    send(&client, &phone, &bytes, 2_000);
    running.stop();
    let database = rusqlite::Connection::open(tenant.data().join("collector.sqlite")).unwrap();
    database.execute("UPDATE attachments SET receipt = NULL", []).unwrap();
    drop(database);
    let running = tenant.start();
    let state = asked(&tenant.client(&running), &phone, &bytes);
    assert_eq!(receipt(&tenant, &state).ciphertext, Digest::of(&bytes));
}

#[test]
fn bytes_of_another_digest_are_refused_as_a_whole_and_may_come_again() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let bytes = sealed(2_000);
    let path = chunk_path(&Digest::of(&bytes), 2_000, 0);
    let wrong = client.call(&phone, "PUT", &path, vec![7; 1_000]);
    assert_eq!(client.send(&phone, &wrong).status, 200);
    let reply = put(&client, &phone, (&bytes, 1_000), 1_000);
    assert_eq!(reply.kind(), ProblemKind::DigestMismatch);
    assert!(!half(&tenant, &phone, &bytes).exists() && !place(&tenant, &phone, &bytes).exists());
    send(&client, &phone, &bytes, 1_000);
}

#[test]
fn what_is_too_large_or_outside_its_size_is_refused() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let digest = Digest::of(b"sealed");
    let put = |path: &str, body: Vec<u8>| {
        client.send(&phone, &client.call(&phone, "PUT", path, body)).kind()
    };
    let over = chunk_path(&digest, MAX_SEALED_ATTACHMENT_BYTES + 1, 0);
    assert_eq!(put(&over, vec![1]), ProblemKind::TooLarge);
    let one = chunk_path(&digest, 10_000_000, 0);
    assert_eq!(put(&one, vec![1; MAX_CHUNK_BYTES + 1]), ProblemKind::TooLarge);
    for (size, offset, body) in [(10, 0, 0), (10, 5, 6), (10, u64::MAX, 1), (0, 0, 1)] {
        let path = chunk_path(&digest, size, offset);
        assert_eq!(put(&path, vec![1; body]), ProblemKind::Malformed, "{path}");
    }
    for path in ["x/10/0", "10/0", "x", "x/10/0/0"] {
        let path = format!("/v1/attachments/{}", path.replace('x', &digest.to_string()));
        let call = client.call(&phone, "PUT", &path, vec![1]);
        let status = client.send(&phone, &call).status;
        assert!([200, 404, 405].contains(&status), "{path} {status}");
    }
    for path in ["+10/0", "010/0", "10/-0", "10/00", "1e1/0"] {
        let path = format!("/v1/attachments/{digest}/{path}");
        assert_eq!(put(&path, vec![1]), ProblemKind::Malformed, "{path}");
    }
    let upper = format!("/v1/attachments/{}/10/0", digest.to_string().to_uppercase());
    assert_eq!(put(&upper, vec![1]), ProblemKind::Malformed);
}

#[test]
fn an_upload_keeps_the_size_with_which_it_began() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let bytes = sealed(1_000);
    put(&client, &phone, (&bytes, 0), 400);
    let path = chunk_path(&Digest::of(&bytes), 999, 400);
    let reply = client.send(&phone, &client.call(&phone, "PUT", &path, vec![1]));
    assert_eq!(reply.kind(), ProblemKind::Malformed);
}

#[test]
fn a_batch_waits_for_its_attachments() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let bytes = sealed(3_000);
    let mut batch = Batch::first(&tenant, &phone, epoch(1));
    let file = SealedFile { ciphertext: Digest::of(&bytes), size: 3_000 };
    batch.manifest.attachments = vec![file];
    assert_eq!(client.upload(&phone, &batch).kind(), ProblemKind::AttachmentMissing);
    put(&client, &phone, (&bytes, 0), 2_999);
    assert_eq!(client.upload(&phone, &batch).kind(), ProblemKind::AttachmentMissing);
    send(&client, &phone, &bytes, 1_000);
    let mut lied = batch.clone();
    lied.manifest.attachments[0].size += 1;
    assert_eq!(client.upload(&phone, &lied).kind(), ProblemKind::AttachmentMissing);
    let reply = client.upload(&phone, &batch);
    assert_eq!(reply.status, 200);
    let receipt = tenant.receipt(&reply.body);
    assert!(receipt.fits(&batch.manifest));
    assert_eq!(receipt.attachments, [file.ciphertext]);
}

#[test]
fn one_devices_attachments_are_not_anothers() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let client = tenant.client(&running);
    let (one, other) = (tenant.phone(&running), tenant.phone(&running));
    let bytes = sealed(3_000);
    send(&client, &one, &bytes, 3_000);
    assert_eq!(asked(&client, &other, &bytes).received, 0);
    let mut batch = Batch::first(&tenant, &other, epoch(1));
    batch.manifest.attachments = vec![SealedFile { ciphertext: Digest::of(&bytes), size: 3_000 }];
    assert_eq!(client.upload(&other, &batch).kind(), ProblemKind::AttachmentMissing);
}

#[test]
fn halves_are_bounded_and_whole_ones_stay() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let whole = sealed(100);
    send(&client, &phone, &whole, 100);
    let halves: Vec<_> = (0..=MAX_OPEN_UPLOADS).map(|n| sealed(200 + n)).collect();
    for bytes in &halves {
        assert_eq!(put(&client, &phone, (bytes, 0), 50).status, 200);
    }
    let received = |bytes: &Vec<u8>| asked(&client, &phone, bytes).received;
    let left: Vec<_> = halves.iter().map(received).collect();
    assert_eq!(left[0], 0, "the oldest went");
    assert!(left[1..].iter().all(|received| *received == 50));
    assert_eq!(files(&tenant.data().join("uploads")).len(), MAX_OPEN_UPLOADS);
    assert!(asked(&client, &phone, &whole).receipt.is_some());
}

#[test]
fn nothing_is_taken_that_would_fill_the_disk() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let phone = tenant.phone(&running);
    running.stop();
    let mut config = tenant.config();
    config.limits = Limits { free_bytes: u64::MAX, ..config.limits };
    let running = tenant.start_with(config);
    let client = tenant.client(&running);
    let path = chunk_path(&Digest::of(b"other"), 1_000, 0);
    let reply = client.send(&phone, &client.call(&phone, "PUT", &path, vec![1]));
    assert_eq!(reply.kind(), ProblemKind::Unavailable);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn chunks_in_any_order_and_number_end_in_the_same_file(
        length in 1usize..3_000,
        calls in prop::collection::vec((0usize..3_000, 1usize..900), 0..30),
    ) {
        let tenant = Tenant::new();
        let running = tenant.start();
        let (client, phone) = (tenant.client(&running), tenant.phone(&running));
        let bytes = sealed(length);
        let mut model = 0;
        for (at, chunk) in calls {
            if at >= length || model == length {
                continue;
            }
            let end = (at + chunk).min(length);
            let state: AttachmentState = put(&client, &phone, (&bytes, at), chunk).json();
            if at == model {
                model = end;
            }
            prop_assert_eq!(state.received, model as u64);
            prop_assert_eq!(state.receipt.is_some(), model == length);
        }
        send(&client, &phone, &bytes, 700);
        prop_assert_eq!(fs::read(place(&tenant, &phone, &bytes)).unwrap(), bytes);
    }
}
