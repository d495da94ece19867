//! The folder: sealed batches with their manifests and receipts, for a custodian to copy.
//!
//! A sealed file arrives in `incoming`. Once the database says that it is receipted, manifest and
//! receipt are written to its place below `batches`, and the sealed file is moved beside them. So
//! whatever stands below `batches` was receipted, and after a crash only `incoming` has to be
//! looked at. Nothing sealed is ever overwritten or deleted.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use fenming_wire::id::{DeviceId, Digest, Epoch};
use fenming_wire::key::DeviceKey;
use fenming_wire::manifest::Manifest;

use super::{Store, StoreError};

/// The folder below which everything stands.
pub(crate) struct Folder {
    data: PathBuf,
    free_bytes: u64,
    /// Held as long as the endpoint serves.
    _lock: File,
}

/// Where a batch stands in the folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) device: DeviceId,
    pub(crate) epoch: Epoch,
    pub(crate) first: u64,
    pub(crate) last: u64,
}

/// What was found in `incoming` when the endpoint started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settled {
    /// Receipted batches that were moved to their place.
    pub(crate) filed: u64,
    /// Sealed files that were never receipted, moved to `orphans`.
    pub(crate) orphans: u64,
}

const SEALED: &str = "age";
const MANIFEST: &str = "manifest.json";
const RECEIPT: &str = "receipt.json";
const DEVICE_KEY: &str = "device.pub";
const STATE: &str = "state.json";
const TEMPORARY: &str = ".tmp";

impl Place {
    pub(crate) const fn of(manifest: &Manifest) -> Self {
        let Manifest { device, epoch, from, to, .. } = manifest;
        Self { device: *device, epoch: *epoch, first: from.seq.saturating_add(1), last: to.seq }
    }

    fn file(&self, ending: &str) -> String {
        format!("{:012}-{:012}.{ending}", self.first, self.last)
    }

    /// The name in `incoming`.
    fn incoming(&self) -> String {
        format!("{}-{}-{}", self.device, self.epoch, self.file(SEALED))
    }

    /// Reads a name in `incoming`.
    fn parse(name: &str) -> Option<Self> {
        let mut parts = name.strip_suffix(SEALED)?.strip_suffix('.')?.split('-');
        let place = Self {
            device: parts.next()?.parse().ok()?,
            epoch: parts.next()?.parse().ok()?,
            first: parts.next()?.parse().ok()?,
            last: parts.next()?.parse().ok()?,
        };
        (place.incoming() == name).then_some(place)
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

    /// Takes sealed bytes in; when this returns, they survive a power loss.
    pub(crate) fn receive(&self, at: Place, sealed: &[u8]) -> Result<(), StoreError> {
        self.room()?;
        let incoming = self.data.join("incoming");
        make_dir(&incoming)?;
        replace(&incoming.join(at.incoming()), sealed)?;
        flush_dir(&incoming)
    }

    /// Puts a receipted batch in its place. Doing it again does no harm.
    pub(crate) fn file(
        &self,
        at: Place,
        manifest: &[u8],
        receipt: &[u8],
    ) -> Result<(), StoreError> {
        let folder = self.data.join("batches").join(at.device.to_string());
        let folder = folder.join(at.epoch.to_string());
        make_dir(&folder)?;
        for (ending, bytes) in [(MANIFEST, manifest), (RECEIPT, receipt)] {
            let path = folder.join(at.file(ending));
            if !fs::read(&path).is_ok_and(|found| found == bytes) {
                replace(&path, bytes)?;
            }
        }
        let arrived = self.data.join("incoming").join(at.incoming());
        if arrived.is_file() {
            let target = folder.join(at.file(SEALED));
            if target.exists() {
                // The database must be older than the folder: keep what is there as well.
                self.set_aside(&target)?;
            }
            // The sealed file is last on the disk too: a power loss may keep a later rename and
            // lose an earlier one.
            flush_dir(&folder)?;
            fs::rename(&arrived, &target)?;
        }
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

    /// Puts the signed state beside a device's epochs. A device that has sent nothing has none.
    pub(crate) fn keep_state(&self, device: DeviceId, state: &[u8]) -> Result<(), StoreError> {
        let folder = self.data.join("batches").join(device.to_string());
        if !folder.is_dir() {
            return Ok(());
        }
        replace(&folder.join(STATE), state)?;
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
        self.room_for(0)
    }

    /// Whether so many bytes more leave room on the disk.
    pub(crate) fn room_for(&self, bytes: u64) -> Result<(), StoreError> {
        let wanted = self.free_bytes.saturating_add(bytes);
        if free(&self.data)? < wanted { Err(StoreError::Full) } else { Ok(()) }
    }

    /// The folder below which everything stands.
    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    /// Finishes what a crash interrupted: a receipted batch gets its place, anything else is set
    /// aside. Halves of files are dropped; their device still has the whole.
    pub(crate) fn settle(&self, store: &Store) -> Result<Settled, StoreError> {
        let mut settled = Settled::default();
        for device in store.devices()? {
            self.keep_key(&device.key)?;
        }
        for path in entries(&self.data.join("incoming"))? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.ends_with(TEMPORARY) {
                fs::remove_file(&path)?;
                continue;
            }
            let row = match Place::parse(&name) {
                Some(at) => store.batch(at.device, at.epoch, at.first)?.map(|row| (at, row)),
                None => None,
            };
            match row {
                Some((at, row)) if row.ciphertext == Digest::of(&fs::read(&path)?) => {
                    self.file(at, &row.manifest, &row.receipt)?;
                    settled.filed += 1;
                }
                _ => {
                    self.set_aside(&path)?;
                    settled.orphans += 1;
                }
            }
        }
        Ok(settled)
    }

    /// Moves a file to `orphans` under a name that nothing has there.
    fn set_aside(&self, path: &Path) -> Result<(), StoreError> {
        let relative = path.strip_prefix(&self.data).unwrap_or(path);
        let wanted = self.data.join("orphans").join(relative);
        if let Some(parent) = wanted.parent() {
            make_dir(parent)?;
            let mut target = wanted.clone();
            let mut copies = 0u32;
            while target.exists() {
                copies += 1;
                target = wanted.with_added_extension(copies.to_string());
            }
            fs::rename(path, &target)?;
            flush_dir(parent)?;
        }
        Ok(())
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

/// Makes an empty file that only its owner may read, durably, unless it is there.
pub(super) fn make_private_file(path: &Path) -> Result<(), StoreError> {
    match private(OpenOptions::new().create_new(true).write(true)).open(path) {
        Ok(_) => path.parent().map_or(Ok(()), flush_dir),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error.into()),
    }
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

pub(super) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Makes the names within a folder durable.
pub(super) fn flush_dir(path: &Path) -> Result<(), StoreError> {
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
