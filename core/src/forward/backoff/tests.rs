use proptest::prelude::*;

use super::*;
use crate::ports::SystemRandom;

#[test]
fn the_ceiling_doubles_up_to_the_longest_wait() {
    assert_eq!(ceiling(0), Span::seconds(30));
    assert_eq!(ceiling(1), Span::seconds(30));
    assert_eq!(ceiling(2), Span::seconds(60));
    assert_eq!(ceiling(9), Span::seconds(7_680));
    assert_eq!(ceiling(10), Span::hours(4));
    assert_eq!(ceiling(u32::MAX), Span::hours(4));
}

#[test]
fn the_jitter_spans_the_whole_wait() {
    assert_eq!(jitter(1, 0), Span::millis(0));
    assert_eq!(jitter(1, 30_000), Span::seconds(30));
    assert_eq!(jitter(1, 30_001), Span::millis(0));
}

#[test]
fn two_phones_do_not_wait_equally_long() {
    let waits: std::collections::BTreeSet<_> =
        (0..16).map(|_| wait(10, &SystemRandom).unwrap()).collect();
    assert!(waits.len() > 8);
}

proptest! {
    #[test]
    fn no_wait_exceeds_its_ceiling(failures in any::<u32>(), random in any::<u64>()) {
        prop_assert!(jitter(failures, random) <= ceiling(failures));
        prop_assert!(ceiling(failures) <= ceiling(failures.saturating_add(1)));
    }
}
