use proptest::prelude::*;

use super::*;

const CEILING: usize = 510;

/// What becomes of a queue that always fills a batch, at an endpoint that takes so many lines:
/// how many batches were sent in vain, and what was learnt.
fn forward(mut size: BatchSize, takes: usize, rounds: u32) -> (u32, BatchSize) {
    let mut vain = 0;
    for _ in 0..rounds {
        let lines = size.most.unwrap_or(CEILING);
        if lines > takes {
            vain += 1;
            size = size.refused(lines);
        } else {
            size = size.delivered(lines, CEILING);
        }
    }
    (vain, size)
}

fn any_size() -> impl Strategy<Value = BatchSize> {
    let most = prop::option::of(1..CEILING);
    (most, 0..FULL_BATCHES_TO_GROW).prop_map(|(most, full)| BatchSize { most, full })
}

#[test]
fn an_endpoint_that_takes_everything_again_is_found_out() {
    let learnt = BatchSize::default().refused(CEILING).refused(CEILING / 2).refused(4);
    assert_eq!(learnt.most, Some(2));
    assert_eq!(forward(learnt, CEILING, 400), (0, BatchSize::default()));
}

proptest! {
    #[test]
    fn a_refusal_always_makes_batches_smaller_until_one_line_is_left(
        size in any_size(), lines in 1usize..CEILING,
    ) {
        let after = size.refused(lines);
        prop_assert!(after.most.is_some_and(|most| most >= 1 && (most < lines || lines == 1)));
        prop_assert!(size.most.is_none_or(|before| after.most <= Some(before)));
    }

    #[test]
    fn a_delivery_never_makes_batches_smaller(
        size in any_size(), lines in 1usize..CEILING,
    ) {
        let after = size.delivered(lines, CEILING);
        prop_assert!(after.most.is_none_or(|most| size.most.is_some_and(|before| most >= before)));
        prop_assert!(after.most.is_none_or(|most| most < CEILING));
    }

    #[test]
    fn a_batch_that_was_not_full_teaches_nothing(size in any_size(), lines in 1usize..CEILING) {
        prop_assume!(size.most.is_some_and(|most| lines < most));
        prop_assert_eq!(size.delivered(lines, CEILING), size);
    }

    #[test]
    fn an_endpoint_with_a_low_limit_refuses_few_batches_and_gets_the_rest(
        takes in 4usize..CEILING,
    ) {
        let (vain, _) = forward(BatchSize::default(), takes, 1_000);
        // Down to the limit at first, then about one in thirty; one in sixteen where a limit of a
        // few lines leaves no room for small steps.
        prop_assert!(vain <= 9 + 1_000 / 12, "{vain} in vain");
    }
}
