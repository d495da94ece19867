//! The flat profile, as `key=value` lines. A profile that is taken comes back through its map.
#![no_main]

use std::collections::BTreeMap;

use fenming_wire::profile::parse;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    let map: BTreeMap<String, String> =
        pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let parsed = parse(&map);
    match parsed.profile {
        Some(profile) => assert_eq!(parse(&profile.to_map()).profile, Some(profile)),
        None => assert!(!parsed.refused.is_empty()),
    }
});
