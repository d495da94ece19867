use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::Exit;
use crate::transcript::fenming;

const CHAIN: &str = "--trust {}/trust.json --root {}/keys/root.pub";

/// A folder with keys, a signed trust document and a policy's draft.
fn office() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fenming(path, "keygen --out {}/keys").done();
    fenming(
        path,
        "trust new --tenant lantern --organisation-zh 灯塔贸易 --organisation-en Lantern \
         --keys {}/keys --out {}/trust.jsonc",
    )
    .done();
    fenming(path, "trust sign {}/trust.jsonc --key {}/keys/root.key").done();
    fenming(path, "policy new --tenant lantern --out {}/policy.jsonc").done();
    folder
}

fn edit(folder: &Path, from: &str, to: &str) {
    let path = folder.join("policy.jsonc");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

fn sign(folder: &Path) -> crate::transcript::Run {
    fenming(folder, &format!("policy sign {{}}/policy.jsonc --key {{}}/keys/policy.key {CHAIN}"))
}

#[test]
fn a_new_draft_is_valid_signed_checked_and_shown() {
    let folder = office();
    let path = folder.path();
    fenming(path, "policy check {}/policy.jsonc").done();
    sign(path).done();
    let run = fenming(path, &format!("policy check {{}}/policy.json {CHAIN}")).done();
    assert!(run.out.contains("✓ signed by a policy key of the trust document"));
    let run = fenming(path, &format!("policy show {{}}/policy.json {CHAIN}")).done();
    for words in
        ["legal duty, with consent", "依法保存业务往来记录", "Mon Tue Wed Thu Fri 09:00–21:00"]
    {
        assert!(run.out.contains(words), "{}", run.out);
    }
}

#[test]
fn a_key_that_the_trust_document_does_not_name_signs_nothing() {
    let folder = office();
    let words = format!("policy sign {{}}/policy.jsonc --key {{}}/keys/receipt.key {CHAIN}");
    fenming(folder.path(), &words).ends(Exit::Refused, "does not name this key");
    assert!(!folder.path().join("policy.json").exists());
    fenming(folder.path(), "policy sign {}/policy.jsonc --key {}/keys/receipt.key").done();
    fenming(folder.path(), &format!("policy check {{}}/policy.json {CHAIN}"))
        .ends(Exit::Unverified, "not signed by a key that may sign it");
}

#[test]
fn a_broken_chain_is_refused_at_its_first_link() {
    let folder = office();
    sign(folder.path()).done();
    let words = "policy check {}/policy.json --trust {}/trust.json --root {}/keys/policy.pub";
    fenming(folder.path(), words)
        .ends(Exit::Unverified, "trust.json: the trust document was refused");
    fenming(folder.path(), "policy check {}/policy.json")
        .ends(Exit::Input, "--trust and --root are required");
    fenming(folder.path(), "policy check {}/policy.json --trust {}/trust.json")
        .ends(Exit::Input, "--root");
}

#[test]
fn another_tenants_policy_is_refused() {
    let folder = office();
    edit(folder.path(), "\"tenant\": \"lantern\"", "\"tenant\": \"harbour\"");
    sign(folder.path()).ends(Exit::Unverified, "field `tenant`: differs from the trust document's");
}

#[test]
fn an_expired_policy_is_in_grace_and_then_ended() {
    let folder = office();
    edit(folder.path(), "\"grace_hours\": 72", "\"grace_hours\": 24");
    sign(folder.path()).done();
    let text = fs::read_to_string(folder.path().join("policy.jsonc")).unwrap();
    let expires = text.split("\"expires\": \"").nth(1).unwrap().split('"').next().unwrap();
    let expires: fenming_wire::time::Timestamp = expires.parse().unwrap();
    let at = |hours| {
        let at = expires + fenming_wire::time::Span::hours(hours);
        fenming(folder.path(), &format!("--json policy check {{}}/policy.json {CHAIN} --at {at}"))
    };
    assert_eq!(at(0).done().json()["time"], "in_force");
    assert_eq!(at(23).done().json()["time"], "grace");
    at(25).ends(Exit::Unverified, "field `expires`: the policy and its grace ended");
}

#[test]
fn a_version_that_does_not_grow_is_refused() {
    let folder = office();
    let path = folder.path();
    sign(path).done();
    let next = format!(
        "policy sign {{}}/policy.jsonc --key {{}}/keys/policy.key {CHAIN} --out {{}}/next.json \
         --previous {{}}/policy.json"
    );
    fenming(path, &next).ends(Exit::Unverified, "does not follow");
    edit(path, "\"version\": 1", "\"version\": 7");
    fenming(path, &next).done();
    let check = format!("policy check {CHAIN}");
    fenming(path, &format!("{check} {{}}/policy.json --previous {{}}/next.json"))
        .ends(Exit::Unverified, "field `version`: 1 does not follow 7");
    fenming(path, &format!("{check} {{}}/next.json --previous {{}}/policy.json")).done();
}
