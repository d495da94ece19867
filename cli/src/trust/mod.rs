//! `fenming trust`: the trust document, which says who may read and who may sign.

mod show;
mod starter;

use std::path::PathBuf;

use clap::Subcommand;
use fenming_core::clock::Clock;
use fenming_wire::envelope::Envelope;
use fenming_wire::id::TenantId;
use fenming_wire::trust::{Freshness, TrustDocument};

pub(crate) use starter::whole_seconds;
pub use starter::{Starter, draft};

use crate::device::ports::SystemClock;
use crate::document::{self, Loaded};
use crate::error::CliError;
use crate::files::{self, Access};
use crate::keys::{self, PublicKeyArg};
use crate::output::Output;

/// Arguments of `fenming trust`.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Write a draft that explains every field
    New {
        /// The employer's short name: 1 to 64 of a-z 0-9 - _ .
        #[arg(long)]
        tenant: TenantId,
        /// The organisation as employees read it, in Chinese
        #[arg(long, value_name = "NAME")]
        organisation_zh: String,
        /// The organisation as employees read it, in English
        #[arg(long, value_name = "NAME")]
        organisation_en: String,
        /// The folder that `fenming keygen` wrote
        #[arg(long, value_name = "DIR", default_value = "keys")]
        keys: PathBuf,
        /// The draft
        #[arg(long, value_name = "FILE", default_value = "trust.jsonc")]
        out: PathBuf,
    },
    /// Sign a draft with the custodian's root key
    Sign {
        /// The draft
        draft: PathBuf,
        /// The root key's private half
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// The signed document; beside the draft, as `.json`, where this is not given
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// The signed document that this one follows; the version must grow
        #[arg(long, value_name = "FILE")]
        previous: Option<PathBuf>,
    },
    /// Check a draft, or a signed document against the root key
    Check {
        /// The draft or the signed document
        file: PathBuf,
        /// The custodian's root key, or the file that holds it; required for a signed document
        #[arg(long, value_name = "KEY|FILE")]
        root: Option<PublicKeyArg>,
        /// The signed document of before, which this one must not roll back
        #[arg(long, value_name = "FILE")]
        previous: Option<PathBuf>,
    },
    /// Show a draft or a signed document
    Show {
        /// The draft or the signed document
        file: PathBuf,
        /// The custodian's root key; without it, the signature is not checked
        #[arg(long, value_name = "KEY|FILE")]
        root: Option<PublicKeyArg>,
    },
}

/// Runs the command.
///
/// # Errors
/// [`CliError`].
pub fn run(args: Args, out: &mut Output) -> Result<(), CliError> {
    match args.action {
        Action::New { tenant, organisation_zh, organisation_en, keys, out: file } => {
            let starter = Starter {
                tenant,
                organisation_zh,
                organisation_en,
                keys: &keys,
                issued: SystemClock.now(),
            };
            files::write_new(&file, draft(&starter)?.as_bytes(), Access::Shared)?;
            out.json(&serde_json::json!({ "draft": file }));
            out.done(&format!("draft written to {}", file.display()));
            out.aside("Next: read it, correct the names, then sign it:");
            out.command(&format!(
                "fenming trust sign {} --key {}",
                file.display(),
                keys.join("root.key").display()
            ));
            Ok(())
        }
        Action::Sign { draft, key, out: file, previous } => {
            let signed = document::signed_path(&draft, file);
            let signer = keys::read_signer(&key)?;
            let document: TrustDocument = document::load_draft(&draft)?;
            if let Some(previous) = previous {
                let offered = (document.version, None);
                document::not_older::<TrustDocument, _>(offered, &previous, &[signer.public()])?;
            }
            let envelope = Envelope::sign(&document, &signer)
                .map_err(|error| CliError::document(&draft, &error))?;
            document::write_signed(&signed, &envelope)?;
            show::signed(&signed, &envelope, &document, signer.public(), out);
            Ok(())
        }
        Action::Check { file, root, previous } => check(file, root, previous, out),
        Action::Show { file, root } => {
            let root = root.map(|root| root.key()).transpose()?;
            let (document, envelope) = match document::load::<TrustDocument>(&file)? {
                Loaded::Draft(document) => (document, None),
                Loaded::Signed(envelope) => {
                    let document = match root {
                        Some(root) => document::verify(&file, &envelope, &[root])?,
                        None => envelope
                            .peek_unverified()
                            .map_err(|error| CliError::document(&file, &error))?,
                    };
                    (document, Some(envelope))
                }
            };
            show::document(&document, envelope.as_ref(), root, out);
            Ok(())
        }
    }
}

fn check(
    file: PathBuf,
    root: Option<PublicKeyArg>,
    previous: Option<PathBuf>,
    out: &mut Output,
) -> Result<(), CliError> {
    let envelope = match document::load::<TrustDocument>(&file)? {
        Loaded::Draft(document) => {
            show::checked(&document, None, None, out);
            return Ok(());
        }
        Loaded::Signed(envelope) => envelope,
    };
    let root = root
        .ok_or_else(|| {
            CliError::input("--root is required to check a signed document")
                .hint("give the custodian's root key, as the profile pins it")
        })?
        .key()?;
    let document = document::verify(&file, &envelope, &[root])?;
    let freshness: Option<Freshness> = previous
        .map(|previous| {
            let offered = (document.version, Some(envelope.payload_digest()));
            document::not_older::<TrustDocument, _>(offered, &previous, &[root])
        })
        .transpose()?;
    show::checked(&document, Some((&envelope, root)), freshness, out);
    Ok(())
}

#[cfg(test)]
mod tests;
