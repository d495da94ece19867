//! Every line of the table of outcomes, with a real store and an endpoint that misbehaves.

use super::*;
use crate::forward::batch_size::FULL_BATCHES_TO_GROW;

#[test]
fn a_success_without_a_valid_receipt_delivers_nothing_until_the_state_shows_one() {
    for fault in [Fault::NoReceipt, Fault::StrangersReceipt, Fault::OtherReceipt] {
        let bench = ready();
        bench.run();
        bench.capture(GENERAL, 2);
        bench.review_passes();
        bench.endpoint.misbehave([fault]);
        let report = bench.run();
        assert_eq!(report.trouble, Some(Trouble::ReceiptInvalid), "{fault:?}");
        assert_eq!(report.ended, Ended::Drained, "the state had the receipt");
        nothing_waits(&bench);
    }
}

#[test]
fn a_success_for_a_batch_that_was_not_stored_backs_off() {
    let bench = ready();
    bench.run();
    bench.capture(GENERAL, 2);
    bench.review_passes();
    bench.endpoint.misbehave([Fault::Status(200, None)]);
    all_is_kept(&bench, &bench.run(), Trouble::ReceiptInvalid);
}

#[test]
fn busy_failing_and_silent_endpoints_are_backed_off_from() {
    let cases = [
        (Fault::Status(408, None), Trouble::Busy),
        (Fault::Status(425, None), Trouble::Busy),
        (Fault::Status(429, None), Trouble::Busy),
        (Fault::Status(500, None), Trouble::ServerFault),
        (Fault::Status(507, None), Trouble::ServerFault),
        (Fault::Lost(TransportFailure::Offline), Trouble::Offline),
        (Fault::Lost(TransportFailure::TimedOut), Trouble::TimedOut),
        (Fault::Unanswered(TransportFailure::TimedOut), Trouble::TimedOut),
        (Fault::Unanswered(TransportFailure::Interrupted), Trouble::Interrupted),
    ];
    for (fault, trouble) in cases {
        let bench = ready();
        bench.run();
        bench.capture(GENERAL, 2);
        bench.review_passes();
        bench.endpoint.misbehave([fault]);
        let report = bench.run();
        assert_eq!(bench.state().failures, 1, "{fault:?}");
        all_is_kept(&bench, &report, trouble);
    }
}

#[test]
fn a_conflict_settles_by_the_receipts_that_it_carries() {
    let bench = ready();
    bench.run();
    let copy = bench.copy_store();
    bench.capture(GENERAL, 2);
    bench.review_passes();
    bench.endpoint.misbehave([Fault::Unanswered(TransportFailure::TimedOut)]);
    bench.run();
    // Doubt is forgotten, as by an older program.
    let state = ForwardingState::default();
    bench.vault().put(&state).unwrap();
    let report = bench.run();
    assert_eq!((report.ended, report.delivered), (Ended::Drained, 1));
    nothing_waits(&bench);
    drop(copy);
}

#[test]
fn a_conflict_that_carries_nothing_makes_the_agent_ask() {
    let bench = ready();
    bench.run();
    bench.capture(GENERAL, 2);
    bench.review_passes();
    bench.endpoint.misbehave([Fault::BareConflict]);
    let report = bench.run();
    assert_eq!((report.ended, report.sent), (Ended::Drained, 2));
    nothing_waits(&bench);
}

#[test]
fn an_endpoint_that_goes_on_conflicting_is_not_asked_for_ever() {
    let bench = ready();
    bench.run();
    bench.capture(GENERAL, 2);
    bench.review_passes();
    let conflict = Trouble::Problem(ProblemKind::LedgerConflict);
    // A batch, the state (not misbehaving), the batch again.
    bench.endpoint.misbehave([Fault::BareConflict]);
    bench.endpoint.misbehave([Fault::None, Fault::BareConflict]);
    let report = bench.run();
    assert_eq!(report.sent, 2);
    all_is_kept(&bench, &report, conflict);
}

#[test]
fn a_batch_that_is_too_large_is_halved_until_it_passes() {
    let bench = ready();
    bench.endpoint.limit(5);
    let report = bench.run();
    assert_eq!(report.ended, Ended::Drained);
    assert!(report.unsealed >= 1);
    assert!(bench.state().max_lines.is_some());
    nothing_waits(&bench);
    reconfigured(&mut bench.vault(), Changed::Policy).unwrap();
    assert_eq!(bench.state().max_lines, None);
}

#[test]
fn a_limit_that_refusals_taught_is_raised_again_by_full_batches() {
    let bench = ready();
    bench.endpoint.limit(5);
    bench.run();
    let taught = bench.state().max_lines.unwrap();
    bench.endpoint.limit(u64::MAX);
    for _ in 0..FULL_BATCHES_TO_GROW {
        let before = bench.state().max_lines.unwrap();
        bench.capture(GENERAL, before);
        bench.review_passes();
        assert_eq!(bench.run().delivered, 1);
        assert!(bench.state().max_lines.is_some_and(|most| most >= before));
    }
    assert!(bench.state().max_lines > Some(taught));
    nothing_waits(&bench);
}

#[test]
fn a_single_record_that_is_too_large_is_an_error_of_configuration() {
    let bench = ready();
    bench.run();
    bench.capture(GENERAL, 1);
    bench.review_passes();
    bench.endpoint.misbehave([Fault::Problem(ProblemKind::TooLarge, None)]);
    all_is_kept(&bench, &bench.run(), Trouble::RecordTooLarge);
}

#[test]
fn a_device_that_is_not_authorised_pauses_and_probes_hourly() {
    for status in [401, 403] {
        let bench = ready();
        bench.run();
        bench.capture(GENERAL, 2);
        bench.review_passes();
        bench.endpoint.misbehave([Fault::Status(status, None)]);
        let report = bench.run();
        let probe = bench.endpoint_clock.now() + Span::hours(1);
        assert_eq!(bench.state().probe_at, Some(probe));
        reconfigured(&mut bench.vault(), Changed::Policy).unwrap();
        assert_eq!(bench.state().probe_at, None, "a new policy ends the pause");
        all_is_kept(&bench, &report, Trouble::NotAuthorised);
    }
}

#[test]
fn a_refused_record_is_parked_and_the_others_go() {
    let bench = ready();
    bench.run();
    bench.capture(GENERAL, 5);
    bench.review_passes();
    let next = bench.vault().position().unwrap().seq + 1;
    // The balance comes first; the third message is refused.
    bench.endpoint.refuse(next + 3);
    let report = bench.run();
    assert_eq!((report.ended, report.parked), (Ended::Drained, 1));
    let books = bench.vault().books().unwrap();
    assert_eq!((books.captured, books.parked, books.forwarded), (15, 1, 14));
    assert_eq!(bench.read().len(), 14);
    let parked = bench.vault().parked().unwrap();
    assert_eq!(parked, [next + 3]);
    let lines = bench.lines(bench.epoch());
    let named = lines.iter().rev().find_map(|line| match &line.body {
        Body::Balance(balance) => Some(balance.books.peek_unverified().unwrap().parked),
        _ => None,
    });
    assert_eq!(named, Some(parked));
}

#[test]
fn an_endpoint_that_refuses_everything_does_not_set_the_queue_aside() {
    let bench = ready();
    bench.run();
    bench.capture(GENERAL, 40);
    bench.review_passes();
    let next = bench.vault().position().unwrap().seq + 1;
    for _ in 0..40 {
        bench.endpoint.misbehave([Fault::Problem(ProblemKind::RecordRefused, Some(next + 1))]);
        bench.endpoint.misbehave([Fault::None]);
    }
    let report = bench.run();
    assert_eq!((report.ended, report.parked), (Ended::Waiting, 16));
    assert_eq!(bench.vault().books().unwrap().parked, 16);
}

#[test]
fn any_other_refusal_pauses_and_names_the_problem() {
    let bench = ready();
    bench.run();
    bench.capture(GENERAL, 2);
    bench.review_passes();
    bench.endpoint.misbehave([Fault::Problem(ProblemKind::Malformed, None)]);
    let report = bench.run();
    assert!(report.allows_heartbeat(), "IT learns of the problem");
    assert!(!seen_by_planner(&bench).is_stopped());
    all_is_kept(&bench, &report, Trouble::Problem(ProblemKind::Malformed));
}

#[test]
fn redirects_and_failures_of_tls_pin_and_address_stop_until_the_profile_changes() {
    use crate::forward::residency::AddressRefused;
    let cases = [
        (Fault::Status(302, None), Trouble::Redirected),
        (Fault::Lost(TransportFailure::Tls), Trouble::Tls),
        (Fault::Lost(TransportFailure::WrongPin), Trouble::WrongPin),
        (
            Fault::Lost(TransportFailure::Address(AddressRefused::FakeIp)),
            Trouble::Address(AddressRefused::FakeIp),
        ),
    ];
    for (fault, trouble) in cases {
        let bench = ready();
        bench.run();
        bench.capture(GENERAL, 2);
        bench.review_passes();
        bench.endpoint.misbehave([fault]);
        let report = bench.run();
        let probe = bench.endpoint_clock.now() + Span::hours(1);
        assert_eq!(bench.state().probe_at, Some(probe));
        assert!(!report.allows_heartbeat());
        assert!(seen_by_planner(&bench).is_stopped(), "nobody shortens the hour");
        reconfigured(&mut bench.vault(), Changed::Policy).unwrap();
        assert_eq!(bench.state().probe_at, Some(probe), "a new policy changes nothing");
        reconfigured(&mut bench.vault(), Changed::Profile).unwrap();
        assert_eq!(bench.state().probe_at, None);
        all_is_kept(&bench, &report, trouble);
    }
}

#[test]
fn a_phone_whose_clock_is_wrong_takes_the_time_that_the_endpoint_signs() {
    for wall in ["2026-03-01T04:00:00Z", "2027-02-01T04:00:00Z"] {
        let bench = ready();
        bench.clock.set_wall(wall.parse().unwrap());
        let report = bench.run();
        assert_eq!(report.ended, Ended::Drained);
        assert_eq!(report.trouble, Some(Trouble::ClockSkew));
        let real = bench.endpoint.clock.now().seconds();
        assert_eq!(bench.endpoint_clock.now().seconds(), real);
        bench.everything_arrived_once();
    }
}

#[test]
fn a_state_that_answers_another_request_is_not_believed() {
    let bench = ready();
    bench.endpoint.misbehave([Fault::OtherNonce]);
    let report = bench.run();
    assert_eq!((report.ended, report.trouble), (Ended::Waiting, Some(Trouble::ReceiptInvalid)));
    assert_eq!(bench.endpoint_clock.anchor(), None);
    bench.run();
    nothing_waits(&bench);
}
