use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::*;
use crate::samples::{TestDevice, ed25519, grant, trust, withdrawal};
use crate::trust::TrustDocument;

/// A document with one field, for the bytes that the specification of DSSE prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    note: String,
}

impl Document for Note {
    const TYPE: &'static str = "application/vnd.fenming.note.v1+json";
    const LIMIT: usize = 256;

    fn check(&self) -> Result<(), WireError> {
        if self.note == "bad" { Err(WireError::field("note", "is bad")) } else { Ok(()) }
    }
}

/// The same shape under another type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct OtherNote {
    note: String,
}

impl Document for OtherNote {
    const TYPE: &'static str = "application/vnd.fenming.other.v1+json";
    const LIMIT: usize = 256;
}

fn note() -> Note {
    Note { note: "hello".to_owned() }
}

#[test]
fn the_encoding_is_the_one_that_the_specification_of_dsse_prints() {
    let printed = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world";
    assert_eq!(encoding("http://example.com/HelloWorld", b"hello world"), printed);
}

#[test]
fn the_encoding_counts_bytes_and_not_characters() {
    assert_eq!(encoding("t", "分明".as_bytes()), "DSSEv1 1 t 6 分明".as_bytes());
    assert_eq!(encoding("t", b""), b"DSSEv1 1 t 0 ");
}

#[test]
fn a_signed_document_comes_back_through_its_bytes() {
    let (root, device) = (ed25519(), TestDevice::new());
    let document = trust();
    let bytes = Envelope::sign(&document, &root).unwrap().to_bytes().unwrap();
    let envelope = Envelope::<TrustDocument>::from_bytes(&bytes).unwrap();
    assert_eq!(envelope.verify(&[root.public()]).unwrap(), document);
    assert_eq!(envelope.to_bytes().unwrap(), bytes);

    let document = grant();
    let envelope = Envelope::sign(&document, &device).unwrap();
    assert_eq!(envelope.verify(&[device.key()]).unwrap(), document);
}

#[test]
fn the_envelope_has_the_fields_of_dsse_and_no_other() {
    let bytes = Envelope::sign(&note(), &ed25519()).unwrap().to_bytes().unwrap();
    let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    let fields: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, ["payload", "payloadType", "signatures"]);
    assert_eq!(value["payloadType"], Note::TYPE);
    let extra = r#"{"payloadType":"t","payload":"","signatures":[],"more":1}"#;
    let refusal = Envelope::<Note>::from_bytes(extra.as_bytes()).unwrap_err();
    assert_eq!(refusal.to_string(), "field `more`: is not known");
}

#[test]
fn a_document_of_another_kind_is_refused_even_where_the_fields_fit() {
    let key = ed25519();
    let bytes = Envelope::sign(&note(), &key).unwrap().to_bytes().unwrap();
    let refusal = Envelope::<OtherNote>::from_bytes(&bytes).unwrap_err();
    assert!(matches!(refusal, WireError::WrongType { expected: OtherNote::TYPE }));
}

#[test]
fn renaming_the_type_breaks_the_signature() {
    let key = ed25519();
    let bytes = Envelope::sign(&note(), &key).unwrap().to_bytes().unwrap();
    let text = String::from_utf8(bytes).unwrap().replace(Note::TYPE, OtherNote::TYPE);
    let renamed = Envelope::<OtherNote>::from_bytes(text.as_bytes()).unwrap();
    assert!(matches!(renamed.verify(&[key.public()]), Err(WireError::BadSignature(_))));
}

#[test]
fn an_unknown_signer_is_not_trusted() {
    let envelope = Envelope::sign(&note(), &ed25519()).unwrap();
    assert!(matches!(envelope.verify(&[ed25519().public()]), Err(WireError::UntrustedKey)));
    let none: [crate::key::Ed25519Key; 0] = [];
    assert!(matches!(envelope.verify(&none), Err(WireError::UntrustedKey)));
}

#[test]
fn a_signature_under_another_keys_name_is_refused() {
    let (honest, forger) = (ed25519(), ed25519());
    let mut envelope = Envelope::sign(&note(), &forger).unwrap();
    envelope.signatures[0].keyid = Signer::key_id(&honest);
    let refusal = envelope.verify(&[honest.public()]).unwrap_err();
    assert!(matches!(refusal, WireError::BadSignature(id) if id == Signer::key_id(&honest)));
}

#[test]
fn a_document_without_a_signature_is_not_trusted() {
    let key = ed25519();
    let mut envelope = Envelope::sign(&note(), &key).unwrap();
    envelope.signatures.clear();
    assert!(matches!(envelope.verify(&[key.public()]), Err(WireError::UntrustedKey)));
}

#[test]
fn added_signatures_neither_help_nor_harm() {
    let (trusted, stranger) = (ed25519(), ed25519());
    let by_stranger = Envelope::sign(&note(), &stranger).unwrap().signatures;
    let mut envelope = Envelope::sign(&note(), &trusted).unwrap();
    envelope.signatures.splice(0..0, by_stranger.clone());
    assert_eq!(envelope.verify(&[trusted.public()]).unwrap(), note());
    envelope.signatures = by_stranger;
    assert!(envelope.verify(&[trusted.public()]).is_err());
}

#[test]
fn a_wrong_signature_before_the_right_one_does_no_harm() {
    let key = ed25519();
    let mut envelope = Envelope::sign(&note(), &key).unwrap();
    let wrong = Signature { keyid: Signer::key_id(&key), sig: vec![0; 64] };
    envelope.signatures.insert(0, wrong);
    assert_eq!(envelope.verify(&[key.public()]).unwrap(), note());
}

#[test]
fn more_than_eight_signatures_are_refused() {
    let key = ed25519();
    let mut envelope = Envelope::sign(&note(), &key).unwrap();
    let one = envelope.signatures[0].clone();
    envelope.signatures = vec![one; MAX_SIGNATURES + 1];
    let refusal = Envelope::<Note>::from_bytes(&envelope.to_bytes().unwrap()).unwrap_err();
    assert_eq!(refusal.to_string(), "field `signatures`: has too many entries");
}

#[test]
fn what_breaks_its_own_rules_is_neither_signed_nor_read() {
    let key = ed25519();
    let bad = Note { note: "bad".to_owned() };
    assert_eq!(Envelope::sign(&bad, &key).unwrap_err().to_string(), "field `note`: is bad");
    let payload = br#"{"note":"bad"}"#.to_vec();
    let sig = key.sign(&encoding(Note::TYPE, &payload)).unwrap().to_vec();
    let envelope = Envelope::<Note> {
        payload_type: Note::TYPE.to_owned(),
        payload,
        signatures: vec![Signature { keyid: Signer::key_id(&key), sig }],
        kind: PhantomData,
    };
    assert_eq!(envelope.verify(&[key.public()]).unwrap_err().to_string(), "field `note`: is bad");
    assert!(envelope.peek_unverified().is_err());
}

#[test]
fn what_is_too_large_is_neither_signed_nor_read() {
    let long = Note { note: "x".repeat(Note::LIMIT) };
    assert!(matches!(Envelope::sign(&long, &ed25519()), Err(WireError::TooLarge { limit: 256 })));
    let bytes = vec![b' '; 8192];
    assert!(matches!(Envelope::<Note>::from_bytes(&bytes), Err(WireError::TooLarge { .. })));
}

#[test]
fn a_document_is_known_by_the_digest_of_its_payload() {
    let first = Envelope::sign(&note(), &ed25519()).unwrap();
    let second = Envelope::sign(&note(), &ed25519()).unwrap();
    assert_eq!(first.payload_digest(), second.payload_digest(), "whoever signed it");
    assert_eq!(first.payload_digest(), Digest::of(br#"{"note":"hello"}"#));
}

#[test]
fn a_grant_cannot_pass_for_a_withdrawal() {
    let device = TestDevice::new();
    let bytes = Envelope::sign(&withdrawal(), &device).unwrap().to_bytes().unwrap();
    assert!(Envelope::<crate::consent::ConsentGrant>::from_bytes(&bytes).is_err());
}

proptest! {
    #[test]
    fn any_edit_of_the_payload_or_of_the_signature_is_refused(at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let key = ed25519();
        let good = Envelope::sign(&note(), &key).unwrap();

        let mut edited = good.clone();
        let at_payload = at.index(edited.payload.len());
        edited.payload[at_payload] ^= 1 << bit;
        prop_assert!(matches!(edited.verify(&[key.public()]), Err(WireError::BadSignature(_))));

        let mut edited = good;
        let at_signature = at.index(64);
        edited.signatures[0].sig[at_signature] ^= 1 << bit;
        prop_assert!(matches!(edited.verify(&[key.public()]), Err(WireError::BadSignature(_))));
    }

    #[test]
    fn reading_is_total(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = Envelope::<TrustDocument>::from_bytes(&bytes);
    }
}
