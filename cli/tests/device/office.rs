//! An employer with an endpoint on loopback, and a desk at which an employee types commands.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use data_encoding::BASE64;
use fenming::Exit;
use fenming::archive::{ArchiveReport, Folder, verify_archive};
use fenming::certificate::PrivateCa;
use fenming::device::ports::SystemClock;
use fenming::output::Output;
use fenming_collector::{Collector, Config, Documents, Limits, Running, TlsIdentity};
use fenming_core::clock::Clock;
use fenming_wire::envelope::Envelope;
use fenming_wire::id::PersonId;
use fenming_wire::key::Ed25519Signer;
use fenming_wire::policy::{HoldRule, Policy};
use fenming_wire::seal::Identity;
use fenming_wire::text::Bilingual;
use fenming_wire::time::{Span, Timestamp};
use fenming_wire::trust::{NamedRecipient, TrustDocument};
use serde_json::{Map, Value};
use tempfile::TempDir;

/// The employer's keys, its running endpoint, and the employee's folder.
pub(crate) struct Office {
    root: Ed25519Signer,
    policy_key: Ed25519Signer,
    custodian: Identity,
    trust: Envelope<TrustDocument>,
    tls: PrivateCa,
    collector: Option<Running>,
    policy: Policy,
    folder: TempDir,
}

/// What a command ended with.
pub(crate) struct Said {
    pub(crate) exit: Exit,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Office {
    /// Starts an endpoint with a policy that may be changed first.
    pub(crate) fn open(change: impl FnOnce(&mut Policy)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [(root, _), (policy_key, _), (receipt_key, receipt)] =
            [(); 3].map(|()| Ed25519Signer::generate().unwrap());
        let (custodian, tls) = (Identity::generate(), PrivateCa::issue("localhost").unwrap());
        let mut policy = policy();
        change(&mut policy);
        let named = |name: &str, key| NamedRecipient { name: Bilingual::new(name, name), key };
        let trust = TrustDocument {
            tenant: policy.tenant.clone(),
            version: 1,
            issued: policy.issued,
            organisation: Bilingual::new("示例商贸有限公司", "Example Trading Ltd"),
            recipients: vec![named("Records office", custodian.recipient())],
            counsel: named("Counsel", Identity::generate().recipient()),
            counsel_keys: Vec::new(),
            policy_keys: vec![policy_key.public()],
            receipt_keys: vec![receipt_key.public()],
            export_routes: Vec::new(),
        };
        let trust = Envelope::sign(&trust, &root).unwrap();
        let config = Config {
            data: folder.path().join("endpoint"),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            tls: TlsIdentity::from_pem(tls.chain.as_bytes(), tls.key.as_bytes()).unwrap(),
            tenant: policy.tenant.clone(),
            root_key: root.public(),
            documents: Documents {
                trust: trust.clone(),
                policy: Envelope::sign(&policy, &policy_key).unwrap(),
            },
            receipt_key: receipt,
            endpoint: "https://localhost:0".parse().unwrap(),
            limits: Limits { free_bytes: 0, ..Limits::default() },
        };
        let collector = Collector::start(config, Arc::new(fenming_collector::SystemClock)).unwrap();
        let collector = Some(collector);
        Self { root, policy_key, custodian, trust, tls, collector, policy, folder }
    }

    /// Publishes the policy's next version.
    pub(crate) fn change_policy(&mut self, change: impl FnOnce(&mut Policy)) {
        self.policy.version += 1;
        change(&mut self.policy);
        let policy = Envelope::sign(&self.policy, &self.policy_key).unwrap();
        let documents = Documents { trust: self.trust.clone(), policy };
        self.collector().publish(documents).unwrap();
    }

    /// Takes the endpoint off the network.
    pub(crate) fn close_endpoint(&mut self) {
        self.collector.take().unwrap().stop();
    }

    pub(crate) fn collector(&self) -> &Running {
        self.collector.as_ref().unwrap()
    }

    pub(crate) fn fingerprint(&self) -> String {
        self.root.public().fingerprint()
    }

    /// A path in the office's folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file and gives its path as an argument.
    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The profile as IT hands it out, with a fresh token.
    pub(crate) fn profile(&self) -> Map<String, Value> {
        let person: PersonId = "p-0017".parse().unwrap();
        let token = self.collector().console().issue_token(&person, Span::hours(1)).unwrap();
        let entries = [
            ("tenant", self.policy.tenant.to_string()),
            ("endpoint", self.collector().endpoint().to_string()),
            ("root_key", self.root.public().to_string()),
            ("tls_ca", BASE64.encode(&self.tls.authority)),
            ("address_ranges", "127.0.0.0/8, ::1/128".to_owned()),
            ("enrolment_token", token.expose().to_owned()),
        ];
        entries.into_iter().map(|(key, value)| (key.to_owned(), value.into())).collect()
    }

    /// Types a command at the device.
    pub(crate) fn device(&self, args: &[&str]) -> Said {
        let dir = self.path("device");
        let whole = ["fenming", "device", "--dir", dir.to_str().unwrap()];
        let (mut output, captured) = Output::captured();
        let exit = fenming::run(whole.iter().chain(args), &mut output);
        Said { exit, out: captured.out(), err: captured.err() }
    }

    /// Types a command that ends well, and gives its JSON.
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let said = self.device(&[args, &["--json"]].concat());
        assert_eq!(said.exit, Exit::Done, "{args:?}: {}", said.err);
        serde_json::from_str(&said.out).unwrap()
    }

    pub(crate) fn enrol(&self) -> Value {
        let profile = self.write("profile.json", &Value::from(self.profile()).to_string());
        self.json(&["enrol", "--profile", &profile])
    }

    /// Enrols and agrees to the notice that was read.
    pub(crate) fn agree(&self, more: &[&str]) {
        self.enrol();
        let digest = self.json(&["notice"])["digest"].as_str().unwrap().to_owned();
        self.json(&[&["consent", "agree", "--digest", &digest], more].concat());
    }

    /// Replays the recorded day as if it had just ended.
    pub(crate) fn replay(&self) -> Value {
        let day = self.write("day.jsonl", &day());
        self.json(&["replay", &day])
    }

    /// What the custodian finds.
    pub(crate) fn archive(&self) -> ArchiveReport {
        let folder = Folder::open(&self.path("endpoint")).unwrap();
        let identities = std::slice::from_ref(&self.custodian);
        verify_archive(&folder, &self.root.public(), identities, &|_| true, &mut ())
    }
}

/// The recorded day, moved so that it ended a moment ago.
pub(crate) fn day() -> String {
    let text = include_str!("../../data/working-day.jsonl");
    let mut lines: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let time = |value: &Value| value.as_str().unwrap().parse::<Timestamp>().unwrap();
    let last = lines.iter().map(|line| time(&line["at"])).max().unwrap();
    let later = SystemClock.now().since(last);
    let mut moved = String::new();
    for line in &mut lines {
        for field in ["at", "when", "last_alive"] {
            if let Some(value) = line.get_mut(field) {
                *value = (time(value) + later).to_string().into();
            }
        }
        moved += &format!("{line}\n");
    }
    moved
}

/// The demo's policy, in force today and around the clock, with a quarantine.
fn policy() -> Policy {
    let text = include_bytes!("../../data/demo-policy.json");
    let mut policy: Policy = fenming_wire::json::parse(text, text.len()).unwrap();
    let now = SystemClock.now();
    (policy.issued, policy.expires) = (now - Span::days(1), now + Span::days(90));
    policy.schedule.windows.clear();
    policy.hold = Some(HoldRule { max_hours: 72 });
    policy
}
