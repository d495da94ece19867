//! One endpoint, and as many devices as there are points, all through the real program.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock};

use fenming::archive::{Folder, OpenedBatch, Visitor, verify_archive};
use fenming::certificate::PrivateCa;
use fenming::output::Output;
use fenming_collector::{Collector, Config, Documents, Limits, Running, SystemClock, TlsIdentity};
use fenming_tests::faults::{Fault, Shim};
use fenming_wire::envelope::Envelope;
use fenming_wire::id::DeviceId;
use fenming_wire::json;
use fenming_wire::key::Ed25519Signer;
use fenming_wire::policy::Policy;
use fenming_wire::record::Body;
use fenming_wire::seal::Identity;
use fenming_wire::text::Bilingual;
use fenming_wire::time::Span;
use fenming_wire::trust::{NamedRecipient, TrustDocument};
use tempfile::TempDir;

/// What the program does while it is harmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Captures.
    Replay,
    /// Seals and forwards.
    Forward,
}

impl Phase {
    pub(crate) const ALL: [Self; 2] = [Self::Replay, Self::Forward];
}

/// The endpoint, the custodian, and the observations.
pub(crate) struct Scene {
    folder: TempDir,
    collector: Running,
    root: Ed25519Signer,
    archive: Identity,
    ca: Vec<u8>,
    tenant: String,
    day: PathBuf,
    devices: AtomicU64,
    /// Held for writing while a program is started: between fork and exec the child holds a copy
    /// of every open store's lock.
    starting: RwLock<()>,
}

/// Records as the custodian finds them: kind, time, words.
pub(crate) type Found = Vec<(&'static str, i64, String)>;

/// Observations of the working day that are replayed: a morning with every kind of event.
const LINES: usize = 70;

impl Scene {
    pub(crate) fn set() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (root, _) = Ed25519Signer::generate().unwrap();
        let (policy_signer, _) = Ed25519Signer::generate().unwrap();
        let (receipt, receipt_key) = Ed25519Signer::generate().unwrap();
        let archive = Identity::generate();
        let policy = policy();
        let named = |identity: &Identity| NamedRecipient {
            name: Bilingual::new("保管人", "Custodian"),
            key: identity.recipient(),
        };
        let trust = TrustDocument {
            tenant: policy.tenant.clone(),
            version: 1,
            issued: policy.issued,
            organisation: Bilingual::new("试验", "Test"),
            recipients: vec![named(&archive)],
            counsel: named(&Identity::generate()),
            counsel_keys: Vec::new(),
            policy_keys: vec![policy_signer.public()],
            receipt_keys: vec![receipt.public()],
            export_routes: Vec::new(),
        };
        let tls = PrivateCa::issue("localhost").unwrap();
        let config = Config {
            data: folder.path().join("endpoint"),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            tls: TlsIdentity::from_pem(tls.chain.as_bytes(), tls.key.as_bytes()).unwrap(),
            tenant: policy.tenant.clone(),
            root_key: root.public(),
            documents: Documents {
                trust: Envelope::sign(&trust, &root).unwrap(),
                policy: Envelope::sign(&policy, &policy_signer).unwrap(),
            },
            receipt_key,
            endpoint: "https://localhost:0".parse().unwrap(),
            limits: Limits::default(),
        };
        let day = folder.path().join("day.jsonl");
        let text = include_str!("../../../cli/data/working-day.jsonl");
        let morning: Vec<&str> = text.lines().take(LINES).collect();
        std::fs::write(&day, morning.join("\n")).unwrap();
        Self {
            collector: Collector::start(config, Arc::new(SystemClock)).unwrap(),
            tenant: policy.tenant.to_string(),
            ca: tls.authority,
            devices: AtomicU64::new(0),
            starting: RwLock::new(()),
            folder,
            root,
            archive,
            day,
        }
    }

    /// The whole way without a fault.
    pub(crate) fn whole_way(&self, name: &str) -> Found {
        let dir = self.enrolled(name);
        self.replay(&dir);
        self.drain(&dir);
        self.archived(self.device_of(&dir))
    }

    /// The whole way with one fault in one phase; says whether it killed the program.
    pub(crate) fn harmed_way(
        &self,
        shim: &Shim,
        phase: Phase,
        (fault, step): (Fault, u64),
    ) -> (DeviceId, bool) {
        let number = self.devices.fetch_add(1, Ordering::Relaxed);
        let dir = self.enrolled(&format!("device-{number}"));
        if phase == Phase::Forward {
            self.replay(&dir);
        }
        let mut command = self.command(&dir, phase);
        let mut child = {
            let _alone = self.starting.write().unwrap();
            shim.harm(&mut command, &dir, fault, step).unwrap().spawn().unwrap()
        };
        let status = child.wait().unwrap();
        let killed = std::os::unix::process::ExitStatusExt::signal(&status) == Some(9);
        let fault_of_the_program = status.code() == Some(1) || status.code() == Some(101);
        assert!(!fault_of_the_program, "it ends in an orderly way: {fault:?} at {step}");
        self.replay(&dir);
        self.drain(&dir);
        let device = self.device_of(&dir);
        std::fs::remove_dir_all(&dir).unwrap();
        (device, killed)
    }

    /// The number of durable steps of a phase.
    pub(crate) fn steps(&self, shim: &Shim, phase: Phase) -> u64 {
        let dir = self.enrolled(&format!("count-{phase:?}"));
        if phase == Phase::Forward {
            self.replay(&dir);
        }
        let (status, steps) = shim.count(&mut self.command(&dir, phase), &dir).unwrap();
        assert!(status.success(), "{phase:?} ends well");
        steps
    }

    /// What the custodian finds of a device, in the order of time. The ledger must hold.
    pub(crate) fn archived(&self, device: DeviceId) -> Found {
        let folder = Folder::open(&self.folder.path().join("endpoint")).unwrap();
        let mut reader = Reader::default();
        let identities = std::slice::from_ref(&self.archive);
        let wanted = |files: &fenming::archive::LedgerFiles| files.device == device;
        let root = self.root.public();
        let report = verify_archive(&folder, &root, identities, &wanted, &mut reader);
        let faults: Vec<String> = report.all_findings().map(ToString::to_string).collect();
        assert_eq!(report.faults(), 0, "{faults:?}");
        let mut found = reader.0;
        found.sort();
        found
    }

    fn enrolled(&self, name: &str) -> PathBuf {
        let dir = self.folder.path().join(name);
        let token = self.collector.console().issue_token(&"p-1".parse().unwrap(), Span::hours(1));
        let profile: BTreeMap<&str, String> = BTreeMap::from([
            ("tenant", self.tenant.clone()),
            ("endpoint", self.collector.endpoint().to_string()),
            ("root_key", self.root.public().to_string()),
            ("tls_ca", data_encoding::BASE64.encode(&self.ca)),
            ("address_ranges", "127.0.0.0/8,::1/128".to_owned()),
            ("enrolment_token", token.unwrap().expose().to_owned()),
        ]);
        let file = self.folder.path().join(format!("{name}.json"));
        std::fs::write(&file, serde_json::to_vec(&profile).unwrap()).unwrap();
        self.device(&dir, &["enrol", "--profile", file.to_str().unwrap()]);
        self.device(&dir, &["consent", "agree", "--yes"]);
        dir
    }

    fn replay(&self, dir: &Path) {
        self.device(dir, &["replay", self.day.to_str().unwrap()]);
    }

    fn drain(&self, dir: &Path) {
        self.device(dir, &["forward", "--now"]);
        let status = self.device(dir, &["status", "--json"]);
        let status: serde_json::Value = serde_json::from_str(&status).unwrap();
        let waiting = (&status["queued"], &status["in_flight"]);
        assert_eq!(waiting, (&0.into(), &0.into()), "nothing waits: {status}");
    }

    /// Runs a command of the device in this process; it must end well.
    fn device(&self, dir: &Path, args: &[&str]) -> String {
        let _nothing_starts = self.starting.read().unwrap();
        device(dir, args)
    }

    fn device_of(&self, dir: &Path) -> DeviceId {
        let status = self.device(dir, &["status", "--json"]);
        let status: serde_json::Value = serde_json::from_str(&status).unwrap();
        status["device"].as_str().unwrap().parse().unwrap()
    }

    fn command(&self, dir: &Path, phase: Phase) -> Command {
        let mut command = Command::new(program());
        command.args(["device", "--dir"]).arg(dir);
        match phase {
            Phase::Replay => command.arg("replay").arg(&self.day),
            Phase::Forward => command.args(["forward", "--now"]),
        };
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }
}

#[derive(Default)]
struct Reader(Found);

impl Visitor for Reader {
    fn opened(&mut self, batch: &OpenedBatch<'_>) {
        for line in batch.lines.iter().filter_map(|(_, line)| line.as_ref()) {
            match &line.body {
                Body::Message(message) => {
                    let text = message.text.expose().to_owned();
                    self.0.push(("message", message.t, text));
                }
                Body::Recall(recall) => self.0.push(("recall", recall.t, String::new())),
                Body::Call(call) => self.0.push(("call", call.t, String::new())),
                _ => {}
            }
        }
    }
}

fn device(dir: &Path, args: &[&str]) -> String {
    let (mut out, captured) = Output::captured();
    let head = ["fenming", "device", "--dir", dir.to_str().unwrap()];
    let exit = fenming::run(head.iter().chain(args).copied(), &mut out);
    assert_eq!(exit, fenming::Exit::Done, "{args:?}: {}", captured.err());
    captured.out()
}

/// The program as `cargo test --workspace` builds it.
fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().and_then(Path::parent).unwrap();
    let program = folder.join("fenming");
    assert!(program.exists(), "build it first: cargo build -p fenming");
    program
}

/// The demo's policy without a review window, without hours, and valid today.
fn policy() -> Policy {
    let text = include_str!("../../../cli/data/demo-policy.json");
    let mut policy: serde_json::Value = serde_json::from_str(text).unwrap();
    policy["expires"] = "2090-01-01T00:00:00Z".into();
    policy["review_minutes"] = 0.into();
    policy["schedule"] = serde_json::json!({ "interval_minutes": 1, "max_delay_hours": 1 });
    json::parse(&serde_json::to_vec(&policy).unwrap(), usize::MAX).unwrap()
}
