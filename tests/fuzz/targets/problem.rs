//! Problems that an endpoint, or a box in front of it, reports.
#![no_main]

use fenming_wire::api::{Problem, ProblemKind};
use fenming_wire::json;
use fenming_wire::limits::MAX_DOCUMENT_BYTES;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(problem) = json::parse::<Problem>(bytes, MAX_DOCUMENT_BYTES) {
        let _ = ProblemKind::from_uri(&problem.kind);
    }
});
