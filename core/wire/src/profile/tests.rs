use proptest::prelude::*;

use super::*;

const PIN_A: &str = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const PIN_B: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
const CANARY: &str = "k4naryk4nary";

fn good() -> BTreeMap<String, String> {
    [
        ("tenant", "hengshan-bank"),
        ("endpoint", "https://archive.hengshan.example"),
        ("root_key", "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI="),
        ("tls_pins", &format!("{PIN_A}, {PIN_B}")),
        ("address_ranges", "203.0.113.0/24 2001:db8:1::/48"),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into()
}

fn with(key: &str, value: &str) -> Parsed {
    let mut map = good();
    map.insert(key.to_owned(), value.to_owned());
    parse(&map)
}

fn refusals(parsed: &Parsed) -> Vec<(&str, &str)> {
    parsed.refused.iter().map(|r| (r.key.as_str(), r.reason.as_str())).collect()
}

#[test]
fn a_good_profile_is_taken_whole() {
    let parsed = with("enrolment_token", "abcdefghijklmnopqrstuvwx");
    assert_eq!(refusals(&parsed), []);
    let profile = parsed.profile.unwrap();
    assert_eq!(profile.endpoint.to_string(), "https://archive.hengshan.example");
    assert_eq!(profile.tls_pins.len(), 2);
    assert_eq!(profile.address_ranges.len(), 2);
    assert_eq!(parsed.enrolment_token.unwrap().expose(), "abcdefghijklmnopqrstuvwx");
}

#[test]
fn a_profile_comes_back_through_its_map() {
    let der = BASE64.encode(&[0x30, 0x82, 1, 2, 3]);
    for (key, value) in
        [("tls_ca", der.as_str()), ("export_route", "scc-2026-17"), ("tls_pins", "")]
    {
        let mut map = good();
        map.insert("tls_ca".to_owned(), der.clone());
        map.insert(key.to_owned(), value.to_owned());
        let profile = parse(&map).profile.unwrap();
        assert_eq!(parse(&profile.to_map()).profile.unwrap(), profile);
    }
}

#[test]
fn every_required_key_that_is_missing_or_empty_is_named() {
    for key in ["tenant", "endpoint", "root_key", "address_ranges"] {
        let mut map = good();
        map.remove(key);
        assert_eq!(refusals(&parse(&map)), [(key, "is missing")]);
        assert_eq!(refusals(&with(key, "  ")), [(key, "is missing")]);
        assert!(parse(&map).profile.is_none());
    }
}

#[test]
fn every_key_says_what_it_expects_and_never_repeats_the_value() {
    let wrong = [
        ("tenant", format!("{CANARY} Bank")),
        ("tenant", CANARY.repeat(10)),
        ("endpoint", format!("http://{CANARY}.example")),
        ("endpoint", format!("https://{CANARY}.example/path")),
        ("endpoint", format!("https://{CANARY}.example/?q=1")),
        ("endpoint", format!("https://user:{CANARY}@example")),
        ("endpoint", format!("https://{CANARY}.example/#f")),
        ("endpoint", CANARY.to_owned()),
        ("root_key", BASE64.encode(CANARY.as_bytes())),
        ("root_key", CANARY.to_owned()),
        ("tls_pins", format!("{PIN_A},{CANARY}")),
        ("tls_pins", BASE64.encode(CANARY.as_bytes())),
        ("tls_ca", CANARY.to_owned()),
        ("tls_ca", BASE64.encode(CANARY.as_bytes())),
        ("address_ranges", format!("203.0.113.0/24,{CANARY}")),
        ("address_ranges", "0.0.0.0/0".to_owned()),
        ("export_route", format!("{CANARY} !")),
        ("enrolment_token", CANARY.to_owned()),
        ("enrolment_token", format!("{CANARY}{CANARY}{CANARY} x")),
    ];
    for (key, value) in wrong {
        let parsed = with(key, &value);
        let found = refusals(&parsed);
        assert!(found.contains(&(key, expectation(key))), "{key}: {found:?}");
        assert!(!format!("{found:?}").contains(CANARY), "{key} repeats its value");
    }
}

#[test]
fn a_value_that_is_too_long_is_refused_unread() {
    let long = format!("{}203.0.113.0/24", "203.0.113.0/24,".repeat(2000));
    assert!(long.len() > MAX_VALUE_BYTES);
    assert_eq!(
        refusals(&with("address_ranges", &long)),
        [("address_ranges", expectation("address_ranges"))]
    );
}

#[test]
fn an_unknown_key_is_named_and_does_not_stop_the_rest() {
    let parsed = with("heartbeat_url", "https://elsewhere.example");
    assert_eq!(refusals(&parsed), [("heartbeat_url", "is not known")]);
    assert!(parsed.profile.is_some());
}

#[test]
fn all_wrong_keys_are_named_at_once() {
    let map = BTreeMap::from([("tenant".to_owned(), "A B".to_owned())]);
    let parsed = parse(&map);
    let keys: Vec<_> = parsed.refused.iter().map(|r| r.key.as_str()).collect();
    assert_eq!(keys, ["tenant", "endpoint", "root_key", "address_ranges", "tls_pins"]);
}

#[test]
fn one_pin_needs_a_backup_or_a_private_ca() {
    let reason = "needs two different pins (one as backup), or `tls_ca` must be given";
    for pins in ["", PIN_A, &format!("{PIN_A},{PIN_A}")] {
        let parsed = with("tls_pins", pins);
        assert_eq!(refusals(&parsed), [("tls_pins", reason)], "with the pins {pins:?}");
        assert!(parsed.profile.is_none());
    }
    let mut map = good();
    map.remove("tls_pins");
    map.insert("tls_ca".to_owned(), BASE64.encode(&[0x30, 1, 2]));
    assert!(parse(&map).profile.is_some());
}

#[test]
fn a_certificate_is_read_as_pem_too() {
    let pem = "-----BEGIN CERTIFICATE-----\nMIIB\nAQID\n-----END CERTIFICATE-----\n";
    let profile = with("tls_ca", pem).profile.unwrap();
    assert_eq!(profile.tls_ca.unwrap(), BASE64.decode(b"MIIBAQID").unwrap());
}

#[test]
fn the_authority_names_the_port_only_where_it_is_not_the_usual_one() {
    let endpoint = |text: &str| text.parse::<Endpoint>().unwrap();
    assert_eq!(endpoint("https://a.example:443").authority(), "a.example");
    assert_eq!(endpoint("https://a.example:443").port(), 443);
    assert_eq!(endpoint("https://a.example:8443").authority(), "a.example:8443");
    assert_eq!(endpoint("https://[2001:db8::1]:8443").authority(), "[2001:db8::1]:8443");
    assert_eq!(endpoint("https://A.example").url("/v1/trust"), "https://a.example/v1/trust");
}

#[test]
fn the_token_is_kept_as_a_digest() {
    let token: EnrolmentToken = "abcdefghijklmnopqrstuvwx".to_owned().try_into().unwrap();
    assert_eq!(token.digest(), Digest::of(b"abcdefghijklmnopqrstuvwx"));
}

proptest! {
    #[test]
    fn parsing_is_total_and_names_only_known_reasons(
        map in prop::collection::btree_map("[a-z_]{1,12}|tenant|endpoint|root_key|tls_pins|tls_ca|address_ranges", ".{0,60}", 0..8)
    ) {
        let parsed = parse(&map);
        prop_assert!(parsed.profile.is_some() || !parsed.refused.is_empty());
    }
}
