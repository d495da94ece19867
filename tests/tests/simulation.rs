//! Seeded histories of phones, endpoint, network, clocks and keys, in one thread each.
//!
//! What is checked, and what is no failure, stands at `fenming_tests::sim::Watch`. A failing history
//! is cut down to what it needs and printed; `FENMING_SIM_SEED=SEED` runs that one alone.
#![allow(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and says how much it tried"
)]

use std::sync::Mutex;

use fenming_tests::sim::{Chat, Failure, NAMED, Op, Scene, Tally, least, plan, run, shrink};
use fenming_tests::stage::files_below;
use fenming_tests::trials::in_turn;

/// Histories of an ordinary run.
const ORDINARY: u64 = 240;

/// Histories of a long run; `FENMING_SIM_HISTORIES` changes it.
const LONG: u64 = 100_000;

/// The first seed of an ordinary run.
const FIRST: u64 = 1;

#[test]
fn whatever_happens_the_invariants_hold() {
    match std::env::var("FENMING_SIM_SEED").ok().and_then(|seed| seed.parse().ok()) {
        Some(seed) => try_all(seed, 1),
        None => try_all(FIRST, ORDINARY),
    }
}

#[test]
#[ignore = "long: a hundred thousand histories"]
fn the_invariants_hold_in_a_hundred_thousand_histories() {
    let asked = std::env::var("FENMING_SIM_HISTORIES").ok().and_then(|text| text.parse().ok());
    try_all(1_000_000, asked.unwrap_or(LONG));
}

#[test]
fn the_histories_that_were_picked_by_hand_hold() {
    for named in NAMED {
        if let Err(failure) = run(named.ops) {
            panic!("{}:\n{failure}", named.name);
        }
    }
}

#[test]
fn a_seed_always_gives_the_same_history() {
    assert_eq!(plan(7), plan(7));
    assert_ne!(plan(7), plan(8));
}

#[test]
fn a_batch_that_the_endpoint_loses_is_missed() {
    let mut scene = Scene::new(1);
    let ops = [Op::Enrol(0), Op::Agree(0), Op::Message(0, Chat::Client), Op::Pass(31), Op::Send(0)];
    for op in &ops {
        assert_eq!(scene.step(op), Vec::<String>::new());
    }
    for (file, _) in files_below(&scene.endpoint_folder().join("batches")) {
        if file.to_string_lossy().contains('-') {
            std::fs::remove_file(file).unwrap();
        }
    }
    let wrong = scene.finish();
    assert!(wrong.iter().any(|wrong| wrong.contains("lost")), "{wrong:?}");
}

#[test]
fn a_failing_history_is_cut_down_to_what_it_needs() {
    let noise = [Op::Pass(1), Op::Message(0, Chat::Client), Op::Stop, Op::Start, Op::Pass(5)];
    let mut ops = noise.to_vec();
    ops.extend([Op::Publish, Op::Hours(true)]);
    ops.extend(noise);
    // Whatever publishes twice shall count as a failure here.
    let fails = |ops: &[Op]| ops.contains(&Op::Publish) && ops.contains(&Op::Hours(true));
    assert_eq!(least(&ops, fails), [Op::Publish, Op::Hours(true)]);
}

/// Tries seeds; the first failures are cut down and shown.
fn try_all(first: u64, histories: u64) {
    let failures: Mutex<Vec<(u64, Failure)>> = Mutex::default();
    let all: Mutex<Tally> = Mutex::default();
    in_turn(first..first + histories, |seed| {
        match run(&plan(seed)) {
            Ok(tally) => *all.lock().unwrap() += tally,
            Err(failure) => {
                let least = shrink(failure);
                println!("seed {seed}:\n{least}");
                failures.lock().unwrap().push((seed, least));
            }
        }
        failures.lock().unwrap().len() < MOST
    });
    let failures = failures.into_inner().unwrap();
    println!("{histories} histories, {} failed; {:?}", failures.len(), all.into_inner().unwrap());
    if let Some((seed, _)) = failures.first() {
        panic!(
            "see one again with FENMING_SIM_SEED={seed} \
             cargo test -p fenming-tests --test simulation whatever"
        );
    }
}

/// Failures after which a run ends.
const MOST: usize = 8;
