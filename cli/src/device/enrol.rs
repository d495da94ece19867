//! `device enrol`: from IT's profile to an enrolled device.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fenming_core::agent::{Organisation, ProfileReport};
use fenming_wire::json;
use fenming_wire::profile::RefusedKey;
use serde::Serialize;
use zeroize::Zeroize;

use super::opening::open;
use crate::error::CliError;
use crate::files::{MAX_KEY_BYTES, read_secret};
use crate::output::Output;

/// Arguments of `fenming device enrol`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// IT's profile: a flat JSON object of strings
    #[arg(long, value_name = "FILE")]
    profile: PathBuf,
}

#[derive(Serialize)]
struct Enrolled<'a> {
    organisation: &'a fenming_wire::text::Bilingual,
    fingerprint: &'a str,
    refused: &'a [RefusedKey],
    tenant: Option<String>,
    device: Option<String>,
    trust_version: u64,
    policy_version: u64,
}

pub(super) fn run(dir: &Path, args: &Args, out: &mut Output) -> Result<(), CliError> {
    let mut flat = read_profile(&args.profile)?;
    let agent = open(dir)?;
    let report = agent.apply_profile(&flat);
    // The token is among them.
    flat.values_mut().for_each(Zeroize::zeroize);
    let report = report?;
    for RefusedKey { key, reason } in &report.refused {
        out.caution(&format!("{key} {reason}"));
    }
    if !report.taken {
        return Err(refused(&args.profile, &report));
    }
    let organisation = agent.organisation()?;
    show(&organisation, out);
    agent.enrol()?;
    let status = agent.status()?;
    let (tenant, device) = (status.tenant.map(String::from), status.device.map(String::from));
    out.json(&Enrolled {
        organisation: &organisation.name,
        fingerprint: &organisation.fingerprint,
        refused: &report.refused,
        tenant: tenant.clone(),
        device: device.clone(),
        trust_version: status.trust_version,
        policy_version: status.policy_version,
    });
    let facts = [("tenant", tenant), ("device", device)];
    let facts: Vec<_> = facts.into_iter().filter_map(|(n, v)| v.map(|v| (n, v))).collect();
    out.facts(&facts);
    out.done("The device is enrolled. Nothing is captured until you agree.");
    out.aside("Read the notice next:");
    out.command("fenming device notice");
    Ok(())
}

fn read_profile(path: &Path) -> Result<BTreeMap<String, String>, CliError> {
    let bytes = read_secret(path)?;
    json::parse(&bytes, MAX_KEY_BYTES).map_err(|error| {
        CliError::document(path, &error).hint("a profile is one flat JSON object of strings")
    })
}

/// Who asks, before anything is sent to them.
fn show(organisation: &Organisation, out: &mut Output) {
    out.heading(&format!("{} · {}", organisation.name.zh, organisation.name.en));
    out.facts(&[("root key", organisation.fingerprint.clone())]);
    out.aside("Compare the root key with what your organisation has published.");
}

fn refused(path: &Path, report: &ProfileReport) -> CliError {
    let keys: Vec<String> = report
        .refused
        .iter()
        .map(|RefusedKey { key, reason }| format!("`{key}` {reason}"))
        .collect();
    let text = format!("{}: the profile was refused: {}", path.display(), keys.join("; "));
    CliError::input(text).hint("ask IT for a corrected profile; the earlier one stays in force")
}
