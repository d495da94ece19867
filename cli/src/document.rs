//! Trust documents and policies as files: drafts that people write, envelopes that were signed.
//!
//! A draft is JSON in which whole lines may be comments that begin with `//`. What is signed is
//! the document, never the comments.

use std::path::{Path, PathBuf};

use fenming_wire::WireError;
use fenming_wire::envelope::{Document, Envelope};
use fenming_wire::id::Digest;
use fenming_wire::json;
use fenming_wire::key::Verifier;
use fenming_wire::limits::MAX_DOCUMENT_BYTES;
use fenming_wire::policy::Policy;
use fenming_wire::trust::{Freshness, TrustDocument};

use crate::error::CliError;
use crate::files::{self, Access};

/// A document whose version only grows.
pub trait Versioned: Document {
    /// What people call it.
    const NAME: &'static str;

    /// The version.
    fn version(&self) -> u64;
}

impl Versioned for TrustDocument {
    const NAME: &'static str = "trust document";

    fn version(&self) -> u64 {
        self.version
    }
}

impl Versioned for Policy {
    const NAME: &'static str = "policy";

    fn version(&self) -> u64 {
        self.version
    }
}

/// A file that holds a document in one form or the other.
pub enum Loaded<T> {
    /// A draft; its fields were checked.
    Draft(T),
    /// An envelope; nothing was checked.
    Signed(Envelope<T>),
}

/// Reads a draft or an envelope, whichever the file holds.
///
/// # Errors
/// [`CliError`] that names file and field.
pub fn load<T: Versioned>(path: &Path) -> Result<Loaded<T>, CliError> {
    let bytes = files::read(path, MAX_DOCUMENT_BYTES.saturating_mul(2))?;
    let text = without_comments(&bytes);
    if looks_signed(&text) {
        let envelope = Envelope::from_bytes(bytes.trim_ascii());
        envelope.map(Loaded::Signed).map_err(|error| CliError::document(path, &error))
    } else {
        let draft: Result<T, WireError> = json::parse(&text, T::LIMIT.saturating_mul(2));
        draft
            .and_then(|draft| draft.check().map(|()| Loaded::Draft(draft)))
            .map_err(|error| CliError::document(path, &error))
    }
}

/// Reads a draft.
///
/// # Errors
/// [`CliError`]; also where the file is signed already.
pub fn load_draft<T: Versioned>(path: &Path) -> Result<T, CliError> {
    match load(path)? {
        Loaded::Draft(draft) => Ok(draft),
        Loaded::Signed(_) => {
            let text = format!("{}: is signed already", path.display());
            Err(CliError::input(text).hint(format!("give the draft of the {}", T::NAME)))
        }
    }
}

/// Reads an envelope.
///
/// # Errors
/// [`CliError`]; also where the file is a draft.
pub fn load_signed<T: Versioned>(path: &Path) -> Result<Envelope<T>, CliError> {
    match load(path)? {
        Loaded::Signed(envelope) => Ok(envelope),
        Loaded::Draft(_) => {
            let text = format!("{}: is not signed", path.display());
            Err(CliError::input(text).hint(format!("sign the {} first", T::NAME)))
        }
    }
}

/// Verifies an envelope against the keys that may have signed it.
///
/// # Errors
/// [`CliError`] with [`Exit::Unverified`](crate::Exit::Unverified).
pub fn verify<T: Versioned, V: Verifier>(
    path: &Path,
    envelope: &Envelope<T>,
    keys: &[V],
) -> Result<T, CliError> {
    envelope.verify(keys).map_err(|error| {
        CliError::unverified(format!("{}: the {} was refused: {error}", path.display(), T::NAME))
    })
}

/// Compares a version and digest with those of an earlier signed file.
///
/// # Errors
/// [`CliError`] with [`Exit::Unverified`](crate::Exit::Unverified) where the version does not grow.
pub fn not_older<T: Versioned, V: Verifier>(
    offered: (u64, Option<Digest>),
    previous: &Path,
    keys: &[V],
) -> Result<Freshness, CliError> {
    let envelope = load_signed::<T>(previous)?;
    let before = verify(previous, &envelope, keys)?.version();
    let (version, digest) = offered;
    let freshness = match digest {
        Some(digest) => Freshness::of((version, digest), (before, envelope.payload_digest())),
        None if version > before => Freshness::Newer,
        None => Freshness::Rollback,
    };
    match freshness {
        Freshness::Newer | Freshness::Same => Ok(freshness),
        Freshness::Rollback => {
            let text = format!(
                "field `version`: {version} does not follow {before}, the version of {}",
                previous.display()
            );
            Err(CliError::unverified(text).hint("a version only grows; devices refuse this one"))
        }
    }
}

/// Writes a signed document that does not exist yet.
///
/// # Errors
/// [`CliError`].
pub fn write_signed<T: Versioned>(path: &Path, envelope: &Envelope<T>) -> Result<(), CliError> {
    let bytes = envelope.to_bytes().map_err(|error| CliError::document(path, &error))?;
    files::write_new(path, &bytes, Access::Shared)
}

/// Where a signed document goes: what was asked for, else beside the draft.
#[must_use]
pub fn signed_path(draft: &Path, out: Option<PathBuf>) -> PathBuf {
    out.unwrap_or_else(|| draft.with_extension("json"))
}

/// Empties the lines that are comments; what is left keeps its line and column.
fn without_comments(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if line.trim_ascii_start().starts_with(b"//") {
            out.push(b'\n');
        } else {
            out.extend_from_slice(line);
        }
    }
    out
}

/// Whether the text is an envelope: only that has `payloadType`.
fn looks_signed(text: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Probe {
        #[serde(default)]
        payload_type: Option<serde::de::IgnoredAny>,
    }
    serde_json::from_slice::<Probe>(text).is_ok_and(|probe| probe.payload_type.is_some())
}

#[cfg(test)]
mod tests;
