//! What is sealed, when, and to whom.

use super::*;

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
