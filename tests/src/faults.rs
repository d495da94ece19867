//! Crashes, full disks and dying disks for a real program, step by step.
//!
//! A small library (`tests/shim/crash.c`) is compiled once with the system's C compiler and loaded
//! into the program with `LD_PRELOAD`. It counts the program's durable steps and, at the one that
//! was asked for, ends the program or makes its disk fail. Linux only.

use std::ffi::OsString;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

/// The compiled shim.
pub struct Shim {
    library: PathBuf,
}

/// What happens at a durable step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The program gets SIGKILL before the step.
    Kill,
    /// Half of a write is done before SIGKILL.
    Torn,
    /// The program stops before the step and waits for SIGCONT, or for its end.
    Stop,
    /// From here on the disk is full.
    DiskFull,
    /// From here on every step fails.
    DiskBroken,
    /// From here on the disk is read-only.
    ReadOnly,
}

/// The shim's source.
const SOURCE: &str = include_str!("../shim/crash.c");

/// What every shim begins with.
const CALLS: &str = include_str!("../shim/calls.c");

impl Fault {
    /// All faults that a program has to survive.
    pub const ALL: [Self; 5] =
        [Self::Kill, Self::Torn, Self::DiskFull, Self::DiskBroken, Self::ReadOnly];

    const fn code(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Torn => "torn",
            Self::Stop => "stop",
            Self::DiskFull => "enospc",
            Self::DiskBroken => "eio",
            Self::ReadOnly => "erofs",
        }
    }
}

impl Shim {
    /// Compiles the shim beside the test programs, unless it is there already.
    ///
    /// # Errors
    /// Where there is no C compiler, or the folder cannot be written.
    pub fn build() -> io::Result<Self> {
        Ok(Self { library: compile("crash", SOURCE)? })
    }

    /// Runs the program unharmed and counts its durable steps below a folder.
    ///
    /// # Errors
    /// Where the program cannot be started, or did not end by itself.
    pub fn count(&self, command: &mut Command, below: &Path) -> io::Result<(ExitStatus, u64)> {
        let apart = tempfile::tempdir()?;
        let count = apart.path().join("count");
        let status = self.watch(command, below, &count)?.status()?;
        Ok((status, Self::counted(&count)?))
    }

    /// Prepares a program to write the number of its durable steps below a folder into a file when
    /// it ends by itself. The caller starts it.
    ///
    /// # Errors
    /// Where the folder does not exist.
    pub fn watch<'a>(
        &self,
        command: &'a mut Command,
        below: &Path,
        count: &Path,
    ) -> io::Result<&'a mut Command> {
        Ok(self.load(command, below)?.env("FENMING_FAULT_COUNT", count))
    }

    /// The number that a watched program wrote.
    ///
    /// # Errors
    /// Where it wrote none: it did not end by itself.
    pub fn counted(count: &Path) -> io::Result<u64> {
        let text = std::fs::read_to_string(count)?;
        text.trim().parse().map_err(|_| io::ErrorKind::InvalidData.into())
    }

    /// Prepares a program to end with the thread that starts it, and harms it in no way.
    #[must_use]
    pub fn leash<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("LD_PRELOAD", &self.library)
    }

    /// Prepares a program to meet a fault at a durable step below a folder, counted from 1. The
    /// caller starts it. Programs that it starts inherit the shim, and count for themselves.
    ///
    /// # Errors
    /// Where the folder does not exist.
    pub fn harm<'a>(
        &self,
        command: &'a mut Command,
        below: &Path,
        fault: Fault,
        step: u64,
    ) -> io::Result<&'a mut Command> {
        let command = self.load(command, below)?;
        Ok(command.env("FENMING_FAULT", fault.code()).env("FENMING_FAULT_AT", step.to_string()))
    }

    /// Prepares a program to live with a wall clock that is wrong by so many seconds.
    #[must_use]
    pub fn mislead<'a>(&self, command: &'a mut Command, seconds: i64) -> &'a mut Command {
        self.leash(command).env("FENMING_CLOCK", seconds.to_string())
    }

    fn load<'a>(&self, command: &'a mut Command, below: &Path) -> io::Result<&'a mut Command> {
        // The kernel tells paths without symbolic links, so compare with such a one.
        let below: OsString = below.canonicalize()?.into();
        Ok(command.env("LD_PRELOAD", &self.library).env("FENMING_FAULT_DIR", below))
    }
}

/// Whether `FENMING_CRASH_POINTS=all` asks for every point instead of a seeded choice.
#[must_use]
pub fn all_points() -> bool {
    std::env::var("FENMING_CRASH_POINTS").is_ok_and(|value| value == "all")
}

/// So many of the steps, evenly spread and shifted by a seed; with repetition where there are fewer
/// steps.
pub fn spread<T: Copy>(steps: &[T], wanted: usize, seed: u64) -> impl Iterator<Item = T> {
    let shift = usize::try_from(seed).unwrap_or(0);
    (0..wanted).filter_map(move |n| {
        let at = (n * steps.len() / wanted + shift).checked_rem(steps.len())?;
        steps.get(at).copied()
    })
}

/// Compiles a library for `LD_PRELOAD`, unless it is there already: what every shim begins with, and
/// its own source. They also name it, so that a change is never missed.
pub(crate) fn compile(stem: &str, source: &str) -> io::Result<PathBuf> {
    let program = std::env::current_exe()?;
    let mut folder = program.parent().ok_or(io::ErrorKind::NotFound)?;
    // Programs and tests share one place.
    if folder.ends_with("deps") {
        folder = folder.parent().unwrap_or(folder);
    }
    let mut hasher = DefaultHasher::new();
    (CALLS, source).hash(&mut hasher);
    let library = folder.join(format!("{stem}-{:016x}.so", hasher.finish()));
    if !library.exists() {
        // Compiled apart and renamed, so that two test programs do not meet.
        let apart = tempfile::tempdir_in(folder)?;
        let (text, object) = (apart.path().join("shim.c"), apart.path().join("shim.so"));
        std::fs::write(&text, [CALLS, source].concat())?;
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o"]);
        let status = compiler.arg(&object).arg(&text).status()?;
        if !status.success() {
            return Err(io::Error::other(format!("the C compiler refused tests/shim/{stem}.c")));
        }
        std::fs::rename(object, &library)?;
    }
    Ok(library)
}
