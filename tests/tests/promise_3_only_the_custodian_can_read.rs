//! Promise 3: only the custodian can read. The endpoint of these tests is hostile: it holds every
//! key that a server may ever hold (TLS, receipts, and the policy key as well), and still cannot
//! make itself a reader, forge what counts, or turn anything back.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use fenming_core::clock::{Clock, Span};
use fenming_core::error::AgentError;
use fenming_core::vault::RecordState;
use fenming_tests::stage::{Custodian, Fate, Stage, files_below, message, next_version, policy};
use fenming_wire::api::{POLICY_PATH, TRUST_PATH};
use fenming_wire::envelope::{Document, Envelope};
use fenming_wire::frame;
use fenming_wire::key::{Ed25519Signer, Signer};
use fenming_wire::policy::Policy;
use fenming_wire::receipt::Receipt;
use fenming_wire::seal::{self, Identity};
use fenming_wire::text::Bilingual;
use fenming_wire::trust::{NamedRecipient, TrustDocument};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

const CLIENT: &str = "林嘉怡（恒远资本）";
const SECRET: &str = "canary-b-001 合同金额三百万";

#[test]
fn a_trust_document_signed_by_a_server_side_key_adds_no_reader() {
    let stage = Stage::agreed(policy(), false);
    let intruder = Identity::generate();
    let mut trust = stage.custodian.trust.clone();
    trust.recipients.push(NamedRecipient {
        name: Bilingual::new("档案保管人", "Archive custodian"),
        key: intruder.recipient(),
    });
    next_version(&mut trust.version);
    let Custodian { policy_key, receipt_key, .. } = &stage.custodian;
    let (stranger, _) = Ed25519Signer::generate().unwrap();
    for signer in [policy_key, receipt_key, &stranger] {
        let forged = Envelope::sign(&trust, signer).unwrap();
        stage.network.serve(TRUST_PATH, Some(forged.to_bytes().unwrap()));
        let refused = stage.agent().refresh();
        assert!(matches!(
            refused,
            Err(AgentError::DocumentRefused { document: "trust document", .. })
        ));
        assert_eq!(stage.agent().status().unwrap().trust_version, 1);
    }
    stage.network.serve(TRUST_PATH, None);
    stage.see(&[message("2026-03-02T01:00:00Z", 7, CLIENT, SECRET)]);
    stage.drain();
    let batches = sealed_batches(&stage);
    assert!(!batches.is_empty());
    for sealed in &batches {
        seal::open(sealed, std::slice::from_ref(&intruder)).unwrap_err();
    }
}

#[test]
fn a_key_that_borrows_the_name_of_the_root_key_signs_nothing() {
    let stage = Stage::agreed(policy(), false);
    let borrowed = Borrowed(&stage.custodian.receipt_key, stage.custodian.root.key_id());
    let mut trust = stage.custodian.trust.clone();
    next_version(&mut trust.version);
    let forged = Envelope::sign(&trust, &borrowed).unwrap();
    stage.network.serve(TRUST_PATH, Some(forged.to_bytes().unwrap()));
    stage.agent().refresh().unwrap_err();
    assert_eq!(stage.agent().status().unwrap().trust_version, 1);
}

#[test]
fn a_policy_cannot_name_a_recipient_even_with_the_policy_key() {
    let stage = Stage::agreed(policy(), false);
    let mut value = serde_json::to_value(&stage.custodian.policy).unwrap();
    let intruder = Identity::generate().recipient().to_string();
    value["version"] = 2.into();
    value["recipients"] =
        serde_json::json!([{ "name": { "zh-Hans": "x", "en": "x" }, "key": intruder }]);
    let forged = Envelope::sign(&Loose(value), &stage.custodian.policy_key).unwrap();
    stage.network.serve(POLICY_PATH, Some(forged.to_bytes().unwrap()));
    let refused = stage.agent().refresh();
    assert!(matches!(refused, Err(AgentError::DocumentRefused { document: "policy", .. })));
    assert_eq!(stage.agent().status().unwrap().policy_version, 1);
}

#[test]
fn a_document_of_one_kind_does_not_pass_for_another() {
    let stage = Stage::agreed(policy(), false);
    let policy_bytes = stage.custodian.signed_policy().to_bytes().unwrap();
    stage.network.serve(TRUST_PATH, Some(policy_bytes));
    stage.agent().refresh().unwrap_err();
    assert_eq!(stage.agent().status().unwrap().trust_version, 1);
}

#[test]
fn a_policy_signed_by_the_receipt_key_is_refused() {
    let stage = Stage::agreed(policy(), false);
    let mut policy = stage.custodian.policy.clone();
    next_version(&mut policy.version);
    let forged = Envelope::sign(&policy, &stage.custodian.receipt_key).unwrap();
    stage.network.serve(POLICY_PATH, Some(forged.to_bytes().unwrap()));
    let refused = stage.agent().refresh();
    assert!(matches!(refused, Err(AgentError::DocumentRefused { document: "policy", .. })));
}

#[test]
fn neither_policy_nor_trust_document_can_be_turned_back() {
    let mut stage = Stage::agreed(policy(), false);
    let old_trust = stage.custodian.signed_trust();
    let old_policy = stage.custodian.signed_policy();
    next_version(&mut stage.custodian.trust.version);
    next_version(&mut stage.custodian.policy.version);
    stage.publish();
    stage.agent().refresh().unwrap();
    for (path, old) in
        [(TRUST_PATH, old_trust.to_bytes().unwrap()), (POLICY_PATH, old_policy.to_bytes().unwrap())]
    {
        stage.network.serve(path, Some(old));
        assert!(matches!(stage.agent().refresh(), Err(AgentError::Rollback { .. })), "{path}");
        stage.network.serve(path, None);
    }
    stage.close_agent();
    stage.open_agent();
    stage.network.serve(TRUST_PATH, Some(old_trust.to_bytes().unwrap()));
    assert!(matches!(stage.agent().refresh(), Err(AgentError::Rollback { .. })), "after a restart");
    let status = stage.agent().status().unwrap();
    assert_eq!((status.trust_version, status.policy_version), (2, 2));
}

#[test]
fn another_document_under_the_same_version_is_refused() {
    let stage = Stage::agreed(policy(), false);
    let mut twin = stage.custodian.policy.clone();
    twin.review_minutes = 1;
    let twin = Envelope::sign(&twin, &stage.custodian.policy_key).unwrap();
    stage.network.serve(POLICY_PATH, Some(twin.to_bytes().unwrap()));
    assert!(matches!(stage.agent().refresh(), Err(AgentError::Rollback { document: "policy" })));
}

#[test]
fn a_receipt_by_a_key_that_the_trust_document_no_longer_names_delivers_nothing() {
    let mut stage = Stage::agreed(policy(), false);
    let (old, _) = stage.custodian.replace_receipt_key();
    stage.stop_collector();
    stage.start_collector();
    stage.agent().refresh().unwrap();
    stage.see(&[message("2026-03-02T01:00:00Z", 7, CLIENT, SECRET)]);
    stage.pass(Span::hours(1));
    stage.network.next_batches(&[forged_by(old, &stage)]);
    stage.run().unwrap();
    assert_not_delivered(&stage);
    stage.drain();
    assert_eq!(stage.open_archive().texts(), [SECRET]);
}

#[test]
fn a_receipt_by_the_policy_key_or_a_stranger_delivers_nothing() {
    let stage = Stage::agreed(policy(), false);
    stage.see(&[message("2026-03-02T01:00:00Z", 7, CLIENT, SECRET)]);
    stage.pass(Span::hours(1));
    let (stranger, _) = Ed25519Signer::generate().unwrap();
    stage.network.next_batches(&[forged_by(stranger, &stage)]);
    stage.run().unwrap();
    assert_not_delivered(&stage);
    let archive = stage.collector_folder().join("batches");
    assert!(sealed_batches(&stage).is_empty(), "nothing lies in {}", archive.display());
    stage.drain();
    let archive = stage.open_archive();
    archive.assert_sound();
    assert_eq!(archive.texts(), [SECRET]);
}

#[test]
fn no_server_side_key_opens_a_batch_and_nothing_lies_open() {
    let stage = Stage::agreed(policy(), false);
    stage.see(&[message("2026-03-02T01:00:00Z", 7, CLIENT, SECRET)]);
    stage.pass(Span::hours(1));
    stage.network.next_batches(&[Fate::Lost]);
    stage.run().unwrap();
    let spool = files_below(&stage.device_folder().join("spool"));
    assert!(!spool.is_empty(), "a batch waits in the spool");
    assert_lies_nowhere(&stage);
    stage.drain();
    assert_lies_nowhere(&stage);
    assert!(stage.network.sent().iter().all(|(_, body)| !holds(body)), "nor was it sent open");
    let batches = sealed_batches(&stage);
    assert!(!batches.is_empty());
    for sealed in &batches {
        let counsel = std::slice::from_ref(&stage.custodian.counsel);
        seal::open(sealed, counsel).unwrap_err();
        seal::open(sealed, &[Identity::generate()]).unwrap_err();
        seal::open(sealed, &[]).unwrap_err();
        seal::open(sealed, std::slice::from_ref(&stage.custodian.archive)).unwrap();
    }
    assert_eq!(stage.open_archive().texts(), [SECRET], "the custodian reads it");
}

#[test]
fn batches_are_sealed_to_the_trust_documents_recipients_and_nobody_else() {
    let stage = Stage::agreed(policy(), false);
    stage.see(&[message("2026-03-02T01:00:00Z", 7, CLIENT, SECRET)]);
    stage.drain();
    let sent = stage.network.sent();
    let batches = sent.iter().filter(|(path, _)| path == fenming_wire::api::BATCHES_PATH);
    let mut seen = 0;
    for (_, body) in batches {
        let (manifest, sealed) = frame::split(body).unwrap();
        let manifest = manifest.peek_unverified().unwrap();
        assert_eq!(manifest.recipients, [stage.custodian.archive.recipient().key_id()]);
        let header =
            sealed.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"-> X25519"));
        assert_eq!(header.count(), 1, "one stanza a recipient");
        seen += 1;
    }
    assert!(seen > 0);
}

/// A server-side key that pretends to be another.
struct Borrowed<'a>(&'a Ed25519Signer, fenming_wire::id::KeyId);

impl Signer for Borrowed<'_> {
    fn key_id(&self) -> fenming_wire::id::KeyId {
        self.1
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], fenming_wire::WireError> {
        self.0.sign(message)
    }
}

/// Anything at all under the media type of a policy.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Loose(serde_json::Value);

impl Document for Loose {
    const TYPE: &'static str = Policy::TYPE;
    const LIMIT: usize = Policy::LIMIT;
}

/// The batch is swallowed, and answered with a receipt by this key.
fn forged_by(key: Ed25519Signer, stage: &Stage) -> Fate {
    let now = Clock::now(stage.clock.as_ref());
    Fate::Answered(Arc::new(move |body| {
        let (manifest, _) = frame::split(body).unwrap();
        let receipt = Receipt::of(&manifest.peek_unverified().unwrap(), now);
        (200, Envelope::sign(&receipt, &key).unwrap().to_bytes().unwrap())
    }))
}

fn assert_not_delivered(stage: &Stage) {
    let status = stage.agent().status().unwrap();
    assert_eq!(status.forwarding.last_error.as_deref(), Some("receipt_invalid"));
    let records = stage.agent().records(None, None, 500).unwrap().records;
    let messages: Vec<_> = records.iter().filter(|record| record.body.is_counted()).collect();
    assert!(!messages.is_empty());
    assert!(messages.iter().all(|record| record.state != RecordState::Delivered));
}

fn sealed_batches(stage: &Stage) -> Vec<Vec<u8>> {
    let files = files_below(&stage.collector_folder().join("batches")).into_iter();
    files.filter(|(path, _)| path.extension().is_some_and(|e| e == "age")).map(|(_, b)| b).collect()
}

fn assert_lies_nowhere(stage: &Stage) {
    for folder in [stage.device_folder(), stage.collector_folder()] {
        for (path, bytes) in files_below(&folder) {
            assert!(!holds(&bytes), "in {}", path.display());
        }
    }
}

fn holds(bytes: &[u8]) -> bool {
    let needles: [&[u8]; 3] = [b"canary-b-001", "合同金额".as_bytes(), "林嘉怡".as_bytes()];
    // The directory of the policy names the client; nothing else may.
    let in_policy = |bytes: &[u8]| find(bytes, b"dir.linjiayi");
    needles.iter().any(|needle| find(bytes, needle)) && !in_policy(bytes)
}

fn find(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

/// The trust document that is served is the one that the root key signed.
#[test]
fn the_endpoint_itself_refuses_to_serve_a_trust_document_of_its_own_making() {
    let mut stage = Stage::agreed(policy(), false);
    next_version(&mut stage.custodian.trust.version);
    let documents = fenming_collector::Documents {
        trust: Envelope::<TrustDocument>::sign(
            &stage.custodian.trust,
            &stage.custodian.receipt_key,
        )
        .unwrap(),
        policy: stage.custodian.signed_policy(),
    };
    stage.collector().publish(documents).unwrap_err();
}
