//! Promise 2: no consent, no capture. That no record can be built without a permit is proven by
//! the compiler (`refused.rs`); here every state without a live consent is tried on the whole
//! agent.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use fenming_core::clock::{Clock, Span};
use fenming_core::error::AgentError;
use fenming_core::ports::KeyError;
use fenming_tests::stage::{DAY_BEGINS, Stage, listener, message, next_version, policy};
use fenming_wire::heartbeat::{AgentState, ConsentState};
use fenming_wire::policy::{GroupRule, TitleMatch, WithdrawalRule};
use fenming_wire::seal::Identity;
use fenming_wire::text::{Bilingual, Language};
use fenming_wire::trust::NamedRecipient;

const CLIENT: &str = "林嘉怡（恒远资本）";

#[test]
fn nothing_is_captured_before_the_device_is_enrolled() {
    let stage = Stage::bare(policy());
    assert_nothing_is_captured(&stage);
}

#[test]
fn nothing_is_captured_before_the_employee_decides() {
    let stage = Stage::enrolled(policy());
    stage.see(&[listener(DAY_BEGINS, true)]);
    assert_eq!(stage.agent().status().unwrap().state, AgentState::AwaitingConsent);
    assert_nothing_is_captured(&stage);
}

#[test]
fn nothing_is_captured_after_a_refusal() {
    let stage = Stage::enrolled(policy());
    stage.agent().refuse().unwrap();
    assert_nothing_is_captured(&stage);
    assert!(
        !stage.agent().notice(Language::English).unwrap().may_prompt,
        "nor are they asked again"
    );
}

#[test]
fn an_answer_to_another_notice_is_no_consent() {
    let stage = Stage::enrolled(policy());
    let digest = fenming_wire::id::Digest::of(b"another text");
    let answer = stage.agent().agree(Language::Chinese, digest, false);
    assert!(matches!(answer, Err(AgentError::InputInvalid { field: "notice", .. })));
    assert_nothing_is_captured(&stage);
}

#[test]
fn nothing_is_captured_where_the_device_key_did_not_sign_the_consent() {
    let stage = Stage::enrolled(policy());
    let notice = stage.agent().notice(Language::Chinese).unwrap();
    stage.signer.refuse(Some(KeyError::Locked));
    stage.agent().agree(Language::Chinese, notice.digest, false).unwrap_err();
    stage.signer.refuse(None);
    assert_nothing_is_captured(&stage);
}

#[test]
fn nothing_is_captured_while_paused_and_a_restart_does_not_resume() {
    let mut stage = Stage::agreed(policy(), false);
    assert_eq!(capture_one(&stage), 1);
    stage.agent().pause(true).unwrap();
    assert_nothing_is_captured(&stage);
    stage.close_agent();
    stage.open_agent();
    assert_nothing_is_captured(&stage);
    stage.agent().pause(false).unwrap();
    assert_eq!(capture_one(&stage), 1);
}

#[test]
fn a_withdrawal_holds_offline_from_the_next_millisecond_on() {
    let mut stage = Stage::agreed(policy(), false);
    assert_eq!(capture_one(&stage), 1);
    stage.stop_collector();
    let sent = stage.network.sent().len();
    stage.agent().withdraw().unwrap();
    assert_nothing_is_captured(&stage);
    assert_eq!(stage.network.sent().len(), sent, "it asked nobody");
    assert_eq!(stage.agent().status().unwrap().consent, ConsentState::Withdrawn);
    stage.close_agent();
    stage.open_agent();
    assert_nothing_is_captured(&stage);
}

#[test]
fn a_withdrawal_holds_even_where_the_device_key_does_not_sign() {
    let mut stage = Stage::agreed(policy(), false);
    stage.signer.refuse(Some(KeyError::Failed));
    let _ = stage.agent().withdraw();
    assert_nothing_is_captured(&stage);
    stage.close_agent();
    stage.signer.refuse(None);
    stage.open_agent();
    assert_nothing_is_captured(&stage);
}

#[test]
fn a_withdrawal_reaches_the_archive_and_what_came_before_follows_the_policy() {
    for (rule, left) in [(WithdrawalRule::Forward, 1), (WithdrawalRule::DestroyUnsent, 0)] {
        let mut policy = policy();
        policy.on_withdrawal = rule;
        let stage = Stage::agreed(policy, false);
        assert_eq!(capture_one(&stage), 1);
        stage.agent().withdraw().unwrap();
        stage.drain();
        let archive = stage.open_archive();
        archive.assert_sound();
        assert_eq!(archive.texts().len(), left, "{rule:?}");
        assert_eq!(archive.report.epochs.first().unwrap().counts.withdrawals, 1);
        let books = archive.report.epochs.first().unwrap().books.unwrap();
        assert_eq!((books.captured, books.destroyed), (1, 1 - u64::try_from(left).unwrap()));
    }
}

#[test]
fn a_new_rule_on_group_names_suspends_capture_until_it_is_agreed_to() {
    let mut stage = Stage::agreed(policy(), false);
    stage.custodian.policy.group_rules.push(GroupRule {
        id: "grp.new".parse().unwrap(),
        how: TitleMatch::Contains,
        text: "项目".to_owned(),
        class: None,
    });
    next_version(&mut stage.custodian.policy.version);
    assert_growth_suspends(&stage);
}

#[test]
fn a_new_recipient_suspends_capture_until_it_is_agreed_to() {
    let mut stage = Stage::agreed(policy(), false);
    stage.custodian.trust.recipients.push(NamedRecipient {
        name: Bilingual::new("第二保管人", "Second custodian"),
        key: Identity::generate().recipient(),
    });
    next_version(&mut stage.custodian.trust.version);
    assert_growth_suspends(&stage);
}

#[test]
fn a_longer_retention_suspends_capture_until_it_is_agreed_to() {
    let mut stage = Stage::agreed(policy(), false);
    for days in stage.custodian.policy.retention.values_mut() {
        *days += 4_000;
    }
    next_version(&mut stage.custodian.policy.version);
    assert_growth_suspends(&stage);
}

#[test]
fn new_names_in_the_directory_do_not_suspend_capture() {
    let mut stage = Stage::agreed(policy(), false);
    let mut entry = stage.custodian.policy.directory.first().unwrap().clone();
    entry.id = "dir.new".parse().unwrap();
    entry.title = "新客户有限公司".to_owned();
    stage.custodian.policy.directory.push(entry);
    next_version(&mut stage.custodian.policy.version);
    stage.publish();
    stage.agent().refresh().unwrap();
    assert_eq!(capture_one(&stage), 1);
}

#[test]
fn nothing_is_captured_once_the_policy_and_its_grace_are_over() {
    let stage = Stage::agreed(policy(), false);
    let ends = stage.custodian.policy.ends();
    stage.advance_to(ends - Span::minutes(1));
    assert_eq!(capture_one(&stage), 1, "in the grace it goes on");
    stage.advance_to(ends);
    assert_nothing_is_captured(&stage);
    assert_eq!(stage.agent().status().unwrap().state, AgentState::PolicyExpired);
}

fn assert_growth_suspends(stage: &Stage) {
    assert_eq!(capture_one(stage), 1);
    stage.publish();
    stage.agent().refresh().unwrap();
    assert_eq!(stage.agent().status().unwrap().consent, ConsentState::Outgrown);
    assert_nothing_is_captured(stage);
    stage.agree(false);
    assert_eq!(capture_one(stage), 1, "consent was given anew");
}

/// Tries to have a message of a client captured, a millisecond from now.
fn capture_one(stage: &Stage) -> u64 {
    stage.pass(Span::millis(1));
    let at = Clock::now(stage.clock.as_ref());
    let text = format!("合同编号 {}", at.millis());
    stage.see(&[message(&at.to_string(), 7, CLIENT, &text)]).captured
}

fn assert_nothing_is_captured(stage: &Stage) {
    let rows = || {
        let status = stage.agent().status().unwrap();
        (status.numbers.books, status.numbers.held, records(stage))
    };
    let before = rows();
    assert_eq!(capture_one(stage), 0);
    assert_eq!(rows(), before, "no row was added");
}

/// What the employee is shown of messages, as ids.
fn records(stage: &Stage) -> Vec<i64> {
    let Ok(page) = stage.agent().records(None, None, 500) else { return Vec::new() };
    let counted = page.records.iter().filter(|record| record.body.is_counted());
    counted.map(|record| record.id.number()).collect()
}
