//! A stored batch of which every file may be anything: verification gives findings, never a
//! sound report. The three files are divided by a line `----`.
#![no_main]

use fenming::archive::{BatchName, Ledger, StoredBatch, Trusted, verify_epoch};
use fenming_wire::envelope::Envelope;
use fenming_wire::id::{DeviceId, Epoch};
use fenming_wire::key::Ed25519Key;
use fenming_wire::trust::TrustDocument;
use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;

static TRUSTED: OnceLock<Trusted> = OnceLock::new();

/// The trust document of the golden vectors.
fn trusted() -> Trusted {
    let vector: serde_json::Value =
        serde_json::from_str(include_str!("../../../core/wire/vectors/trust.json")).expect("JSON");
    let root: Ed25519Key = vector["key"].as_str().and_then(|k| k.parse().ok()).expect("a key");
    let envelope = vector["envelope"].to_string().into_bytes();
    Envelope::<TrustDocument>::from_bytes(&envelope).expect("an envelope");
    Trusted::check(&root, &[("1.json".to_owned(), envelope)]).0.expect("trusted")
}

fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.split(|b| *b == b'\n').collect::<Vec<_>>();
    let second = parts.iter().position(|line| *line == b"----").unwrap_or(parts.len());
    let rest = parts.split_off(second);
    let sealed = parts.join(&b'\n');
    let mut rest = rest.into_iter().filter(|line| *line != b"----");
    let mut next = || rest.next().unwrap_or_default().to_vec();
    if let Ok(name) = std::str::from_utf8(&sealed) {
        let _ = BatchName::parse(name);
    }
    let ledger = Ledger {
        device: DeviceId::from_bytes([0xd1; 16]),
        epoch: Epoch::from_bytes([0xe1; 8]),
        key: None,
        trusted: TRUSTED.get_or_init(trusted),
        identities: &[],
    };
    let batch = StoredBatch {
        name: BatchName { first: 1, last: 12 },
        manifest: Ok(next()),
        receipt: Ok(next()),
        sealed: Ok(sealed),
        attachments: None,
    };
    let report = verify_epoch(&ledger, [batch], &mut ());
    assert!(!report.is_sound());
});
