//! What a disk holds after a power loss.
//!
//! The contract is the weakest that POSIX gives. Bytes and length of a file are durable once the
//! file was synced, and names once their folder was. Of what was not synced, any part may survive,
//! in any order: writes are torn at sectors, a longer file may hold zeros or stale bytes where
//! nothing was written yet, and a name may be there without its bytes or the other way round.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::trace::{Entry, Trace};

/// The unit in which a disk tears.
const SECTOR: usize = 512;

/// A source of choices that follow from a seed (SplitMix64).
#[derive(Clone, Debug)]
pub struct Dice(u64);

/// Which folders lose what was not synced, and how far they can be trusted.
#[derive(Clone, Copy, Debug)]
pub struct Disk<'a> {
    /// Folders, by their first name, that lose what was not synced. Everything else is exact.
    pub lossy: &'a [&'a str],
    /// How many of the last entries a disk that lies about syncs has not written; none where it
    /// tells the truth.
    pub lies: Option<usize>,
}

/// What was left.
pub struct Left {
    folders: BTreeSet<PathBuf>,
    files: BTreeMap<PathBuf, Vec<u8>>,
    /// What survived of that which was not durable, one line each.
    pub survivors: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Nothing,
    Everything,
    Prefix,
    Subset,
    Sectors,
    Shuffled,
}

#[derive(Default)]
struct File {
    lossy: bool,
    durable: Vec<u8>,
    pending: Vec<Change>,
}

enum Change {
    Write { at: usize, offset: usize, bytes: Vec<u8> },
    Length { at: usize, length: usize },
}

struct Name<'a> {
    at: usize,
    entry: &'a Entry,
    durable: bool,
}

impl Dice {
    /// The same seed gives the same choices.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is not zero.
    pub fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).unwrap_or(u64::MAX);
        usize::try_from(self.next() % end).unwrap_or_default()
    }

    /// Yes in so many of a hundred cases.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

impl Disk<'_> {
    /// What the disk holds when the power goes just before the entry `point`.
    #[must_use]
    pub fn lose(&self, trace: &Trace, point: usize, dice: &mut Dice) -> Left {
        let (mut names, mut files) = self.replay(trace, point);
        let mut left =
            Left { folders: BTreeSet::new(), files: BTreeMap::new(), survivors: Vec::new() };
        let mut tree: BTreeMap<PathBuf, Option<u64>> = BTreeMap::new();
        let fate = Fate::roll(dice);
        let pending = names.iter().filter(|name| !name.durable).count();
        let (mut seen, cut) = (0, dice.below(pending + 1));
        for name in &mut names {
            let survives = name.durable || {
                seen += 1;
                let survives = fate.keeps(seen - 1, cut, dice);
                let verdict = if survives { "survives" } else { "is lost" };
                left.survivors.push(format!("{:6} {:?} {verdict}", name.at, name.entry));
                survives
            };
            if survives {
                apply(&mut tree, name.entry);
            }
        }
        for (path, node) in tree {
            match node {
                None => drop(left.folders.insert(path)),
                Some(_) if is_shared_memory(&path) => {}
                Some(inode) => {
                    let bytes = files
                        .get_mut(&inode)
                        .map(|file| file.after_loss(&path, dice, &mut left.survivors));
                    left.files.insert(path, bytes.unwrap_or_default());
                }
            }
        }
        left
    }

    /// Follows the trace up to the point, and folds in what is durable by then.
    fn replay<'t>(&self, trace: &'t Trace, point: usize) -> (Vec<Name<'t>>, BTreeMap<u64, File>) {
        let mut names: Vec<Name<'t>> = Vec::new();
        let mut files: BTreeMap<u64, File> = BTreeMap::new();
        let written_back = self.lies.map(|lies| point.saturating_sub(lies));
        for (at, entry) in trace.0.iter().enumerate().take(point) {
            let old = written_back.is_some_and(|end| at < end);
            match entry {
                Entry::Create { path, inode } => {
                    let lossy = self.is_lossy(path);
                    files.insert(*inode, File { lossy, ..File::default() });
                    names.push(Name { at, entry, durable: old || !lossy });
                }
                Entry::Rename { to: path, .. }
                | Entry::Link { to: path, .. }
                | Entry::Remove { path }
                | Entry::MakeFolder { path } => {
                    names.push(Name { at, entry, durable: old || !self.is_lossy(path) });
                }
                Entry::Write { inode, offset, bytes } => {
                    let change = Change::Write { at, offset: *offset, bytes: bytes.clone() };
                    files.entry(*inode).or_default().take(change, old);
                }
                Entry::Truncate { inode, length } => {
                    let change = Change::Length { at, length: *length };
                    files.entry(*inode).or_default().take(change, old);
                }
                Entry::SyncFile { inode } if self.lies.is_none() => {
                    files.entry(*inode).or_default().sync();
                }
                Entry::SyncFolder { path } if self.lies.is_none() => {
                    for name in names.iter_mut().filter(|name| name.entry.is_in(path)) {
                        name.durable = true;
                    }
                }
                Entry::SyncFile { .. } | Entry::SyncFolder { .. } => {}
            }
        }
        (names, files)
    }

    fn is_lossy(&self, path: &Path) -> bool {
        let first = path.iter().next();
        // The folder itself is made by whoever installs the app.
        path.iter().count() > 1
            && first.is_some_and(|first| self.lossy.iter().any(|folder| first == *folder))
    }
}

impl Left {
    /// Puts it into a folder.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn put(&self, folder: &Path) -> io::Result<()> {
        for path in &self.folders {
            fs::create_dir_all(folder.join(path))?;
        }
        for (path, bytes) in &self.files {
            fs::write(folder.join(path), bytes)?;
        }
        Ok(())
    }

    /// The bytes of a file.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&[u8]> {
        self.files.get(Path::new(path)).map(Vec::as_slice)
    }
}

impl Entry {
    /// Whether it changes a name of this folder.
    fn is_in(&self, folder: &Path) -> bool {
        match self {
            Self::Create { path, .. } | Self::Remove { path } | Self::MakeFolder { path } => {
                path.parent() == Some(folder)
            }
            Self::Rename { from, to } => {
                from.parent() == Some(folder) || to.parent() == Some(folder)
            }
            Self::Link { to, .. } => to.parent() == Some(folder),
            Self::Write { .. } | Self::Truncate { .. } => false,
            Self::SyncFile { .. } | Self::SyncFolder { .. } => false,
        }
    }
}

impl Fate {
    fn roll(dice: &mut Dice) -> Self {
        let all = [
            Self::Nothing,
            Self::Everything,
            Self::Prefix,
            Self::Subset,
            Self::Sectors,
            Self::Shuffled,
        ];
        all.get(dice.below(all.len())).copied().unwrap_or(Self::Nothing)
    }

    /// Whether a whole change survives.
    fn keeps(self, number: usize, cut: usize, dice: &mut Dice) -> bool {
        match self {
            Self::Nothing => false,
            Self::Everything => true,
            Self::Prefix => number < cut,
            Self::Subset | Self::Sectors | Self::Shuffled => dice.chance(50),
        }
    }
}

impl File {
    /// A change of a file that is exact, or that has been written back, is durable at once.
    fn take(&mut self, change: Change, old: bool) {
        self.pending.push(change);
        if old || !self.lossy {
            self.sync();
        }
    }

    fn sync(&mut self) {
        for change in std::mem::take(&mut self.pending) {
            match change {
                Change::Write { offset, bytes, .. } => put_at(&mut self.durable, offset, &bytes),
                Change::Length { length, .. } => self.durable.resize(length, 0),
            }
        }
    }

    fn after_loss(&mut self, path: &Path, dice: &mut Dice, told: &mut Vec<String>) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        if self.pending.is_empty() {
            return bytes;
        }
        let fate = Fate::roll(dice);
        let stale = dice.chance(50);
        if fate == Fate::Shuffled {
            for last in (1..self.pending.len()).rev() {
                self.pending.swap(last, dice.below(last + 1));
            }
        }
        let cut = dice.below(self.pending.len() + 1);
        told.push(format!("{}: {fate:?} of {} changes", path.display(), self.pending.len()));
        for (number, change) in self.pending.iter().enumerate() {
            match change {
                Change::Length { at, length } => {
                    let survives = fate.keeps(number, cut, dice);
                    told.push(format!("{at:6}   length {length} {}", verdict(survives)));
                    if survives {
                        bytes.resize(*length, 0);
                    }
                }
                Change::Write { at, offset, bytes: new } => {
                    let torn = fate == Fate::Sectors || (fate == Fate::Prefix && number == cut);
                    let whole = !torn && fate.keeps(number, cut, dice);
                    let mut line = format!("{at:6}   {} bytes at {offset} ", new.len());
                    let mut kept = 0;
                    for (place, sector) in sectors(*offset, new) {
                        let survives = whole || (torn && dice.chance(50));
                        kept += usize::from(survives);
                        if survives {
                            put_at(&mut bytes, place, sector);
                        } else if torn && dice.chance(50) && bytes.len() < place + sector.len() {
                            // The length survives without the bytes.
                            let junk = if stale { 0xA5 } else { 0 };
                            bytes.resize(place + sector.len(), junk);
                        }
                    }
                    let _ = write!(line, "{kept} of {} sectors", sectors(*offset, new).count());
                    told.push(line);
                }
            }
        }
        bytes
    }
}

const fn verdict(survives: bool) -> &'static str {
    if survives { "survives" } else { "is lost" }
}

/// Applies what happened to a name. What presupposes a name that was lost is lost as well.
fn apply(tree: &mut BTreeMap<PathBuf, Option<u64>>, entry: &Entry) {
    let has_home = |tree: &BTreeMap<PathBuf, Option<u64>>, path: &Path| {
        path.parent()
            .is_none_or(|home| home.as_os_str().is_empty() || tree.get(home) == Some(&None))
    };
    match entry {
        Entry::Create { path, inode } if has_home(tree, path) => {
            tree.insert(path.clone(), Some(*inode));
        }
        Entry::MakeFolder { path } if has_home(tree, path) => {
            tree.insert(path.clone(), None);
        }
        Entry::Remove { path } => {
            tree.remove(path);
        }
        Entry::Link { from, to } if has_home(tree, to) => {
            if let Some(node) = tree.get(from).copied() {
                tree.insert(to.clone(), node);
            }
        }
        Entry::Rename { from, to } if has_home(tree, to) => {
            let moved: Vec<PathBuf> =
                tree.keys().filter(|path| path.starts_with(from)).cloned().collect();
            for path in moved {
                if let (Some(node), Ok(rest)) = (tree.remove(&path), path.strip_prefix(from)) {
                    let new = if rest.as_os_str().is_empty() { to.clone() } else { to.join(rest) };
                    tree.insert(new, node);
                }
            }
        }
        _ => {}
    }
}

/// SQLite's index of its WAL lies in shared memory, and is made anew after a power loss.
fn is_shared_memory(path: &Path) -> bool {
    path.to_string_lossy().ends_with("-shm")
}

fn put_at(file: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if file.len() < end {
        file.resize(end, 0);
    }
    if let Some(place) = file.get_mut(offset..end) {
        place.copy_from_slice(bytes);
    }
}

/// The parts of a write, none of which reaches into a second sector.
fn sectors(offset: usize, bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let first = (SECTOR - offset % SECTOR).min(bytes.len());
    let (head, tail) = bytes.split_at(first);
    let rest = tail.chunks(SECTOR).enumerate();
    std::iter::once((offset, head))
        .chain(rest.map(move |(n, part)| (offset + first + n * SECTOR, part)))
}

#[cfg(test)]
mod tests;
