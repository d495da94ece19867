//! A phone whose clock is wrong: it still forwards once it knows the endpoint's time, and says
//! whose clock to set where it cannot know.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use fenming::certificate::PrivateCa;
use fenming_core::agent::Agent;
use fenming_core::clock::{Clock, Span};
use fenming_core::error::AgentError;
use fenming_core::forward::advice;
use fenming_tests::stage::{HOST, Stage, message, policy};
use fenming_wire::text::Language;
use rcgen::{CertificateParams, Issuer, KeyPair, date_time_ymd};
use zeroize::Zeroizing;

const CLIENT: &str = "林嘉怡（恒远资本）";

/// A stage whose endpoint has a certificate for this year only.
fn strict() -> Stage {
    let mut stage = Stage::bare(policy());
    stage.stop_collector();
    stage.tls = this_year();
    stage.start_collector();
    stage
}

fn this_year() -> PrivateCa {
    let root_key = KeyPair::generate().unwrap();
    let mut root = CertificateParams::new(Vec::new()).unwrap();
    root.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = root.self_signed(&root_key).unwrap().der().to_vec();
    let key = KeyPair::generate().unwrap();
    let mut leaf = CertificateParams::new(vec![HOST.to_owned()]).unwrap();
    leaf.not_before = date_time_ymd(2026, 1, 1);
    leaf.not_after = date_time_ymd(2026, 12, 31);
    let chain = leaf.signed_by(&key, &Issuer::from_params(&root, &root_key)).unwrap().pem();
    PrivateCa { authority, chain, key: Zeroizing::new(key.serialize_pem()) }
}

fn try_to_enrol(stage: &Stage) -> Result<(), AgentError> {
    let console = stage.collector().console();
    let token = console.issue_token(&"p-0017".parse().unwrap(), Span::hours(1)).unwrap();
    let mut flat = stage.profile().to_map();
    flat.insert("enrolment_token".to_owned(), token.expose().to_owned());
    assert!(stage.agent().apply_profile(&flat).unwrap().taken, "the profile is taken");
    stage.agent().enrol()
}

fn capture(stage: &Stage, text: &str) {
    stage.pass(Span::seconds(1));
    let at = Clock::now(stage.clock.as_ref()).to_string();
    assert_eq!(stage.see(&[message(&at, 7, CLIENT, text)]).captured, 1);
}

fn arrived(stage: &Stage) {
    let archive = stage.open_archive();
    archive.assert_sound();
    assert_eq!(archive.texts(), ["合同已寄出"]);
}

fn last_error(agent: &Agent) -> Option<String> {
    agent.status().unwrap().forwarding.last_error
}

#[test]
fn a_phone_a_year_ahead_is_told_to_set_its_clock_before_it_can_enrol() {
    let stage = strict();
    for wrong in [365, -365] {
        stage.clock.put_phone_wrong(wrong);
        let refused = try_to_enrol(&stage).unwrap_err();
        assert!(matches!(refused, AgentError::ClockWrong), "{refused}");
        for language in [Language::Chinese, Language::English] {
            assert!(advice(refused.code(), language).is_some(), "the employee is told what to do");
        }
        assert!(stage.collector().console().devices().unwrap().is_empty(), "nothing arrived");
    }
    stage.clock.put_phone_wrong(0);
    try_to_enrol(&stage).unwrap();
}

#[test]
fn a_phone_a_day_back_enrols_by_the_endpoints_time() {
    let stage = strict();
    stage.clock.put_phone_wrong(-1);
    // The endpoint refuses the first request with its signed time; the second is dated by it.
    try_to_enrol(&stage).unwrap();
}

#[test]
fn a_clock_that_goes_wrong_after_enrolment_keeps_nothing_from_being_delivered() {
    for wrong in [-1, 365, -365] {
        let stage = strict();
        try_to_enrol(&stage).unwrap();
        stage.agree(false);
        capture(&stage, "合同已寄出");
        stage.pass(Span::hours(1));
        stage.clock.put_phone_wrong(wrong);
        let report = stage.run().unwrap();
        assert_eq!(report.trouble, None, "{wrong} days");
        arrived(&stage);
    }
}

#[test]
fn after_a_restart_a_clock_set_wrong_waits_for_the_employee_and_loses_nothing() {
    let mut stage = strict();
    try_to_enrol(&stage).unwrap();
    stage.agree(false);
    capture(&stage, "合同已寄出");
    stage.pass(Span::hours(1));
    stage.close_agent();
    stage.clock.0.reboot(Span::minutes(1));
    stage.clock.put_phone_wrong(365);
    stage.open_agent();
    let report = stage.run().unwrap();
    assert_eq!(report.delivered, 0);
    assert_eq!(last_error(stage.agent()).as_deref(), Some("phone_clock"));
    stage.clock.put_phone_wrong(0);
    stage.run().unwrap();
    assert_eq!(last_error(stage.agent()), None, "the employee's own try passes");
    arrived(&stage);
}
