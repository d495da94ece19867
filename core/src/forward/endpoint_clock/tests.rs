use proptest::prelude::*;

use super::*;

fn boot(id: u8, elapsed: i64) -> Boot {
    Boot { id: [id; 16], elapsed: Span::millis(elapsed) }
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

const DAY: i64 = 86_400_000;

fn anchor() -> Anchor {
    // The phone is a day behind.
    Anchor { signed: at(10 * DAY), wall: at(9 * DAY), boot: boot(1, 500) }
}

#[test]
fn while_the_phone_stays_on_no_setting_of_its_clock_matters() {
    for wall in [0, 9 * DAY, 400 * DAY] {
        assert_eq!(anchor().estimate(at(wall), boot(1, 1_500)), at(10 * DAY + 1_000));
    }
}

#[test]
fn after_a_restart_the_wall_clock_counts_by_as_much_as_it_was_wrong() {
    assert_eq!(anchor().estimate(at(9 * DAY + 60_000), boot(2, 10)), at(10 * DAY + 60_000));
}

proptest! {
    #[test]
    fn time_never_goes_back_behind_what_was_signed(
        wall in any::<i64>(),
        id in 0u8..3,
        elapsed in any::<i64>(),
    ) {
        prop_assert!(anchor().estimate(at(wall), boot(id, elapsed)) >= anchor().signed);
    }
}
