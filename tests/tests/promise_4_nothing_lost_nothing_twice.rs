//! Promise 4: nothing captured is lost, nothing is delivered twice.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use fenming_tests::stage::{Stage, message, policy};

const CLIENT: &str = "林嘉怡（恒远资本）";

#[test]
fn what_is_captured_arrives_once() {
    let stage = Stage::agreed(policy(), false);
    let seen = stage.see(&[message("2026-03-02T01:00:00Z", 7, CLIENT, "合同今天能签吗")]);
    assert_eq!(seen.captured, 1);
    stage.drain();
    let archive = stage.open_archive();
    archive.assert_sound();
    assert_eq!(archive.texts(), ["合同今天能签吗"]);
}
