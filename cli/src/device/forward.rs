//! `device forward` and `refresh`: the endpoint.

use std::num::NonZeroU32;
use std::path::Path;

use fenming_core::agent::{Agent, Budget};
use fenming_core::agent::{Ended, RunReport};
use fenming_core::clock::Clock;
use fenming_core::observation::{Observation, PlatformFact};
use fenming_wire::time::Timestamp;
use serde::Serialize;

use super::opening::existing;
use super::ports::SystemClock;
use super::shown::time;
use crate::error::CliError;
use crate::output::{Output, counted};

/// Arguments of `fenming device forward`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Send now, whatever interval and waits say; the policy's hours still hold
    #[arg(long)]
    now: bool,
    /// Most batches that are sent
    #[arg(long, value_name = "N", default_value = "100")]
    batches: NonZeroU32,
}

#[derive(Serialize)]
struct Forwarded {
    #[serde(flatten)]
    report: RunReport,
    waiting: u64,
    next_due: Option<Timestamp>,
}

#[derive(Serialize)]
struct Refreshed {
    trust_version: u64,
    policy_version: u64,
}

pub(super) fn run(dir: &Path, args: &Args, out: &mut Output) -> Result<(), CliError> {
    let agent = existing(dir)?;
    plug_in(&agent)?;
    out.note("forwarding …");
    let report = agent.run(Budget { batches: args.batches.get(), now: args.now })?;
    let status = agent.status()?;
    let (waiting, next_due) = (status.numbers.backlog(), status.forwarding.next_due);
    out.json(&Forwarded { report, waiting, next_due });
    show(&report, waiting, next_due, out);
    match report.ended {
        Ended::Drained | Ended::Budget => Ok(()),
        Ended::Waiting => {
            let code = report.trouble.map_or("unknown", |trouble| trouble.code().0);
            let text = format!("forwarding stopped: {code}");
            Err(CliError::network(text)
                .hint("nothing is lost; it is tried again when it is due, or tell IT the code"))
        }
        Ended::NotConsented => {
            let text = "there is no consent under which anything could be sealed";
            Err(CliError::refused(text).hint("read the notice, then agree: fenming device notice"))
        }
        Ended::LedgerBehind => {
            let text = "the endpoint has more than this store: an older copy was put back";
            Err(CliError::unverified(text)
                .hint("a new ledger has begun; run the command again to send what waits"))
        }
    }
}

/// A desktop is online, at a flat rate and on mains.
fn plug_in(agent: &Agent) -> Result<(), CliError> {
    let at = SystemClock.now();
    agent.observe(&[
        Observation::Platform(PlatformFact::Network { at, online: true, metered: false }),
        Observation::Platform(PlatformFact::Power { at, charging: true }),
    ])?;
    Ok(())
}

fn show(report: &RunReport, waiting: u64, next_due: Option<Timestamp>, out: &mut Output) {
    out.facts(&[
        ("batches sealed", report.sealed.to_string()),
        ("batches sent", report.sent.to_string()),
        ("bytes sent", report.bytes.to_string()),
        ("batches receipted", report.delivered.to_string()),
        ("lines in them", report.lines.to_string()),
        ("lines still waiting", waiting.to_string()),
        ("next due", time(next_due)),
    ]);
    if report.parked > 0 {
        out.caution(&format!(
            "The endpoint refused {}, which this device keeps; see device records",
            counted(report.parked.into(), "record", "records")
        ));
    }
    if report.damaged > 0 {
        let files = counted(report.damaged.into(), "sealed file", "sealed files");
        out.caution(&format!("Damaged and sealed anew: {files}"));
    }
    match report.ended {
        Ended::Drained if report.sent == 0 && waiting > 0 => {
            out.aside("Nothing was due: records rest for their review window, and the policy sets hours and interval.");
        }
        Ended::Drained => out.done("Nothing more is due."),
        Ended::Budget => out.aside("There may be more: run the command again."),
        Ended::Waiting | Ended::NotConsented | Ended::LedgerBehind => {}
    }
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
