//! SIGKILL, torn writes and failing disks at durable steps of the real endpoint, while a device
//! enrols, asks for state, forwards and reports: after a restart the custodian has exactly the
//! expected records, each once, under receipts that hold.
//!
//! By default a seeded choice of steps is tried; `FENMING_CRASH_POINTS=all` tries every one.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and says how much it tried"
)]

#[path = "crash_endpoint/scene.rs"]
mod scene;

use std::sync::atomic::{AtomicUsize, Ordering};

use fenming_tests::faults::{Fault, Shim, all_points, spread};
use fenming_tests::trials::in_turn;
use scene::Scene;

/// Decides which steps an ordinary run tries.
const SEED: u64 = 0x5EED_2027;

#[test]
fn whatever_step_the_endpoint_dies_at_the_custodian_has_every_record_once() {
    let shim = Shim::build().expect("a C compiler");
    let scene = Scene::set();
    let (expected, steps) = scene.undisturbed(&shim);
    assert!(expected.len() >= 8, "the scene has records: {}", expected.len());
    assert!(steps >= 100, "the endpoint has durable steps: {steps}");
    println!("{steps} durable steps in all");
    let points = points(steps);
    let died = AtomicUsize::new(0);
    in_turn(&points, |&(fault, step)| {
        let (found, killed) = scene.harmed(&shim, fault, step);
        died.fetch_add(usize::from(killed), Ordering::Relaxed);
        assert_eq!(found, expected, "after {fault:?} at {step}");
        true
    });
    let (tried, died) = (points.len(), died.load(Ordering::Relaxed));
    println!("{tried} points, of which {died} ended the endpoint by SIGKILL");
    let wanted = points.iter().filter(|(fault, _)| *fault == Fault::Kill).count();
    assert!(died * 10 >= wanted * 9, "the shim killed the endpoint: {died} of {wanted}");
}

/// The points of this run.
fn points(steps: u64) -> Vec<(Fault, u64)> {
    let all: Vec<u64> = (1..=steps).collect();
    let of = |fault: Fault| {
        let ordinary = match fault {
            Fault::Kill => 80,
            Fault::Torn | Fault::DiskFull | Fault::DiskBroken | Fault::ReadOnly => 10,
            Fault::Stop => 0,
        };
        let wanted = if all_points() { all.len() } else { ordinary };
        spread(&all, wanted, SEED).map(move |step| (fault, step)).collect::<Vec<_>>()
    };
    Fault::ALL.into_iter().flat_map(of).collect()
}
