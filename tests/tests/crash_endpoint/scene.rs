//! As many endpoints as there are points, each with a device of its own, all the real program.

use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::atomic::{AtomicU64, Ordering};

use fenming::Exit;
use fenming_tests::faults::{Fault, Shim};
use fenming_tests::program::{Programs, Served, serving};
use fenming_tests::stage::{Counted, Custodian, Opened, lasting_policy, own_address};
use fenming_wire::id::DeviceId;
use tempfile::TempDir;

/// The custodian, and what a device sees.
pub(crate) struct Scene {
    programs: Programs,
    custodian: Custodian,
    folder: TempDir,
    numbers: AtomicU64,
}

/// One endpoint and the device that knows it.
struct Pair {
    folder: PathBuf,
    endpoint: PathBuf,
    device: PathBuf,
}

/// The two parts of the day, in lines of the recorded working day: each leaves in a forwarding of
/// its own.
const PARTS: [std::ops::Range<usize>; 2] = [0..40, 40..70];

impl Scene {
    pub(crate) fn set() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let text = include_str!("../../../cli/data/working-day.jsonl");
        let lines: Vec<&str> = text.lines().collect();
        for (n, part) in PARTS.into_iter().enumerate() {
            std::fs::write(folder.path().join(part_name(n)), lines[part].join("\n")).unwrap();
        }
        Self {
            programs: Programs::default(),
            custodian: Custodian::new(lasting_policy()),
            folder,
            numbers: AtomicU64::new(0),
        }
    }

    /// The whole way without a fault, and the endpoint's durable steps on it.
    pub(crate) fn undisturbed(&self, shim: &Shim) -> (Vec<Counted>, u64) {
        let pair = self.pair();
        let count = pair.folder.join("count");
        let mut command = serving(&pair.endpoint);
        shim.watch(&mut command, &pair.endpoint, &count).unwrap();
        let served = self.programs.serve(&mut command).unwrap();
        self.token(&pair);
        self.whole_way(&pair);
        assert!(self.programs.stop(served).success());
        (self.archived(&pair), Shim::counted(&count).unwrap())
    }

    /// The whole way with one fault, then once more with none; says whether the fault killed the
    /// endpoint.
    pub(crate) fn harmed(&self, shim: &Shim, fault: Fault, step: u64) -> (Vec<Counted>, bool) {
        let pair = self.pair();
        let mut command = serving(&pair.endpoint);
        shim.harm(&mut command, &pair.endpoint, fault, step).unwrap();
        let ended = match self.programs.serve(&mut command) {
            Ok(mut served) => {
                self.token(&pair);
                self.try_whole_way(&pair, &mut served);
                self.programs.stop(served)
            }
            Err(ended) => ended,
        };
        assert!(is_orderly(ended), "{fault:?} at {step}: it ended with {ended}");
        let served = self.unharmed(&pair, shim);
        if !pair.profile().exists() {
            self.token(&pair);
        }
        self.whole_way(&pair);
        assert!(self.programs.stop(served).success(), "{fault:?} at {step}");
        let found = self.archived(&pair);
        std::fs::remove_dir_all(&pair.folder).unwrap();
        (found, ended.signal() == Some(9))
    }

    fn unharmed(&self, pair: &Pair, shim: &Shim) -> Served {
        self.programs.serve(shim.leash(&mut serving(&pair.endpoint))).unwrap()
    }

    /// An endpoint that was never served, at an address of its own.
    fn pair(&self) -> Pair {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let folder = self.folder.path().join(number.to_string());
        std::fs::create_dir(&folder).unwrap();
        let (endpoint, device) = (folder.join("endpoint"), folder.join("device"));
        self.custodian.found(&self.programs, &endpoint, free_port());
        Pair { folder, endpoint, device }
    }

    fn token(&self, pair: &Pair) {
        let (config, profile) = (pair.endpoint.join("config.json"), pair.profile());
        let (config, profile) = (config.to_str().unwrap(), profile.to_str().unwrap());
        let whole = ["collector", "token", "--config", config, "--person", "p-1"];
        self.programs.run(&[&whole[..], &["--profile", profile]].concat());
    }

    /// What the device does, in the order in which it does it. It asks for state before it seals
    /// its first batch, and reports after each forwarding.
    fn commands(&self, pair: &Pair) -> Vec<Vec<String>> {
        let profile = pair.profile();
        let part = |n| self.folder.path().join(part_name(n)).to_str().unwrap().to_owned();
        let (first, second) = (part(0), part(1));
        let forward = ["forward", "--now"];
        let commands: [&[&str]; 8] = [
            &["enrol", "--profile", profile.to_str().unwrap()],
            &["consent", "agree", "--yes"],
            &forward,
            &["replay", &first],
            &forward,
            &["replay", &second],
            &forward,
            &["refresh"],
        ];
        commands.iter().map(|words| words.iter().map(ToString::to_string).collect()).collect()
    }

    /// Goes on until the endpoint is dead; whatever that one does, a command ends in an orderly way.
    fn try_whole_way(&self, pair: &Pair, served: &mut Served) {
        for words in self.commands(pair) {
            if served.has_ended() {
                return;
            }
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let said = self.programs.say_at(&pair.device, &words);
            assert_ne!(said.exit, Exit::Fault, "{words:?}: {}", said.err);
        }
    }

    fn whole_way(&self, pair: &Pair) {
        for words in self.commands(pair) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            self.programs.run_at(&pair.device, &words);
        }
        let status = self.programs.status_of(&pair.device);
        let waiting = (&status["queued"], &status["in_flight"]);
        assert_eq!(waiting, (&0.into(), &0.into()), "nothing waits: {status}");
        assert_eq!(status["ledger"], status["receipted"], "all is receipted: {status}");
    }

    /// What the custodian finds, in the order of time. The ledger must hold, be whole, and be the
    /// one that the device has receipts of.
    fn archived(&self, pair: &Pair) -> Vec<Counted> {
        let status = self.programs.status_of(&pair.device);
        let device: DeviceId = status["device"].as_str().unwrap().parse().unwrap();
        let data = pair.endpoint.join("data");
        let opened = Opened::of_device(&data, &self.custodian, device);
        opened.assert_sound();
        let [epoch] = &opened.report.epochs[..] else { panic!("one epoch: {status}") };
        assert_eq!(serde_json::to_value(epoch.end).unwrap(), status["receipted"]);
        assert_eq!(serde_json::to_value(epoch.books).unwrap(), status["books"]);
        assert!(left_over(&data).is_empty(), "nothing waits to be filed");
        opened.records()
    }
}

impl Pair {
    fn profile(&self) -> PathBuf {
        self.folder.join("profile.json")
    }
}

fn part_name(n: usize) -> String {
    format!("part-{n}.jsonl")
}

/// Killed, or ended by itself: with its work done, or with an error of the disk.
fn is_orderly(ended: ExitStatus) -> bool {
    ended.signal() == Some(9) || ended.success() || ended.code() == Some(i32::from(Exit::Io.code()))
}

fn left_over(data: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(data.join("incoming")).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// An address and a port on which nothing listens.
fn free_port() -> SocketAddr {
    std::net::TcpListener::bind(own_address()).unwrap().local_addr().unwrap()
}
