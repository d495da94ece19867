use fenming_wire::policy::Policy;
use fenming_wire::time::Timestamp;

use super::*;
use crate::Exit;

fn draft(text: &str) -> Result<Policy, CliError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy.jsonc");
    std::fs::write(&path, text).unwrap();
    load_draft(&path)
}

fn starter() -> String {
    crate::policy::draft(&"lantern".parse().unwrap(), Timestamp::from_millis(1_772_413_200_000))
}

#[test]
fn comments_are_left_out_and_lines_keep_their_numbers() {
    assert_eq!(draft(&starter()).unwrap().version, 1);
    let error = draft("// one\n  // two\n{ \"version\": }\n").err().unwrap();
    assert!(error.message().contains("line 3, column 14"), "{error}");
}

#[test]
fn slashes_inside_a_text_are_no_comment() {
    let text = starter().replace("（姓名、电话、邮箱）", "https://lantern.example.cn");
    assert!(draft(&text).unwrap().notice.contact.zh.ends_with("https://lantern.example.cn"));
}

#[test]
fn each_wrong_field_is_named_with_its_path() {
    let cases = [
        ("\"version\": 1", "\"version\": 0", "field `version`: starts at 1"),
        ("\"zone\": \"Asia/Shanghai\"", "\"zone\": \"Mars\"", "field `schedule.zone`"),
        ("\"from\": \"09:00\"", "\"from\": \"9 am\"", "field `schedule.windows[0].from`"),
        ("\"days\": [\"mon\", ", "\"days\": [\"someday\", ", "field `schedule.windows[0].days[0]`"),
        ("\"hold\": null", "\"hold\": { \"max_hours\": 73 }", "field `hold.max_hours`: is 1 to 72"),
        ("\"sources\"", "\"source\"", "field `source`: is not known"),
        ("\"review_minutes\": 60,", "", "field `review_minutes`: is missing"),
        ("\"tenant\": \"lantern\"", "\"tenant\": \"Lantern!\"", "field `tenant`"),
    ];
    for (from, to, expected) in cases {
        let error = draft(&starter().replacen(from, to, 1)).err().unwrap();
        assert_eq!(error.exit(), Exit::Input);
        assert!(error.message().contains(expected), "{error}");
    }
}

#[test]
fn a_draft_is_no_signed_document_and_the_reverse() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy.jsonc");
    std::fs::write(&path, starter()).unwrap();
    let error = load_signed::<Policy>(&path).err().unwrap();
    assert!(error.message().ends_with("is not signed"));
    let signer = fenming_wire::key::Ed25519Signer::generate().unwrap().0;
    let envelope = Envelope::sign(&load_draft::<Policy>(&path).unwrap(), &signer).unwrap();
    let signed = folder.path().join("policy.json");
    write_signed(&signed, &envelope).unwrap();
    assert_eq!(load_signed::<Policy>(&signed).unwrap().payload_digest(), envelope.payload_digest());
    assert!(load_draft::<Policy>(&signed).err().unwrap().message().ends_with("is signed already"));
    assert!(
        load_signed::<TrustDocument>(&signed).err().unwrap().message().contains("another kind")
    );
    assert_eq!(write_signed(&signed, &envelope).err().unwrap().exit(), Exit::Refused);
}
