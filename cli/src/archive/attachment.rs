//! Attachments of an archive: checked by the digest of their ciphertext, opened beside the lines
//! that name them.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use fenming_wire::digest::DigestWriter;
use fenming_wire::id::Digest;
use fenming_wire::manifest::SealedFile;
use fenming_wire::record::Line;
use fenming_wire::seal::{Identity, StreamError, open_stream};

use super::epoch::OpenedBatch;
use crate::error::CliError;
use crate::files;

/// Folder of a device's attachments, beside its epochs.
pub(super) const ATTACHMENTS: &str = "attachments";

/// Whether an attachment lies there with the very bytes that the manifest names.
pub(super) fn is_whole(folder: &Path, file: &SealedFile) -> bool {
    let path = place(folder, &file.ciphertext);
    // Looked at first: opening a pipe would wait for a writer.
    if !fs::symlink_metadata(&path).is_ok_and(|found| found.is_file() && found.len() == file.size) {
        return false;
    }
    let mut digest = DigestWriter::new(io::sink());
    let copied = File::open(&path).and_then(|mut file| io::copy(&mut file, &mut digest));
    copied.is_ok() && digest.finish().1 == file.ciphertext
}

fn place(folder: &Path, ciphertext: &Digest) -> PathBuf {
    folder.join(format!("{ciphertext}.age"))
}

/// Opens every attachment of a batch into a folder beside its lines, named by sequence and place.
/// What was written by then is named in `written`; each that cannot be opened, or is not the file
/// that its record names, in `broken`.
pub(super) fn open_all(
    batch: &OpenedBatch<'_>,
    identities: &[Identity],
    folder: &Path,
    (written, broken): (&mut Vec<PathBuf>, &mut Vec<String>),
) -> Result<(), CliError> {
    for line in batch.lines.iter().filter_map(|(_, line)| line.as_ref()) {
        for (n, (attachment, sealed)) in line.body.kept().zip(&line.files).enumerate() {
            let (Some(ciphertext), Some(kept)) = (sealed, attachment.kept) else { continue };
            let path = folder.join(format!("{}-{}", line.seq, n + 1));
            files::make_private_dir(folder)?;
            let source = batch.attachments.map(|folder| place(folder, ciphertext));
            let opened = match source.filter(|source| is_plain(source)) {
                Some(source) => open_one(&source, &path, identities)?,
                None => None,
            };
            if opened == Some((kept.size, kept.sha256)) {
                written.push(path);
            } else {
                // Not the file that the record names: it must not pass for it.
                let _ = fs::remove_file(&path);
                broken.push(named(batch, line, ciphertext));
            }
        }
        for _ in line.files.iter().filter(|sealed| sealed.is_none()) {
            broken.push(format!("line {}: an attachment was lost on the phone", line.seq));
        }
    }
    Ok(())
}

fn named(batch: &OpenedBatch<'_>, line: &Line, ciphertext: &Digest) -> String {
    let OpenedBatch { device, epoch, .. } = batch;
    format!("{device}/{epoch} line {}: attachment {ciphertext} cannot be opened", line.seq)
}

fn is_plain(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_file())
}

/// Length and digest of what was opened; none where it does not open.
fn open_one(
    source: &Path,
    path: &Path,
    identities: &[Identity],
) -> Result<Option<(u64, Digest)>, CliError> {
    let mut sealed = File::open(source).map_err(|error| CliError::io(source, &error))?;
    let mut plain = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(|error| CliError::io(path, &error))?;
    match open_stream(&mut sealed, &mut plain, identities) {
        Ok(opened) => Ok(Some((opened.size, opened.sha256))),
        Err(StreamError::Write(error)) => Err(CliError::io(path, &error)),
        Err(_) => Ok(None),
    }
}
