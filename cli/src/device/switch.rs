//! `device pause`, `resume` and `withdraw`.

use std::path::Path;

use fenming_core::agent::Agent;
use fenming_wire::heartbeat::{AgentState, ConsentState};
use serde::Serialize;

use super::opening::existing;
use crate::error::CliError;
use crate::output::Output;

#[derive(Serialize)]
struct Standing {
    state: AgentState,
    consent: ConsentState,
}

pub(super) fn pause(dir: &Path, paused: bool, out: &mut Output) -> Result<(), CliError> {
    let agent = existing(dir)?;
    agent.pause(paused)?;
    if paused {
        out.done("Capture is paused. The archive shows that it was, and for how long.");
        out.aside("To go on: fenming device resume");
    } else {
        out.done("Capture goes on with the next observation.");
    }
    report(&agent, out)
}

pub(super) fn withdraw(dir: &Path, out: &mut Output) -> Result<(), CliError> {
    let agent = existing(dir)?;
    agent.withdraw()?;
    out.done("You withdrew your consent. Nothing more is captured from this moment on.");
    out.aside("Items that waited for your decision are destroyed; the notice says what happens to records that were not sent yet.");
    report(&agent, out)
}

/// Says under `--json` where the agent stands now.
pub(super) fn report(agent: &Agent, out: &mut Output) -> Result<(), CliError> {
    let status = agent.status()?;
    out.json(&Standing { state: status.state, consent: status.consent });
    Ok(())
}
