//! The engine on a real store, against an endpoint that misbehaves when it is told to.

mod drain;
mod durable;
mod outcomes;
mod sealing;

use fenming_wire::api::{BATCHES_PATH, ProblemKind};
use fenming_wire::record::Body;
use fenming_wire::seal::Identity;

use super::*;
use crate::clock::Clock;
use crate::forward::outcome::Trouble;
use crate::forward::schedule::{HoldOff, Network};
use crate::forward::tests::bench::{Bench, GENERAL, ORDERS, recipient};
use crate::forward::tests::endpoint::Fault;
use crate::forward::transport::TransportFailure;
use crate::vault::Damage;

/// Ten messages that are due.
fn ready() -> Bench {
    let bench = Bench::new();
    bench.capture(GENERAL, 10);
    bench.review_passes();
    bench
}

/// Asserts that the run ended for the reason, kept everything, and that a later run delivers all.
#[track_caller]
fn all_is_kept(bench: &Bench, report: &RunReport, trouble: Trouble) {
    assert_eq!((report.ended, report.trouble), (Ended::Waiting, Some(trouble)));
    assert_eq!(bench.state().last_error.as_deref(), Some(trouble.code().0));
    assert!(bench.vault().numbers().unwrap().backlog() > 0);
    bench.pass(Span::hours(25));
    let later = bench.run();
    assert_eq!(later.ended, Ended::Drained);
    nothing_waits(bench);
}

#[track_caller]
fn nothing_waits(bench: &Bench) {
    assert_eq!(bench.vault().numbers().unwrap().backlog(), 0);
    assert!(bench.spool().is_empty());
    let state = bench.state();
    assert_eq!((state.failures, state.in_doubt, state.last_error), (0, false, None));
    assert_eq!((state.wait_until, state.probe_at), (None, None));
    bench.everything_arrived_once();
}

/// What the planner is told now.
fn seen_by_planner(bench: &Bench) -> Facts {
    let now = bench.endpoint_clock.now();
    facts(&bench.vault(), &bench.employer.policy, (Network::Unmetered, true), now).unwrap()
}
