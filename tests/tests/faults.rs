//! The crash shim does what it says: without this, a crash test could pass by doing nothing.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;

use fenming_tests::faults::{Fault, Shim};

const ROWS: i64 = 8;

fn scribe(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scribe"));
    command.arg(folder).arg(ROWS.to_string()).stderr(std::process::Stdio::null());
    command
}

/// Rows that the store holds; fails where one is missing or damaged, or its file is.
fn rows(folder: &Path) -> i64 {
    let store = rusqlite::Connection::open(folder.join("store.db")).unwrap();
    let verdict: String = store.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok");
    let Ok((count, highest)) =
        store.query_row("SELECT count(*), coalesce(max(seq), 0) FROM line", [], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
        })
    else {
        return 0; // it was ended before the table was made
    };
    assert_eq!(count, highest, "a row is missing");
    for seq in 1..=count {
        let text = std::fs::read_to_string(folder.join(format!("{seq}.txt"))).unwrap();
        assert_eq!(text, seq.to_string().repeat(100));
    }
    count
}

fn steps(shim: &Shim) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let (status, steps) = shim.count(&mut scribe(folder.path()), folder.path()).unwrap();
    assert!(status.success());
    assert_eq!(rows(folder.path()), ROWS);
    // A file is written, synced and renamed, its folder synced, and a row appended and synced.
    assert!(steps >= ROWS.unsigned_abs() * 6, "only {steps} steps were seen");
    steps
}

#[test]
fn a_program_killed_at_any_step_leaves_whole_rows_and_goes_on() {
    let shim = Shim::build().unwrap();
    let steps = steps(&shim);
    let mut seen = std::collections::BTreeSet::new();
    for fault in [Fault::Kill, Fault::Torn] {
        for step in 1..=steps {
            let folder = tempfile::tempdir().unwrap();
            let mut command = scribe(folder.path());
            let status = shim.harm(&mut command, folder.path(), fault, step).unwrap().status();
            assert_eq!(status.unwrap().signal(), Some(9), "{fault:?} at step {step}");
            seen.insert(rows(folder.path()));
            assert!(scribe(folder.path()).status().unwrap().success());
            assert_eq!(rows(folder.path()), ROWS, "{fault:?} at step {step}");
        }
    }
    assert!(seen.len() > 3, "the kills all fell on the same row");
}

#[test]
fn a_failing_disk_ends_the_program_with_an_error_and_leaves_whole_rows() {
    let shim = Shim::build().unwrap();
    let steps = steps(&shim);
    for fault in [Fault::DiskFull, Fault::DiskBroken, Fault::ReadOnly] {
        for step in (1..steps / 2).step_by(3) {
            let folder = tempfile::tempdir().unwrap();
            let mut command = scribe(folder.path());
            let status = shim.harm(&mut command, folder.path(), fault, step).unwrap().status();
            assert_eq!(status.unwrap().code(), Some(1), "{fault:?} at step {step}");
            assert!(rows(folder.path()) < ROWS);
            assert!(scribe(folder.path()).status().unwrap().success());
            assert_eq!(rows(folder.path()), ROWS);
        }
    }
}

#[test]
fn steps_outside_the_folder_do_not_count() {
    let shim = Shim::build().unwrap();
    let (inside, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (status, steps) = shim.count(&mut scribe(inside.path()), outside.path()).unwrap();
    assert!(status.success());
    assert_eq!(steps, 0);
}

#[test]
fn every_fault_has_a_code_that_the_shim_knows() {
    let shim = Shim::build().unwrap();
    for fault in Fault::ALL {
        let folder = tempfile::tempdir().unwrap();
        let mut command = scribe(folder.path());
        let status = shim.harm(&mut command, folder.path(), fault, u64::MAX).unwrap().status();
        assert!(status.unwrap().success(), "{fault:?}: an unknown code aborts");
    }
}

#[test]
fn a_misled_program_has_another_time() {
    let shim = Shim::build().unwrap();
    let seconds = |by| {
        let mut date = Command::new("date");
        let output = shim.mislead(date.arg("+%s"), by).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().parse::<i64>().unwrap()
    };
    let (right, fast, slow) = (seconds(0), seconds(31_536_000), seconds(-86_400));
    assert!(fast - right > 31_000_000 && right - slow > 80_000, "{slow} {right} {fast}");
}
