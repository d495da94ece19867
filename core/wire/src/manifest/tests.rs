use super::*;
use crate::samples::{manifest, position};

fn refusal(change: impl FnOnce(&mut Manifest)) -> String {
    let mut document = manifest();
    change(&mut document);
    document.check().unwrap_err().to_string()
}

#[test]
fn every_rule_of_a_manifest_is_checked() {
    manifest().check().unwrap();
    let range = "field `to.seq`: must lie 1 to 2000 behind `from.seq`";
    assert_eq!(refusal(|m| m.to = m.from), range);
    assert_eq!(refusal(|m| m.to = position(39)), range);
    assert_eq!(refusal(|m| m.to = position(2041)), range);
    let size = "field `size`: is 1 to 4194304 bytes";
    assert_eq!(refusal(|m| m.size = 0), size);
    assert_eq!(refusal(|m| m.size = 4_194_305), size);
    assert_eq!(refusal(|m| m.recipients.clear()), "field `recipients`: is empty");
    let file = |n: usize| SealedFile { ciphertext: Digest::of(&n.to_be_bytes()), size: 1 };
    let many = |m: &mut Manifest| m.attachments = (0..257).map(file).collect();
    assert_eq!(refusal(many), "field `attachments`: has more than 256 entries");
    let twice = |m: &mut Manifest| m.attachments = vec![file(1), file(1)];
    assert_eq!(refusal(twice), "field `attachments`: names a file twice");
    for size in [0, MAX_SEALED_ATTACHMENT_BYTES + 1] {
        let wrong = |m: &mut Manifest| m.attachments.push(SealedFile { size, ..file(1) });
        assert_eq!(refusal(wrong), "field `attachments[1].size`: is 1 to 125829120 bytes");
    }
}

#[test]
fn the_endpoint_learns_these_fields_and_no_other() {
    let value = serde_json::to_value(manifest()).unwrap();
    let fields: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        fields,
        [
            "attachments",
            "ciphertext",
            "class",
            "device",
            "epoch",
            "from",
            "recipients",
            "size",
            "tenant",
            "to"
        ]
    );
}
