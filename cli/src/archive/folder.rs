//! Reads an archive from disk. What lies there is not trusted: names are parsed, links are not
//! followed, and nothing larger than its kind may be is read.

use std::collections::BTreeSet;
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use fenming_wire::id::{DeviceId, Epoch};
use fenming_wire::key::DeviceKey;
use fenming_wire::limits::MAX_BATCH_BYTES;

use super::attachment::ATTACHMENTS;
use super::finding::{Fault, Finding, Place};
use super::name::{BatchName, Part};
use super::outside::{StoredBatch, Unread};
use crate::error::CliError;
use crate::output::clean;

/// A collector's data folder, or a copy of it.
pub struct Folder {
    root: PathBuf,
}

/// The files of one epoch of one device.
pub struct LedgerFiles {
    /// The device, after the folder's name.
    pub device: DeviceId,
    /// The epoch, after the folder's name.
    pub epoch: Epoch,
    /// The device's public key, where it lies beside the epochs.
    pub key: Option<DeviceKey>,
    /// The batches, in the order of their names.
    pub names: BTreeSet<BatchName>,
    dir: PathBuf,
    attachments: PathBuf,
}

/// Folder of the batches.
const BATCHES: &str = "batches";
/// The trust document that is served, and the folder of all that ever were.
const TRUST: &str = "trust.json";
const TRUST_HISTORY: &str = "trust";
/// The device's public key, in base64, beside its epochs.
const DEVICE_KEY: &str = "device.pub";
/// Where a device's ledgers end, signed by the endpoint, beside them.
const STATE: &str = "state.json";
/// Most bytes of it: its limit in base64, and signatures.
const MAX_STATE_BYTES: usize = 2 * 1024 * 1024;

/// Most bytes of a manifest, receipt or trust document: their limits in base64, and signatures.
const MAX_ENVELOPE_BYTES: usize = 128 * 1024;

/// Most entries of one folder: a phone that forwards every minute for a year makes a third.
const MAX_ENTRIES: usize = 1_600_000;

/// Most characters of a strange file name that are repeated.
const MAX_NAME_SHOWN: usize = 64;

impl Folder {
    /// Takes a folder that has `batches` in it.
    ///
    /// # Errors
    /// [`CliError`] where there is none.
    pub fn open(root: &Path) -> Result<Self, CliError> {
        let batches = root.join(BATCHES);
        match fs::symlink_metadata(&batches) {
            Ok(found) if found.is_dir() => Ok(Self { root: root.to_owned() }),
            Ok(_) => Err(not_an_archive(root)),
            Err(error) if error.kind() == ErrorKind::NotFound && root.is_dir() => {
                Err(not_an_archive(root))
            }
            Err(error) => Err(CliError::io(&batches, &error)),
        }
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// All trust documents, each with the name of its file, the current one first.
    pub fn trust(&self, findings: &mut Vec<Finding>) -> Vec<(String, Vec<u8>)> {
        let mut files = Vec::new();
        let mut take = |name: String, path: &Path, findings: &mut Vec<Finding>| match read(
            path,
            MAX_ENVELOPE_BYTES,
        ) {
            Ok(bytes) => files.push((name, bytes)),
            Err(Unread::Missing) => {}
            Err(Unread::TooLarge) => note(
                findings,
                Place::default(),
                (Fault::TrustRefused, format!("{name}: too large")),
            ),
            Err(Unread::Special) => note(findings, Place::default(), (Fault::Special, name)),
            Err(Unread::Failed(kind)) => {
                note(findings, Place::default(), (Fault::TrustRefused, format!("{name}: {kind}")))
            }
        };
        take(TRUST.to_owned(), &self.root.join(TRUST), findings);
        let history = self.root.join(TRUST_HISTORY);
        if fs::symlink_metadata(&history).is_ok() {
            for (name, path, _) in list(&history, Place::default(), findings) {
                let version = name.strip_suffix(".json").and_then(|n| n.parse::<u64>().ok());
                match version {
                    Some(_) => take(format!("{TRUST_HISTORY}/{name}"), &path, findings),
                    None => note(findings, Place::default(), (Fault::Foreign, shown(&name))),
                }
            }
        }
        files
    }

    /// The signed state of every device that has one.
    pub fn states(&self, devices: &BTreeSet<DeviceId>) -> Vec<(DeviceId, Result<Vec<u8>, Unread>)> {
        let states = devices.iter().map(|device| {
            let path = self.root.join(BATCHES).join(device.to_string()).join(STATE);
            (*device, read(&path, MAX_STATE_BYTES))
        });
        states.collect()
    }

    /// All epochs of all devices, sorted.
    pub fn ledgers(&self, findings: &mut Vec<Finding>) -> Vec<LedgerFiles> {
        let mut ledgers = Vec::new();
        let none = Place::default();
        for (device, path) in folders::<DeviceId>(&self.root.join(BATCHES), &[], none, findings) {
            let place = Place { device: Some(device), ..none };
            let key = device_key(&path, place, findings);
            let own = [DEVICE_KEY, STATE, ATTACHMENTS];
            for (epoch, dir) in folders::<Epoch>(&path, &own, place, findings) {
                let place = Place { epoch: Some(epoch), ..place };
                let names = batch_names(&dir, place, findings);
                let attachments = path.join(ATTACHMENTS);
                ledgers.push(LedgerFiles { device, epoch, key, names, dir, attachments });
            }
        }
        ledgers
    }
}

impl LedgerFiles {
    /// The batches, each read when it is its turn.
    pub fn batches(&self) -> impl Iterator<Item = StoredBatch> {
        self.names.iter().map(|name| StoredBatch {
            name: *name,
            attachments: Some(self.attachments.clone()),
            sealed: read(&self.path(*name, Part::Sealed), MAX_BATCH_BYTES),
            manifest: read(&self.path(*name, Part::Manifest), MAX_ENVELOPE_BYTES),
            receipt: read(&self.path(*name, Part::Receipt), MAX_ENVELOPE_BYTES),
        })
    }

    /// Where one of a batch's files lies.
    #[must_use]
    pub fn path(&self, name: BatchName, part: Part) -> PathBuf {
        self.dir.join(name.file(part))
    }
}

/// The folders of a folder whose names are ids; everything else but `allowed` is a finding.
fn folders<T: FromStr + Ord + ToString>(
    path: &Path,
    allowed: &[&str],
    place: Place,
    findings: &mut Vec<Finding>,
) -> Vec<(T, PathBuf)> {
    let mut found = Vec::new();
    for (name, path, kind) in list(path, place, findings) {
        if allowed.contains(&name.as_str()) {
            continue;
        }
        match name.parse::<T>() {
            // Upper-case digits would be another name for the same device.
            Ok(id) if kind.is_dir() && id.to_string() == name => found.push((id, path)),
            Ok(_) if kind.is_symlink() => note(findings, place, (Fault::Special, shown(&name))),
            Ok(_) | Err(_) => note(findings, place, (Fault::Foreign, shown(&name))),
        }
    }
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    found
}

fn batch_names(dir: &Path, place: Place, findings: &mut Vec<Finding>) -> BTreeSet<BatchName> {
    let mut names = BTreeSet::new();
    for (file, _, _) in list(dir, place, findings) {
        match BatchName::parse(&file) {
            // What kind of file it is shows when it is read.
            Some((name, _)) => {
                names.insert(name);
            }
            None => note(findings, place, (Fault::Foreign, shown(&file))),
        }
    }
    names
}

fn device_key(dir: &Path, place: Place, findings: &mut Vec<Finding>) -> Option<DeviceKey> {
    let bytes = match read(&dir.join(DEVICE_KEY), 256) {
        Ok(bytes) => bytes,
        Err(Unread::Missing) => return None,
        Err(Unread::Special | Unread::TooLarge | Unread::Failed(_)) => {
            note(findings, place, (Fault::DeviceKey, format!("{DEVICE_KEY} cannot be read")));
            return None;
        }
    };
    let key = std::str::from_utf8(&bytes).ok().and_then(|text| text.trim().parse().ok());
    if key.is_none() {
        note(findings, place, (Fault::DeviceKey, format!("{DEVICE_KEY} is no P-256 key")));
    }
    key
}

/// The entries of a folder with valid names, in the order in which the system gives them.
fn list(
    path: &Path,
    place: Place,
    findings: &mut Vec<Finding>,
) -> Vec<(String, PathBuf, fs::FileType)> {
    let entries = match fs::symlink_metadata(path).and_then(|found| {
        if found.is_dir() { fs::read_dir(path) } else { Err(ErrorKind::NotADirectory.into()) }
    }) {
        Ok(entries) => entries,
        Err(error) => {
            note(findings, place, (Fault::Unlistable, error.kind().to_string()));
            return Vec::new();
        }
    };
    let mut found = Vec::new();
    for entry in entries {
        if found.len() >= MAX_ENTRIES {
            note(findings, place, (Fault::Unlistable, "too many entries".to_owned()));
            break;
        }
        match entry.and_then(|entry| Ok((entry.file_type()?, entry))) {
            Ok((kind, entry)) => match entry.file_name().into_string() {
                Ok(name) => found.push((name, entry.path(), kind)),
                Err(_) => note(findings, place, (Fault::Foreign, "a name that is no text".into())),
            },
            Err(error) => note(findings, place, (Fault::Unlistable, error.kind().to_string())),
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

/// Reads a plain file of at most `limit` bytes.
fn read(path: &Path, limit: usize) -> Result<Vec<u8>, Unread> {
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => Unread::Missing,
        kind => Unread::Failed(kind),
    };
    // Looked at first: opening a pipe would wait for a writer.
    if !fs::symlink_metadata(path).map_err(failed)?.is_file() {
        return Err(Unread::Special);
    }
    let file = fs::File::open(path).map_err(failed)?;
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > limit { Err(Unread::TooLarge) } else { Ok(bytes) }
}

/// A strange name, cut and cleaned.
fn shown(name: &str) -> String {
    clean(name).chars().take(MAX_NAME_SHOWN).collect()
}

fn note(findings: &mut Vec<Finding>, place: Place, (code, detail): (Fault, String)) {
    if findings.len() < super::MAX_FINDINGS {
        findings.push(Finding::new(place, code, detail));
    }
}

fn not_an_archive(root: &Path) -> CliError {
    CliError::input(format!("{}: has no folder `{BATCHES}`", root.display()))
        .hint("name the data folder of a collector, or a copy of it")
}
