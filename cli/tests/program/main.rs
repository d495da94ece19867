//! The program itself, as strangers type it: from no key at all to a verified archive, over a
//! real endpoint in a process of its own.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// What a run of the program ended with.
struct Run {
    code: i32,
    out: String,
    err: String,
}

/// Runs the program in a folder.
fn fenming(folder: &Path, words: &str) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_fenming"))
        .args(words.split_whitespace())
        .current_dir(folder)
        .env_remove("NO_COLOR")
        .output()
        .unwrap();
    Run {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Run {
    #[track_caller]
    fn done(self) -> Self {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self
    }

    #[track_caller]
    fn json(self) -> Value {
        let run = self.done();
        serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {}", run.out))
    }
}

/// An endpoint in a process of its own, which ends with the test.
struct Endpoint {
    process: Child,
    out: BufReader<ChildStdout>,
}

impl Endpoint {
    fn serve(folder: &Path) -> (Self, Value) {
        let mut process = Command::new(env!("CARGO_BIN_EXE_fenming"))
            .args(["collector", "serve", "--config", "endpoint/config.json", "--json"])
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let endpoint = Self { process, out };
        (endpoint, serde_json::from_str(&line).unwrap())
    }

    fn signal(&self, name: &str) {
        let process = self.process.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &process]).status().unwrap().success());
    }

    fn ends(mut self) -> i32 {
        let mut rest = String::new();
        self.out.read_line(&mut rest).unwrap();
        self.process.wait().unwrap().code().unwrap()
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Keys, signed documents and an endpoint's folder, made with the program's own commands.
fn office() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fenming(path, "keygen").done();
    fenming(
        path,
        "trust new --tenant hengyuan-demo --organisation-zh 恒远 --organisation-en Hengyuan",
    )
    .done();
    fenming(path, "trust sign trust.jsonc --key keys/root.key").done();
    fs::write(path.join("policy.jsonc"), policy()).unwrap();
    let chain = "--trust trust.json --root keys/root.pub";
    fenming(path, &format!("policy sign policy.jsonc --key keys/policy.key {chain}")).done();
    fenming(
        path,
        "collector init --dir endpoint --host localhost --listen 127.0.0.1:0 \
             --tenant hengyuan-demo --trust trust.json --root-key keys/root.pub \
             --policy policy.json --receipt-key keys/receipt.key",
    )
    .done();
    folder
}

/// The demo's policy, in force for long, without windows and without a review.
fn policy() -> String {
    let text = include_str!("../../data/demo-policy.json");
    let mut policy: Value = serde_json::from_str(text).unwrap();
    policy["issued"] = "2020-01-01T00:00:00Z".into();
    policy["expires"] = "2100-01-01T00:00:00Z".into();
    policy["schedule"]["windows"] = Value::Array(Vec::new());
    policy["schedule"]["unmetered_only"] = false.into();
    policy["review_minutes"] = 0.into();
    format!("// The demo's policy.\n{policy}\n")
}

/// Writes the profile of one phone, at the port that was really bound.
fn profile(folder: &Path, served: &Value) {
    let endpoint = served["endpoint"].as_str().unwrap();
    let words = "collector token --config endpoint/config.json --person p-0017";
    fenming(folder, &format!("{words} --profile phone.json --endpoint {endpoint}")).done();
}

fn working_day() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/working-day.jsonl")
}

/// An endpoint that serves, and a device whose employee has agreed.
fn agreed(folder: &Path) -> Endpoint {
    let (endpoint, served) = Endpoint::serve(folder);
    profile(folder, &served);
    fenming(folder, "device enrol --profile phone.json").done();
    let notice = fenming(folder, "device notice --json").json();
    let digest = notice["digest"].as_str().unwrap();
    fenming(folder, &format!("device consent agree --digest {digest}")).done();
    endpoint
}

#[test]
fn from_no_key_at_all_to_a_verified_archive() {
    let folder = office();
    let path = folder.path();
    let endpoint = agreed(path);
    let replayed =
        fenming(path, &format!("device replay --json {}", working_day().display())).json();
    assert!(replayed["observed"].as_u64().unwrap() >= 150);
    let forwarded = fenming(path, "device forward --now --json").json();
    assert!(forwarded["delivered"].as_u64().unwrap() > 0, "{forwarded}");

    let config = "--config endpoint/config.json";
    let device = fenming(path, &format!("collector devices --json {config}")).json();
    assert_eq!(device["person"], "p-0017");
    let batches = fenming(path, &format!("collector batches --json {config}")).done();
    assert_eq!(batches.out.lines().count() as u64, device["batches"].as_u64().unwrap());

    let keys = "--root keys/root.pub --identity keys/custodian.key";
    let archive = format!("endpoint/data {keys} --json");
    let report = fenming(path, &format!("archive verify {archive}")).json();
    assert_eq!((&report["sound"], &report["faults"]), (&true.into(), &0.into()), "{report}");
    assert_eq!(report["epochs"][0]["end"], device["epochs"][0]["high"]);
    let outside = "archive verify endpoint/data --root keys/root.pub";
    assert!(fenming(path, outside).done().out.contains("no fault"));
    let opened = fenming(path, &format!("archive open {archive}")).done();
    assert_eq!(opened.out.lines().count() as u64, report["lines"].as_u64().unwrap());
    let messages = fenming(path, &format!("archive list {archive} --kind message")).done();
    assert_eq!(messages.out.lines().count() as u64, report["epochs"][0]["counts"]["messages"]);

    fenming(path, &format!("collector block {} {config}", device["device"].as_str().unwrap()))
        .done();
    let refused = fenming(path, "device refresh");
    assert_eq!(refused.code, 6, "{}", refused.err);
    endpoint.signal("TERM");
    assert_eq!(endpoint.ends(), 0);
}

#[test]
fn the_counsel_key_opens_nothing_of_the_archive() {
    let folder = office();
    let path = folder.path();
    let endpoint = agreed(path);
    fenming(path, &format!("device replay {}", working_day().display())).done();
    fenming(path, "device forward --now").done();
    let words = "archive open endpoint/data --root keys/root.pub --identity keys/counsel.key";
    let run = fenming(path, words);
    assert_eq!((run.code, run.out.as_str()), (3, ""), "{}", run.err);
    assert!(run.err.contains("the batch cannot be opened"));
    drop(endpoint);
}

#[test]
fn help_version_and_wrong_words_end_as_documented() {
    let folder = tempfile::tempdir().unwrap();
    assert!(fenming(folder.path(), "--version").done().out.starts_with("fenming "));
    assert!(fenming(folder.path(), "--help").done().out.contains("Exit codes:"));
    let wrong = fenming(folder.path(), "dance");
    assert_eq!((wrong.code, wrong.out.as_str()), (2, ""));
    assert!(!wrong.err.contains('\u{1b}'), "no colour where there is no terminal");
    assert_eq!(fenming(folder.path(), "archive verify none --root AAAA").code, 5);
}
