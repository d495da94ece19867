//! The folder: sealed batches with their manifests and receipts, for a custodian to copy.
//!
//! A file is written under a name that ends in `.tmp`, flushed, renamed, and its folder flushed,
//! so that a name never stands for half a file.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use fenming_wire::id::{DeviceId, Epoch};
use fenming_wire::key::DeviceKey;
use fenming_wire::manifest::Manifest;

use super::{BatchRow, DeviceRow, Store, StoreError};

/// The folder below which everything stands.
pub(crate) struct Folder {
    data: PathBuf,
    free_bytes: u64,
    /// Held as long as the endpoint serves.
    _lock: File,
}

/// Where a batch stands in the folder.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) device: DeviceId,
    pub(crate) epoch: Epoch,
    pub(crate) first: u64,
    pub(crate) last: u64,
}

/// What became of the folder when the endpoint started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settled {
    /// Sealed files without a receipt, moved aside.
    pub(crate) orphans: u64,
    /// Manifests and receipts that were written anew.
    pub(crate) restored: u64,
    /// Receipted batches whose sealed file is not there.
    pub(crate) missing: u64,
}

const SEALED: &str = "age";
const MANIFEST: &str = "manifest.json";
const RECEIPT: &str = "receipt.json";
const DEVICE_KEY: &str = "device.pub";
const TEMPORARY: &str = ".tmp";

impl Place {
    pub(crate) const fn of(manifest: &Manifest) -> Self {
        let Manifest { device, epoch, from, to, .. } = manifest;
        Self { device: *device, epoch: *epoch, first: from.seq.saturating_add(1), last: to.seq }
    }

    fn file(&self, ending: &str) -> String {
        format!("{:012}-{:012}.{ending}", self.first, self.last)
    }
}

impl Folder {
    /// Takes the folder for this process.
    pub(crate) fn take(data: &Path, free_bytes: u64) -> Result<Self, StoreError> {
        make_dir(data)?;
        let path = data.join("collector.lock");
        make_private_file(&path)?;
        let lock = OpenOptions::new().write(true).open(path)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { data: data.to_owned(), free_bytes, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    /// Keeps a batch; when this returns, it survives a power loss.
    pub(crate) fn keep(&self, at: Place, sealed: &[u8], manifest: &[u8]) -> Result<(), StoreError> {
        self.room()?;
        let folder = self.epoch(at.device, at.epoch);
        make_dir(&folder)?;
        replace(&folder.join(at.file(SEALED)), sealed)?;
        replace(&folder.join(at.file(MANIFEST)), manifest)?;
        flush_dir(&folder)
    }

    /// Puts the receipt beside its batch, which makes it count.
    pub(crate) fn keep_receipt(&self, at: Place, receipt: &[u8]) -> Result<(), StoreError> {
        let folder = self.epoch(at.device, at.epoch);
        let path = folder.join(at.file(RECEIPT));
        if fs::read(&path).is_ok_and(|found| found == receipt) {
            return Ok(());
        }
        make_dir(&folder)?;
        replace(&path, receipt)?;
        flush_dir(&folder)
    }

    /// Puts a device's public key beside its epochs, so that a copy of the folder is enough to
    /// check the device's signatures. Its text is the key in base64 and a newline.
    pub(crate) fn keep_key(&self, key: &DeviceKey) -> Result<(), StoreError> {
        let folder = self.data.join("batches").join(key.device_id().to_string());
        let path = folder.join(DEVICE_KEY);
        let text = format!("{key}\n");
        if fs::read(&path).is_ok_and(|found| found == text.as_bytes()) {
            return Ok(());
        }
        make_dir(&folder)?;
        replace(&path, text.as_bytes())?;
        flush_dir(&folder)
    }

    /// Puts the trust document where a custodian finds it.
    pub(crate) fn keep_trust(&self, version: u64, trust: &[u8]) -> Result<(), StoreError> {
        let history = self.data.join("trust");
        make_dir(&history)?;
        replace(&history.join(format!("{version}.json")), trust)?;
        flush_dir(&history)?;
        replace(&self.data.join("trust.json"), trust)?;
        flush_dir(&self.data)
    }

    /// Whether there is room left on the disk.
    pub(crate) fn room(&self) -> Result<(), StoreError> {
        if free(&self.data)? < self.free_bytes { Err(StoreError::Full) } else { Ok(()) }
    }

    /// Brings the folder in line with the database after a crash: what was receipted is complete,
    /// what was not is moved to `orphans` and never deleted, for the database may be the older.
    pub(crate) fn settle(&self, store: &Store) -> Result<Settled, StoreError> {
        let mut settled = Settled::default();
        let mut known = BTreeSet::new();
        for DeviceRow { device, key, .. } in store.devices()? {
            self.keep_key(&key)?;
            for row in store.batches(device)? {
                let at = Place { device, epoch: row.epoch, first: row.first, last: row.last };
                known.extend(self.complete(at, &row, &mut settled)?);
            }
        }
        for device in entries(&self.data.join("batches"))? {
            for epoch in entries(&device)? {
                self.move_orphans(&epoch, &known, &mut settled)?;
            }
        }
        Ok(settled)
    }

    /// Writes what is missing of a receipted batch; returns the paths of its files.
    fn complete(
        &self,
        at: Place,
        row: &BatchRow,
        settled: &mut Settled,
    ) -> Result<[PathBuf; 3], StoreError> {
        let folder = self.epoch(at.device, at.epoch);
        let [sealed, manifest, receipt] =
            [SEALED, MANIFEST, RECEIPT].map(|ending| folder.join(at.file(ending)));
        if !sealed.is_file() {
            settled.missing += 1;
        }
        make_dir(&folder)?;
        for (path, bytes) in [(&manifest, &row.manifest), (&receipt, &row.receipt)] {
            if !fs::read(path).is_ok_and(|found| found == *bytes) {
                replace(path, bytes)?;
                settled.restored += 1;
            }
        }
        flush_dir(&folder)?;
        Ok([sealed, manifest, receipt])
    }

    fn move_orphans(
        &self,
        epoch: &Path,
        known: &BTreeSet<PathBuf>,
        settled: &mut Settled,
    ) -> Result<(), StoreError> {
        for path in entries(epoch)? {
            if known.contains(&path) {
                continue;
            }
            if path.to_string_lossy().ends_with(TEMPORARY) {
                fs::remove_file(&path)?;
                continue;
            }
            let relative = path.strip_prefix(&self.data).unwrap_or(&path);
            let target = self.data.join("orphans").join(relative);
            if let Some(parent) = target.parent() {
                make_dir(parent)?;
                fs::rename(&path, &target)?;
                flush_dir(parent)?;
            }
            if path.extension().is_some_and(|ending| ending == SEALED) {
                settled.orphans += 1;
            }
        }
        Ok(())
    }

    fn epoch(&self, device: DeviceId, epoch: Epoch) -> PathBuf {
        self.data.join("batches").join(device.to_string()).join(epoch.to_string())
    }
}

/// Makes a folder that only its owner may enter, with all that lie above it, durably.
pub(super) fn make_dir(path: &Path) -> Result<(), StoreError> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        make_dir(parent)?;
    }
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
        made => made?,
    }
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => flush_dir(parent),
        _ => Ok(()),
    }
}

/// Makes an empty file that only its owner may read, unless it is there.
pub(super) fn make_private_file(path: &Path) -> Result<(), StoreError> {
    private(OpenOptions::new().create(true).append(true)).open(path)?;
    Ok(())
}

/// Writes a whole file under a temporary name, flushes it and gives it its name.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(TEMPORARY);
    let temporary = path.with_file_name(name);
    let mut file =
        private(OpenOptions::new().create(true).write(true).truncate(true)).open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    Ok(())
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Makes the names within a folder durable.
fn flush_dir(path: &Path) -> Result<(), StoreError> {
    #[cfg(unix)]
    File::open(path)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// What lies in a folder; nothing where there is none.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    match fs::read_dir(folder) {
        Ok(found) => Ok(found.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(unix)]
fn free(path: &Path) -> Result<u64, StoreError> {
    let space = rustix::fs::statvfs(path).map_err(io::Error::from)?;
    Ok(space.f_bavail.saturating_mul(space.f_frsize))
}

#[cfg(not(unix))]
fn free(_path: &Path) -> Result<u64, StoreError> {
    Ok(u64::MAX)
}
