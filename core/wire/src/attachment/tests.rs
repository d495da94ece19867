use super::*;
use crate::envelope::Envelope;
use crate::samples::{at, device_id, ed25519};

fn receipt() -> AttachmentReceipt {
    AttachmentReceipt {
        tenant: "hengshan-bank".parse().unwrap(),
        device: device_id(),
        ciphertext: Digest::of(b"sealed"),
        size: 4_096,
        received: at("2026-03-02T10:00:00Z"),
    }
}

#[test]
fn a_receipt_fits_just_its_file() {
    let fits = |ciphertext, size| receipt().fits(&SealedFile { ciphertext, size });
    assert!(fits(Digest::of(b"sealed"), 4_096));
    assert!(!fits(Digest::of(b"sealed"), 4_097));
    assert!(!fits(Digest::of(b"another"), 4_096));
}

#[test]
fn a_signed_receipt_comes_back() {
    let signer = ed25519();
    let bytes = Envelope::sign(&receipt(), &signer).unwrap().to_bytes().unwrap();
    let envelope = Envelope::<AttachmentReceipt>::from_bytes(&bytes).unwrap();
    assert_eq!(envelope.verify(&[signer.public()]).unwrap(), receipt());
}

#[test]
fn a_receipt_for_nothing_or_too_much_is_refused() {
    for size in [0, MAX_SEALED_ATTACHMENT_BYTES + 1] {
        let refusal = AttachmentReceipt { size, ..receipt() }.check().unwrap_err().to_string();
        assert_eq!(refusal, "field `size`: is 1 to 125829120 bytes");
    }
}

#[test]
fn a_file_that_was_not_kept_takes_little_room() {
    let attachment = Attachment {
        name: Content::from("a.pdf"),
        media_type: None,
        kept: None,
        absent: Some(Absence::NotHandedOver),
        sure: Confidence::High,
    };
    let json = serde_json::to_string(&attachment).unwrap();
    assert_eq!(json, r#"{"name":"a.pdf","absent":"not_handed_over","sure":"high"}"#);
}
