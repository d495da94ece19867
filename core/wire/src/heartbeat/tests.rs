use super::*;
use crate::samples::heartbeat;

#[test]
fn a_heartbeat_comes_back_through_its_bytes() {
    let bytes = crate::json::write(&heartbeat()).unwrap();
    let read: Heartbeat = crate::json::parse(&bytes, MAX_HEARTBEAT_BYTES).unwrap();
    assert_eq!(read, heartbeat());
}

#[test]
fn a_heartbeat_has_these_fields_and_no_other() {
    let value = serde_json::to_value(heartbeat()).unwrap();
    let fields: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "agent",
        "at",
        "backlog",
        "consent",
        "counsel_hold",
        "device",
        "epoch",
        "last_attempt",
        "last_success",
        "ledger",
        "listener",
        "next_due",
        "oldest",
        "os",
        "policy_version",
        "receipted",
        "state",
        "store_bytes",
        "tenant",
        "trust_version",
        "v",
    ];
    assert_eq!(fields, expected, "no name, no chat, no personal count");
}
