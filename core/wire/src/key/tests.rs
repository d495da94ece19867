use super::*;
use crate::samples::{TestDevice, ed25519};

#[test]
fn a_signature_of_rfc_8032_is_accepted_and_a_changed_one_is_not() {
    // Section 7.1, test 2.
    let hex = |text: &str| data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap();
    let key = hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    let key = Ed25519Key::from_bytes(key.try_into().unwrap());
    let mut signature = hex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
         085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
    key.verify(&[0x72], &signature).unwrap();
    assert!(key.verify(&[0x73], &signature).is_err());
    signature[0] ^= 1;
    assert!(matches!(key.verify(&[0x72], &signature), Err(WireError::BadSignature(_))));
    assert!(key.verify(&[0x72], &[]).is_err());
}

#[test]
fn keys_come_back_through_their_text() {
    let (signer, device) = (ed25519(), TestDevice::new());
    let text = signer.public().to_string();
    assert_eq!(text.parse::<Ed25519Key>().unwrap(), signer.public());
    let text = device.key().to_string();
    assert_eq!(text.parse::<DeviceKey>().unwrap(), device.key());
    let json = serde_json::to_string(&device.key()).unwrap();
    assert_eq!(serde_json::from_str::<DeviceKey>(&json).unwrap(), device.key());
}

#[test]
fn what_is_no_key_is_refused_without_repeating_it() {
    for text in ["", "canary", "AAAA", "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI"] {
        let refusal = text.parse::<Ed25519Key>().unwrap_err().to_string();
        assert_eq!(refusal, "not a valid key of the kind `Ed25519`");
        let refusal = text.parse::<DeviceKey>().unwrap_err().to_string();
        assert_eq!(refusal, "not a valid key of the kind `P-256`");
    }
    assert!(DeviceKey::from_point(&[4; 64]).is_err());
    assert!(DeviceKey::from_point(&[2; 65]).is_err(), "a compressed point");
}

#[test]
fn a_private_key_comes_back_through_its_file() {
    let (signer, pkcs8) = Ed25519Signer::generate().unwrap();
    let again = Ed25519Signer::from_pkcs8(&pkcs8).unwrap();
    assert_eq!(again.public(), signer.public());
    let signature = again.sign(b"message").unwrap();
    signer.public().verify(b"message", &signature).unwrap();
    assert!(Ed25519Signer::from_pkcs8(&pkcs8[1..]).is_err());
}

#[test]
fn a_device_signature_has_fixed_width_and_fits_only_its_message() {
    let device = TestDevice::new();
    let signature = device.sign(b"message").unwrap();
    device.key().verify(b"message", &signature).unwrap();
    assert!(device.key().verify(b"massage", &signature).is_err());
    assert!(TestDevice::new().key().verify(b"message", &signature).is_err());
    assert!(device.key().verify(b"message", &signature[..63]).is_err());
}

#[test]
fn people_compare_keys_in_groups_of_four() {
    let key = Ed25519Key::from_bytes([2; 32]);
    let groups: Vec<String> = key.fingerprint().split(' ').map(str::to_owned).collect();
    assert_eq!(groups.len(), 4);
    assert_eq!(groups.concat(), key.key_id().to_string());
}
