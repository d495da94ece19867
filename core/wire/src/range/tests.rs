use std::net::IpAddr;

use proptest::prelude::*;

use super::*;

fn range(text: &str) -> AddressRange {
    text.parse().unwrap()
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn a_range_holds_its_addresses_and_no_others() {
    let range = range("203.0.113.0/24");
    assert!(range.contains(address("203.0.113.0")));
    assert!(range.contains(address("203.0.113.255")));
    assert!(!range.contains(address("203.0.114.0")));
    assert!(!range.contains(address("2001:db8::1")));
}

#[test]
fn a_mapped_address_counts_as_the_one_inside_it() {
    assert!(range("203.0.113.0/24").contains(address("::ffff:203.0.113.9")));
    assert!(!range("203.0.113.0/24").contains(address("::ffff:198.51.100.9")));
    assert_eq!(embedded(address("::ffff:203.0.113.9")), address("203.0.113.9"));
}

#[test]
fn a_nat64_address_counts_as_the_one_inside_it() {
    assert!(range("203.0.113.0/24").contains(address("64:ff9b::203.0.113.9")));
    assert!(!range("203.0.113.0/24").contains(address("64:ff9b::198.51.100.9")));
    assert_eq!(embedded(address("64:ff9b::cb00:7109")), address("203.0.113.9"));
    assert_eq!(embedded(address("64:ff9b:1::203.0.113.9")), address("64:ff9b:1::203.0.113.9"));
}

#[test]
fn an_address_abroad_does_not_hide_in_a_wide_range_of_version_6() {
    let wide = range("64:ff9b::/64");
    assert!(!wide.contains(address("64:ff9b::198.51.100.9")), "198.51.100.9 is not in it");
}

#[test]
fn ranges_of_version_6_work() {
    let range = range("2001:db8:1::/48");
    assert!(range.contains(address("2001:db8:1:ffff::1")));
    assert!(!range.contains(address("2001:db8:2::1")));
}

#[test]
fn host_bits_are_cut_off() {
    assert_eq!(range("203.0.113.77/24").to_string(), "203.0.113.0/24");
}

#[test]
fn everything_is_no_range_and_neither_is_nonsense() {
    for text in ["0.0.0.0/0", "::/0", "", "203.0.113.5", "203.0.113.0/33", "canary", "10/8"] {
        let refusal = text.parse::<AddressRange>().unwrap_err().to_string();
        assert_eq!(refusal, "field ``: is no address range such as 203.0.113.0/24");
    }
}

#[test]
fn a_range_covers_what_lies_in_it() {
    assert!(range("203.0.0.0/16").covers(&range("203.0.113.0/24")));
    assert!(!range("203.0.113.0/24").covers(&range("203.0.0.0/16")));
}

proptest! {
    #[test]
    fn a_range_comes_back_through_its_text(v4 in any::<u32>(), length in 1u8..=32) {
        let range = range(&format!("{}/{length}", Ipv4Addr::from(v4)));
        prop_assert_eq!(range.to_string().parse::<AddressRange>().unwrap(), range);
        prop_assert!(range.contains(IpAddr::V4(Ipv4Addr::from(v4))));
    }

    #[test]
    fn plain_mapped_and_nat64_forms_get_the_same_answer(v4 in any::<u32>(), net in any::<u32>(), length in 1u8..=32) {
        let range = range(&format!("{}/{length}", Ipv4Addr::from(net)));
        let v4 = Ipv4Addr::from(v4);
        let nat64 = Ipv6Addr::from((0x0064_ff9b_u128 << 96) | u128::from(u32::from(v4)));
        let plain = range.contains(IpAddr::V4(v4));
        prop_assert_eq!(range.contains(IpAddr::V6(v4.to_ipv6_mapped())), plain);
        prop_assert_eq!(range.contains(IpAddr::V6(nat64)), plain);
    }
}
