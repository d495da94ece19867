//! The body of an upload.
#![no_main]

use fenming_wire::frame;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok((manifest, sealed)) = frame::split(bytes) {
        assert!(bytes.ends_with(sealed));
        let joined = frame::join(&manifest, sealed).expect("a frame can be put together");
        let (again, rest) = frame::split(&joined).expect("and taken apart");
        assert_eq!((again, rest), (manifest, sealed));
    }
});
