//! One endpoint, and as many devices as there are points, all through the real program.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fenming::certificate::PrivateCa;
use fenming_collector::{Collector, Running, SystemClock};
use fenming_tests::faults::{Fault, Shim};
use fenming_tests::program::{Programs, program};
use fenming_tests::stage::{Counted, Custodian, Opened, lasting_policy, own_address};
use fenming_wire::id::DeviceId;
use fenming_wire::time::Span;
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
    programs: Programs,
    folder: TempDir,
    custodian: Custodian,
    tls: PrivateCa,
    collector: Running,
    day: PathBuf,
    devices: AtomicU64,
}

/// Observations of the working day that are replayed: a morning with every kind of event.
const LINES: usize = 70;

impl Scene {
    pub(crate) fn set() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let custodian = Custodian::new(lasting_policy());
        let (address, data) = (own_address(), folder.path().join("endpoint"));
        let host = address.ip().to_string();
        let tls = PrivateCa::issue(&host).unwrap();
        let config = custodian.config(&data, address, &host, &tls);
        let day = folder.path().join("day.jsonl");
        let text = include_str!("../../../cli/data/working-day.jsonl");
        let morning: Vec<&str> = text.lines().take(LINES).collect();
        std::fs::write(&day, morning.join("\n")).unwrap();
        Self {
            programs: Programs::default(),
            collector: Collector::start(config, Arc::new(SystemClock)).unwrap(),
            devices: AtomicU64::new(0),
            folder,
            custodian,
            tls,
            day,
        }
    }

    /// The whole way without a fault.
    pub(crate) fn whole_way(&self, name: &str) -> Vec<Counted> {
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
        let harmed = shim.harm(&mut command, &dir, fault, step).unwrap();
        let status = self.programs.start(harmed).wait().unwrap();
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
    pub(crate) fn archived(&self, device: DeviceId) -> Vec<Counted> {
        let folder = self.folder.path().join("endpoint");
        let opened = Opened::of_device(&folder, &self.custodian, device);
        opened.assert_sound();
        opened.records()
    }

    fn enrolled(&self, name: &str) -> PathBuf {
        let dir = self.folder.path().join(name);
        let token = self.collector.console().issue_token(&"p-1".parse().unwrap(), Span::hours(1));
        let endpoint = self.collector.endpoint();
        let mut profile = self.custodian.profile(endpoint, &self.tls).to_map();
        profile.insert("enrolment_token".to_owned(), token.unwrap().expose().to_owned());
        let file = self.folder.path().join(format!("{name}.json"));
        std::fs::write(&file, serde_json::to_vec(&profile).unwrap()).unwrap();
        self.programs.run_at(&dir, &["enrol", "--profile", file.to_str().unwrap()]);
        self.programs.run_at(&dir, &["consent", "agree", "--yes"]);
        dir
    }

    fn replay(&self, dir: &Path) {
        self.programs.run_at(dir, &["replay", self.day.to_str().unwrap()]);
    }

    fn drain(&self, dir: &Path) {
        self.programs.run_at(dir, &["forward", "--now"]);
        let status = self.programs.status_of(dir);
        let waiting = (&status["queued"], &status["in_flight"]);
        assert_eq!(waiting, (&0.into(), &0.into()), "nothing waits: {status}");
    }

    fn device_of(&self, dir: &Path) -> DeviceId {
        self.programs.status_of(dir)["device"].as_str().unwrap().parse().unwrap()
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
