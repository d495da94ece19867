use proptest::prelude::*;

use super::*;
use crate::samples::{TestDevice, at};

type Change = fn(&str) -> String;

const NONCE: &str = "b3k2pp5k7z-nonce_1";

fn request(body: &[u8]) -> Request<'_> {
    Request {
        method: "POST",
        authority: "archive.hengshan.example:8443",
        path: "/v1/batches",
        body,
    }
}

fn signed(device: &TestDevice, body: &[u8]) -> Headers {
    sign(request(body), device.id(), at("2026-03-02T01:00:00Z"), NONCE, device).unwrap()
}

#[test]
fn the_digest_of_a_body_is_the_one_that_rfc_9530_prints() {
    assert_eq!(
        content_digest(b"{\"hello\": \"world\"}\n"),
        "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:",
        "appendix B.1"
    );
    assert_eq!(
        content_digest(b""),
        "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:",
        "of the empty body"
    );
}

#[test]
fn the_signature_base_has_the_lines_of_rfc_9421_section_2_5() {
    let device = TestDevice::new();
    let headers = signed(&device, b"body");
    let presented = parse(&headers).unwrap();
    let expected = format!(
        "\"@method\": POST\n\
         \"@authority\": archive.hengshan.example:8443\n\
         \"@path\": /v1/batches\n\
         \"content-digest\": {}\n\
         \"@signature-params\": (\"@method\" \"@authority\" \"@path\" \"content-digest\");\
         created=1772413200;nonce=\"{NONCE}\";keyid=\"{}\";alg=\"ecdsa-p256-sha256\"",
        content_digest(b"body"),
        device.id()
    );
    let bytes = base(request(b"body"), &presented.content_digest, &presented.input);
    assert_eq!(String::from_utf8(bytes).unwrap(), expected);
}

#[test]
fn a_signed_request_comes_back_through_its_fields() {
    let device = TestDevice::new();
    for body in [&b""[..], b"body", &[0xff; 3000]] {
        let presented = parse(&signed(&device, body)).unwrap();
        assert_eq!(presented.device, device.id());
        assert_eq!(presented.nonce, NONCE);
        assert_eq!(presented.created, at("2026-03-02T01:00:00Z"));
        presented.verify(request(body), &device.key()).unwrap();
    }
}

#[test]
fn the_authority_is_compared_without_regard_to_case() {
    let device = TestDevice::new();
    let presented = parse(&signed(&device, b"")).unwrap();
    let shouted = Request { authority: "ARCHIVE.hengshan.example:8443", ..request(b"") };
    presented.verify(shouted, &device.key()).unwrap();
}

#[test]
fn a_change_of_any_covered_part_is_refused() {
    let device = TestDevice::new();
    let presented = parse(&signed(&device, b"body")).unwrap();
    let good = request(b"body");
    for other in [
        Request { method: "PUT", ..good },
        Request { method: "post", ..good },
        Request { authority: "archive.hengshan.example", ..good },
        Request { path: "/v1/batches/", ..good },
        Request { path: "/v1/heartbeats", ..good },
    ] {
        let refusal = presented.verify(other, &device.key()).unwrap_err();
        assert!(matches!(refusal, WireError::BadSignature(_)));
    }
    for body in [&b""[..], b"Body", b"body "] {
        let refusal = presented.verify(request(body), &device.key()).unwrap_err();
        assert_eq!(refusal.to_string(), "field `content-digest`: does not fit the body");
    }
}

#[test]
fn a_swapped_digest_is_refused_even_where_it_fits_the_body() {
    let device = TestDevice::new();
    let mut headers = signed(&device, b"body");
    headers.content_digest = content_digest(b"other");
    let presented = parse(&headers).unwrap();
    let refusal = presented.verify(request(b"other"), &device.key()).unwrap_err();
    assert!(matches!(refusal, WireError::BadSignature(_)));
    let head = presented.verify_head(request(b""), &device.key());
    assert!(matches!(head, Err(WireError::BadSignature(_))), "before the body has come, too");
}

#[test]
fn a_change_of_any_parameter_is_refused() {
    let device = TestDevice::new();
    let good = signed(&device, b"body");
    let changes = [
        ("1772413200", "1772413201"),
        ("nonce_1", "nonce_2"),
        ("keyid=\"", "keyid=\"00"),
        ("ecdsa-p256-sha256", "ecdsa-p384-sha384"),
        ("\"@path\" ", ""),
        ("\"@method\" \"@authority\"", "\"@authority\" \"@method\""),
        (";created", ";expires=1772413300;created"),
        (";created", ";created=1;created"),
        (")", ")x"),
        ("fenming=", "sig1="),
    ];
    for (from, to) in changes {
        let mut headers = good.clone();
        headers.signature_input = headers.signature_input.replacen(from, to, 1);
        assert_ne!(headers, good);
        let verdict = parse(&headers).and_then(|p| p.verify(request(b"body"), &device.key()));
        assert!(verdict.is_err(), "{from} became {to}");
    }
}

#[test]
fn another_devices_key_does_not_fit() {
    let (device, other) = (TestDevice::new(), TestDevice::new());
    let presented = parse(&signed(&device, b"")).unwrap();
    assert!(presented.verify(request(b""), &other.key()).is_err());
}

#[test]
fn what_is_missing_or_malformed_is_named() {
    let device = TestDevice::new();
    let good = signed(&device, b"");
    let cases: [(Change, &str); 8] = [
        (|input| input.replacen("created=1772413200;", "", 1), "lacks `created`"),
        (|input| input.replacen(&format!("nonce=\"{NONCE}\";"), "", 1), "lacks `nonce`"),
        (|input| input.replacen("created=1772413200", "created=soon", 1), "`created` is no number"),
        (|input| input.replacen(NONCE, "short", 1), "`nonce` is 16 to 64 of A-Z a-z 0-9 - _"),
        (|input| input.replacen("keyid=\"", "keyid=\"x", 1), "`keyid` is no device id"),
        (|input| format!("{input};tag=\"x\""), "has a parameter that is not known"),
        (|input| format!("{input};created=1"), "has a parameter twice"),
        (|input| input.replacen(");", ")x;", 1), "lacks its parameters"),
    ];
    for (change, reason) in cases {
        let mut headers = good.clone();
        headers.signature_input = change(&headers.signature_input);
        let refusal = parse(&headers).unwrap_err().to_string();
        assert_eq!(refusal, format!("field `signature-input`: {reason}"));
    }
    for value in ["", "fenming=", "fenming=::x", "fenming=:%%%:", "other=:AAAA:"] {
        let headers = Headers { signature: value.to_owned(), ..good.clone() };
        let refusal = parse(&headers).unwrap_err().to_string();
        assert_eq!(refusal, "field `signature`: must be `fenming=:base64:`");
    }
}

#[test]
fn a_nonce_that_is_not_plain_is_not_signed() {
    let device = TestDevice::new();
    for nonce in ["", "tooshort", "has a space in it!", "inj\";keyid=\"0000000000"] {
        let created = at("2026-03-02T01:00:00Z");
        assert!(sign(request(b""), device.id(), created, nonce, &device).is_err());
    }
}

proptest! {
    #[test]
    fn reading_is_total(
        content_digest in ".{0,80}",
        signature_input in "(fenming=)?(\\(\"@method\" \"@authority\" \"@path\" \"content-digest\"\\))?.{0,120}",
        signature in "(fenming=:)?.{0,80}:?",
    ) {
        let _ = parse(&Headers { content_digest, signature_input, signature });
    }

    #[test]
    fn a_flipped_bit_of_the_signature_is_refused(at in 0usize..64, bit in 0u8..8) {
        let device = TestDevice::new();
        let mut presented = parse(&signed(&device, b"body")).unwrap();
        presented.signature[at] ^= 1 << bit;
        prop_assert!(presented.verify(request(b"body"), &device.key()).is_err());
    }
}
