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
    Anchor { signed: at(10 * DAY), wall: at(9 * DAY), boot: boot(1, 500), past: at(10 * DAY) }
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

mod learning {
    use super::*;
    use crate::testing::ManualClock;

    fn phone(wall: i64) -> (Arc<ManualClock>, EndpointClock) {
        let clock = Arc::new(ManualClock::at(at(wall)));
        let port: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        (clock, EndpointClock::new(port, None))
    }

    #[test]
    fn after_a_restart_and_a_clock_set_back_it_is_not_before_the_last_receipt() {
        let (clock, time) = phone(10 * DAY);
        time.learn(at(10 * DAY));
        clock.advance(Span::days(5));
        time.learn_past(at(15 * DAY));
        let kept = time.anchor();
        clock.reboot(Span::hours(1));
        clock.set_wall(at(2 * DAY));
        let (_, time) = (time, EndpointClock::new(clock, kept));
        assert_eq!(time.now(), at(15 * DAY));
        assert!(!time.is_steady());
    }

    #[test]
    fn an_old_receipt_that_is_sent_again_does_not_set_the_time_back() {
        let (_, time) = phone(10 * DAY);
        time.learn(at(10 * DAY));
        time.learn_past(at(3 * DAY));
        assert_eq!(time.now(), at(10 * DAY));
        assert!(time.is_steady());
    }

    #[test]
    fn the_word_of_an_endpoint_whose_clock_was_ahead_is_replaced_by_a_fresh_one() {
        let (_, time) = phone(10 * DAY);
        time.learn(at(400 * DAY));
        time.learn_past(at(400 * DAY));
        time.learn(at(10 * DAY));
        assert_eq!(time.now(), at(10 * DAY));
    }

    #[test]
    fn with_nothing_signed_the_phone_is_believed() {
        let (_, time) = phone(10 * DAY);
        time.learn_past(at(3 * DAY));
        assert_eq!(time.now(), at(10 * DAY));
        assert!(!time.is_steady());
    }
}
