use proptest::prelude::*;

use super::*;
use crate::id::Digest;
use crate::manifest::{MAX_ATTACHMENTS, SealedFile};
use crate::samples::{TestDevice, manifest};

#[test]
fn a_frame_comes_apart_as_it_was_put_together() {
    let device = TestDevice::new();
    let signed = Envelope::sign(&manifest(), &device).unwrap();
    for sealed in [&b""[..], b"sealed", b"with\na\nnewline\n"] {
        let frame = join(&signed, sealed).unwrap();
        let (head, rest) = split(&frame).unwrap();
        assert_eq!(head, signed);
        assert_eq!(rest, sealed);
    }
}

#[test]
fn a_body_without_a_first_line_is_refused() {
    for body in [&b""[..], b"no newline at all", &vec![b'x'; 200_000]] {
        let refusal = split(body).unwrap_err().to_string();
        assert_eq!(refusal, "field `manifest`: is missing: it is the first line of the body");
    }
    assert!(matches!(split(b"\nsealed"), Err(WireError::NotJson { .. })));
}

#[test]
fn a_body_that_is_too_large_is_refused() {
    let body = vec![b'\n'; MAX_FRAME_BYTES + 1];
    assert!(matches!(split(&body), Err(WireError::TooLarge { limit: MAX_FRAME_BYTES })));
}

#[test]
fn the_largest_manifest_has_room_in_the_first_line() {
    let mut manifest = manifest();
    let size = crate::limits::MAX_SEALED_ATTACHMENT_BYTES;
    let file = |n: usize| SealedFile { ciphertext: Digest::of(&n.to_be_bytes()), size };
    manifest.attachments = (0..MAX_ATTACHMENTS).map(file).collect();
    manifest.recipients = vec![manifest.recipients[0]; 17];
    let signed = Envelope::sign(&manifest, &TestDevice::new()).unwrap();
    assert!(signed.to_bytes().unwrap().len() < MAX_HEAD_BYTES);
}

proptest! {
    #[test]
    fn splitting_is_total(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = split(&bytes);
    }
}
