use std::collections::BTreeMap;

use fenming_wire::key::Ed25519Key;
use fenming_wire::seal::Identity;
use fenming_wire::text::Bilingual;
use fenming_wire::trust::{ExportRoute, NamedRecipient};
use proptest::prelude::*;

use super::*;

fn profile(ranges: &str, route: Option<&str>) -> Profile {
    let key = Ed25519Key::from_bytes([7; 32]).to_string();
    let pin = |byte: u8| data_encoding::BASE64.encode(&[byte; 32]);
    let mut map: BTreeMap<String, String> = [
        ("tenant", "acme"),
        ("endpoint", "https://archive.example.cn"),
        ("root_key", &key),
        ("tls_pins", &format!("{},{}", pin(1), pin(2))),
        ("address_ranges", ranges),
    ]
    .map(|(k, v)| (k.to_owned(), v.to_owned()))
    .into();
    map.extend(route.map(|id| ("export_route".to_owned(), id.to_owned())));
    fenming_wire::profile::parse(&map).profile.unwrap()
}

fn trust(routes: Vec<ExportRoute>) -> TrustDocument {
    let named = || NamedRecipient {
        name: Bilingual::new("档案室", "Archive"),
        key: Identity::generate().recipient(),
    };
    TrustDocument {
        tenant: "acme".parse().unwrap(),
        version: 1,
        issued: Timestamp::from_millis(0),
        organisation: Bilingual::new("某公司", "Acme"),
        recipients: vec![named()],
        counsel: named(),
        counsel_keys: Vec::new(),
        policy_keys: vec![],
        receipt_keys: vec![],
        export_routes: routes,
    }
}

fn route(id: &str, ranges: &[&str], expires: i64) -> ExportRoute {
    ExportRoute {
        id: id.parse().unwrap(),
        basis: Bilingual::new("标准合同备案", "Filed standard contract"),
        ranges: ranges.iter().map(|range| range.parse().unwrap()).collect(),
        expires: Timestamp::from_millis(expires),
    }
}

fn residency(ranges: &str) -> Residency {
    Residency::before_trust(&profile(ranges, None))
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[track_caller]
fn refused(residency: &Residency, address: &str, reason: AddressRefused) {
    assert_eq!(residency.check(ip(address)), Err(reason), "{address}");
}

#[test]
fn only_addresses_inside_the_ranges_are_good() {
    let residency = residency("203.0.113.0/24, 2001:db8::/32");
    for good in ["203.0.113.0", "203.0.113.255", "2001:db8::1"] {
        assert_eq!(residency.check(ip(good)), Ok(()), "{good}");
    }
    for bad in ["203.0.112.255", "203.0.114.0", "8.8.8.8", "2001:db9::1"] {
        refused(&residency, bad, AddressRefused::OutOfRange);
    }
}

#[test]
fn a_mapped_or_nat64_address_counts_as_the_address_inside_it() {
    let residency = residency("203.0.113.0/24, ::/1");
    for good in ["::ffff:203.0.113.7", "64:ff9b::203.0.113.7"] {
        assert_eq!(residency.check(ip(good)), Ok(()), "{good}");
    }
    for bad in ["::ffff:8.8.8.8", "64:ff9b::8.8.8.8"] {
        refused(&residency, bad, AddressRefused::OutOfRange);
    }
    refused(&residency, "::ffff:127.0.0.1", AddressRefused::Local);
    refused(&residency, "64:ff9b::10.0.0.1", AddressRefused::Local);
    refused(&residency, "64:ff9b:1::203.0.113.7", AddressRefused::Local);
}

#[test]
fn a_made_up_address_has_a_reason_of_its_own_whatever_the_ranges_say() {
    let residency = residency("198.18.0.0/15, 198.0.0.0/8");
    for fake in ["198.18.0.1", "198.19.255.255", "::ffff:198.18.3.4", "64:ff9b::198.18.3.4"] {
        refused(&residency, fake, AddressRefused::FakeIp);
    }
    assert_eq!(residency.check(ip("198.20.0.0")), Ok(()));
}

#[test]
fn a_wide_range_opens_no_local_address() {
    let residency = residency("0.0.0.0/1, 128.0.0.0/1, ::/1, 8000::/1");
    let local = [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.0.1",
        "100.64.0.1",
        "::1",
        "fd00::1",
        "fe80::1",
    ];
    for address in local {
        refused(&residency, address, AddressRefused::Local);
    }
    let reserved =
        ["0.0.0.0", "224.0.0.1", "255.255.255.255", "::", "ff02::1", "2002:808:808::", "2001::1"];
    for address in reserved {
        refused(&residency, address, AddressRefused::Reserved);
    }
}

#[test]
fn a_range_that_names_a_local_network_opens_it() {
    let residency = residency("127.0.0.0/8, 10.20.0.0/16, ::1/128, fd12:3456::/32");
    for good in ["127.0.0.1", "10.20.30.40", "::1", "fd12:3456::9", "::ffff:127.0.0.1"] {
        assert_eq!(residency.check(ip(good)), Ok(()), "{good}");
    }
    for bad in ["10.21.0.1", "192.168.0.1", "fd12:3457::9"] {
        refused(&residency, bad, AddressRefused::Local);
    }
}

#[test]
fn a_host_that_is_an_address_is_checked_and_a_name_is_left_for_later() {
    let residency = residency("203.0.113.0/24");
    assert_eq!(residency.check_host("203.0.113.9"), Ok(()));
    assert_eq!(residency.check_host("archive.example.cn"), Ok(()));
    assert_eq!(residency.check_host("8.8.8.8"), Err(AddressRefused::OutOfRange));
    assert_eq!(residency.check_host("[::1]"), Err(AddressRefused::Local));
}

#[test]
fn of_a_names_addresses_only_the_good_ones_are_handed_on() {
    let residency = residency("203.0.113.0/24");
    let good = residency.select(&[ip("8.8.8.8"), ip("203.0.113.1"), ip("203.0.113.2")]);
    assert_eq!(good, Ok(vec![ip("203.0.113.1"), ip("203.0.113.2")]));
    let fake = residency.select(&[ip("198.18.0.7"), ip("8.8.8.8")]);
    assert_eq!(fake, Err(AddressRefused::FakeIp));
    assert_eq!(residency.select(&[]), Err(AddressRefused::OutOfRange));
}

#[test]
fn an_export_route_must_exist_be_in_force_and_open_every_range() {
    let now = Timestamp::from_millis(1_000);
    let routes = || vec![route("hk", &["192.0.2.0/24", "198.51.100.0/24"], 2_000)];
    let check = |ranges: &str, id: &str, now| {
        Residency::new(&profile(ranges, Some(id)), &trust(routes()), now)
    };
    assert!(check("192.0.2.0/25, 198.51.100.7/32", "hk", now).is_ok());
    assert_eq!(check("192.0.2.0/25", "sg", now), Err(AddressRefused::RouteUnknown));
    let later = Timestamp::from_millis(2_000);
    assert_eq!(check("192.0.2.0/25", "hk", later), Err(AddressRefused::RouteExpired));
    let beyond = check("192.0.2.0/25, 203.0.113.0/24", "hk", now);
    assert_eq!(beyond, Err(AddressRefused::BeyondRoute));
    assert_eq!(check("192.0.2.0/23", "hk", now), Err(AddressRefused::BeyondRoute));
}

#[test]
fn without_an_export_route_the_profiles_ranges_hold() {
    let now = Timestamp::from_millis(1_000);
    let made = Residency::new(&profile("203.0.113.0/24", None), &trust(vec![]), now);
    assert_eq!(made, Ok(residency("203.0.113.0/24")));
}

fn any_address() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        any::<u32>().prop_map(|bits| IpAddr::V4(bits.into())),
        any::<u128>().prop_map(|bits| IpAddr::V6(bits.into())),
        any::<u32>().prop_map(|bits| IpAddr::V6(Ipv4Addr::from(bits).to_ipv6_mapped())),
        (0..4usize, any::<u8>()).prop_map(|(n, low)| {
            let near = [[203, 0, 113, low], [127, 0, 0, low], [198, 18, 0, low], [10, 0, 0, low]];
            IpAddr::V4(near[n].into())
        }),
    ]
}

proptest! {
    #[test]
    fn what_passes_lies_in_a_range(address in any_address()) {
        let ranges = "203.0.113.0/24, 127.0.0.0/8, 2001:db8::/32";
        let passes = residency(ranges).check(address).is_ok();
        let lies_in = ranges.split(", ").any(|range| {
            range.parse::<AddressRange>().unwrap().network().contains(&embedded(address))
        });
        prop_assert_eq!(passes, lies_in);
    }
}
