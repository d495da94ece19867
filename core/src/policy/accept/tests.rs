use fenming_wire::WireError;
use fenming_wire::envelope::Document;
use fenming_wire::policy::HoldRule;
use fenming_wire::time::Timestamp;

use super::*;
use crate::policy::sample::{Employer, key};

fn code<T>(result: Result<T, AgentError>) -> &'static str {
    result.err().map_or("accepted", |error| error.code())
}

#[test]
fn a_trust_document_of_the_root_key_is_accepted() {
    let employer = Employer::new();
    let envelope = employer.signed_trust();
    let trusted = accept_trust(&employer.profile, None, &envelope).unwrap();
    assert_eq!(trusted.document(), &employer.trust);
    assert_eq!(trusted.version(), 3);
    assert_eq!(*trusted.digest(), envelope.payload_digest());
}

#[test]
fn a_trust_document_of_any_other_key_is_refused() {
    let employer = Employer::new();
    for stranger in [&key(), &employer.policy_key] {
        let envelope = Envelope::sign(&employer.trust, stranger).unwrap();
        let refused = accept_trust(&employer.profile, None, &envelope);
        assert!(matches!(
            refused,
            Err(AgentError::DocumentRefused { source: WireError::UntrustedKey, .. })
        ));
    }
}

#[test]
fn the_root_key_of_another_profile_does_not_count() {
    let (ours, theirs) = (Employer::new(), Employer::new());
    let refused = accept_trust(&ours.profile, None, &theirs.signed_trust());
    assert_eq!(code(refused), "document_refused");
}

#[test]
fn a_changed_byte_of_a_signed_document_is_refused() {
    let employer = Employer::new();
    let text = String::from_utf8(employer.signed_trust().to_bytes().unwrap()).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let payload = data_encoding::BASE64.decode(value["payload"].as_str().unwrap().as_bytes());
    let mut payload = payload.unwrap();
    let place = payload.windows(11).position(|w| w == b"\"version\":3").unwrap();
    payload[place + 10] = b'4';
    let mut forged = value.clone();
    forged["payload"] = data_encoding::BASE64.encode(&payload).into();
    let forged = Envelope::from_bytes(forged.to_string().as_bytes()).unwrap();
    assert_eq!(code(accept_trust(&employer.profile, None, &forged)), "document_refused");
}

#[test]
fn the_policy_must_be_signed_by_a_policy_key_of_the_trust_document() {
    let employer = Employer::new();
    let (trust, policy) = employer.trusted();
    assert_eq!(policy.document(), &employer.policy);
    let by_root = Envelope::sign(&employer.policy, &employer.root).unwrap();
    assert_eq!(code(accept_policy(&trust, None, &by_root)), "document_refused");
}

#[test]
fn the_stored_policy_falls_when_the_trust_document_drops_its_key() {
    let mut employer = Employer::new();
    let stored = employer.signed_policy();
    employer.policy_key = key();
    employer.trust.policy_keys = vec![employer.policy_key.public()];
    employer.trust.version += 1;
    let trust = accept_trust(&employer.profile, None, &employer.signed_trust()).unwrap();
    assert_eq!(code(accept_policy(&trust, None, &stored)), "document_refused");
}

#[test]
fn documents_of_another_tenant_are_refused() {
    let mut employer = Employer::new();
    employer.policy.tenant = "haitang".parse().unwrap();
    let trust = accept_trust(&employer.profile, None, &employer.signed_trust()).unwrap();
    let refused = accept_policy(&trust, None, &employer.signed_policy());
    assert_eq!(code(refused), "wrong_tenant");
    employer.trust.tenant = "haitang".parse().unwrap();
    let refused = accept_trust(&employer.profile, None, &employer.signed_trust());
    assert_eq!(code(refused), "wrong_tenant");
}

#[test]
fn a_lower_version_is_a_rollback() {
    let mut employer = Employer::new();
    let (trust, policy) = employer.trusted();
    employer.policy.version -= 1;
    let older = employer.signed_policy();
    assert_eq!(code(accept_policy(&trust, Some(policy.seen()), &older)), "rollback");
    employer.trust.version -= 1;
    let older = employer.signed_trust();
    assert_eq!(code(accept_trust(&employer.profile, Some(trust.seen()), &older)), "rollback");
}

#[test]
fn the_same_version_with_other_content_is_a_rollback() {
    let mut employer = Employer::new();
    let (trust, policy) = employer.trusted();
    employer.policy.hold = Some(HoldRule { max_hours: 72 });
    let other = employer.signed_policy();
    assert_eq!(code(accept_policy(&trust, Some(policy.seen()), &other)), "rollback");
}

#[test]
fn the_very_same_document_is_accepted_again() {
    let employer = Employer::new();
    let (trust, policy) = employer.trusted();
    let again = accept_policy(&trust, Some(policy.seen()), &employer.signed_policy()).unwrap();
    assert_eq!(again, policy);
}

#[test]
fn a_restored_phone_does_not_fall_below_the_floor_that_the_endpoint_signed() {
    let employer = Employer::new();
    let (trust, policy) = employer.trusted();
    let offered = employer.signed_policy();
    let accepts = |floor: u64| {
        code(accept_policy(&trust, Seen::with_floor(None, floor), &offered)) == "accepted"
    };
    assert!(accepts(0));
    assert!(accepts(policy.version()), "the floor itself, of which only the version is known");
    assert!(!accepts(policy.version() + 1));
}

#[test]
fn a_floor_never_lowers_what_was_seen() {
    let employer = Employer::new();
    let (_, policy) = employer.trusted();
    let seen = Some(policy.seen());
    assert_eq!(Seen::with_floor(seen, 0), seen);
    assert_eq!(Seen::with_floor(seen, 12), seen);
    let raised = Seen::with_floor(seen, 13).unwrap();
    assert_eq!((raised.version, raised.digest), (13, None));
}

#[test]
fn a_policy_that_has_ended_is_accepted_since_the_clock_may_be_wrong() {
    let mut employer = Employer::new();
    employer.policy.issued = Timestamp::from_millis(1_000);
    employer.policy.expires = Timestamp::from_millis(2_000);
    let (_, policy) = employer.trusted();
    assert_eq!(policy.document().expires, Timestamp::from_millis(2_000));
}

#[test]
fn a_document_that_breaks_its_own_rules_is_refused_by_its_field() {
    // `Envelope::sign` checks too, so the payload is signed as the bytes that it is.
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Loose(serde_json::Value);
    impl Document for Loose {
        const TYPE: &'static str = Policy::TYPE;
        const LIMIT: usize = Policy::LIMIT;
    }
    let employer = Employer::new();
    let (trust, _) = employer.trusted();
    let mut value = serde_json::to_value(&employer.policy).unwrap();
    value["purposes"] = serde_json::json!([]);
    let loose = Envelope::sign(&Loose(value), &employer.policy_key).unwrap();
    let envelope = Envelope::from_bytes(&loose.to_bytes().unwrap()).unwrap();
    let refused = accept_policy(&trust, None, &envelope).unwrap_err().to_string();
    assert!(refused.contains("purposes"), "{refused}");
}
