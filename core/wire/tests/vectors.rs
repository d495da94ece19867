//! The golden vectors of version 1 are still read, to the byte.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::path::Path;

use data_encoding::BASE64;
use fenming_wire::attachment::AttachmentReceipt;
use fenming_wire::balance::Balance;
use fenming_wire::consent::{ConsentGrant, ConsentWithdrawal};
use fenming_wire::counsel::{CounselDecision, CounselItem};
use fenming_wire::envelope::{Document, Envelope};
use fenming_wire::heartbeat::{Heartbeat, MAX_HEARTBEAT_BYTES};
use fenming_wire::id::{DeviceId, Digest, Epoch};
use fenming_wire::json;
use fenming_wire::key::{DeviceKey, Ed25519Key, Verifier};
use fenming_wire::ledger::Position;
use fenming_wire::manifest::Manifest;
use fenming_wire::policy::Policy;
use fenming_wire::receipt::{CollectorState, Receipt};
use fenming_wire::record::Line;
use fenming_wire::seal::{self, Identity};
use fenming_wire::signature::{self, Headers, Request};
use fenming_wire::trust::TrustDocument;
use serde_json::Value;

fn vector(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("vectors/{name}.json"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap()
}

/// A signed document is read, fits its key and digest, and is written as the same bytes.
fn is_read<T: Document, V: Verifier + std::str::FromStr>(name: &str)
where
    V::Err: std::fmt::Debug,
{
    let vector = vector(name);
    let key: V = text(&vector, "key").parse().unwrap();
    assert_eq!(text(&vector, "type"), T::TYPE);
    let envelope = Envelope::<T>::from_bytes(vector["envelope"].to_string().as_bytes()).unwrap();
    let document = envelope.verify(&[key]).unwrap();
    assert_eq!(envelope.payload_digest().to_string(), text(&vector, "payload_digest"));
    let written = json::write(&document).unwrap();
    assert_eq!(BASE64.encode(&written), text(&vector["envelope"], "payload"), "{name}");
    assert_eq!(serde_json::to_value(&document).unwrap(), vector["payload"]);
}

#[test]
fn every_signed_document_of_version_1_is_still_read() {
    is_read::<TrustDocument, Ed25519Key>("trust");
    is_read::<Policy, Ed25519Key>("policy");
    is_read::<Receipt, Ed25519Key>("receipt");
    is_read::<AttachmentReceipt, Ed25519Key>("attachment-receipt");
    is_read::<CollectorState, Ed25519Key>("state");
    is_read::<ConsentGrant, DeviceKey>("consent-grant");
    is_read::<ConsentWithdrawal, DeviceKey>("consent-withdrawal");
    is_read::<Manifest, DeviceKey>("manifest");
    is_read::<Balance, DeviceKey>("balance");
    is_read::<CounselDecision, Ed25519Key>("counsel-decision");
}

#[test]
fn the_receipts_inside_a_state_fit_the_same_key() {
    let vector = vector("state");
    let key: Ed25519Key = text(&vector, "key").parse().unwrap();
    let state = vector["envelope"].to_string();
    let state = Envelope::<CollectorState>::from_bytes(state.as_bytes()).unwrap();
    for receipt in state.verify(&[key]).unwrap().receipts {
        receipt.verify(&[key]).unwrap();
    }
}

#[test]
fn a_heartbeat_of_version_1_is_still_read() {
    let vector = vector("heartbeat");
    let bytes = text(&vector, "bytes").as_bytes();
    let read: Heartbeat = json::parse(bytes, MAX_HEARTBEAT_BYTES).unwrap();
    assert_eq!(json::write(&read).unwrap(), bytes);
    assert_eq!(serde_json::to_value(&read).unwrap(), vector["document"]);
}

#[test]
fn a_line_of_every_kind_of_version_1_is_still_read() {
    let vector = vector("lines");
    let lines = vector["lines"].as_array().unwrap();
    assert_eq!(lines.len(), 12);
    for (n, entry) in lines.iter().enumerate() {
        let line = Line::from_json(text(entry, "line").as_bytes()).unwrap();
        assert_eq!(line.seq, n as u64 + 1);
        let written = String::from_utf8(json::write(&line).unwrap()).unwrap();
        assert_eq!(written, text(entry, "line"));
        let value: Value = serde_json::from_str(&written).unwrap();
        assert_eq!(value["kind"], entry["kind"]);
    }
}

#[test]
fn the_chain_of_version_1_has_the_same_heads() {
    let vector = vector("chain");
    let device: DeviceId = text(&vector, "device").parse().unwrap();
    let epoch: Epoch = text(&vector, "epoch").parse().unwrap();
    let salt: Digest = text(&vector, "salt").parse().unwrap();
    let heads = vector["heads"].as_array().unwrap();
    let mut at = Position::start(device, epoch);
    assert_eq!(heads[0], at.head.to_string());
    for (line, head) in vector["lines"].as_array().unwrap().iter().zip(&heads[1..]) {
        at = at.after(&salt, line.as_str().unwrap().as_bytes());
        assert_eq!(*head, at.head.to_string());
    }
    assert_eq!(at.seq, heads.len() as u64 - 1);
}

#[test]
fn a_request_of_version_1_is_still_accepted() {
    let vector = vector("request");
    let key: DeviceKey = text(&vector, "device_key").parse().unwrap();
    let request = Request {
        method: text(&vector, "method"),
        authority: text(&vector, "authority"),
        path: text(&vector, "path"),
        body: text(&vector, "body").as_bytes(),
    };
    let fields = &vector["fields"];
    let headers = Headers {
        content_digest: text(fields, "content-digest").to_owned(),
        signature_input: text(fields, "signature-input").to_owned(),
        signature: text(fields, "signature").to_owned(),
    };
    signature::parse(&headers).unwrap().verify(request, &key).unwrap();

    let base = text(&vector, "signature_base").as_bytes();
    let value = headers.signature.strip_prefix("fenming=:").unwrap().strip_suffix(':').unwrap();
    let signature = BASE64.decode(value.as_bytes()).unwrap();
    key.verify(base, &signature).unwrap();
}

#[test]
fn what_version_1_sealed_still_opens() {
    let vector = vector("seal");
    let identity: Identity = text(&vector, "identity").parse().unwrap();
    assert_eq!(identity.recipient().to_string(), text(&vector, "recipient"));
    let sealed = BASE64.decode(text(&vector, "sealed").as_bytes()).unwrap();
    let plain = seal::open(&sealed, &[identity]).unwrap();
    assert_eq!(plain.as_slice(), text(&vector, "plain").as_bytes());
}

#[test]
fn what_version_1_sealed_to_counsel_still_opens() {
    let vector = vector("counsel-item");
    let identity: Identity = text(&vector, "identity").parse().unwrap();
    let sealed = BASE64.decode(text(&vector, "sealed").as_bytes()).unwrap();
    let item = CounselItem::open(&sealed, &identity).unwrap();
    assert_eq!(json::write(&item).unwrap(), text(&vector, "plain").as_bytes());
}
