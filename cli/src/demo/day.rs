//! The replay: observations in their order, the employee's hands, forwarding when it is due.

use std::time::Duration;

use fenming_core::agent::Budget;
use fenming_core::clock::{Clock, Span, Timestamp};
use fenming_core::observation::Observation;

use super::employee;
use super::stage::Stage;
use super::summary::Summary;
use crate::error::CliError;
use crate::output::Output;

/// Batches of one run.
const BUDGET: Budget = Budget { batches: 16, now: false };

/// How long after the last observation the demo waits for the last batch: review window, interval
/// and a night until the next window.
const EVENING: Span = Span::hours(72);

/// Most wake-ups after the last observation.
const MAX_WAKES: u32 = 200;

/// Longest real wait between two observations, so that a file with gaps does not seem to hang.
const LONGEST_WAIT: Duration = Duration::from_millis(400);

/// Replays the day.
pub(super) fn replay(
    stage: &Stage,
    observations: &[Observation],
    speed: u32,
    summary: &mut Summary,
    out: &mut Output,
) -> Result<(), CliError> {
    out.heading("5  A working day passes");
    let steps = u64::try_from(observations.len()).unwrap_or(u64::MAX);
    let mut progress = out.progress("replaying", steps);
    for next in observations {
        forward_until(stage, next.at(), summary)?;
        pass(stage.clock.now(), next.at(), speed);
        stage.clock.advance_to(next.at());
        summary.add_observed(stage.agent.observe(std::slice::from_ref(next))?);
        employee::look(&stage.agent, summary)?;
        progress.message(&summary.line(next.at()));
        progress.step(1);
    }
    progress.finish();
    summary.add_observed(stage.agent.settle()?);
    let evening = stage.clock.now() + EVENING;
    forward_until(stage, evening, summary)?;
    out.done(&summary.line(stage.clock.now()));
    Ok(())
}

/// Wakes the agent whenever it wants to be woken before the given time.
fn forward_until(stage: &Stage, until: Timestamp, summary: &mut Summary) -> Result<(), CliError> {
    for _ in 0..MAX_WAKES {
        let Some(due) = stage.agent.next_wake()? else { return Ok(()) };
        if due >= until {
            return Ok(());
        }
        stage.clock.advance_to(due);
        let report = stage.agent.run(BUDGET)?;
        summary.add_run(&report);
    }
    Ok(())
}

/// Lets real time pass, at most a blink.
#[allow(clippy::disallowed_methods, reason = "the demo is to be watched; nothing waits for it")]
fn pass(from: Timestamp, to: Timestamp, speed: u32) {
    if speed == 0 {
        return;
    }
    let millis = u64::try_from(to.since(from).as_millis()).unwrap_or(0) / u64::from(speed);
    std::thread::sleep(Duration::from_millis(millis).min(LONGEST_WAIT));
}
