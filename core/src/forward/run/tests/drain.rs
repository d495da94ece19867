//! Whatever happens in whatever order, in the end the custodian has everything, each once.

use proptest::prelude::*;

use super::*;

/// Something that happens.
#[derive(Clone, Debug)]
enum Event {
    Captured(bool, usize),
    Passed(i64),
    Misbehaved(Fault),
    Ran(u32),
    Restarted,
    SpoolDamaged,
}

fn any_fault() -> impl Strategy<Value = Fault> {
    use ProblemKind::{DeviceBlocked, LedgerConflict, Malformed, TooLarge};
    prop_oneof![
        Just(Fault::None),
        prop::sample::select(vec![
            TransportFailure::Offline,
            TransportFailure::TimedOut,
            TransportFailure::Interrupted,
            TransportFailure::AnswerTooLarge,
            TransportFailure::WrongPin,
        ])
        .prop_flat_map(|failure| {
            prop_oneof![Just(Fault::Lost(failure)), Just(Fault::Unanswered(failure))]
        }),
        prop::sample::select(vec![200, 204, 302, 401, 404, 409, 413, 429, 500, 503])
            .prop_map(|status| Fault::Status(status, None)),
        prop::sample::select(vec![DeviceBlocked, LedgerConflict, Malformed, TooLarge])
            .prop_flat_map(|kind| {
                prop_oneof![Just(Fault::Problem(kind, None)), Just(Fault::Contradicted(kind, None))]
            }),
        Just(Fault::NoReceipt),
        Just(Fault::StrangersReceipt),
        Just(Fault::OtherReceipt),
        Just(Fault::OtherNonce),
        Just(Fault::BareConflict),
    ]
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => (any::<bool>(), 1usize..6).prop_map(|(orders, count)| Event::Captured(orders, count)),
        2 => (1i64..200).prop_map(Event::Passed),
        4 => any_fault().prop_map(Event::Misbehaved),
        4 => (1u32..4).prop_map(Event::Ran),
        1 => Just(Event::Restarted),
        1 => Just(Event::SpoolDamaged),
    ]
}

fn happen(bench: &Bench, event: &Event) {
    match event {
        Event::Captured(orders, count) => {
            bench.capture(if *orders { ORDERS } else { GENERAL }, *count);
        }
        Event::Passed(minutes) => bench.pass(Span::minutes(*minutes)),
        Event::Misbehaved(fault) => bench.endpoint.misbehave([*fault]),
        Event::Ran(batches) => {
            bench.run_within(Budget { batches: *batches, time: None });
        }
        Event::Restarted => bench.restart(),
        Event::SpoolDamaged => {
            if let Some(file) = bench.spool().first() {
                std::fs::write(file, b"other bytes").unwrap();
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn everything_captured_arrives_once_whatever_happens(
        events in proptest::collection::vec(any_event(), 1..25),
    ) {
        let bench = Bench::new();
        for event in &events {
            happen(&bench, event);
            // Chain, sequences and books hold at every moment.
            bench.read();
        }
        bench.endpoint.behave();
        bench.review_passes();
        prop_assert_eq!(bench.run().ended, Ended::Drained);
        nothing_waits(&bench);
    }
}
