//! A core dump of the loaded endpoint and of the loaded device: `gdb` takes it from the running
//! program. The endpoint refuses that to its own user; and where it could not, there would be
//! nothing to read.
#![cfg(target_os = "linux")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use aho_corasick::AhoCorasick;
use fenming_tests::faults::{Fault, Shim};
use fenming_tests::program::{Programs, device_command, is_installed, program, serving};
use fenming_tests::stage::{Custodian, Opened, lasting_policy, own_address};
use tempfile::TempDir;

/// An endpoint's folder, a device's, and who holds the keys.
struct Office {
    folder: TempDir,
    programs: Programs,
    custodian: Custodian,
    shim: Shim,
}

impl Office {
    /// None where there is no `gdb`.
    fn open() -> Option<Self> {
        if !is_installed("gdb") {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let (programs, custodian) = (Programs::default(), Custodian::new(lasting_policy()));
        let free = std::net::TcpListener::bind(own_address()).unwrap().local_addr().unwrap();
        custodian.found(&programs, &folder.path().join("endpoint"), free);
        let shim = Shim::build().expect("a C compiler");
        Some(Self { folder, programs, custodian, shim })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The device enrols, and captures the whole recorded day.
    fn capture(&self) {
        let (config, profile) = (self.path("endpoint/config.json"), self.path("profile.json"));
        let (config, profile) = (config.to_str().unwrap(), profile.to_str().unwrap());
        let who = ["--person", "p-1", "--profile", profile];
        self.programs.run(&[&["collector", "token", "--config", config][..], &who].concat());
        let device = self.path("device");
        self.programs.run_at(&device, &["enrol", "--profile", profile]);
        self.programs.run_at(&device, &["consent", "agree", "--yes"]);
        let recorded = include_str!("../../cli/data/working-day.jsonl").to_owned();
        let day = CANARIES.iter().fold(recorded, |day, (there, here)| day.replace(there, here));
        assert!(CANARIES.iter().all(|(_, here)| day.contains(here)));
        std::fs::write(self.path("day.jsonl"), day).unwrap();
        let day = self.path("day.jsonl");
        self.programs.run_at(&device, &["replay", day.to_str().unwrap()]);
    }

    fn forward(&self) {
        self.programs.run_at(&self.path("device"), &["forward", "--now"]);
    }

    /// Words of every message in the archive that are long enough not to be there by chance.
    fn business(&self) -> Vec<Vec<u8>> {
        let opened = Opened::read(&self.path("endpoint/data"), &self.custodian);
        opened.assert_sound();
        let texts = opened.texts().into_iter().map(String::into_bytes);
        texts.filter(|text| text.len() >= 20).collect()
    }

    /// The private keys of custodian and counsel.
    fn private_keys(&self) -> Vec<Vec<u8>> {
        let Custodian { archive, counsel, .. } = &self.custodian;
        [archive, counsel].map(|key| key.expose_secret().as_bytes().to_vec()).to_vec()
    }

    /// The memory of a running process.
    fn dump(&self, process: u32) -> Vec<u8> {
        let prefix = self.path("core");
        let output = gcore(&prefix, process).output().expect("gdb");
        let dump = std::fs::read(prefix.with_extension(process.to_string()));
        dump.unwrap_or_else(|_| panic_with(&output.stderr))
    }
}

fn gcore(prefix: &Path, process: u32) -> Command {
    let mut gcore = Command::new("gcore");
    gcore.arg("-o").arg(prefix).arg(process.to_string()).stdin(Stdio::null());
    gcore
}

#[allow(clippy::panic, reason = "a test fails by panicking")]
fn panic_with(said: &[u8]) -> ! {
    panic!("gdb wrote no dump: {}", String::from_utf8_lossy(said))
}

/// Which of the needles the memory holds.
fn found<'a>(memory: &[u8], needles: &'a [Vec<u8>]) -> Vec<Cow<'a, str>> {
    let all = AhoCorasick::new(needles).unwrap();
    let found = all.find_iter(memory).map(|found| found.pattern().as_usize());
    found.map(|n| String::from_utf8_lossy(&needles[n])).collect()
}

fn holds(memory: &[u8], needle: &str) -> bool {
    !found(memory, &[needle.as_bytes().to_vec()]).is_empty()
}

/// What every personal and undecided message of the day holds. The recorded day itself lies in the
/// program, for its demo, so that its own words would be found there.
const CANARIES: [(&str, &str); 2] = [("canary-p-", "kanarie-p-"), ("canary-u-", "kanarie-u-")];

fn canaries() -> Vec<Vec<u8>> {
    CANARIES.iter().map(|(_, here)| here.as_bytes().to_vec()).collect()
}

#[test]
fn a_dump_of_the_loaded_endpoint_holds_no_word_and_no_key_of_a_reader() {
    let Some(office) = Office::open() else { return };
    let mut command = Command::new(env!("CARGO_BIN_EXE_endpoint"));
    command.arg(office.path("endpoint/config.json"));
    let served = office.programs.serve(office.shim.leash(&mut command)).expect("it serves");
    office.capture();
    office.forward();
    let memory = office.dump(served.process());
    drop(served);
    // It is the memory of an endpoint at work: it holds the key that it may hold.
    assert!(holds(&memory, office.custodian.policy.tenant.as_str()));
    assert!(holds(&memory, "/v1/batches"), "a request was served");
    let business = office.business();
    assert!(business.len() > 20, "the archive has messages: {}", business.len());
    let secret = [business, office.private_keys(), canaries()].concat();
    assert_eq!(found(&memory, &secret), [""; 0]);
}

#[test]
fn a_dump_of_the_loaded_device_holds_nothing_personal_and_no_key_of_a_reader() {
    let Some(office) = Office::open() else { return };
    let mut serve = serving(&office.path("endpoint"));
    let served = office.programs.serve(office.shim.leash(&mut serve)).expect("it serves");
    office.capture();
    let device = office.path("device");
    let mut command = device_command(&device, &["forward", "--now"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    // It has sealed its first batches by then, and is about to write.
    office.shim.harm(&mut command, &device, Fault::Stop, 60).unwrap();
    let mut child = office.programs.start(&mut command);
    wait_until_it_stops(child.id());
    let memory = office.dump(child.id());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(holds(&memory, office.custodian.policy.tenant.as_str()));
    assert_eq!(found(&memory, &[canaries(), office.private_keys()].concat()), [""; 0]);
    assert!(office.programs.stop(served).success());
}

#[test]
fn the_endpoint_refuses_a_dump_to_its_own_user() {
    let Some(office) = Office::open() else { return };
    let endpoint = office.path("endpoint");
    let mut serve = serving(&endpoint);
    let mut prefix = Vec::new();
    if is_root() {
        // Root may look into everything, so both become an ordinary user.
        let copy = office.path("fenming");
        std::fs::copy(program(), &copy).unwrap();
        prefix = vec!["--reuid=65534", "--regid=65534", "--clear-groups"];
        run(Command::new("chown").args(["-R", "65534:65534"]).arg(office.folder.path()));
        let args: Vec<_> = serve.get_args().map(ToOwned::to_owned).collect();
        serve = Command::new("setpriv");
        serve.args(&prefix).arg(copy).args(args);
    }
    let served = office.programs.serve(&mut serve).expect("it serves");
    let core = office.path("core");
    let mut dump = gcore(&core, served.process());
    if !prefix.is_empty() {
        let args: Vec<_> = dump.get_args().map(ToOwned::to_owned).collect();
        dump = Command::new("setpriv");
        dump.args(&prefix).arg("gcore").args(args);
    }
    let output = dump.output().expect("gdb");
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("not permitted") || said.contains("ermission denied"), "{said}");
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", served.process()));
    if let Ok(limits) = limits {
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        let numbers: Vec<&str> = core.split_whitespace().collect();
        assert_eq!(numbers[4..6], ["0", "0"], "{core}");
    }
    assert!(office.programs.stop(served).success());
}

fn is_root() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    status.lines().any(|line| line.starts_with("Uid:\t0\t"))
}

fn run(command: &mut Command) {
    assert!(command.status().unwrap().success());
}

/// Looks until the kernel says that the process has stopped.
fn wait_until_it_stops(process: u32) {
    loop {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
        let state = stat.rsplit(") ").next().and_then(|rest| rest.chars().next());
        match state {
            Some('T') => return,
            Some('Z') | None => panic_with(b"it ended before it came to the step"),
            Some(_) => std::thread::yield_now(),
        }
    }
}
