//! The real program serves an endpoint on loopback, lets a device enrol, and ends when asked to.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use fenming::output::Output;
use tempfile::TempDir;

const CONFIG: &str = "--config {}/endpoint/config.json";

/// A served endpoint; it is killed where a test fails before it was stopped.
struct Served {
    child: Child,
    endpoint: String,
    listens: String,
}

impl Served {
    fn start(folder: &Path) -> Self {
        let config = folder.join("endpoint/config.json");
        let mut child = Command::new(env!("CARGO_BIN_EXE_fenming"))
            .args(["--json", "collector", "serve", "--config"])
            .arg(config)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let said: serde_json::Value = serde_json::from_str(&line).unwrap();
        let text = |key: &str| said[key].as_str().unwrap().to_owned();
        Self { child, endpoint: text("endpoint"), listens: text("listens") }
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    /// Waits for its end; its exit code and what it said on standard error.
    fn ended(mut self) -> (Option<i32>, String) {
        let mut said = String::new();
        self.child.stderr.as_mut().unwrap().read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap().code(), said)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Both fail where it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the program within this process; `{}` stands for the folder.
fn fenming(folder: &Path, words: &str) -> String {
    let (mut output, captured) = Output::captured();
    let folder = folder.display().to_string();
    let words = words.split_whitespace().map(|word| word.replace("{}", &folder));
    let exit = fenming::run(std::iter::once("fenming".to_owned()).chain(words), &mut output);
    assert_eq!(exit, fenming::Exit::Done, "{}", captured.err());
    captured.out()
}

/// A folder with keys, documents and an endpoint that was never served.
fn endpoint() -> TempDir {
    endpoint_under(|draft| draft)
}

/// The same, under a policy whose draft was edited.
fn endpoint_under(edit: impl FnOnce(String) -> String) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for words in [
        "keygen --out {}/keys",
        "trust new --tenant lantern --organisation-zh 灯塔贸易 --organisation-en Lantern \
         --keys {}/keys --out {}/trust.jsonc",
        "trust sign {}/trust.jsonc --key {}/keys/root.key",
        "policy new --tenant lantern --out {}/policy.jsonc",
    ] {
        fenming(folder.path(), words);
    }
    let draft = folder.path().join("policy.jsonc");
    std::fs::write(&draft, edit(std::fs::read_to_string(&draft).unwrap())).unwrap();
    for words in [
        "policy sign {}/policy.jsonc --key {}/keys/policy.key",
        "collector init --dir {}/endpoint --host 127.0.0.1 --listen 127.0.0.1:0 --tenant lantern \
         --root-key {}/keys/root.pub --trust {}/trust.json --policy {}/policy.json \
         --receipt-key {}/keys/receipt.key",
    ] {
        fenming(folder.path(), words);
    }
    folder
}

#[test]
fn an_endpoint_serves_until_it_is_terminated_and_leaves_no_process() {
    let folder = endpoint();
    let served = Served::start(folder.path());
    let (listens, process) = (served.listens.clone(), format!("/proc/{}", served.child.id()));
    assert!(TcpStream::connect(&listens).is_ok());
    assert!(!cfg!(target_os = "linux") || Path::new(&process).exists());
    served.signal("-TERM");
    let (code, said) = served.ended();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("stopping") && said.ends_with("stopped\n"), "{said}");
    assert!(TcpStream::connect(&listens).is_err());
    assert!(!Path::new(&process).exists());
}

/// Enrols a device with a profile that the endpoint's own command wrote.
fn enrol(path: &Path, served: &Served) {
    let token = "collector token --person p-0017 --profile {}/device.json";
    fenming(path, &format!("{token} --endpoint {} {CONFIG}", served.endpoint));
    fenming(path, "device enrol --profile {}/device.json --dir {}/device");
}

#[test]
fn a_device_enrols_with_the_profile_and_is_listed_blocked_and_unblocked() {
    let folder = endpoint();
    let path = folder.path();
    let served = Served::start(path);
    let on = |words: &str| fenming(path, &format!("{words} {CONFIG}"));
    enrol(path, &served);
    let listed =
        || -> serde_json::Value { serde_json::from_str(&on("--json collector devices")).unwrap() };
    let entry = listed();
    let device = entry["device"].as_str().unwrap().to_owned();
    assert_eq!(entry["person"], "p-0017");
    assert!(entry["blocked"].is_null());
    let table = on("collector devices");
    assert!(table.contains(&device) && table.contains("p-0017"), "{table}");
    on(&format!("collector block {device}"));
    assert!(listed()["blocked"].is_string());
    assert!(on("collector devices").contains("blocked"));
    on(&format!("collector unblock {device}"));
    assert!(listed()["blocked"].is_null());
    assert!(on(&format!("collector batches {device}")).starts_with("No batch has arrived yet."));
    served.signal("-INT");
    assert_eq!(served.ended().0, Some(0));
}

#[test]
fn what_a_device_sends_is_listed_and_verifies() {
    let folder = endpoint_under(|draft| {
        let (before, after) = draft.split_once("\"windows\": [").unwrap();
        let (_, after) = after.split_once("\n    ]").unwrap();
        format!("{before}\"windows\": []{after}")
            .replace("\"review_minutes\": 60", "\"review_minutes\": 0")
            .replace(
                "\"group_rules\": []",
                "\"group_rules\": [{ \"id\": \"g\", \"how\": \"prefix\", \"text\": \"【客户】\" }]",
            )
    });
    let path = folder.path();
    let served = Served::start(path);
    let on = |words: &str| fenming(path, &format!("{words} {CONFIG}"));
    enrol(path, &served);
    fenming(path, "device consent agree --yes --dir {}/device");
    let day = concat!(env!("CARGO_MANIFEST_DIR"), "/data/working-day.jsonl");
    fenming(path, &format!("device replay {day} --dir {{}}/device"));
    fenming(path, "device forward --now --dir {}/device");
    let listed = on("--json collector batches");
    let batch: serde_json::Value = serde_json::from_str(listed.lines().next().unwrap()).unwrap();
    assert_eq!((batch["first"].as_u64(), batch["class"].as_str()), (Some(1), Some("standard")));
    let table = on("collector batches");
    assert!(table.contains("epoch") && table.contains(batch["epoch"].as_str().unwrap()));
    let device: serde_json::Value = serde_json::from_str(&on("--json collector devices")).unwrap();
    assert_eq!(device["heartbeat"]["state"], "capturing");
    assert!(on("collector devices").contains("capturing"));
    fenming(
        path,
        "archive verify {}/endpoint/data --root {}/keys/root.pub -i {}/keys/custodian.key",
    );
    served.signal("-TERM");
    assert_eq!(served.ended().0, Some(0));
}

#[test]
fn a_hangup_reads_the_documents_anew_and_a_rollback_changes_nothing() {
    let folder = endpoint();
    let path = folder.path();
    let policy = path.join("endpoint/policy.json");
    let first = std::fs::read(&policy).unwrap();
    let draft = path.join("policy.jsonc");
    let text = std::fs::read_to_string(&draft).unwrap();
    std::fs::write(&draft, text.replace("\"version\": 1", "\"version\": 2")).unwrap();
    fenming(path, "policy sign {}/policy.jsonc --key {}/keys/policy.key --out {}/second.json");
    let mut served = Served::start(path);
    let mut lines = BufReader::new(served.child.stderr.take().unwrap()).lines();
    let mut until = |words: &str| {
        let found = lines.by_ref().map(Result::unwrap).find(|line| line.contains(words));
        assert!(found.is_some(), "it never said: {words}");
    };
    until("SIGHUP");
    std::fs::copy(path.join("second.json"), &policy).unwrap();
    served.signal("-HUP");
    until("were read anew");
    std::fs::write(&policy, first).unwrap();
    served.signal("-HUP");
    until("version 1 was offered, but version 2 was served before");
    served.signal("-TERM");
    until("stopped");
    assert!(served.child.wait().unwrap().success());
}
