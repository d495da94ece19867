//! Power loss: of what was not synced, any part survives, in any order. Whatever is left, the
//! custodian has every acknowledged record once, and the phone takes it for no damage.
//!
//! A failure names its life and history. `FENMING_POWER_REPLAY=LIFE/HISTORY` runs that one alone,
//! on the trace that the failing run has kept.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and says how much it tried"
)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use fenming_tests::power::history::{Failure, Loss, Subject, holds};
use fenming_tests::power::life::{CANARY, Step};
use fenming_tests::power::record;
use fenming_tests::power::trace::Trace;
use fenming_tests::stage::Secrets;
use fenming_tests::trials::in_turn;

/// Lives, and histories of each, in an ordinary run.
const ORDINARY: (u64, u64) = (4, 130);

/// Lives, and histories of each, in a long run.
const LONG: (u64, u64) = (48, 250);

/// Histories that a lying disk gets to lose something in.
const LIES: u64 = 40;

#[test]
fn a_power_loss_costs_nothing_that_was_acknowledged() {
    if let Some((life, history)) = replayed() {
        let subject = kept(life);
        let outcome = subject.history(history, loss_of(history));
        assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
        return;
    }
    try_all(ORDINARY);
}

#[test]
#[ignore = "long: some ten thousand histories"]
fn a_power_loss_costs_nothing_in_ten_thousand_histories() {
    let lives = std::env::var("FENMING_POWER_LIVES").ok().and_then(|lives| lives.parse().ok());
    try_all((lives.unwrap_or(LONG.0), LONG.1));
}

#[test]
fn a_disk_that_only_says_that_it_synced_is_found_out() {
    let subject = live(1, "lies");
    let outcomes = (0..LIES).map(|history| subject.history(history, Loss::LyingDisk));
    let failures: Vec<Box<Failure>> = outcomes.filter_map(Result::err).collect();
    println!("{} of {LIES} histories on a lying disk lose something", failures.len());
    let lost = |failure: &Failure| failure.wrong.iter().any(|wrong| wrong.starts_with("lost"));
    assert!(failures.iter().any(|failure| lost(failure)), "the harness sees a loss");
}

/// Every history of every life; says what failed, and how to see it again.
fn try_all((lives, histories): (u64, u64)) {
    let failures: Mutex<Vec<Box<Failure>>> = Mutex::default();
    for life in 0..lives {
        let subject = live(life, "run");
        let private = subject.trace().written().any(|bytes| holds(bytes, CANARY));
        assert!(!private, "something private was written to a disk");
        assert!(subject.has(|step| matches!(step, Step::Run)), "a life in which nothing is sent");
        in_turn(0..histories, |history| {
            if let Err(failure) = subject.history(history, loss_of(history)) {
                println!("{failure}");
                failures.lock().unwrap().push(failure);
            }
            true
        });
    }
    let failures = failures.into_inner().unwrap();
    println!("{} histories, {} failed", lives * histories, failures.len());
    if let Some(first) = failures.first() {
        let Failure { life, history, .. } = **first;
        panic!(
            "{} histories failed; see one again with FENMING_POWER_REPLAY={life}/{history} \
             cargo test -p fenming-tests --test power_loss a_power_loss_costs_nothing_that",
            failures.len()
        );
    }
}

/// In one of four histories the endpoint loses power as well.
const fn loss_of(history: u64) -> Loss {
    if history % 4 == 3 { Loss::Both } else { Loss::Phone }
}

/// Lives a life and keeps its trace.
fn live(seed: u64, name: &str) -> Subject {
    let secrets = Secrets::generate();
    let home = home(seed, name);
    let _ = std::fs::remove_dir_all(&home);
    std::fs::create_dir_all(&home).unwrap();
    std::fs::write(home.join("secrets"), serde_json::to_vec(&secrets).unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let below = folder.path().canonicalize().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_life"));
    command.arg(&below).arg(home.join("secrets")).arg(seed.to_string());
    let trace = record(&mut command, &below, &home.join("trace")).unwrap();
    println!("life {seed}: {} entries", trace.0.len());
    Subject::new(seed, secrets, trace)
}

/// A life whose trace was kept.
fn kept(seed: u64) -> Subject {
    let home = home(seed, "run");
    let secrets = std::fs::read(home.join("secrets")).expect("a run that has kept this life");
    let trace = Trace::read(&home.join("trace")).expect("its trace");
    Subject::new(seed, serde_json::from_slice(&secrets).unwrap(), trace)
}

fn home(seed: u64, name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("power-loss/{name}-{seed}"))
}

fn replayed() -> Option<(u64, u64)> {
    let value = std::env::var("FENMING_POWER_REPLAY").ok()?;
    let (life, history) = value.split_once('/')?;
    Some((life.parse().ok()?, history.parse().ok()?))
}
