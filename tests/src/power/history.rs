//! One history: the power goes at some point of a life, and the phone is taken up again.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use fenming::archive::{Fault, Weight};
use tempfile::TempDir;

use super::disk::{Dice, Disk, Left};
use super::life::{CANARY, DEVICE, Expected, Life, Mark, Step, marks, plan, policy_of};
use super::trace::{Entry, Trace};
use crate::stage::Secrets;

/// A life that was lived, and everything that it asked of the disk.
pub struct Subject {
    seed: u64,
    secrets: Secrets,
    trace: Trace,
    /// Entries right before which something had just been acknowledged or synced.
    turning_points: Vec<usize>,
    /// Where steps begin and end, by their kind, so that rare kinds get their share.
    spans: Vec<Vec<(usize, usize)>>,
}

/// Which parts of the world lose power, and how honest the disk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The phone, whose disk keeps what it was told to sync.
    Phone,
    /// Phone and endpoint at once.
    Both,
    /// The phone, whose disk only says that it synced: as with `synchronous=OFF`.
    LyingDisk,
}

/// A history after which something was not as it must be.
#[derive(Debug)]
pub struct Failure {
    /// The life.
    pub life: u64,
    /// The history.
    pub history: u64,
    /// What was wrong.
    pub wrong: Vec<String>,
    point: usize,
    entry: String,
    last: String,
    survivors: Vec<String>,
}

/// Entries that a lying disk has not written yet: about ten transactions.
const UNWRITTEN: usize = 120;

/// Steps that the phone lives on after it was taken up again.
const AFTERWARDS: usize = 3;

/// Most survivors that are told.
const TOLD: usize = 60;

impl Subject {
    /// Takes up what [`super::record`] left.
    #[must_use]
    pub fn new(seed: u64, secrets: Secrets, trace: Trace) -> Self {
        let (mut turning_points, mut marks) = (Vec::new(), None);
        let (mut spans, mut began): (BTreeMap<String, Vec<_>>, usize) = Default::default();
        let plan = plan(seed);
        for (at, entry) in trace.0.iter().enumerate() {
            match entry {
                Entry::Create { path, inode } if path == Path::new(MARKS) => marks = Some(*inode),
                Entry::Write { inode, bytes, .. } if Some(*inode) == marks => {
                    turning_points.push(at + 1);
                    match super::life::marks(bytes).first() {
                        Some(mark) if mark.done => {
                            let kind = plan.get(mark.step).map_or_else(String::new, kind);
                            spans.entry(kind).or_default().push((began, at));
                        }
                        Some(_) | None => began = at,
                    }
                }
                Entry::SyncFile { .. } | Entry::SyncFolder { .. } => turning_points.push(at),
                _ => {}
            }
        }
        Self { seed, secrets, trace, turning_points, spans: spans.into_values().collect() }
    }

    /// The trace.
    #[must_use]
    pub const fn trace(&self) -> &Trace {
        &self.trace
    }

    /// How many kinds of steps the life has.
    #[must_use]
    pub fn has(&self, wanted: impl Fn(&Step) -> bool) -> bool {
        plan(self.seed).iter().any(wanted)
    }

    /// Makes one history and looks at what became of it.
    ///
    /// # Errors
    /// [`Failure`] where something was not as it must be.
    ///
    /// # Panics
    /// Where the machine has no room for it.
    pub fn history(&self, history: u64, loss: Loss) -> Result<(), Box<Failure>> {
        let mut dice = Dice::new(history ^ self.seed.rotate_left(32));
        let disk = match loss {
            Loss::Phone => Disk { lossy: &[DEVICE], lies: None },
            Loss::Both => Disk { lossy: &[DEVICE, "endpoint"], lies: None },
            Loss::LyingDisk => Disk { lossy: &[DEVICE], lies: Some(UNWRITTEN) },
        };
        let point = self.point(&mut dice);
        let left = disk.lose(&self.trace, point, &mut dice);
        let folder = scratch().unwrap();
        left.put(folder.path()).unwrap();
        let marks = marks(left.file(MARKS).unwrap_or_default());
        let tried = catch_unwind(AssertUnwindSafe(|| self.go_on(folder.path(), &marks, &mut dice)));
        let wrong = tried.unwrap_or_else(|panic| vec![told(panic.as_ref())]);
        if wrong.is_empty() {
            return Ok(());
        }
        Err(Box::new(self.failure(history, (point, left), &marks, wrong)))
    }

    fn point(&self, dice: &mut Dice) -> usize {
        match dice.below(3) {
            0 => dice.below(self.trace.0.len() + 1),
            1 => {
                let at = dice.below(self.turning_points.len());
                self.turning_points.get(at).copied().unwrap_or_default()
            }
            _ => {
                let kind = self.spans.get(dice.below(self.spans.len())).map_or(&[][..], |k| k);
                let (begin, end) = kind.get(dice.below(kind.len())).copied().unwrap_or_default();
                begin + 1 + dice.below(end - begin)
            }
        }
    }

    /// Takes the phone up, goes on a little, drains it, and looks into the archive.
    fn go_on(&self, folder: &Path, marks: &[Mark], dice: &mut Dice) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut life = match Life::take_up(folder, &self.secrets, self.seed, marks) {
            Ok(life) => life,
            Err(error) => return vec![format!("the agent does not open: {error}")],
        };
        let mut expected = Expected::default();
        if let Err(error) = self.relive(&mut life, marks, (&mut expected, dice)) {
            wrong.push(format!("it does not go on: {error}"));
        }
        if let Err(error) = life.phone.drain(&life.world) {
            wrong.push(format!("it does not drain: {error}"));
        }
        let archive = life.world.open_archive();
        let outside = |code| code == Fault::OutsideConsent;
        let findings = archive.report.all_findings();
        let faults = findings.filter(|f| f.weight == Weight::Fault || outside(f.code));
        wrong.extend(faults.map(ToString::to_string));
        wrong.extend(expected.compare(&archive.texts()));
        if archive.lines.iter().any(|(line, _)| holds(line, CANARY)) {
            wrong.push("something private is in the archive".to_owned());
        }
        life.phone.close();
        if let Err(error) = life.phone.open() {
            wrong.push(format!("the agent does not open again: {error}"));
        }
        wrong.extend(set_aside(&folder.join(DEVICE)));
        wrong
    }

    /// Says what was acknowledged, and repeats what was not, as a shell and an employee do.
    fn relive(
        &self,
        life: &mut Life,
        marks: &[Mark],
        (expected, dice): (&mut Expected, &mut Dice),
    ) -> Result<(), fenming_core::error::AgentError> {
        let policy = policy_of(self.seed);
        for mark in marks.iter().filter(|mark| mark.done) {
            expected.done(&life.step(mark.step), mark, &policy);
        }
        let (mut next, mut unsure) = (marks.last().map_or(0, |mark| mark.step + 1), false);
        if let Some(mark) = marks.last().filter(|mark| !mark.done) {
            let step = life.step(mark.step);
            let by_hand =
                matches!(step, Step::Retract | Step::Tag(..) | Step::Withdraw | Step::Pause(_));
            unsure = by_hand && dice.chance(50);
            if unsure {
                // Nobody does it again, and nobody can say whether it was done.
                expected.begun(&step, mark, &policy);
            } else {
                life.perform(mark)?;
                expected.done(&step, mark, &policy);
                if matches!(step, Step::Retract | Step::Tag(..)) {
                    // The review window may have ended meanwhile.
                    expected.maybe(&mark.texts);
                }
            }
            next = mark.step + 1;
        }
        for number in (next..life.steps()).take(AFTERWARDS) {
            let mark = life.prepare(number)?;
            life.perform(&mark)?;
            expected.done(&life.step(number), &mark, &policy);
            if unsure {
                expected.begun(&life.step(number), &mark, &policy);
            }
        }
        Ok(())
    }

    fn failure(
        &self,
        history: u64,
        (point, left): (usize, Left),
        marks: &[Mark],
        wrong: Vec<String>,
    ) -> Failure {
        let plan = plan(self.seed);
        let last = marks.last().map_or_else(String::new, |mark| {
            let how = if mark.done { "was done" } else { "was begun" };
            format!("step {} ({:?}) {how}", mark.step, plan.get(mark.step))
        });
        let entry = self.trace.0.get(point).map_or_else(String::new, brief);
        let survivors = left.survivors;
        Failure { life: self.seed, history, wrong, point, entry, last, survivors }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { life, history, wrong, point, entry, last, survivors } = self;
        writeln!(
            f,
            "life {life}, history {history}: the power went before entry {point}: {entry}"
        )?;
        writeln!(f, "  {last}")?;
        for line in wrong {
            writeln!(f, "  WRONG {line}")?;
        }
        for line in survivors.iter().rev().take(TOLD).rev() {
            writeln!(f, "  {line}")?;
        }
        Ok(())
    }
}

/// Where the subject says how far it is.
const MARKS: &str = "marks";

/// Stores that were set aside: a power loss is no damage.
fn set_aside(device: &Path) -> Vec<String> {
    let entries = fs::read_dir(device).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.contains("damaged")).map(|name| format!("set aside: {name}")).collect()
}

/// The name of a step without what it is about.
fn kind(step: &Step) -> String {
    let text = format!("{step:?}");
    text.split('(').next().unwrap_or_default().to_owned()
}

/// A folder in memory where there is such a place: what is synced there costs nothing.
pub(crate) fn scratch() -> io::Result<TempDir> {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }
}

/// Whether the bytes hold this text. The standard library's search is fast in every build.
#[must_use]
pub fn holds(bytes: &[u8], text: &str) -> bool {
    String::from_utf8_lossy(bytes).contains(text)
}

/// What a panic said.
pub(crate) fn told(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    format!("it panics: {}", text.unwrap_or("without a word"))
}

fn brief(entry: &Entry) -> String {
    match entry {
        Entry::Write { inode, offset, bytes } => {
            format!("{} bytes into file {inode} at {offset}", bytes.len())
        }
        other => format!("{other:?}"),
    }
}
