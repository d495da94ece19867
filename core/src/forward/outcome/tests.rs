use fenming_wire::api::ProblemKind;

use super::*;

/// Ten records behind genesis and balance.
const BATCH: Asked = Asked::Batch(Sent { first: 3, last: 12 });
const SINGLE: Asked = Asked::Batch(Sent { first: 3, last: 3 });
const ASKED: [Asked; 5] = [BATCH, SINGLE, Asked::Document, Asked::Attachment, Asked::Heartbeat];

const REFUSALS: [AddressRefused; 7] = [
    AddressRefused::OutOfRange,
    AddressRefused::Local,
    AddressRefused::Reserved,
    AddressRefused::FakeIp,
    AddressRefused::RouteUnknown,
    AddressRefused::RouteExpired,
    AddressRefused::BeyondRoute,
];

fn answer(status: u16) -> Answered {
    Answered { status, proof: Proof::Absent, problem: None, sequence: None, retry_after: None }
}

fn decided(asked: Asked, answered: Answered) -> Action {
    decide(asked, &Reply::Answered(answered))
}

#[test]
fn a_success_with_a_valid_receipt_settles() {
    for status in 200..=299 {
        let good = Answered { proof: Proof::Valid, ..answer(status) };
        assert_eq!(decided(BATCH, good), Action::Settle);
    }
}

#[test]
fn a_success_without_a_valid_receipt_keeps_all_and_asks_for_the_state() {
    for status in 200..=299 {
        for proof in [Proof::Absent, Proof::Invalid] {
            let bad = Answered { proof, ..answer(status) };
            assert_eq!(decided(BATCH, bad), Action::AskState(Trouble::ReceiptInvalid));
            let document = Action::BackOff(Trouble::ReceiptInvalid, None);
            assert_eq!(decided(Asked::Document, bad), document);
        }
    }
}

#[test]
fn a_heartbeat_needs_no_document_in_answer() {
    assert_eq!(decided(Asked::Heartbeat, answer(204)), Action::Settle);
}

#[test]
fn a_busy_or_failing_endpoint_is_left_alone_as_long_as_it_asks() {
    let statuses = [408, 425, 429].into_iter().map(|s| (s, Trouble::Busy));
    for (status, trouble) in statuses.chain((500..=599).map(|s| (s, Trouble::ServerFault))) {
        for asked in ASKED {
            assert_eq!(decided(asked, answer(status)), Action::BackOff(trouble, None));
            let cases = [
                (Span::millis(0), Span::seconds(1)),
                (Span::seconds(90), Span::seconds(90)),
                (Span::days(30), Span::hours(24)),
            ];
            for (told, waits) in cases {
                let told = Answered { retry_after: Some(told), ..answer(status) };
                assert_eq!(decided(asked, told), Action::BackOff(trouble, Some(waits)));
            }
        }
    }
}

#[test]
fn a_failing_network_backs_off() {
    let failures = [
        (TransportFailure::Offline, Trouble::Offline),
        (TransportFailure::TimedOut, Trouble::TimedOut),
        (TransportFailure::Interrupted, Trouble::Interrupted),
    ];
    for (failure, trouble) in failures {
        for asked in ASKED {
            assert_eq!(decide(asked, &Reply::Failed(failure)), Action::BackOff(trouble, None));
        }
    }
}

#[test]
fn a_conflict_settles_by_the_receipts_that_it_carries() {
    assert_eq!(decided(BATCH, answer(409)), Action::Reconcile);
}

#[test]
fn a_batch_that_is_too_large_is_halved_and_a_single_record_is_an_error_of_configuration() {
    assert_eq!(decided(BATCH, answer(413)), Action::Halve);
    assert_eq!(decided(SINGLE, answer(413)), Action::Stop(Trouble::RecordTooLarge));
}

#[test]
fn a_device_that_is_not_authorised_pauses() {
    for status in [401, 403] {
        for asked in ASKED {
            assert_eq!(decided(asked, answer(status)), Action::Pause(Trouble::NotAuthorised));
        }
    }
}

#[test]
fn a_wrong_clock_is_set_by_a_signed_time_only() {
    let skew = Answered { problem: Some(ProblemKind::ClockSkew), ..answer(401) };
    for asked in ASKED {
        assert_eq!(decided(asked, skew), Action::Pause(Trouble::ClockSkew));
        let forged = Answered { proof: Proof::Invalid, ..skew };
        assert_eq!(decided(asked, forged), Action::Pause(Trouble::ClockSkew));
        let signed = Answered { proof: Proof::Valid, ..skew };
        assert_eq!(decided(asked, signed), Action::SetClock);
    }
}

#[test]
fn a_refused_record_is_parked() {
    let refused = Answered { problem: Some(ProblemKind::RecordRefused), ..answer(422) };
    for seq in 3..=12 {
        let refused = Answered { sequence: Some(seq), ..refused };
        assert_eq!(decided(BATCH, refused), Action::Park(seq));
    }
}

#[test]
fn a_refusal_of_what_the_batch_does_not_hold_parks_nothing() {
    let refused = Answered { problem: Some(ProblemKind::RecordRefused), ..answer(422) };
    let pause = Action::Pause(Trouble::Problem(ProblemKind::RecordRefused));
    for sequence in [None, Some(0), Some(2), Some(13), Some(u64::MAX)] {
        assert_eq!(decided(BATCH, Answered { sequence, ..refused }), pause);
    }
    assert_eq!(decided(Asked::Document, Answered { sequence: Some(3), ..refused }), pause);
}

#[test]
fn any_other_refusal_pauses_and_names_the_problem() {
    let handled = [401, 403, 408, 409, 413, 425, 429];
    for status in (400..=499).filter(|status| !handled.contains(status)) {
        for asked in ASKED {
            let unknown = Action::Pause(Trouble::UnknownAnswer);
            assert_eq!(decided(asked, answer(status)), unknown);
            for kind in ProblemKind::ALL {
                let named = Answered { problem: Some(kind), ..answer(status) };
                let expected = match (asked, kind) {
                    (Asked::Batch(_), ProblemKind::AttachmentMissing) => Action::Attach,
                    (Asked::Attachment, ProblemKind::DigestMismatch) => Action::Reseal,
                    _ => Action::Pause(Trouble::Problem(kind)),
                };
                assert_eq!(decided(asked, named), expected);
            }
        }
    }
}

#[test]
fn a_redirect_stops_everything() {
    for status in 300..=399 {
        for asked in ASKED {
            assert_eq!(decided(asked, answer(status)), Action::Stop(Trouble::Redirected));
        }
    }
}

#[test]
fn a_failure_of_tls_pin_or_address_stops_everything() {
    for asked in ASKED {
        let tls = decide(asked, &Reply::Failed(TransportFailure::Tls));
        assert_eq!(tls, Action::Stop(Trouble::Tls));
        let pin = decide(asked, &Reply::Failed(TransportFailure::WrongPin));
        assert_eq!(pin, Action::Stop(Trouble::WrongPin));
        let dates = decide(asked, &Reply::Failed(TransportFailure::CertificateDates));
        assert_eq!(dates, Action::Stop(Trouble::CertificateDates));
        // Once the clock is set, the employee's own try must pass.
        let clock = decide(asked, &Reply::Failed(TransportFailure::PhoneClock));
        assert_eq!(clock, Action::Pause(Trouble::PhoneClock));
        for refused in REFUSALS {
            let address = decide(asked, &Reply::Failed(TransportFailure::Address(refused)));
            assert_eq!(address, Action::Stop(Trouble::Address(refused)));
        }
    }
}

#[test]
fn an_answer_that_is_too_long_leaves_the_batch_in_doubt() {
    let failure = Reply::Failed(TransportFailure::AnswerTooLarge);
    assert_eq!(decide(BATCH, &failure), Action::AskState(Trouble::AnswerTooLarge));
    for asked in [Asked::Document, Asked::Heartbeat] {
        assert_eq!(decide(asked, &failure), Action::BackOff(Trouble::AnswerTooLarge, None));
    }
}

/// Every combination of everything that `decide` looks at.
fn every_reply() -> Vec<Reply> {
    let problems = ProblemKind::ALL.into_iter().map(Some).chain([None]);
    let mut replies: Vec<Reply> = REFUSALS.map(|r| Reply::Failed(r.into())).into();
    for problem in problems {
        for status in (0..=1000).chain([u16::MAX]) {
            for proof in [Proof::Absent, Proof::Invalid, Proof::Valid] {
                for sequence in [None, Some(0), Some(3), Some(u64::MAX)] {
                    let answered = Answered { status, proof, problem, sequence, retry_after: None };
                    replies.push(Reply::Answered(answered));
                }
            }
        }
    }
    replies
}

#[test]
fn nothing_is_delivered_without_a_receipt() {
    for reply in every_reply() {
        for asked in [BATCH, SINGLE] {
            if decide(asked, &reply) == Action::Settle {
                let Reply::Answered(answered) = reply else { panic!("a failure settled") };
                assert_eq!(answered.proof, Proof::Valid);
                assert!((200..=299).contains(&answered.status));
            }
        }
    }
}

#[test]
fn every_trouble_has_a_code_of_its_own() {
    let mut troubles = vec![
        Trouble::Offline,
        Trouble::TimedOut,
        Trouble::Interrupted,
        Trouble::AnswerTooLarge,
        Trouble::Busy,
        Trouble::ServerFault,
        Trouble::ReceiptInvalid,
        Trouble::NotAuthorised,
        Trouble::RecordTooLarge,
        Trouble::UnknownAnswer,
        Trouble::Redirected,
        Trouble::Tls,
        Trouble::WrongPin,
        Trouble::CertificateDates,
        Trouble::PhoneClock,
        Trouble::LedgerBehind,
        Trouble::EndpointBehind,
        Trouble::LedgerForked,
    ];
    troubles.extend(REFUSALS.map(Trouble::Address));
    troubles.extend(ProblemKind::ALL.map(Trouble::Problem));
    let codes: std::collections::BTreeSet<_> = troubles.iter().map(|t| t.code().0).collect();
    assert_eq!(codes.len(), troubles.len());
    assert_eq!(Trouble::ClockSkew.code(), Trouble::Problem(ProblemKind::ClockSkew).code());
}
