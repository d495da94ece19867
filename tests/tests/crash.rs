//! SIGKILL, torn writes and failing disks at durable steps of the real program: after a restart
//! the custodian has exactly the expected records, each once, and the ledger holds.
//!
//! By default a seeded choice of steps is tried; `FENMING_CRASH_POINTS=all` tries every one.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and says how much it tried"
)]

#[path = "crash/scene.rs"]
mod scene;

use std::sync::atomic::{AtomicUsize, Ordering};

use fenming_tests::faults::{Fault, Shim, all_points, spread};
use fenming_tests::trials::in_turn;
use scene::{Phase, Scene};

/// Points at which the program is killed in an ordinary run.
const KILLS: usize = 200;

/// Points for every other fault in an ordinary run.
const OTHERS: usize = 12;

/// Decides which steps an ordinary run tries.
const SEED: u64 = 0x5EED_2026;

/// A fault at a step of a phase.
#[derive(Clone, Copy, Debug)]
struct Point {
    phase: Phase,
    fault: Fault,
    step: u64,
}

#[test]
fn whatever_step_the_device_dies_at_the_custodian_has_every_record_once() {
    let shim = Shim::build().expect("a C compiler");
    let scene = Scene::set();
    let expected = scene.whole_way("expected");
    assert!(expected.len() >= 8, "the scene has records: {}", expected.len());
    let points = points(&scene, &shim);
    let died = AtomicUsize::new(0);
    in_turn(&points, |point| {
        let (device, killed) = scene.harmed_way(&shim, point.phase, (point.fault, point.step));
        died.fetch_add(usize::from(killed), Ordering::Relaxed);
        let found = scene.archived(device);
        assert_eq!(found, expected, "after {point:?}");
        true
    });
    let (tried, died) = (points.len(), died.load(Ordering::Relaxed));
    println!("{tried} points, of which {died} ended the program by SIGKILL");
    assert!(died * 10 >= KILLS * 9, "the shim killed the program: {died} of {KILLS}");
}

/// The points of this run: steps spread over both phases, shifted by the seed.
fn points(scene: &Scene, shim: &Shim) -> Vec<Point> {
    let steps: Vec<(Phase, u64)> = Phase::ALL
        .into_iter()
        .flat_map(|phase| (1..=scene.steps(shim, phase)).map(move |step| (phase, step)))
        .collect();
    println!("{} durable steps in all", steps.len());
    assert!(!steps.is_empty(), "the program is another one: cargo build -p fenming");
    Fault::ALL
        .into_iter()
        .flat_map(|fault| {
            let wanted = if fault == Fault::Kill { KILLS } else { OTHERS };
            let wanted = if all_points() { steps.len() } else { wanted };
            spread(&steps, wanted, SEED).map(move |(phase, step)| Point { phase, fault, step })
        })
        .collect()
}
