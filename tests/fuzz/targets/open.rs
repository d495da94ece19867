//! Sealed bytes of a stranger.
#![no_main]

use std::cell::OnceCell;

use fenming_wire::seal::{Identity, open};
use libfuzzer_sys::fuzz_target;

thread_local! {
    static IDENTITIES: OnceCell<[Identity; 1]> = const { OnceCell::new() };
}

fuzz_target!(|bytes: &[u8]| {
    IDENTITIES.with(|cell| {
        let identities = cell.get_or_init(|| [Identity::generate()]);
        assert!(open(bytes, identities).is_err(), "nobody sealed to this key");
    });
});
