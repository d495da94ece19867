use proptest::prelude::*;

use super::*;

#[test]
fn a_digest_is_sha_256() {
    assert_eq!(
        Digest::of(b"abc").to_string(),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "FIPS 180-2, appendix B.1"
    );
}

#[test]
fn hexadecimal_is_lower_case_and_of_the_right_length() {
    for text in ["", "E1E1E1E1E1E1E1E1", "e1e1e1e1e1e1e1", "e1e1e1e1e1e1e1e1e1", "g1e1e1e1e1e1e1e1"]
    {
        let refusal = text.parse::<Epoch>().unwrap_err().to_string();
        assert_eq!(refusal, "not a valid epoch (16 lower-case hexadecimal digits)");
    }
}

#[test]
fn names_are_plain_and_short() {
    for good in ["a", "hengshan-bank", "p-0417", "a.b_c-9", &"x".repeat(64)] {
        assert_eq!(good.parse::<TenantId>().unwrap().as_str(), good);
    }
    for bad in ["", "A", "a b", "a/b", "..\\", "衡山", "a\n", &"x".repeat(65)] {
        let refusal = bad.parse::<TenantId>().unwrap_err().to_string();
        assert_eq!(refusal, "not a valid tenant id (1 to 64 of a-z 0-9 - _ .)");
    }
}

#[test]
fn a_device_is_named_by_its_key() {
    let device = crate::samples::TestDevice::new();
    let digest = Digest::of(device.key().as_point());
    assert!(digest.to_string().starts_with(&device.id().to_string()));
}

proptest! {
    #[test]
    fn an_id_comes_back_through_its_text_and_through_json(bytes in any::<[u8; 16]>()) {
        let id = DeviceId::from_bytes(bytes);
        prop_assert_eq!(id.to_string().parse::<DeviceId>().unwrap(), id);
        let json = serde_json::to_string(&id).unwrap();
        prop_assert_eq!(serde_json::from_str::<DeviceId>(&json).unwrap(), id);
    }

    #[test]
    fn no_other_text_is_an_id(text in ".{0,40}") {
        if let Ok(id) = text.parse::<DeviceId>() {
            prop_assert_eq!(id.to_string(), text);
        }
    }
}
