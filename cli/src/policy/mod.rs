//! `fenming policy`: what is captured, why, how long it is kept and when it is sent.

mod show;
mod starter;

use std::path::{Path, PathBuf};

use clap::Subcommand;
use fenming_core::clock::Clock;
use fenming_wire::envelope::Envelope;
use fenming_wire::id::TenantId;
use fenming_wire::key::Ed25519Key;
use fenming_wire::policy::Policy;
use fenming_wire::time::Timestamp;
use fenming_wire::trust::TrustDocument;

pub use starter::draft;

use crate::device::ports::SystemClock;
use crate::document::{self, Loaded};
use crate::error::CliError;
use crate::files::{self, Access};
use crate::keys::{self, PublicKeyArg};
use crate::output::Output;

/// Arguments of `fenming policy`.
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
        /// The draft
        #[arg(long, value_name = "FILE", default_value = "policy.jsonc")]
        out: PathBuf,
    },
    /// Sign a draft with a policy key of the trust document
    Sign {
        /// The draft
        draft: PathBuf,
        /// The policy key's private half
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        #[command(flatten)]
        chain: Chain,
        /// The signed policy; beside the draft, as `.json`, where this is not given
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// The signed policy that this one follows; the version must grow
        #[arg(long, value_name = "FILE")]
        previous: Option<PathBuf>,
    },
    /// Check a draft, or a signed policy against trust document and root key
    Check {
        /// The draft or the signed policy
        file: PathBuf,
        #[command(flatten)]
        chain: Chain,
        /// The signed policy of before, which this one must not roll back
        #[arg(long, value_name = "FILE")]
        previous: Option<PathBuf>,
        /// The time to check for, RFC 3339; now, where this is not given
        #[arg(long, value_name = "TIME")]
        at: Option<Timestamp>,
    },
    /// Show a draft or a signed policy
    Show {
        /// The draft or the signed policy
        file: PathBuf,
        #[command(flatten)]
        chain: Chain,
    },
}

/// The chain of signatures: root key, trust document, policy.
#[derive(clap::Args)]
struct Chain {
    /// The signed trust document
    #[arg(long, value_name = "FILE", requires = "root")]
    trust: Option<PathBuf>,
    /// The custodian's root key, or the file that holds it
    #[arg(long, value_name = "KEY|FILE", requires = "trust")]
    root: Option<PublicKeyArg>,
}

impl Chain {
    /// The trust document, verified, where one was given.
    fn trust(&self) -> Result<Option<TrustDocument>, CliError> {
        let (Some(path), Some(root)) = (&self.trust, &self.root) else {
            return Ok(None);
        };
        let envelope = document::load_signed(path)?;
        document::verify(path, &envelope, &[root.key()?]).map(Some)
    }
}

/// Runs the command.
///
/// # Errors
/// [`CliError`].
pub fn run(args: Args, out: &mut Output) -> Result<(), CliError> {
    match args.action {
        Action::New { tenant, out: file } => {
            let text = draft(&tenant, SystemClock.now());
            files::write_new(&file, text.as_bytes(), Access::Shared)?;
            out.json(&serde_json::json!({ "draft": file }));
            out.done(&format!("draft written to {}", file.display()));
            out.aside("Next: read it, fill in directory and rules, then sign it:");
            out.command(&format!(
                "fenming policy sign {} --key keys/policy.key --trust trust.json --root keys/root.pub",
                file.display()
            ));
            Ok(())
        }
        Action::Sign { draft, key, chain, out: file, previous } => {
            let signed = document::signed_path(&draft, file);
            sign(&draft, &key, &chain, (&signed, previous), out)
        }
        Action::Check { file, chain, previous, at } => {
            check(&file, &chain, previous, at.unwrap_or_else(|| SystemClock.now()), out)
        }
        Action::Show { file, chain } => {
            let trust = chain.trust()?;
            let (policy, envelope) = match document::load::<Policy>(&file)? {
                Loaded::Draft(policy) => (policy, None),
                Loaded::Signed(envelope) => {
                    let policy = match &trust {
                        Some(trust) => verify(&file, &envelope, trust)?,
                        None => envelope
                            .peek_unverified()
                            .map_err(|error| CliError::document(&file, &error))?,
                    };
                    (policy, Some(envelope))
                }
            };
            let verified = envelope.is_some() && trust.is_some();
            show::policy(&policy, envelope.as_ref(), verified, out);
            Ok(())
        }
    }
}

fn sign(
    draft: &Path,
    key: &Path,
    chain: &Chain,
    (file, previous): (&Path, Option<PathBuf>),
    out: &mut Output,
) -> Result<(), CliError> {
    let signer = keys::read_signer(key)?;
    let policy: Policy = document::load_draft(draft)?;
    let trust = chain.trust()?;
    if let Some(trust) = &trust {
        if !trust.policy_keys.contains(&signer.public()) {
            let text = format!("{}: the trust document does not name this key", key.display());
            return Err(CliError::refused(text)
                .hint("`policy_keys` of the trust document lists the keys that may sign"));
        }
        same_tenant(draft, &policy, trust)?;
    }
    if let Some(previous) = previous {
        // The policy of before may have been signed with another key of the trust document.
        let mut keys: Vec<Ed25519Key> = trust.map(|trust| trust.policy_keys).unwrap_or_default();
        keys.push(signer.public());
        document::not_older::<Policy, _>((policy.version, None), &previous, &keys)?;
    }
    let envelope =
        Envelope::sign(&policy, &signer).map_err(|error| CliError::document(draft, &error))?;
    document::write_signed(file, &envelope)?;
    show::signed(file, &envelope, &policy, out);
    if chain.trust.is_none() {
        out.caution("not checked against a trust document: give --trust and --root");
    }
    Ok(())
}

fn check(
    file: &Path,
    chain: &Chain,
    previous: Option<PathBuf>,
    at: Timestamp,
    out: &mut Output,
) -> Result<(), CliError> {
    let trust = chain.trust()?;
    let (policy, envelope) = match document::load::<Policy>(file)? {
        Loaded::Draft(policy) => (policy, None),
        Loaded::Signed(envelope) => {
            let trust = trust.as_ref().ok_or_else(|| {
                CliError::input("--trust and --root are required to check a signed policy")
                    .hint("the root key checks the trust document, which names the policy's keys")
            })?;
            (verify(file, &envelope, trust)?, Some(envelope))
        }
    };
    if let Some(trust) = &trust {
        same_tenant(file, &policy, trust)?;
    }
    let digest = envelope.as_ref().map(Envelope::payload_digest);
    let keys = trust.map(|trust| trust.policy_keys).unwrap_or_default();
    let freshness = previous
        .map(|previous| {
            document::not_older::<Policy, _>((policy.version, digest), &previous, &keys)
        })
        .transpose()?;
    show::checked(&policy, envelope.as_ref(), freshness, at, out);
    if at > policy.ends() {
        return Err(CliError::unverified(format!(
            "field `expires`: the policy and its grace ended at {}",
            policy.ends()
        ))
        .hint("agents have stopped capturing; sign a newer policy"));
    }
    Ok(())
}

fn verify(
    file: &Path,
    envelope: &Envelope<Policy>,
    trust: &TrustDocument,
) -> Result<Policy, CliError> {
    let policy = document::verify(file, envelope, &trust.policy_keys)?;
    same_tenant(file, &policy, trust)?;
    Ok(policy)
}

fn same_tenant(file: &Path, policy: &Policy, trust: &TrustDocument) -> Result<(), CliError> {
    if policy.tenant == trust.tenant {
        return Ok(());
    }
    let text = format!("{}: field `tenant`: differs from the trust document's", file.display());
    Err(CliError::unverified(text))
}

#[cfg(test)]
mod tests;
