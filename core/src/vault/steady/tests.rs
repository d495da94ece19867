use proptest::prelude::*;

use super::*;

const HOUR: i64 = 3_600_000;

fn boot(id: u8, elapsed: i64) -> Boot {
    Boot { id: [id; 16], elapsed: Span::millis(elapsed) }
}

fn at(steady: Steady, wall: i64) -> Moment {
    steady.at(Timestamp::from_millis(wall))
}

#[test]
fn a_wall_clock_set_ahead_does_not_end_a_review_window() {
    let steady = Steady::begin(boot(1, HOUR));
    let captured = at(steady, 0);
    let now = at(steady.seen(boot(1, HOUR + 1)), 365 * 24 * HOUR);
    assert!(!captured.reviewed(now, Span::minutes(30)));
}

#[test]
fn a_review_window_ends_on_the_steady_clock_though_the_wall_clock_was_set_back() {
    let steady = Steady::begin(boot(1, 0));
    let captured = at(steady, 10 * HOUR);
    let now = at(steady.seen(boot(1, HOUR)), 0);
    assert!(captured.reviewed(now, Span::hours(1)));
}

#[test]
fn after_a_restart_the_wall_clock_may_end_a_review_window_as_well() {
    let steady = Steady::begin(boot(1, 0));
    let captured = at(steady, 0);
    let now = at(steady.seen(boot(2, 1_000)), HOUR);
    assert!(captured.reviewed(now, Span::hours(1)));
}

#[test]
fn a_quarantine_ends_by_the_earlier_of_both_clocks() {
    let steady = Steady::begin(boot(1, 0));
    let held = at(steady, 10 * HOUR);
    let set_back = at(steady.seen(boot(1, 24 * HOUR)), 0);
    let set_ahead = at(steady, 34 * HOUR);
    let early = at(steady.seen(boot(1, 23 * HOUR)), 33 * HOUR);
    assert!(held.due(set_back, Span::hours(24)));
    assert!(held.due(set_ahead, Span::hours(24)));
    assert!(!held.due(early, Span::hours(24)));
}

#[test]
fn restarts_with_a_clock_set_back_do_not_make_a_quarantine_longer() {
    let mut steady = Steady::begin(boot(1, 0));
    let held = at(steady, 10 * HOUR);
    for start in 2..10 {
        steady = steady.seen(boot(start, 0));
        steady = steady.seen(boot(start, 3 * HOUR));
    }
    assert!(held.due(at(steady, 0), Span::hours(24)));
}

#[test]
fn a_steady_clock_that_runs_back_adds_no_time() {
    let before = Steady::begin(boot(1, 5 * HOUR));
    let after = before.seen(boot(1, HOUR));
    assert_eq!(at(before, 0).tick, at(after, 0).tick);
    assert_ne!(before.run, after.run);
}

proptest! {
    #[test]
    fn ticks_never_run_back_nor_faster_than_real_time(
        steps in prop::collection::vec((any::<bool>(), 0i64..HOUR, 0i64..HOUR), 1..40),
    ) {
        let (mut id, mut up, mut real) = (0u8, HOUR, 0i64);
        let mut steady = Steady::begin(boot(id, up));
        let first = at(steady, 0).tick;
        for (restart, off, on) in steps {
            if restart {
                (id, up, real) = (id.wrapping_add(1), 0, real + off);
            }
            (up, real) = (up + on, real + on);
            let before = at(steady, 0).tick;
            steady = steady.seen(boot(id, up));
            prop_assert!(at(steady, 0).tick >= before);
            prop_assert!(at(steady, 0).tick - first <= real);
        }
    }
}
