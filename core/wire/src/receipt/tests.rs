use super::*;
use crate::samples::{at, epoch, manifest, position, receipt, state};

#[test]
fn a_receipt_fits_its_own_batch_and_no_other() {
    let receipt = receipt();
    assert!(receipt.fits(&manifest()));
    assert!(Receipt::of(&manifest(), at("2030-01-01T00:00:00Z")).fits(&manifest()), "at any time");
    let changes: [fn(&mut Manifest); 7] = [
        |m| m.tenant = "other".parse().unwrap(),
        |m| m.device = DeviceId::from_bytes([0; 16]),
        |m| m.epoch = Epoch::from_bytes([0; 8]),
        |m| m.from = position(39),
        |m| m.to = position(53),
        |m| m.ciphertext = Digest::of(b"other"),
        |m| m.attachments.clear(),
    ];
    for change in changes {
        let mut other = manifest();
        change(&mut other);
        assert!(!receipt.fits(&other));
    }
}

#[test]
fn the_rules_of_a_receipt_are_checked() {
    receipt().check().unwrap();
    let empty = Receipt { to: receipt().from, ..receipt() };
    let refusal = empty.check().unwrap_err().to_string();
    assert_eq!(refusal, "field `to.seq`: must be greater than `from.seq`");
    let many = Receipt { attachments: vec![Digest::of(b""); 257], ..receipt() };
    let refusal = many.check().unwrap_err().to_string();
    assert_eq!(refusal, "field `attachments`: has more than 256 entries");
}

#[test]
fn a_state_is_bounded() {
    state().check().unwrap();
    let one = EpochState { epoch: epoch(), high: position(1) };
    let many = CollectorState { epochs: vec![one; MAX_EPOCHS + 1], ..state() };
    assert_eq!(many.check().unwrap_err().to_string(), "field `epochs`: has more than 128 entries");
    let signed = Envelope::sign(&receipt(), &crate::samples::ed25519()).unwrap();
    let many = CollectorState { receipts: vec![signed; 33], ..state() };
    assert_eq!(many.check().unwrap_err().to_string(), "field `receipts`: has more than 32 entries");
}
