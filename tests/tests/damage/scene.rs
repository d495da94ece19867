//! One device in the middle of its work, and its endpoint: both are copied for every trial.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use fenming::Exit;
use fenming::certificate::PrivateCa;
use fenming_collector::{Collector, Running, SystemClock};
use fenming_tests::faults::{Fault, Shim};
use fenming_tests::program::{Programs, device_command};
use fenming_tests::stage::{Counted, Custodian, Opened, files_below, lasting_policy, own_address};
use fenming_wire::record::Cause;
use fenming_wire::time::Span;
use tempfile::TempDir;

/// What a trial begins with.
pub(crate) struct Scene {
    programs: Programs,
    custodian: Custodian,
    tls: PrivateCa,
    address: SocketAddr,
    folder: TempDir,
    /// What the endpoint has already.
    receipted: Vec<Counted>,
    /// What an undisturbed device gets there in the end.
    whole: Vec<Counted>,
    /// Of that, what is only seen after the damage.
    later: Vec<Counted>,
}

/// What becomes of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Harm {
    /// It ends at this part in a thousand of its length.
    Cut(u64),
    /// A bit is turned at this part in a thousand of its length, and 63 more in the 4 KiB after it.
    Bits(u64),
    /// It is gone.
    Gone,
}

/// The parts of the day, in lines of the recorded working day: receipted; sealed, not yet
/// receipted; captured, while the program is killed; seen after the damage.
const PARTS: [std::ops::Range<usize>; 4] = [0..40, 40..60, 60..80, 80..100];

impl Harm {
    pub(crate) const fn of(seed: u64) -> Self {
        let place = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        match place % 8 {
            0 => Self::Gone,
            1..=3 => Self::Cut(place / 8 % 1000),
            _ => Self::Bits(place / 8 % 1000),
        }
    }

    fn befalls(self, file: &Path) {
        let mut bytes = std::fs::read(file).unwrap();
        let place = |part: u64| bytes.len() * usize::try_from(part).unwrap() / 1000;
        match self {
            Self::Gone => return std::fs::remove_file(file).unwrap(),
            Self::Cut(part) => bytes.truncate(place(part)),
            Self::Bits(part) => {
                let from = place(part);
                for n in 0..64 {
                    if let Some(byte) = bytes.get_mut(from + n * 64) {
                        *byte ^= 1 << (n % 8);
                    }
                }
            }
        }
        std::fs::write(file, bytes).unwrap();
    }
}

impl Scene {
    pub(crate) fn set(shim: &Shim) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let text = include_str!("../../../cli/data/working-day.jsonl");
        let lines: Vec<&str> = text.lines().collect();
        for (n, part) in PARTS.into_iter().enumerate() {
            std::fs::write(folder.path().join(n.to_string()), lines[part].join("\n")).unwrap();
        }
        let address = own_address();
        let mut scene = Self {
            programs: Programs::default(),
            custodian: Custodian::new(lasting_policy()),
            tls: PrivateCa::issue(&address.ip().to_string()).unwrap(),
            address,
            folder,
            receipted: Vec::new(),
            whole: Vec::new(),
            later: Vec::new(),
        };
        scene.prepare(shim);
        let (receipted, _) = scene.archived("template");
        scene.receipted = receipted;
        scene.begin();
        let running = scene.serve("trial");
        scene.go_on(&running, 2);
        let (before, _) = scene.archived("trial");
        scene.go_on(&running, 3);
        drop(running);
        let (whole, _) = scene.archived("trial");
        scene.later = whole.iter().filter(|one| !before.contains(one)).cloned().collect();
        scene.whole = whole;
        assert!(scene.receipted.len() > 5 && scene.later.len() > 5, "every part has records");
        assert!(scene.receipted.len() + scene.later.len() + 5 < scene.whole.len());
        scene
    }

    /// Brings a device to the point at which it is damaged: some is receipted, some is sealed and
    /// waits, some is captured, and the program was killed, so that its database has a log.
    fn prepare(&mut self, shim: &Shim) {
        let running = self.serve("template");
        self.address = running.address();
        self.token(&running);
        let device = self.path("template").join("device");
        self.programs.run_at(&device, &["enrol", "--profile", &self.text("profile")]);
        self.programs.run_at(&device, &["consent", "agree", "--yes"]);
        self.programs.run_at(&device, &["replay", &self.text("0")]);
        self.programs.run_at(&device, &["forward", "--now"]);
        drop(running);
        self.programs.run_at(&device, &["replay", &self.text("1")]);
        let said = self.programs.say_at(&device, &["forward", "--now"]);
        assert_eq!(said.exit, Exit::Network, "{}", said.err);
        let mut command = device_command(&device, &["replay", &self.text("2")]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        shim.harm(&mut command, &device, Fault::Kill, 60).unwrap();
        let status = self.programs.start(&mut command).wait().unwrap();
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9));
    }

    /// The device's files, relative to its folder.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let device = self.path("template").join("device");
        let files = files_below(&device).into_iter();
        let mut files: Vec<_> = files
            .filter(|(_, bytes)| !bytes.is_empty())
            .map(|(path, _)| path.strip_prefix(&device).unwrap().to_owned())
            .collect();
        files.sort();
        files
    }

    /// How often an ordinary run harms this file.
    pub(crate) fn times(&self, file: &Path) -> usize {
        match self.kind(file).as_str() {
            "db" => 12,
            "db-wal" => 6,
            _ => 2,
        }
    }

    /// What kind of file it is, by the ending of its name.
    pub(crate) fn kind(&self, file: &Path) -> String {
        file.extension().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// One trial; says what came of it.
    pub(crate) fn harmed(&self, file: &Path, harm: Harm) -> &'static str {
        self.begin();
        let what = format!("{}, {harm:?}", file.display());
        println!("{what}");
        harm.befalls(&self.device().join(file));
        let running = self.serve("trial");
        self.recover(&running);
        self.go_on(&running, 2);
        self.go_on(&running, 3);
        drop(running);
        let (found, causes) = self.archived("trial");
        let (found, whole) = (numbers(&found), numbers(&self.whole));
        assert!(found.iter().all(|(one, n)| whole.get(one).is_some_and(|all| n <= all)), "{what}");
        for kept in [&self.receipted, &self.later] {
            for (one, n) in numbers(kept) {
                assert!(found.get(one).is_some_and(|found| *found >= n), "{what}: {one:?}");
            }
        }
        let told = causes.iter().any(|cause| matches!(cause, Cause::StoreDamaged | Cause::KeyLost));
        match (found == whole, told) {
            (true, false) => "nothing lost",
            (true, true) => "a blind spot, and nothing lost",
            (false, true) => "a blind spot",
            (false, false) => panic!("{what}: records are lost, and the ledger is silent"),
        }
    }

    /// A copy of the device's folder is put back after more has been delivered.
    pub(crate) fn with_an_old_copy(&self) {
        self.begin();
        let running = self.serve("trial");
        copy(&self.device(), &self.path("old"));
        self.go_on(&running, 2);
        std::fs::remove_dir_all(self.device()).unwrap();
        copy(&self.path("old"), &self.device());
        let said = self.programs.say_at(&self.device(), &["forward", "--now"]);
        assert_eq!(said.exit, Exit::Unverified, "{}", said.err);
        assert!(said.err.contains("an older copy was put back"), "{}", said.err);
        assert!(said.err.contains("run the command again"), "{}", said.err);
        self.go_on(&running, 3);
        drop(running);
        let opened = Opened::read(&self.path("trial").join("endpoint"), &self.custodian);
        opened.assert_sound();
        assert_eq!(opened.report.epochs.len(), 2, "a new ledger has begun");
        assert!(opened.records().len() > self.whole.len(), "the copy did not know what had left");
        let (found, causes) = self.archived("trial");
        assert_eq!(found, self.whole, "each record once, when what repeats is left out");
        assert!(causes.contains(&Cause::StoreDamaged), "{causes:?}");
    }

    /// The clock is wrong while the device captures and forwards, then it is right again.
    pub(crate) fn with_a_wrong_clock(&self, shim: &Shim, seconds: i64) {
        self.begin();
        let running = self.serve("trial");
        for args in [&["replay", &self.text("2")][..], &["forward", "--now"], &["status"]] {
            let mut command = device_command(&self.device(), args);
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            let child = self.programs.start(shim.mislead(&mut command, seconds));
            let output = child.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            println!("{seconds} s, {args:?}: {} {said}", output.status);
            let advised = said.contains("→") || output.status.success();
            assert!(advised && !matches!(output.status.code(), None | Some(1 | 101)), "{said}");
        }
        self.go_on(&running, 2);
        self.go_on(&running, 3);
        drop(running);
        let (found, _) = self.archived("trial");
        assert_eq!(found, self.whole, "{seconds} seconds");
        let opened = Opened::read(&self.path("trial").join("endpoint"), &self.custodian);
        assert_eq!(opened.records(), self.whole, "and nothing was sent twice: {seconds} seconds");
    }

    /// Does what the program says: puts the device key back, enrols again, agrees again.
    fn recover(&self, running: &Running) {
        let device = self.device();
        let said = self.programs.say_at(&device, &["status"]);
        if said.err.contains("device.key") {
            assert!(said.err.contains("put the file back from a copy"), "{}", said.err);
            let key = self.path("template").join("device/device.key");
            std::fs::copy(key, device.join("device.key")).unwrap();
        }
        let said = self.insist(running, &["status"]);
        if said.contains("not enrolled") {
            for words in ["set aside: ", "the ledger says so", "fenming device enrol --profile"] {
                assert!(said.contains(words), "{words}: {said}");
            }
            self.token(running);
            self.programs.run_at(&device, &["enrol", "--profile", &self.text("profile")]);
            self.programs.run_at(&device, &["consent", "agree", "--yes"]);
        }
    }

    /// Types a command, and types it again where the program asks for that.
    fn insist(&self, running: &Running, args: &[&str]) -> String {
        let said = self.programs.say_at(&self.device(), args);
        if said.err.contains("the damaged store is set aside") {
            self.recover(running);
        } else if !said.err.contains("run the command again") {
            assert_eq!(said.exit, Exit::Done, "{args:?}: {}", said.err);
            return said.out;
        }
        self.programs.run_at(&self.device(), args)
    }

    /// A profile with a fresh token.
    fn token(&self, running: &Running) {
        let token = running.console().issue_token(&"p-1".parse().unwrap(), Span::hours(1));
        let mut profile = self.custodian.profile(running.endpoint(), &self.tls).to_map();
        profile.insert("enrolment_token".to_owned(), token.unwrap().expose().to_owned());
        std::fs::write(self.path("profile"), serde_json::to_vec(&profile).unwrap()).unwrap();
    }

    /// Replays a part of the day and forwards what waits.
    fn go_on(&self, running: &Running, part: usize) {
        self.insist(running, &["replay", &self.text(&part.to_string())]);
        self.insist(running, &["forward", "--now"]);
    }

    /// What the custodian finds, each record once, and the causes of all blind spots.
    fn archived(&self, name: &str) -> (Vec<Counted>, Vec<Cause>) {
        let opened = Opened::read(&self.path(name).join("endpoint"), &self.custodian);
        opened.assert_sound();
        let causes = opened.coverage().iter().map(|line| line.cause).collect();
        (opened.merged_records(), causes)
    }

    /// A trial begins as the template stands.
    fn begin(&self) {
        let _ = std::fs::remove_dir_all(self.path("trial"));
        copy(&self.path("template"), &self.path("trial"));
    }

    fn serve(&self, name: &str) -> Running {
        let (host, data) = (self.address.ip().to_string(), self.path(name).join("endpoint"));
        let config = self.custodian.config(&data, self.address, &host, &self.tls);
        Collector::start(config, Arc::new(SystemClock)).unwrap()
    }

    fn device(&self) -> PathBuf {
        self.path("trial").join("device")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }
}

/// How often each record is there: two honest messages may say the same in the same moment.
fn numbers(records: &[Counted]) -> BTreeMap<&Counted, usize> {
    let mut numbers = BTreeMap::new();
    for record in records {
        *numbers.entry(record).or_default() += 1;
    }
    numbers
}

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
