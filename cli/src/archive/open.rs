//! `fenming archive open`: writes what was sealed as JSON Lines, byte for byte.

use std::path::{Path, PathBuf};

use fenming_wire::seal::Identity;
use zeroize::Zeroizing;

use super::attachment;
use super::epoch::{OpenedBatch, Visitor};
use super::name::Part;
use super::{Folder, Source, verdict};
use crate::error::CliError;
use crate::files::{self, Access};
use crate::output::{Output, counted};

pub(super) fn run(source: &Source, dir: Option<&Path>, out: &mut Output) -> Result<(), CliError> {
    source.must_open()?;
    let mut broken = Vec::new();
    let report = match dir {
        None => source.verify(&mut Printer { out })?,
        Some(dir) => {
            let identities = source.read_identities()?;
            let mut writer = Writer {
                dir,
                identities: &identities,
                files: Vec::new(),
                broken: Vec::new(),
                failure: None,
            };
            let report = source.verify_shown(&mut writer, out)?;
            if let Some(failure) = writer.failure {
                return Err(failure);
            }
            broken = writer.broken;
            out.json(&serde_json::json!({ "dir": dir, "files": writer.files }));
            let number = u64::try_from(writer.files.len()).unwrap_or(u64::MAX);
            let files = counted(number, "file", "files");
            out.done(&format!("{files} written below {}", dir.display()));
            report
        }
    };
    for finding in report.all_faults() {
        out.complain(finding);
    }
    if let Some(example) = example(source) {
        out.note("The same with stock tools:");
        out.note(&format!("    {example}"));
    }
    for attachment in &broken {
        out.complain(attachment);
    }
    verdict(&report)?;
    if broken.is_empty() {
        Ok(())
    } else {
        Err(CliError::unverified(format!("{} attachments could not be opened", broken.len())))
    }
}

/// How stock tools open the first batch.
fn example(source: &Source) -> Option<String> {
    let folder = Folder::open(&source.folder).ok()?;
    let ledgers = folder.ledgers(&mut Vec::new());
    let wanted = ledgers.iter().find(|files| {
        source.device.is_none_or(|device| device == files.device)
            && source.epoch.is_none_or(|epoch| epoch == files.epoch)
    })?;
    let path = wanted.path(*wanted.names.first()?, Part::Sealed);
    Some(stock_command(source.identities.first()?, &path))
}

/// The command line with which stock tools open a batch.
#[must_use]
pub fn stock_command(identity: &Path, batch: &Path) -> String {
    format!("{} | jq .", stock_lines(identity, batch))
}

/// The part of [`stock_command`] that gives the lines.
#[must_use]
pub fn stock_lines(identity: &Path, batch: &Path) -> String {
    format!("age -d -i {} {} | zstd -d", quoted(identity), quoted(batch))
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+,:@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// Prints lines as they are opened.
struct Printer<'a> {
    out: &'a mut Output,
}

/// Writes lines into files.
struct Writer<'a> {
    dir: &'a Path,
    identities: &'a [Identity],
    files: Vec<PathBuf>,
    broken: Vec<String>,
    failure: Option<CliError>,
}

impl Visitor for Printer<'_> {
    fn opened(&mut self, batch: &OpenedBatch<'_>) {
        self.out.bytes(&text(batch));
    }
}

impl Visitor for Writer<'_> {
    fn opened(&mut self, batch: &OpenedBatch<'_>) {
        if self.failure.is_none() {
            match write(self.dir, batch) {
                Ok(path) => {
                    let folder = path.with_extension("files");
                    self.files.push(path);
                    let told = (&mut self.files, &mut self.broken);
                    let opened = attachment::open_all(batch, self.identities, &folder, told);
                    self.failure = opened.err();
                }
                Err(failure) => self.failure = Some(failure),
            }
        }
    }
}

/// The lines as they were sealed.
fn text(batch: &OpenedBatch<'_>) -> Zeroizing<Vec<u8>> {
    let mut text = Zeroizing::new(Vec::new());
    for (line, _) in &batch.lines {
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    text
}

/// Writes a batch's lines into a file that only its owner may read. Its path is made of ids and
/// numbers, never of what a device wrote.
fn write(dir: &Path, batch: &OpenedBatch<'_>) -> Result<PathBuf, CliError> {
    let folder = dir.join(batch.device.to_string()).join(batch.epoch.to_string());
    files::make_private_dir(&folder)?;
    let path = folder.join(format!("{}.jsonl", batch.name));
    files::write_new(&path, &text(batch), Access::Owner)?;
    Ok(path)
}
