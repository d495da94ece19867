//! Restarts, damage and restored copies.

use super::*;

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
    bench.run();
    let now = bench.endpoint_clock.now();
    bench.restart();
    let wait = bench.state().wait_until.unwrap();
    assert_eq!(wait, now + day);
    assert_eq!(seen_by_planner(&bench).hold_off, Some(HoldOff::Backoff(wait)));
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
fn a_stored_batch_is_never_sealed_again_whatever_the_answer_says() {
    let lies = [
        Fault::Contradicted(ProblemKind::TooLarge, None),
        Fault::Contradicted(ProblemKind::RecordRefused, Some(5)),
    ];
    for lie in lies {
        let bench = ready();
        bench.endpoint.misbehave([Fault::None, lie]);
        let report = bench.run();
        assert_eq!((report.ended, report.unsealed), (Ended::Drained, 0), "{lie:?}");
        assert_eq!(report.parked, 0);
        bench.everything_arrived_once();
    }
}
