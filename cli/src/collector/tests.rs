use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use fenming_collector::{Config, Console, SystemClock};
use fenming_wire::profile;
use tempfile::TempDir;

use crate::Exit;
use crate::transcript::{Run, fenming};

const INIT: &str = "collector init --dir {}/endpoint --host 127.0.0.1 --listen 127.0.0.1:8443 \
                    --tenant lantern --root-key {}/keys/root.pub --trust {}/trust.json \
                    --policy {}/policy.json --receipt-key {}/keys/receipt.key";
const CONFIG: &str = "--config {}/endpoint/config.json";

/// A folder with keys and signed documents.
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
    fenming(path, "policy sign {}/policy.jsonc --key {}/keys/policy.key").done();
    folder
}

/// The same, with an endpoint's folder.
fn endpoint() -> TempDir {
    let folder = office();
    fenming(folder.path(), INIT).done();
    folder
}

fn on(folder: &TempDir, words: &str) -> Run {
    fenming(folder.path(), &format!("{words} {CONFIG}"))
}

fn read_profile(path: &Path) -> profile::Parsed {
    profile::parse(&serde_json::from_slice(&fs::read(path).unwrap()).unwrap())
}

#[test]
fn a_new_endpoint_has_a_whole_folder_that_the_endpoint_accepts() {
    let folder = office();
    let run = fenming(folder.path(), INIT).done();
    for words in ["✓ the endpoint's folder is ready", "https://127.0.0.1:8443", "collector serve"]
    {
        assert!(run.out.contains(words), "{}", run.out);
    }
    let dir = folder.path().join("endpoint");
    for name in ["receipt.key", "tls.key"] {
        assert_eq!(fs::metadata(dir.join(name)).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let config = Config::from_file(&dir.join("config.json")).unwrap();
    assert_eq!(config.data, dir.join("data"));
    let parsed = read_profile(&dir.join("profile.json"));
    assert!(parsed.refused.is_empty() && parsed.enrolment_token.is_none());
    let profile = parsed.profile.unwrap();
    assert_eq!(profile.endpoint, config.endpoint);
    assert_eq!(profile.root_key, config.root_key);
    assert_eq!(profile.address_ranges, ["127.0.0.1/32".parse().unwrap()]);
    assert!(profile.tls_ca.is_some());
}

#[test]
fn a_new_endpoint_is_told_as_json() {
    let folder = office();
    let value = fenming(folder.path(), &format!("--json {INIT}")).done().json();
    assert_eq!(value["endpoint"], "https://127.0.0.1:8443");
    assert!(value["config"].as_str().unwrap().ends_with("endpoint/config.json"));
}

#[test]
fn what_does_not_fit_together_makes_no_endpoint() {
    let folder = office();
    let refused = |from: &str, to: &str, exit: Exit, words: &str| {
        assert!(INIT.contains(from));
        fenming(folder.path(), &INIT.replace(from, to)).ends(exit, words);
        assert!(!folder.path().join("endpoint").exists());
    };
    refused(
        "root.pub",
        "policy.pub",
        Exit::Unverified,
        "trust.json: the trust document was refused",
    );
    refused("{}/policy.json", "{}/policy.jsonc", Exit::Input, "policy.jsonc: is not signed");
    refused("tenant lantern", "tenant harbour", Exit::Unverified, "field `tenant`: differs");
    refused("receipt.key", "policy.key", Exit::Refused, "does not name this key in `receipt_keys`");
    refused("--host 127.0.0.1", "--host a/b", Exit::Input, "no host name");
    refused("--host 127.0.0.1", "--host box.example", Exit::Input, "--ranges: is required");
    refused("--host 127.0.0.1", "--host 127.0.0.1 --ranges 0.0.0.0/0", Exit::Input, "--ranges:");
    refused("{}/trust.json", "{}/none.json", Exit::Io, "none.json: does not exist");
}

#[test]
fn a_folder_that_is_not_empty_stays_as_it_is() {
    let folder = endpoint();
    let before = fs::read(folder.path().join("endpoint/tls.key")).unwrap();
    fenming(folder.path(), INIT).ends(Exit::Refused, "is not empty");
    assert_eq!(fs::read(folder.path().join("endpoint/tls.key")).unwrap(), before);
}

#[test]
fn ranges_and_a_public_port_are_taken_from_the_command_line() {
    let folder = office();
    let words = INIT.replace("--host 127.0.0.1", "--host box.example --public-port 443");
    fenming(folder.path(), &format!("{words} --ranges 203.0.113.0/24,198.51.100.7/32")).done();
    let profile = read_profile(&folder.path().join("endpoint/profile.json")).profile.unwrap();
    assert_eq!(profile.endpoint.to_string(), "https://box.example");
    assert_eq!(profile.address_ranges.len(), 2);
}

#[test]
fn a_token_is_printed_once_and_stands_nowhere_in_the_folder() {
    let folder = endpoint();
    let value = on(&folder, "--json collector token --person p-0017").done().json();
    let token = value["token"].as_str().unwrap().to_owned();
    assert_eq!(value["person"], "p-0017");
    let data = folder.path().join("endpoint/data");
    for entry in data.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = fs::read(path).unwrap();
            assert!(!bytes.windows(token.len()).any(|window| window == token.as_bytes()));
        }
    }
    let run = on(&folder, "collector token --person p-0018").done();
    assert!(run.out.contains("token") && run.out.contains("It works once"), "{}", run.out);
}

#[test]
fn a_profile_with_a_token_is_for_its_owner_only_and_not_printed() {
    let folder = endpoint();
    let words = "collector token --person p-0017 --profile {}/device.json";
    let run = on(&folder, words).done();
    let path = folder.path().join("device.json");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let parsed = read_profile(&path);
    assert!(parsed.refused.is_empty() && parsed.profile.is_some());
    let token = parsed.enrolment_token.unwrap();
    assert!(!run.out.contains(token.expose()) && !run.err.contains(token.expose()));
    on(&folder, words).ends(Exit::Refused, "device.json: exists already");
}

#[test]
fn a_profile_needs_a_port_that_phones_can_use() {
    let folder = office();
    let run = fenming(folder.path(), &INIT.replace(":8443", ":0")).done();
    assert!(run.out.contains("! port 0"), "{}", run.out);
    let words = "collector token --person p-0017 --profile {}/device.json";
    on(&folder, words).ends(Exit::Input, "`endpoint` has no port");
    on(&folder, &format!("{words} --endpoint https://127.0.0.1:4711")).done();
    let profile = read_profile(&folder.path().join("device.json")).profile.unwrap();
    assert_eq!(profile.endpoint.port(), 4711);
}

#[test]
fn a_token_of_no_life_or_of_no_person_is_bad_input() {
    let folder = endpoint();
    for words in ["--person p --valid-hours 0", "--person p --valid-hours 745", "--person 王"] {
        assert_eq!(on(&folder, &format!("collector token {words}")).exit, Exit::Input, "{words}");
    }
}

#[test]
fn an_empty_endpoint_says_what_to_do_next() {
    let folder = endpoint();
    let run = on(&folder, "collector devices").done();
    assert!(run.out.starts_with("No device has enrolled yet."), "{}", run.out);
    assert!(run.out.contains("fenming collector token --config"), "{}", run.out);
    let run = on(&folder, "collector batches").done();
    assert!(run.out.starts_with("No batch has arrived yet."), "{}", run.out);
    for words in ["--json collector devices", "--json collector batches"] {
        assert_eq!(on(&folder, words).done().out, "");
    }
}

#[test]
fn an_unknown_device_is_bad_input() {
    let folder = endpoint();
    let device = "0123456789abcdef0123456789abcdef";
    for words in ["block", "unblock", "batches"] {
        on(&folder, &format!("collector {words} {device}"))
            .ends(Exit::Input, "no device is enrolled under 0123");
    }
    assert_eq!(on(&folder, "collector block nobody").exit, Exit::Input);
}

#[test]
fn a_missing_configuration_says_how_to_make_one() {
    let folder = tempfile::tempdir().unwrap();
    let run = on(&folder, "collector devices");
    assert!(run.err.contains("fenming collector init"), "{}", run.err);
    run.ends(Exit::Io, "config.json");
}

#[test]
fn a_configuration_with_an_unknown_key_is_bad_input() {
    let folder = endpoint();
    let path = folder.path().join("endpoint/config.json");
    let text = fs::read_to_string(&path).unwrap().replacen('{', "{ \"colour\": 1,", 1);
    fs::write(&path, text).unwrap();
    on(&folder, "collector devices").ends(Exit::Input, "field `colour`");
}

#[test]
fn the_store_of_an_endpoint_can_be_looked_at_without_serving_it() {
    let folder = endpoint();
    on(&folder, "collector devices").done();
    let data = folder.path().join("endpoint/data");
    assert!(
        Console::open(&data, std::sync::Arc::new(SystemClock))
            .unwrap()
            .devices()
            .unwrap()
            .is_empty()
    );
}
