//! The real program: commands typed at it within this process, and its endpoint as a process.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::RwLock;

use fenming::Exit;
use fenming::output::Output;

/// Runs the program, here and in processes of its own.
#[derive(Default)]
pub struct Programs {
    /// Held for writing while a process is started: between fork and exec the child holds a copy
    /// of every open store's lock.
    starting: RwLock<()>,
}

/// What a command ended with.
pub struct Said {
    /// How it ended.
    pub exit: Exit,
    /// Its results.
    pub out: String,
    /// What it said about its work.
    pub err: String,
}

/// A served endpoint in a process of its own, which is killed where this is dropped.
pub struct Served {
    child: Child,
    listens: SocketAddr,
}

/// The program as `cargo test --workspace` builds it.
///
/// # Panics
/// Where it was not built.
#[must_use]
pub fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().and_then(Path::parent).unwrap();
    let program = folder.join("fenming");
    assert!(program.exists(), "build it first: cargo build -p fenming");
    program
}

/// Whether a program is installed that a test needs. `.ci/run` sets `FENMING_TOOLS=all`, so that
/// nothing is left out there.
///
/// # Panics
/// Where it is missing and all are asked for.
#[must_use]
pub fn is_installed(tool: &str) -> bool {
    let quiet = |command: &mut Command| {
        command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
    };
    let there = quiet(&mut Command::new(tool));
    assert!(there || std::env::var_os("FENMING_TOOLS").is_none(), "{tool} is missing");
    there
}

/// The command that serves the endpoint of a folder that `collector init` made.
#[must_use]
pub fn serving(endpoint: &Path) -> Command {
    let mut command = Command::new(program());
    command.args(["--json", "collector", "serve", "--config"]).arg(endpoint.join("config.json"));
    command
}

/// The command of a device in a process of its own.
#[must_use]
pub fn device_command(device: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(program());
    command.args(["device", "--dir"]).arg(device).args(args).stdin(Stdio::null());
    command
}

impl Programs {
    /// Types a command within this process.
    ///
    /// # Panics
    /// After a panic while a process was started.
    pub fn say(&self, args: &[&str]) -> Said {
        let _nothing_starts = self.starting.read().unwrap();
        let (mut output, captured) = Output::captured();
        let exit = fenming::run(std::iter::once(&"fenming").chain(args), &mut output);
        Said { exit, out: captured.out(), err: captured.err() }
    }

    /// Types a command that ends well, and gives its results.
    ///
    /// # Panics
    /// Where it does not end well.
    pub fn run(&self, args: &[&str]) -> String {
        let said = self.say(args);
        assert_eq!(said.exit, Exit::Done, "{args:?}: {}", said.err);
        said.out
    }

    /// Types a command of a device, whatever it ends with.
    ///
    /// # Panics
    /// As [`Self::say`].
    pub fn say_at(&self, device: &Path, args: &[&str]) -> Said {
        let head = ["device", "--dir", device.to_str().unwrap()];
        self.say(&[&head, args].concat())
    }

    /// Types a command of a device that ends well, and gives its results.
    ///
    /// # Panics
    /// Where it does not end well.
    pub fn run_at(&self, device: &Path, args: &[&str]) -> String {
        let said = self.say_at(device, args);
        assert_eq!(said.exit, Exit::Done, "{args:?}: {}", said.err);
        said.out
    }

    /// How a device says it is doing.
    ///
    /// # Panics
    /// Where it says nothing.
    pub fn status_of(&self, device: &Path) -> serde_json::Value {
        serde_json::from_str(&self.run_at(device, &["status", "--json"])).unwrap()
    }

    /// Starts a process.
    ///
    /// # Panics
    /// Where it cannot be started.
    pub fn start(&self, command: &mut Command) -> Child {
        let _alone = self.starting.write().unwrap();
        command.spawn().unwrap()
    }

    /// Serves an endpoint. Where it does not come to serve, it has ended, with this status.
    ///
    /// # Errors
    /// The status with which it ended.
    ///
    /// # Panics
    /// Where it cannot be started, or says what it never says.
    pub fn serve(&self, command: &mut Command) -> Result<Served, ExitStatus> {
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut served =
            Served { child: self.start(command), listens: SocketAddr::from(([0; 4], 0)) };
        let mut line = String::new();
        BufReader::new(served.child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        if line.is_empty() {
            return Err(served.child.wait().unwrap());
        }
        let said: serde_json::Value = serde_json::from_str(&line).unwrap();
        served.listens = said.get("listens").unwrap().as_str().unwrap().parse().unwrap();
        Ok(served)
    }

    /// Asks an endpoint to end, and waits until it has. It may have been killed before.
    ///
    /// # Panics
    /// Where the system does not say how it ended.
    #[must_use]
    pub fn stop(&self, mut served: Served) -> ExitStatus {
        // It is still ours, so its number is nobody else's; one that has ended takes no signal.
        let mut kill = Command::new("kill");
        kill.args(["-TERM", &served.process().to_string()]).stderr(Stdio::null());
        self.start(&mut kill).wait().unwrap();
        served.child.wait().unwrap()
    }
}

impl Served {
    /// Where it listens.
    #[must_use]
    pub const fn listens(&self) -> SocketAddr {
        self.listens
    }

    /// The number of its process.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has ended by now.
    ///
    /// # Panics
    /// Where the system does not say so.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Both fail where it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
