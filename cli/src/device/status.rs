//! `device status`: the agent at a glance.

use std::path::{Path, PathBuf};

use fenming_core::status::Status;
use fenming_wire::heartbeat::{AgentState, ConsentState};
use fenming_wire::id::{DeviceId, Epoch, TenantId};
use fenming_wire::ledger::Position;
use fenming_wire::record::{Cause, CoverageState};
use fenming_wire::time::{Span, Timestamp};
use serde::Serialize;

use super::opening::{existing, set_aside};
use super::shown::{time, words};
use crate::error::CliError;
use crate::output::Output;

/// The status in JSON. Spans are milliseconds.
#[derive(Serialize)]
struct Shown {
    state: AgentState,
    consent: ConsentState,
    may_prompt: bool,
    tenant: Option<TenantId>,
    device: Option<DeviceId>,
    epoch: Epoch,
    coverage: Option<CoverageState>,
    coverage_cause: Option<Cause>,
    queued: u64,
    in_flight: u64,
    open_batches: u64,
    held: u64,
    counsel: u64,
    oldest_ms: Option<Span>,
    queue_full: bool,
    store_bytes: u64,
    ledger: Option<Position>,
    receipted: Option<Position>,
    books: fenming_wire::balance::Books,
    counters: Counted,
    last_attempt: Option<Timestamp>,
    last_success: Option<Timestamp>,
    last_error: Option<String>,
    next_due: Option<Timestamp>,
    policy_version: u64,
    policy_ends: Option<Timestamp>,
    trust_version: u64,
    agent: &'static str,
    os: String,
    set_aside: Vec<PathBuf>,
}

/// What stays on the device.
#[derive(Serialize)]
struct Counted {
    observed: u64,
    personal: u64,
    undecided: u64,
    refused: u64,
    ignored: u64,
}

pub(super) fn run(dir: &Path, out: &mut Output) -> Result<(), CliError> {
    let status = existing(dir)?.status()?;
    let set_aside = set_aside(dir);
    standing(&status, out);
    sending(&status, out);
    counting(&status, out);
    for path in &set_aside {
        out.caution(&format!("Damaged, and set aside: {}", path.display()));
    }
    if !set_aside.is_empty() {
        out.aside("What it had not forwarded is lost unless IT can repair it; the ledger says so.");
    }
    advise(status.state, out);
    out.json(&Shown { set_aside, ..Shown::from(status) });
    Ok(())
}

/// What there is to do in this state.
fn advise(state: AgentState, out: &mut Output) {
    let (what, command) = match state {
        AgentState::NotEnrolled => {
            ("Enrol with a profile from IT:", "fenming device enrol --profile FILE")
        }
        AgentState::AwaitingConsent => {
            ("Nothing is captured until you agree. Read the notice:", "fenming device notice")
        }
        AgentState::ScopeGrew => {
            ("More is asked of you: nothing is captured until you agree:", "fenming device notice")
        }
        AgentState::Paused => ("To go on:", "fenming device resume"),
        AgentState::PolicyExpired => ("Ask for a newer policy:", "fenming device refresh"),
        AgentState::QueueFull => {
            ("Capture has stopped. Send what waits:", "fenming device forward")
        }
        // States to come say their own name.
        _ => return,
    };
    out.aside(what);
    out.command(command);
}

fn standing(status: &Status, out: &mut Output) {
    let text = |value: Option<String>| value.unwrap_or_else(|| "–".to_owned());
    let coverage =
        status.coverage.map(|(state, cause)| format!("{} ({})", words(&state), words(&cause)));
    out.heading("The agent");
    out.facts(&[
        ("state", words(&status.state)),
        ("consent", words(&status.consent)),
        ("coverage", text(coverage)),
        ("tenant", text(status.tenant.clone().map(String::from))),
        ("device", text(status.device.map(String::from))),
        ("policy", format!("version {}", status.policy_version)),
        ("policy ends", time(status.policy_ends)),
        ("trust document", format!("version {}", status.trust_version)),
    ]);
}

fn sending(status: &Status, out: &mut Output) {
    let numbers = &status.numbers;
    let seq = |at: Option<Position>| at.map_or(0, |at| at.seq);
    out.heading("On the way to the archive");
    out.facts(&[
        ("waiting", numbers.queued.to_string()),
        ("sealed, not yet receipted", numbers.in_flight.to_string()),
        ("batches not yet receipted", numbers.open_batches.to_string()),
        ("sealed up to line", seq(numbers.sealed).to_string()),
        ("receipted up to line", seq(numbers.receipted).to_string()),
        ("last tried", time(status.forwarding.last_attempt)),
        ("last receipt", time(status.forwarding.last_success)),
        ("last error", status.forwarding.last_error.clone().unwrap_or_else(|| "–".to_owned())),
        ("next due", time(status.forwarding.next_due)),
    ]);
}

fn counting(status: &Status, out: &mut Output) {
    let (numbers, counters) = (&status.numbers, &status.counters);
    out.heading("On this device only");
    out.facts(&[
        ("observations", counters.observed.to_string()),
        ("personal, dropped", counters.personal.to_string()),
        ("undecided, dropped", counters.undecided.to_string()),
        ("waiting for you", numbers.held.to_string()),
        ("sealed to counsel", numbers.counsel.to_string()),
        ("business, not stored", counters.refused.to_string()),
        ("nothing to keep", counters.ignored.to_string()),
        ("store and spool", format!("{} bytes", numbers.store_bytes)),
    ]);
    if numbers.full {
        out.caution("The queue is full: capture has stopped.");
    }
}

impl From<Status> for Shown {
    fn from(status: Status) -> Self {
        let Status { numbers, counters, forwarding, coverage, .. } = status;
        Self {
            state: status.state,
            consent: status.consent,
            may_prompt: status.may_prompt,
            tenant: status.tenant,
            device: status.device,
            epoch: numbers.epoch,
            coverage: coverage.map(|(state, _)| state),
            coverage_cause: coverage.map(|(_, cause)| cause),
            queued: numbers.queued,
            in_flight: numbers.in_flight,
            open_batches: numbers.open_batches,
            held: numbers.held,
            counsel: numbers.counsel,
            oldest_ms: numbers.oldest,
            queue_full: numbers.full,
            store_bytes: numbers.store_bytes,
            ledger: numbers.sealed,
            receipted: numbers.receipted,
            books: numbers.books,
            counters: Counted {
                observed: counters.observed,
                personal: counters.personal,
                undecided: counters.undecided,
                refused: counters.refused,
                ignored: counters.ignored,
            },
            last_attempt: forwarding.last_attempt,
            last_success: forwarding.last_success,
            last_error: forwarding.last_error,
            next_due: forwarding.next_due,
            policy_version: status.policy_version,
            policy_ends: status.policy_ends,
            trust_version: status.trust_version,
            agent: fenming_core::VERSION,
            os: status.os,
            set_aside: Vec::new(),
        }
    }
}
