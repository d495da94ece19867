//! Record lines: what is read is written as a line that says the same.
#![no_main]

use fenming_wire::json;
use fenming_wire::record::{Line, compose_line};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(line) = Line::from_json(bytes) else { return };
    let Ok(body) = line.body.to_json() else { return };
    let composed = compose_line(line.seq, &line.of, &body).expect("a body is an object");
    assert_eq!(composed, json::write(&line).expect("a line can be written"));
    assert!(!composed.contains(&b'\n'));
});
