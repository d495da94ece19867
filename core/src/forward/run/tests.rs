//! Every line of the table of outcomes, with a real store and an endpoint that misbehaves.

use fenming_wire::api::{BATCHES_PATH, ProblemKind};
use fenming_wire::record::Body;
use fenming_wire::seal::Identity;

use super::*;
use crate::clock::Clock;
use crate::forward::outcome::Trouble;
use crate::forward::schedule::{HoldOff, Network};
use crate::forward::tests::bench::{Bench, GENERAL, ORDERS, recipient};
use crate::forward::tests::endpoint::Fault;
use crate::forward::transport::TransportFailure;
use crate::vault::Damage;

/// Ten messages that are due.
fn ready() -> Bench {
    let bench = Bench::new();
    bench.capture(GENERAL, 10);
    bench.review_passes();
    bench
}

/// Asserts that the run ended for the reason, kept everything, and that a later run delivers all.
#[track_caller]
fn all_is_kept(bench: &Bench, report: &RunReport, trouble: Trouble) {
    assert_eq!((report.ended, report.trouble), (Ended::Waiting, Some(trouble)));
    assert_eq!(bench.state().last_error.as_deref(), Some(trouble.code().0));
    assert!(bench.vault().numbers().unwrap().backlog() > 0);
    bench.pass(Span::hours(25));
    let later = bench.run();
    assert_eq!(later.ended, Ended::Drained);
    nothing_waits(bench);
}

#[track_caller]
fn nothing_waits(bench: &Bench) {
    assert_eq!(bench.vault().numbers().unwrap().backlog(), 0);
    assert!(bench.spool().is_empty());
    let state = bench.state();
    assert_eq!((state.failures, state.in_doubt, state.last_error), (0, false, None));
    assert_eq!((state.wait_until, state.probe_at), (None, None));
    bench.everything_arrived_once();
}

#[test]
fn what_is_due_is_sealed_sent_and_receipted() {
    let bench = ready();
    bench.capture(ORDERS, 5);
    bench.review_passes();
    let report = bench.run();
    assert_eq!((report.ended, report.trouble), (Ended::Drained, None));
    assert_eq!(report.lines, 16, "ten, five, and the consent");
    assert_eq!(
        u32::try_from(bench.endpoint.batches(bench.epoch()).len()).unwrap(),
        report.delivered
    );
    nothing_waits(&bench);
}

#[test]
fn an_epoch_begins_with_the_genesis_and_every_batch_with_its_balance() {
    let bench = ready();
    bench.run();
    bench.capture(GENERAL, 1);
    bench.review_passes();
    bench.run();
    let lines = bench.lines(bench.epoch());
    let Body::Genesis(genesis) = &lines[0].body else { panic!("no genesis") };
    assert_eq!(genesis.device_key, bench.desk.key());
    assert_eq!(genesis.trust, bench.employer.signed_trust().payload_digest());
    assert!(genesis.prior.is_none());
    genesis.grant.verify(&[bench.desk.key()]).unwrap();
    assert!(matches!(lines[1].body, Body::Balance(_)));
    for batch in bench.endpoint.batches(bench.epoch()).iter().skip(1) {
        let first = usize::try_from(batch.manifest.from.seq).unwrap();
        assert!(matches!(lines[first].body, Body::Balance(_)));
    }
}

#[test]
fn what_is_in_its_review_window_stays() {
    let bench = Bench::new();
    bench.capture(GENERAL, 3);
    bench.run();
    assert!(bench.read().is_empty());
    bench.review_passes();
    bench.run();
    nothing_waits(&bench);
}

#[test]
fn nothing_is_sealed_before_there_is_a_consent() {
    let bench = Bench::without_consent();
    bench.capture(GENERAL, 3);
    bench.review_passes();
    assert_eq!(bench.run().ended, Ended::NotConsented);
    assert!(bench.endpoint.paths().is_empty());
}

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
fn a_lost_answer_is_found_out_by_asking_and_the_batch_is_not_sent_again() {
    let bench = ready();
    bench.run();
    bench.capture(GENERAL, 2);
    bench.review_passes();
    bench.endpoint.misbehave([Fault::Unanswered(TransportFailure::TimedOut)]);
    bench.run();
    bench.endpoint.paths();
    let report = bench.run();
    assert_eq!((report.sent, report.delivered), (0, 1));
    assert!(bench.endpoint.paths().iter().all(|path| path != BATCHES_PATH));
    nothing_waits(&bench);
}

#[test]
fn retry_after_is_kept_and_survives_a_restart() {
    let bench = ready();
    bench.run();
    bench.capture(GENERAL, 2);
    bench.review_passes();
    let day = Span::hours(24);
    bench.endpoint.misbehave([Fault::Status(503, Some(Span::days(90)))]);
    let now = bench.endpoint_clock.now();
    bench.run();
    bench.restart();
    let wait = bench.state().wait_until.unwrap();
    assert!(wait >= now + day && wait <= now + day, "{wait}");
    let facts = facts(
        &bench.vault(),
        &bench.employer.policy,
        (Network::Unmetered, true),
        bench.endpoint_clock.now(),
    );
    assert_eq!(facts.unwrap().hold_off, Some(HoldOff::Backoff(wait)));
}

#[test]
fn failures_in_a_row_are_counted_and_a_receipt_ends_them() {
    let bench = ready();
    bench.run();
    bench.capture(GENERAL, 2);
    bench.review_passes();
    for failures in 1..=5 {
        bench.endpoint.misbehave([Fault::Lost(TransportFailure::Offline)]);
        bench.run();
        bench.restart();
        assert_eq!(bench.state().failures, failures);
    }
    bench.run();
    nothing_waits(&bench);
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

#[test]
fn a_damaged_spool_file_is_sealed_again_once_the_endpoint_says_it_lacks_the_batch() {
    for damage in ["gone", "changed"] {
        let bench = ready();
        bench.endpoint.misbehave([Fault::None, Fault::Lost(TransportFailure::Offline)]);
        bench.run();
        let files = bench.spool();
        assert_eq!(files.len(), 1);
        match damage {
            "gone" => std::fs::remove_file(&files[0]).unwrap(),
            _ => std::fs::write(&files[0], b"other bytes").unwrap(),
        }
        let report = bench.run();
        assert_eq!((report.ended, report.damaged, report.unsealed), (Ended::Drained, 1, 1));
        nothing_waits(&bench);
    }
}

#[test]
fn a_damaged_spool_file_of_a_batch_that_arrived_is_never_sealed_again() {
    let bench = ready();
    bench.endpoint.misbehave([Fault::None, Fault::Unanswered(TransportFailure::TimedOut)]);
    bench.run();
    std::fs::remove_file(&bench.spool()[0]).unwrap();
    let report = bench.run();
    assert_eq!((report.ended, report.unsealed), (Ended::Drained, 0));
    nothing_waits(&bench);
}

#[test]
fn the_same_bytes_are_sent_again_while_the_fate_of_a_batch_is_unknown() {
    let bench = ready();
    bench.endpoint.misbehave([Fault::None, Fault::Lost(TransportFailure::Offline)]);
    bench.run();
    let sealed = std::fs::read(&bench.spool()[0]).unwrap();
    bench.restart();
    bench.run();
    assert!(bench.endpoint.batches(bench.epoch())[0].sealed == sealed);
    nothing_waits(&bench);
}

#[test]
fn stray_files_of_a_crash_are_swept() {
    let bench = ready();
    let folder = bench.vault().spool();
    for name in ["aa.part", "bb.age"] {
        std::fs::write(folder.join(name), b"left behind").unwrap();
    }
    bench.run();
    nothing_waits(&bench);
}

#[test]
fn a_restored_old_copy_never_forks_the_ledger() {
    let bench = ready();
    bench.run();
    let copy = bench.copy_store();
    bench.capture(GENERAL, 3);
    bench.review_passes();
    bench.run();
    let first = bench.epoch();
    let stored = bench.endpoint.batches(first).len();
    bench.put_back(&copy);
    bench.capture(GENERAL, 4);
    bench.review_passes();
    let report = bench.run();
    assert_eq!((report.ended, report.trouble), (Ended::LedgerBehind, Some(Trouble::LedgerBehind)));
    assert_eq!(bench.endpoint.batches(first).len(), stored);
    // What the agent does next.
    let (second, _) = bench.vault().begin_epoch(Damage::OldCopy).unwrap();
    assert_ne!(first, second);
    assert_eq!(bench.run().ended, Ended::Drained);
    bench.everything_arrived_once();
    let lines = bench.lines(second);
    let Body::Genesis(genesis) = &lines[0].body else { panic!("no genesis") };
    let prior = genesis.prior.as_ref().unwrap().verify(&bench.employer.trust.receipt_keys).unwrap();
    assert_eq!(prior.epochs.len(), 1);
    assert_eq!(prior.epochs[0].epoch, first);
}

#[test]
fn a_restored_copy_with_an_open_batch_adopts_its_receipt() {
    let bench = ready();
    bench.endpoint.misbehave([Fault::None, Fault::Lost(TransportFailure::Offline)]);
    bench.run();
    let copy = bench.copy_store();
    bench.run();
    bench.put_back(&copy);
    let report = bench.run();
    assert_eq!((report.ended, report.sent, report.delivered), (Ended::Drained, 0, 1));
    bench.everything_arrived_once();
}

#[test]
fn an_endpoint_that_lost_what_it_gave_receipts_for_is_told_on() {
    let bench = ready();
    bench.run();
    bench.endpoint.lose_last(bench.epoch());
    bench.capture(GENERAL, 1);
    bench.review_passes();
    let report = bench.run();
    assert_eq!((report.ended, report.trouble), (Ended::Waiting, Some(Trouble::EndpointBehind)));
    assert_eq!(bench.state().last_error.as_deref(), Some("endpoint_behind"));
}

#[test]
fn nothing_is_sealed_to_a_recipient_that_the_employee_did_not_agree_to() {
    let mut bench = ready();
    bench.endpoint.misbehave([Fault::None, Fault::Lost(TransportFailure::Offline)]);
    bench.run();
    let stranger = Identity::generate();
    bench.employer.trust.recipients.push(recipient(&stranger));
    let report = bench.run();
    assert_eq!((report.ended, report.unsealed), (Ended::NotConsented, 1));
    assert!(bench.endpoint.batches(bench.epoch()).is_empty());
    bench.agree();
    assert_eq!(bench.run().ended, Ended::Drained);
    nothing_waits(&bench);
    let manifest = &bench.endpoint.batches(bench.epoch())[0].manifest;
    assert_eq!(manifest.recipients.len(), 2);
}

#[test]
fn a_budget_of_batches_and_of_time_is_kept() {
    let bench = ready();
    bench.endpoint.limit(5);
    bench.run_within(Budget { batches: 1, time: None });
    let one = Budget { batches: 1, time: None };
    assert_eq!(bench.run_within(one).ended, Ended::Budget);
    let none = Budget { batches: 9, time: Some(Span::default()) };
    let report = bench.run_within(none);
    assert_eq!((report.ended, report.sent), (Ended::Budget, 0));
    bench.run();
    nothing_waits(&bench);
}

#[test]
fn a_locked_key_loses_nothing() {
    let bench = ready();
    bench.desk.device.refuse(Some(KeyError::Locked));
    let error = bench.with_forwarder(|forwarder| forwarder.run(&bench.vault, Budget::default()));
    assert_eq!(error.unwrap_err().code(), "key_unavailable");
    bench.desk.device.refuse(None);
    bench.run();
    nothing_waits(&bench);
}

#[test]
fn the_planner_learns_when_the_first_record_may_go() {
    let bench = Bench::new();
    bench.run();
    let conditions = (Network::Unmetered, true);
    let look = || {
        let now = bench.endpoint_clock.now();
        facts(&bench.vault(), &bench.employer.policy, conditions, now).unwrap().pending
    };
    assert_eq!(look(), None);
    let captured = bench.endpoint_clock.now();
    bench.capture(GENERAL, 1);
    bench.pass(Span::minutes(30));
    let pending = look().unwrap();
    assert_eq!(pending.oldest, captured);
    assert_eq!(pending.ready, captured + Span::minutes(120));
    bench.review_passes();
    assert!(look().unwrap().ready <= bench.endpoint_clock.now());
}

#[test]
fn a_report_holds_codes_and_numbers_only() {
    let bench = ready();
    bench.endpoint.misbehave([Fault::Status(302, None)]);
    let report = serde_json::to_value(bench.run()).unwrap();
    assert_eq!(report["ended"], "waiting");
    assert_eq!(report["trouble"], "redirect_refused");
    for value in report.as_object().unwrap().values() {
        assert!(value.is_number() || value.is_null() || value.is_string(), "{value}");
    }
}
