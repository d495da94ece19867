//! A device's folder is damaged between two runs of the real program: cut short, bits turned, files
//! gone, an old copy put back, the clock set wrong. What was not on the damaged store is in the
//! custodian's archive, once; what was lost is a blind spot in the ledger; the program says what to
//! do.
//!
//! By default a seeded choice of places is tried; `FENMING_CRASH_POINTS=all` tries many more.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and says how much it tried"
)]

#[path = "damage/scene.rs"]
mod scene;

use std::collections::BTreeMap;

use fenming_tests::faults::{Shim, all_points};
use scene::{Harm, Scene};

/// Decides which places an ordinary run tries.
const SEED: u64 = 0x5EED_2028;

#[test]
fn an_old_copy_that_is_put_back_loses_nothing_and_the_ledger_says_so() {
    let shim = Shim::build().expect("a C compiler");
    Scene::set(&shim).with_an_old_copy();
}

#[test]
fn a_clock_that_is_a_day_slow_or_a_year_fast_for_a_while_loses_nothing() {
    let shim = Shim::build().expect("a C compiler");
    let scene = Scene::set(&shim);
    for seconds in [-24 * 3600, 365 * 24 * 3600] {
        scene.with_a_wrong_clock(&shim, seconds);
    }
}

#[test]
fn a_damaged_file_costs_at_most_what_was_in_it_and_the_ledger_says_so() {
    let shim = Shim::build().expect("a C compiler");
    let scene = Scene::set(&shim);
    let mut seen: BTreeMap<(String, &str), usize> = BTreeMap::new();
    for (n, file) in scene.files().iter().enumerate() {
        let times = if all_points() { 60 } else { scene.times(file) };
        for time in 0..times {
            let harm = Harm::of(SEED + (n * 1000 + time) as u64);
            let outcome = scene.harmed(file, harm);
            *seen.entry((scene.kind(file), outcome)).or_default() += 1;
        }
    }
    println!("{seen:#?}");
    let any = |outcome: &str| seen.keys().any(|(_, found)| *found == outcome);
    assert!(any("nothing lost") && any("a blind spot"), "both outcomes were met: {seen:?}");
}
