//! What stands inside a batch that a hostile device signed properly: any bytes at all, sealed to
//! the custodian, chained and receipted as they should be. Opening it gives findings.
#![no_main]

use std::sync::OnceLock;

use fenming::archive::{BatchName, Ledger, StoredBatch, Trusted, verify_epoch};
use fenming_wire::WireError;
use fenming_wire::envelope::Envelope;
use fenming_wire::id::{Digest, Epoch, KeyId};
use fenming_wire::key::{DeviceKey, Ed25519Signer, Signer, Verifier};
use fenming_wire::ledger::Position;
use fenming_wire::manifest::Manifest;
use fenming_wire::receipt::Receipt;
use fenming_wire::record::{Body, Line};
use fenming_wire::seal::{self, Identity};
use fenming_wire::time::Timestamp;
use fenming_wire::trust::TrustDocument;
use libfuzzer_sys::fuzz_target;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};

struct Device(EcdsaKeyPair);

impl Device {
    fn new() -> Self {
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
        Self(EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).expect("a key"))
    }

    fn key(&self) -> DeviceKey {
        DeviceKey::from_point(self.0.public_key().as_ref()).expect("a point")
    }
}

impl Signer for Device {
    fn key_id(&self) -> KeyId {
        self.key().key_id()
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], WireError> {
        let signature = self.0.sign(&SystemRandom::new(), message);
        let signature = signature.map_err(|_| WireError::SignerFailed)?;
        signature.as_ref().try_into().map_err(|_| WireError::SignerFailed)
    }
}

struct World {
    identities: [Identity; 1],
    endpoint: Ed25519Signer,
    device: Device,
    document: TrustDocument,
    trusted: Trusted,
}

static WORLD: OnceLock<World> = OnceLock::new();

fn world() -> World {
    let vector: serde_json::Value =
        serde_json::from_str(include_str!("../../../core/wire/vectors/trust.json")).expect("JSON");
    let mut document: TrustDocument =
        serde_json::from_value(vector["payload"].clone()).expect("a trust document");
    let (root, _) = Ed25519Signer::generate().expect("a key");
    let (endpoint, _) = Ed25519Signer::generate().expect("a key");
    let identities = [Identity::generate()];
    document.recipients.truncate(1);
    document.recipients[0].key = identities[0].recipient();
    document.receipt_keys = vec![endpoint.public()];
    let signed = Envelope::sign(&document, &root).and_then(|e| e.to_bytes()).expect("signed");
    let files = [("1.json".to_owned(), signed)];
    let trusted = Trusted::check(&root.public(), &files).0.expect("trusted");
    World { identities, endpoint, device: Device::new(), document, trusted }
}

/// The salt that the balance names, which is the first line or, after a genesis, the second.
fn salt(plain: &[u8]) -> Digest {
    let lines = plain.split(|b| *b == b'\n').take(2);
    let bodies = lines.filter_map(|line| Line::from_json(line).ok()).map(|line| line.body);
    let salt = |body| match body {
        Body::Balance(line) => Some(line.salt),
        _ => None,
    };
    bodies.filter_map(salt).next().unwrap_or_else(|| Digest::of(b""))
}

fuzz_target!(|plain: &[u8]| {
    let world = WORLD.get_or_init(world);
    let epoch = Epoch::from_bytes([0xe1; 8]);
    let device = world.device.key().device_id();
    let salt = salt(plain);
    let from = Position::start(device, epoch);
    let lines = plain.strip_suffix(b"\n").unwrap_or(plain).split(|b| *b == b'\n');
    let to = lines.fold(from, |at, line| at.after(&salt, line));
    let Ok(sealed) = seal::seal(plain, &[world.identities[0].recipient()]) else { return };
    let manifest = Manifest {
        tenant: world.document.tenant.clone(),
        device,
        epoch,
        from,
        to,
        ciphertext: Digest::of(&sealed),
        size: sealed.len() as u64,
        class: "business".parse().expect("a class"),
        recipients: vec![world.identities[0].recipient().key_id()],
        attachments: Vec::new(),
    };
    let receipt = Receipt::of(&manifest, Timestamp::from_millis(1_772_413_200_000));
    // More lines than a batch may have are not signed.
    let Ok(signed) = Envelope::sign(&manifest, &world.device) else { return };
    let receipted = Envelope::sign(&receipt, &world.endpoint).and_then(|e| e.to_bytes());
    let ledger = Ledger {
        device,
        epoch,
        key: Some(world.device.key()),
        trusted: &world.trusted,
        identities: &world.identities,
    };
    let batch = StoredBatch {
        name: BatchName { first: 1, last: to.seq },
        manifest: Ok(signed.to_bytes().expect("an envelope")),
        receipt: Ok(receipted.expect("a receipt")),
        sealed: Ok(sealed),
        attachments: None,
    };
    let report = verify_epoch(&ledger, [batch], &mut ());
    assert!(!report.is_sound(), "a first batch without this device's genesis is never sound");
});
