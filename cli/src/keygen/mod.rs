//! `fenming keygen`: makes the keys of custodian, counsel, policy and receipts.
//!
//! Every private key goes into a file of its own that only its owner may read; nothing is ever
//! overwritten. Public halves are printed and lie beside them.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use fenming_core::clock::Clock;
use fenming_wire::key::{Ed25519Signer, Verifier};
use fenming_wire::seal::Identity;
use fenming_wire::time::Timestamp;
use serde::Serialize;

use crate::device::ports::SystemClock;
use crate::error::CliError;
use crate::files::{self, Access};
use crate::keys;
use crate::output::{Output, Table};

/// Arguments of `fenming keygen`.
#[derive(clap::Args)]
pub struct Args {
    /// The keys to make; all of them where none is named
    #[arg(value_enum)]
    roles: Vec<Role>,
    /// The folder for the key files; made where it does not exist
    #[arg(long, value_name = "DIR", default_value = "keys")]
    out: PathBuf,
}

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Signs the trust document; stays offline
    Root,
    /// Signs the policy
    Policy,
    /// Signs receipts; lies on the endpoint
    Receipt,
    /// Opens the archive (age)
    #[value(alias = "archive")]
    Custodian,
    /// Opens suspected secrets (age)
    Counsel,
}

/// A key that was made.
#[derive(Clone, Debug, Serialize)]
pub struct Made {
    /// What it is for.
    pub role: Role,
    /// The private key's file.
    pub file: PathBuf,
    /// The public half as documents want it.
    pub public: String,
    /// Its short name in signatures and manifests.
    pub key_id: String,
    /// The same, as people compare it.
    pub fingerprint: String,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Root, Self::Policy, Self::Receipt, Self::Custodian, Self::Counsel];

    /// The name of its files, without an ending.
    #[must_use]
    pub const fn stem(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Policy => "policy",
            Self::Receipt => "receipt",
            Self::Custodian => "custodian",
            Self::Counsel => "counsel",
        }
    }

    /// The private key's file in a folder.
    #[must_use]
    pub fn key_file(self, dir: &Path) -> PathBuf {
        dir.join(format!("{}.key", self.stem()))
    }

    /// The public key's file in a folder.
    #[must_use]
    pub fn public_file(self, dir: &Path) -> PathBuf {
        dir.join(format!("{}.pub", self.stem()))
    }

    const fn keep(self) -> &'static str {
        match self {
            Self::Root => "offline, in a safe: whoever has it decides who may read",
            Self::Policy => "with those who write the policy",
            Self::Receipt => "on the endpoint",
            Self::Custodian => "offline, with the custodian: whoever has it reads the archive",
            Self::Counsel => "offline, with counsel",
        }
    }
}

/// Runs the command.
///
/// # Errors
/// [`CliError`]; [`Exit::Refused`](crate::Exit::Refused) where a key file exists.
pub fn run(args: Args, out: &mut Output) -> Result<(), CliError> {
    let mut roles = if args.roles.is_empty() { Role::ALL.to_vec() } else { args.roles };
    roles.sort_unstable();
    roles.dedup();
    let keys = make(&args.out, &roles, SystemClock.now())?;
    out.json(&serde_json::json!({ "dir": args.out, "keys": keys }));
    out.done(&format!("keys are in {}", args.out.display()));
    let mut table = Table::new(&["key", "public half", "fingerprint", "keep the private half"]);
    for made in &keys {
        let (name, keep) = (made.role.stem().to_owned(), made.role.keep().to_owned());
        table.row(vec![name, made.public.clone(), made.fingerprint.clone(), keep]);
    }
    out.table(&table);
    if roles.contains(&Role::Root) {
        out.line("");
        out.aside("Next: fenming trust new --keys DIR, then fill it in and sign it with root.key.");
    }
    Ok(())
}

/// Makes keys in a folder, all of them or, where one of the files exists already, none.
///
/// # Errors
/// [`CliError`].
pub fn make(dir: &Path, roles: &[Role], now: Timestamp) -> Result<Vec<Made>, CliError> {
    files::make_private_dir(dir)?;
    for role in roles {
        for path in [role.key_file(dir), role.public_file(dir)] {
            if path.symlink_metadata().is_ok() {
                return Err(CliError::refused(format!("{}: exists already", path.display()))
                    .hint("nothing was made; name another folder with --out, or other keys"));
            }
        }
    }
    roles.iter().map(|role| make_one(dir, *role, now)).collect()
}

fn make_one(dir: &Path, role: Role, now: Timestamp) -> Result<Made, CliError> {
    let file = role.key_file(dir);
    let (public, key_id) = match role {
        Role::Root | Role::Policy | Role::Receipt => {
            let (signer, pkcs8) = Ed25519Signer::generate()
                .map_err(|_| CliError::fault("the system gives no randomness"))?;
            keys::write_signer(&file, &pkcs8)?;
            (signer.public().to_string(), signer.public().key_id())
        }
        Role::Custodian | Role::Counsel => {
            let identity = Identity::generate();
            keys::write_identity(&file, &identity, now)?;
            (identity.recipient().to_string(), identity.recipient().key_id())
        }
    };
    let text = format!("{public}\n");
    files::write_new(&role.public_file(dir), text.as_bytes(), Access::Shared)?;
    let fingerprint = key_id.fingerprint();
    Ok(Made { role, file, public, key_id: key_id.to_string(), fingerprint })
}

#[cfg(test)]
mod tests;
