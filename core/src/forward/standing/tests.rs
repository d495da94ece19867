use fenming_wire::id::Digest;
use proptest::prelude::*;

use super::*;

fn place(seq: u64, head: u8) -> Position {
    Position { seq, head: Digest::from_bytes([head; 32]) }
}

#[test]
fn equal_ledgers_are_in_step() {
    assert_eq!(Standing::of(place(7, 7), place(7, 7), &[place(9, 9)]), Standing::InStep);
}

#[test]
fn a_batch_that_arrived_without_a_receipt_is_unproven() {
    assert_eq!(Standing::of(place(9, 9), place(7, 7), &[place(9, 9)]), Standing::Unproven);
}

#[test]
fn lines_that_this_store_never_sealed_show_an_old_copy() {
    for open in [&[][..], &[place(8, 8)], &[place(20, 20)], &[place(9, 1)]] {
        assert_eq!(Standing::of(place(9, 9), place(7, 7), open), Standing::PhoneBehind);
    }
}

#[test]
fn an_endpoint_that_lost_lines_is_behind() {
    assert_eq!(Standing::of(place(5, 5), place(7, 7), &[]), Standing::EndpointBehind);
    assert_eq!(Standing::of(place(7, 1), place(7, 7), &[]), Standing::Forked);
}

proptest! {
    #[test]
    fn only_equal_places_are_in_step(
        (high, own) in ((0u64..4, 0u8..3), (0u64..4, 0u8..3)),
        open in proptest::collection::vec((0u64..6, 0u8..3), 0..3),
    ) {
        let open: Vec<Position> = open.into_iter().map(|(seq, head)| place(seq, head)).collect();
        let (high, own) = (place(high.0, high.1), place(own.0, own.1));
        prop_assert_eq!(Standing::of(high, own, &open) == Standing::InStep, high == own);
    }
}
