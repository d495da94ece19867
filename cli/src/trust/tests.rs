use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::Exit;
use crate::transcript::fenming;

/// A folder with keys and a draft.
fn office() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fenming(folder.path(), "keygen --out {}/keys").done();
    new(folder.path()).done();
    folder
}

fn new(folder: &Path) -> crate::transcript::Run {
    fenming(
        folder,
        "trust new --tenant lantern --organisation-zh 灯塔贸易 --organisation-en Lantern \
         --keys {}/keys --out {}/trust.jsonc",
    )
}

fn edit(folder: &Path, from: &str, to: &str) {
    let path = folder.join("trust.jsonc");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn a_new_draft_is_valid_signed_checked_and_shown() {
    let folder = office();
    let path = folder.path();
    let run = fenming(path, "trust check {}/trust.jsonc").done();
    assert!(run.out.contains("✓ every field is as it should be"));
    assert!(run.out.contains("! this is a draft: it is not signed"));
    let run = fenming(path, "trust sign {}/trust.jsonc --key {}/keys/root.key").done();
    let root = fs::read_to_string(path.join("keys/root.pub")).unwrap();
    assert!(run.out.contains(root.trim()));
    let run = fenming(path, "trust check {}/trust.json --root {}/keys/root.pub").done();
    assert!(run.out.contains("✓ signed by the root key"));
    let run = fenming(path, "trust show {}/trust.json --root {}/keys/root.pub").done();
    for words in ["灯塔贸易 · Lantern", "Records custodian", "Legal counsel", "none"] {
        assert!(run.out.contains(words), "{}", run.out);
    }
    let run = fenming(path, "trust show {}/trust.json").done();
    assert!(run.out.contains("! signature not checked"));
}

#[test]
fn a_draft_never_overwrites_and_names_the_key_that_is_missing() {
    let folder = office();
    new(folder.path()).ends(Exit::Refused, "exists already");
    fs::remove_file(folder.path().join("trust.jsonc")).unwrap();
    fs::remove_file(folder.path().join("keys/counsel.pub")).unwrap();
    let run = new(folder.path()).ends(Exit::Io, "counsel.pub: does not exist");
    assert!(run.err.contains("→ make it: fenming keygen counsel"));
}

#[test]
fn an_invalid_draft_is_not_signed() {
    let folder = office();
    let counsel = fs::read_to_string(folder.path().join("keys/counsel.pub")).unwrap();
    let custodian = fs::read_to_string(folder.path().join("keys/custodian.pub")).unwrap();
    edit(folder.path(), counsel.trim(), custodian.trim());
    fenming(folder.path(), "trust sign {}/trust.jsonc --key {}/keys/root.key")
        .ends(Exit::Input, "field `counsel.key`: must differ from every recipient");
    assert!(!folder.path().join("trust.json").exists());
}

#[test]
fn a_signature_by_another_key_is_not_accepted() {
    let folder = office();
    fenming(folder.path(), "trust sign {}/trust.jsonc --key {}/keys/policy.key").done();
    fenming(folder.path(), "trust check {}/trust.json --root {}/keys/root.pub")
        .ends(Exit::Unverified, "not signed by a key that may sign it");
    fenming(folder.path(), "trust check {}/trust.json").ends(Exit::Input, "--root is required");
}

#[test]
fn a_version_that_does_not_grow_is_refused() {
    let folder = office();
    let path = folder.path();
    fenming(path, "trust sign {}/trust.jsonc --key {}/keys/root.key --out {}/1.json").done();
    let again = "trust sign {}/trust.jsonc --key {}/keys/root.key --out {}/2.json \
                 --previous {}/1.json";
    fenming(path, again).ends(Exit::Unverified, "field `version`: 1 does not follow 1");
    edit(path, "\"version\": 1", "\"version\": 2");
    fenming(path, again).done();
    let check = "--json trust check --root {}/keys/root.pub";
    let newer = fenming(path, &format!("{check} {{}}/2.json --previous {{}}/1.json")).done();
    assert_eq!(newer.json()["freshness"], "newer");
    let same = fenming(path, &format!("{check} {{}}/2.json --previous {{}}/2.json")).done();
    assert_eq!(same.json()["freshness"], "same");
    fenming(path, &format!("{check} {{}}/1.json --previous {{}}/2.json"))
        .ends(Exit::Unverified, "does not follow");
}

#[test]
fn what_is_shown_as_json_is_the_document() {
    let folder = office();
    let run = fenming(folder.path(), "trust show {}/trust.jsonc --json").done();
    let value = run.json();
    assert_eq!(value["state"], "draft");
    assert_eq!(value["content"]["organisation"]["en"], "Lantern");
}
