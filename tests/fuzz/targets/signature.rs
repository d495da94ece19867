//! The fields of a signed request, one a line.
#![no_main]

use fenming_wire::signature::{Headers, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut fields = text.splitn(3, '\n').map(str::to_owned);
    let mut next = || fields.next().unwrap_or_default();
    let headers = Headers { content_digest: next(), signature_input: next(), signature: next() };
    if let Ok(presented) = parse(&headers) {
        assert!((16..=64).contains(&presented.nonce.len()));
    }
});
