//! `device forward` and `refresh`: the endpoint.

use std::path::Path;

use serde::Serialize;

use super::opening::existing;
use crate::error::CliError;
use crate::output::Output;

/// Arguments of `fenming device forward`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Send now, whatever the schedule says
    #[arg(long)]
    now: bool,
    /// Most batches that are sent
    #[arg(long, value_name = "N", default_value = "100")]
    batches: u32,
}

#[derive(Serialize)]
struct Refreshed {
    trust_version: u64,
    policy_version: u64,
}

pub(super) fn run(_dir: &Path, args: &Args, _out: &mut Output) -> Result<(), CliError> {
    let _ = (args.now, args.batches);
    Err(CliError::fault("this command is not built yet"))
}

pub(super) fn refresh(dir: &Path, out: &mut Output) -> Result<(), CliError> {
    let agent = existing(dir)?;
    let before = agent.status()?;
    agent.refresh()?;
    let after = agent.status()?;
    let (trust_version, policy_version) = (after.trust_version, after.policy_version);
    out.json(&Refreshed { trust_version, policy_version });
    out.facts(&[
        ("trust document", format!("version {trust_version}")),
        ("policy", format!("version {policy_version}")),
    ]);
    let same = (before.trust_version, before.policy_version) == (trust_version, policy_version);
    out.done(if same { "Nothing has changed." } else { "The newer documents are in force." });
    if !same {
        out.aside("See what changed: fenming device changes");
    }
    Ok(())
}
