//! Sealed batches: in exactly once and in order, on the disk before the receipt.

use std::fs;
use std::sync::Barrier;

use fenming_wire::api::ProblemKind;
use fenming_wire::envelope::Envelope;
use fenming_wire::frame;
use fenming_wire::id::{Digest, KeyId};
use fenming_wire::key::DeviceKey;
use fenming_wire::ledger::Position;
use fenming_wire::limits::MAX_RECEIPTS_REPEATED;
use fenming_wire::manifest::Manifest;
use fenming_wire::receipt::{ARCHIVED_STATE, CollectorState, EpochState};
use fenming_wire::seal;
use fenming_wire::time::Span;

use super::fixture::{Batch, Edit, Phone, Tenant, epoch, files, holds};
use crate::{Clock, Config, Limits};

#[test]
fn a_batch_is_on_the_disk_when_its_receipt_comes() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let batch = Batch::first(&tenant, &phone, epoch(7));
    let reply = client.upload(&phone, &batch);
    assert_eq!(reply.status, 200);
    let receipt = tenant.receipt(&reply.body);
    assert!(receipt.fits(&batch.manifest));
    assert_eq!(receipt.received, tenant.clock.now());

    let device = phone.device().to_string();
    let folder = tenant.data().join("batches").join(device).join("0707070707070707");
    let file = |ending: &str| fs::read(folder.join(format!("000000000001-000000000003.{ending}")));
    assert_eq!(file("age").unwrap(), batch.sealed);
    assert_eq!(file("receipt.json").unwrap(), reply.body);
    let key = fs::read_to_string(folder.parent().unwrap().join("device.pub")).unwrap();
    assert_eq!(key.trim_end().parse::<DeviceKey>().unwrap(), phone.key());
    let state = fs::read(folder.parent().unwrap().join("state.json")).unwrap();
    let state = tenant.state(&Envelope::from_bytes(&state).unwrap());
    assert_eq!((state.device, state.nonce.as_str()), (phone.device(), ARCHIVED_STATE));
    assert_eq!(state.epochs, [EpochState { epoch: epoch(7), high: batch.manifest.to }]);
    let manifest = Envelope::<Manifest>::from_bytes(&file("manifest.json").unwrap()).unwrap();
    assert_eq!(manifest.verify(&[phone.key()]).unwrap(), batch.manifest);
    let [entry] = running.console().batches(phone.device()).unwrap().try_into().unwrap();
    assert_eq!((entry.first, entry.last, entry.ciphertext), (1, 3, batch.manifest.ciphertext));
}

#[test]
fn the_custodian_opens_what_the_folder_holds() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let sealed = seal::seal(b"{\"line\":1}\n", &tenant.recipients()).unwrap();
    let start = Position::start(phone.device(), epoch(1));
    let batch = Batch::of(&tenant, &phone, (epoch(1), start, 1), sealed);
    assert_eq!(client.upload(&phone, &batch).status, 200);
    let copy = files(&tenant.data().join("batches"));
    let age = copy.iter().find(|path| path.extension().is_some_and(|e| e == "age")).unwrap();
    let secret = tenant.custodian.expose_secret();
    let opened = seal::open(&fs::read(age).unwrap(), &[secret.parse().unwrap()]).unwrap();
    assert_eq!(*opened, b"{\"line\":1}\n");
}

#[test]
fn the_same_batch_gets_the_same_receipt_whenever_it_comes_again() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let first = Batch::first(&tenant, &phone, epoch(1));
    let second = first.next(&tenant, &phone);
    let receipt = client.upload(&phone, &first);
    assert_eq!(client.upload(&phone, &second).status, 200);
    tenant.clock.advance(Span::days(3));
    let again = client.upload(&phone, &first);
    assert_eq!((again.status, again.body), (200, receipt.body));
    assert_eq!(running.console().batches(phone.device()).unwrap().len(), 2);
}

#[test]
fn a_batch_that_does_not_start_where_the_ledger_stands_is_shown_what_is_there() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let first = Batch::first(&tenant, &phone, epoch(1));
    let second = first.next(&tenant, &phone);
    let third = second.next(&tenant, &phone);
    let accepted = client.upload(&phone, &first);
    let wrong_head = Position { head: Digest::of(b"elsewhere"), ..first.manifest.to };
    let refused = [
        ("a gap", third),
        ("a wrong head", Batch::new(&tenant, &phone, epoch(1), wrong_head, 2)),
        ("a fork", Batch::first(&tenant, &phone, epoch(1))),
        ("a fork of other length", {
            let start = Position::start(phone.device(), epoch(1));
            Batch::new(&tenant, &phone, epoch(1), start, 1)
        }),
        ("an epoch of another device", {
            let start = Position::start(Phone::new().device(), epoch(2));
            Batch::new(&tenant, &phone, epoch(2), start, 1)
        }),
        ("an epoch that begins in its middle", {
            let middle = Position { seq: 9, head: Digest::of(b"nine") };
            Batch::new(&tenant, &phone, epoch(3), middle, 1)
        }),
        ("a place past every number", {
            let end = Position { seq: u64::MAX - 9, head: Digest::of(b"end") };
            Batch::new(&tenant, &phone, epoch(1), end, 1)
        }),
    ];
    for (what, batch) in refused {
        let call = client.call(&phone, "POST", "/v1/batches", batch.frame(&phone));
        let reply = client.send(&phone, &call);
        assert_eq!(reply.kind(), ProblemKind::LedgerConflict, "{what}");
        let problem = reply.problem();
        let state = tenant.state(&problem.state.unwrap());
        assert_eq!(state.nonce, call.nonce, "{what}");
        assert_eq!(state.epochs.len(), 1, "{what}");
        assert_eq!(state.epochs[0].high, first.manifest.to, "{what}");
        let receipts: Vec<_> =
            problem.receipts.iter().map(|receipt| receipt.to_bytes().unwrap()).collect();
        let expected =
            if batch.manifest.epoch == epoch(1) { vec![accepted.body.clone()] } else { vec![] };
        assert_eq!(receipts, expected, "{what}");
    }
    assert_eq!(client.upload(&phone, &second).status, 200);
    // Two batches with manifest and receipt, the device's key, and the state.
    assert_eq!(files(&tenant.data().join("batches")).len(), 8);
}

#[test]
fn a_new_epoch_begins_beside_the_old_one() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let (old, new) =
        (Batch::first(&tenant, &phone, epoch(1)), Batch::first(&tenant, &phone, epoch(2)));
    for batch in [&old, &new, &old.next(&tenant, &phone), &new.next(&tenant, &phone)] {
        assert_eq!(client.upload(&phone, batch).status, 200);
    }
    let state: Envelope<CollectorState> = client.state(&phone, epoch(1)).json();
    let state = tenant.state(&state);
    let seen: Vec<_> = state.epochs.iter().map(|e| (e.epoch, e.high.seq)).collect();
    assert_eq!(seen, [(epoch(2), 5), (epoch(1), 5)]);
}

#[test]
fn receipts_are_repeated_newest_first_and_not_without_end() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let mut batch = Batch::first(&tenant, &phone, epoch(1));
    let mut receipts = Vec::new();
    for _ in 0..=MAX_RECEIPTS_REPEATED {
        receipts.insert(0, client.upload(&phone, &batch).body);
        batch = batch.next(&tenant, &phone);
    }
    receipts.truncate(MAX_RECEIPTS_REPEATED);
    let fork = Batch::first(&tenant, &phone, epoch(1));
    let problem = client.upload(&phone, &fork).problem();
    let shown: Vec<_> = problem.receipts.iter().map(|r| r.to_bytes().unwrap()).collect();
    assert_eq!(shown, receipts);
    let state = tenant.state(&problem.state.unwrap());
    let within: Vec<_> = state.receipts.iter().map(|r| r.to_bytes().unwrap()).collect();
    assert_eq!(within, receipts);
}

#[test]
fn a_manifest_that_does_not_fit_is_refused_by_its_field() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let good = Batch::first(&tenant, &phone, epoch(1));
    let stranger = KeyId::from_bytes([9; 8]);
    let own = good.manifest.recipients[0];
    let edits: [Edit<'_, Manifest>; 8] = [
        ("tenant", &|m| m.tenant = "other".parse().unwrap()),
        ("device", &|m| m.device = Phone::new().device()),
        ("recipients", &|m| m.recipients = vec![stranger]),
        ("recipients", &|m| m.recipients = vec![own, stranger]),
        ("recipients", &|m| m.recipients = vec![own, own]),
        ("size", &|m| m.size += 1),
        ("ciphertext", &|m| m.ciphertext = Digest::of(b"other")),
        ("size", &|m| m.size -= 1),
    ];
    for (field, edit) in edits {
        let mut batch = good.clone();
        edit(&mut batch.manifest);
        let reply = client.upload(&phone, &batch);
        assert_eq!(reply.kind(), ProblemKind::Malformed);
        let title = reply.problem().title;
        assert!(title.contains(&format!("`{field}`")), "{title}");
    }
    assert!(!holds(&tenant.data(), &good.sealed));
    assert_eq!(client.upload(&phone, &good).status, 200);
}

#[test]
fn a_manifest_that_another_device_signed_is_refused() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let other = tenant.phone(&running);
    let batch = Batch::first(&tenant, &phone, epoch(1));
    let reply = client.post(&phone, "/v1/batches", batch.frame(&other));
    assert_eq!(reply.kind(), ProblemKind::Malformed);
    let reply = client.post(&other, "/v1/batches", batch.frame(&phone));
    assert_eq!(reply.kind(), ProblemKind::Malformed);
}

#[test]
fn a_frame_that_cannot_be_read_is_refused() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let good = Batch::first(&tenant, &phone, epoch(1));
    let head = Envelope::sign(&good.manifest, &phone).unwrap();
    let receipt =
        r#"{"payloadType":"application/vnd.fenming.receipt.v1+json","payload":"","signatures":[]}"#;
    let frames = [
        Vec::new(),
        b"\n".to_vec(),
        b"no line at all".to_vec(),
        b"{}\nsealed".to_vec(),
        head.to_bytes().unwrap(),
        frame::join(&head, &[]).unwrap(),
        [receipt.as_bytes(), b"\n", &good.sealed].concat(),
        vec![b' '; 100 * 1024],
    ];
    for frame in frames {
        assert_eq!(client.post(&phone, "/v1/batches", frame).kind(), ProblemKind::Malformed);
    }
    assert_eq!(client.upload(&phone, &good).status, 200);
}

#[test]
fn of_two_uploads_at_once_one_wins_and_the_other_sees_why() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let phone = tenant.phone(&running);
    for round in 0..8 {
        let barrier = Barrier::new(4);
        let upload = || {
            let client = tenant.client(&running);
            let batch = Batch::first(&tenant, &phone, epoch(round));
            barrier.wait();
            let reply = client.upload(&phone, &batch);
            if reply.status == 200 {
                assert!(tenant.receipt(&reply.body).fits(&batch.manifest));
            } else {
                assert_eq!(reply.kind(), ProblemKind::LedgerConflict);
                assert_eq!(reply.problem().receipts.len(), 1);
            }
            reply.status
        };
        let mut statuses = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(upload)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409, 409, 409]);
    }
    assert_eq!(running.console().batches(phone.device()).unwrap().len(), 8);
}

#[test]
fn devices_upload_beside_each_other() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let phones: Vec<_> = (0..6).map(|_| tenant.phone(&running)).collect();
    std::thread::scope(|scope| {
        for phone in &phones {
            scope.spawn(|| {
                let client = tenant.client(&running);
                let mut batch = Batch::first(&tenant, phone, epoch(1));
                for _ in 0..5 {
                    assert_eq!(client.upload(phone, &batch).status, 200);
                    batch = batch.next(&tenant, phone);
                }
            });
        }
    });
    let devices = running.console().devices().unwrap();
    assert!(devices.iter().all(|device| device.batches == 5 && device.epochs[0].high.seq == 11));
}

#[test]
fn a_disk_without_room_takes_nothing_and_loses_nothing() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let phone = tenant.phone(&running);
    let batch = Batch::first(&tenant, &phone, epoch(1));
    running.stop();

    let limits = Limits { free_bytes: u64::MAX, ..Limits::default() };
    let running = tenant.start_with(Config { limits, ..tenant.config() });
    let reply = tenant.client(&running).upload(&phone, &batch);
    assert_eq!(reply.kind(), ProblemKind::Unavailable);
    assert_eq!(reply.header("retry-after"), "60");
    running.stop();

    let running = tenant.start();
    assert_eq!(tenant.client(&running).upload(&phone, &batch).status, 200);
}

#[test]
fn a_folder_that_cannot_be_written_gives_no_receipt() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let batch = Batch::first(&tenant, &phone, epoch(1));
    let obstacle = tenant.data().join("incoming");
    fs::write(&obstacle, b"in the way").unwrap();
    assert_eq!(client.upload(&phone, &batch).kind(), ProblemKind::Unavailable);
    assert!(running.console().batches(phone.device()).unwrap().is_empty());
    fs::remove_file(&obstacle).unwrap();
    assert_eq!(client.upload(&phone, &batch).status, 200);
}

#[test]
fn a_batch_that_could_not_be_filed_is_filed_when_it_comes_again() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let batch = Batch::first(&tenant, &phone, epoch(1));
    let device = tenant.data().join("batches").join(phone.device().to_string());
    let place = device.join("0101010101010101");
    let receipt = place.join("000000000001-000000000003.receipt.json");
    fs::create_dir_all(&receipt).unwrap();
    assert_eq!(client.upload(&phone, &batch).kind(), ProblemKind::Unavailable);
    assert!(!place.join("000000000001-000000000003.age").exists());
    fs::remove_dir(&receipt).unwrap();
    let reply = client.upload(&phone, &batch);
    assert_eq!(reply.status, 200);
    assert_eq!(fs::read(&receipt).unwrap(), reply.body);
    assert_eq!(fs::read(place.join("000000000001-000000000003.age")).unwrap(), batch.sealed);
    assert_eq!(running.console().batches(phone.device()).unwrap().len(), 1);
}
