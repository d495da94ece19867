use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::Exit;
use crate::transcript::fenming;

#[test]
fn all_keys_are_made_and_only_their_owner_may_read_them() {
    let folder = tempfile::tempdir().unwrap();
    let run = fenming(folder.path(), "keygen --out {}/keys").done();
    for role in super::Role::ALL {
        let key = role.key_file(&folder.path().join("keys"));
        assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
        let public = fs::read_to_string(role.public_file(&folder.path().join("keys"))).unwrap();
        assert!(run.out.contains(public.trim()));
        let secret = fs::read_to_string(key).unwrap();
        for line in secret.lines().filter(|line| !line.starts_with(['#', '-'])) {
            assert!(!run.out.contains(line) && !run.err.contains(line), "a secret was printed");
        }
    }
    let mode = fs::metadata(folder.path().join("keys")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn nothing_is_ever_overwritten_and_nothing_is_made_by_halves() {
    let folder = tempfile::tempdir().unwrap();
    fenming(folder.path(), "keygen policy --out {}").done();
    let before = fs::read(folder.path().join("policy.key")).unwrap();
    let run = fenming(folder.path(), "keygen --out {}");
    run.ends(Exit::Refused, "policy.key: exists already");
    assert_eq!(fs::read(folder.path().join("policy.key")).unwrap(), before);
    assert!(!folder.path().join("root.key").exists());
}

#[test]
fn chosen_keys_are_listed_as_json() {
    let folder = tempfile::tempdir().unwrap();
    let run = fenming(folder.path(), "--json keygen custodian root root --out {}").done();
    let value = run.json();
    let roles: Vec<&str> =
        value["keys"].as_array().unwrap().iter().map(|k| k["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["root", "custodian"]);
    assert!(value["keys"][1]["public"].as_str().unwrap().starts_with("age1"));
}

#[test]
fn a_fingerprint_is_the_key_as_the_trust_document_shows_it() {
    let folder = tempfile::tempdir().unwrap();
    let run = fenming(folder.path(), "--json keygen root --out {}").done();
    let key = crate::keys::read_public(&folder.path().join("root.pub")).unwrap();
    assert_eq!(run.json()["keys"][0]["fingerprint"], key.fingerprint());
    let run = fenming(folder.path(), "keygen archive --out {}").done();
    assert!(run.out.contains("custodian") && run.out.contains("fingerprint"), "{}", run.out);
}

/// Stock `age` must read what this program writes. Where it is not installed there is nothing to
/// ask.
#[test]
fn stock_age_opens_with_a_custodians_key_file() {
    let folder = tempfile::tempdir().unwrap();
    fenming(folder.path(), "keygen custodian --out {}").done();
    let (plain, sealed) = (folder.path().join("plain"), folder.path().join("sealed"));
    fs::write(&plain, "盘点单").unwrap();
    let public = fs::read_to_string(folder.path().join("custodian.pub")).unwrap();
    let age = || std::process::Command::new("age");
    let Ok(status) = age().args(["-r", public.trim(), "-o"]).arg(&sealed).arg(&plain).status()
    else {
        eprintln!("age is not installed: it was not asked to open anything");
        return;
    };
    assert!(status.success());
    let key = folder.path().join("custodian.key");
    let opened = age().arg("-d").arg("-i").arg(key).arg(&sealed).output().unwrap();
    assert_eq!(opened.stdout, "盘点单".as_bytes());
}
