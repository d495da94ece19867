//! Sealed attachments on the disk: halves in `uploads`, whole ones beside their device's epochs.
//!
//! A chunk is appended and synced before the database says that it is there. What a crash left
//! behind it is cut off when the next chunk comes, so that an upload goes on from where the
//! database stands and is never begun again.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::PathBuf;

use fenming_wire::digest::DigestWriter;
use fenming_wire::id::{DeviceId, Digest};

use super::StoreError;
use super::folder::{Folder, flush_dir, make_dir, private};

impl Folder {
    /// Appends a chunk at an offset, durably. What stands behind the offset was never noted, and
    /// goes.
    pub(crate) fn append(
        &self,
        (device, ciphertext): (DeviceId, &Digest),
        offset: u64,
        chunk: &[u8],
    ) -> Result<(), StoreError> {
        self.room()?;
        let path = self.half(device, ciphertext);
        let folder = self.uploads(device);
        make_dir(&folder)?;
        let mut file =
            private(OpenOptions::new().create(true).write(true).truncate(false)).open(&path)?;
        if file.metadata()?.len() < offset {
            // The folder is older than the database.
            return Err(StoreError::Damaged);
        }
        file.set_len(offset)?;
        file.seek(SeekFrom::Start(offset))?;
        file.write_all(chunk)?;
        file.sync_all()?;
        if offset == 0 { flush_dir(&folder) } else { Ok(()) }
    }

    /// Moves an upload whose bytes are those of its name to its place; `false` where they are not.
    /// Doing it again does no harm.
    pub(crate) fn keep(&self, device: DeviceId, ciphertext: &Digest) -> Result<bool, StoreError> {
        let half = self.half(device, ciphertext);
        let folder = self.attachments(device);
        let whole = folder.join(format!("{ciphertext}.age"));
        let path = if half.is_file() { &half } else { &whole };
        let mut digest = DigestWriter::new(io::sink());
        match File::open(path) {
            Ok(mut file) => io::copy(&mut file, &mut digest)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        if digest.finish().1 != *ciphertext {
            return Ok(false);
        }
        if path == &half {
            make_dir(&folder)?;
            fs::rename(&half, &whole)?;
            flush_dir(&folder)?;
        }
        Ok(true)
    }

    /// Removes what came of an upload that is not going to be finished.
    pub(crate) fn drop_half(
        &self,
        device: DeviceId,
        ciphertext: &Digest,
    ) -> Result<(), StoreError> {
        match fs::remove_file(self.half(device, ciphertext)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn uploads(&self, device: DeviceId) -> PathBuf {
        self.data().join("uploads").join(device.to_string())
    }

    fn half(&self, device: DeviceId, ciphertext: &Digest) -> PathBuf {
        self.uploads(device).join(format!("{ciphertext}.part"))
    }

    fn attachments(&self, device: DeviceId) -> PathBuf {
        self.data().join("batches").join(device.to_string()).join("attachments")
    }
}
