//! Several phones of one person, a phone replaced, an old copy of a store put back: everything
//! arrives, what was seen twice is named as such, and nothing without a counterpart is left out.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use fenming::archive::Why;
use fenming_core::agent::Ended;
use fenming_core::clock::{Clock, Span};
use fenming_core::error::AgentError;
use fenming_tests::stage::{Opened, Phone, Stage, files_below, group, next_version, policy};
use fenming_wire::api::POLICY_PATH;
use fenming_wire::policy::{CounterpartRule, Policy};
use fenming_wire::record::{Body, Cause};

const CLIENTS: &str = "【客户】华东新能源项目组";

/// Names are kept: a pseudonym is every phone's own, so nothing tells that two are the same.
fn named() -> Policy {
    Policy { counterpart: CounterpartRule::Capture, ..policy() }
}

/// A stage whose person has agreed on a phone, and another phone on which they agreed as well.
fn two_phones() -> (Stage, Phone) {
    let mut stage = Stage::enrolled(named());
    stage.agree(false);
    let first = change_to(&mut stage, "second");
    (stage, first)
}

/// The person takes up a phone that is new, enrols it and agrees on it. Returns the former one.
fn change_to(stage: &mut Stage, name: &'static str) -> Phone {
    let former = stage.take_up(Phone::new(name));
    stage.enrol();
    stage.agree(false);
    former
}

/// The phone in hand sees messages of the group now, a second apart.
fn sees(stage: &Stage, texts: &[&str]) {
    for text in texts {
        stage.pass(Span::seconds(1));
        let at = Clock::now(stage.clock.as_ref()).to_string();
        assert_eq!(stage.see(&[group(&at, 8, CLIENTS, ("老吴", text))]).captured, 1, "{text}");
    }
}

fn archive(stage: &Stage) -> Opened {
    let archive = stage.open_archive();
    archive.assert_sound();
    archive
}

fn sorted(texts: &[&str]) -> Vec<String> {
    let mut texts: Vec<String> = texts.iter().map(ToString::to_string).collect();
    texts.sort();
    texts
}

fn reasons(archive: &Opened) -> BTreeSet<Why> {
    archive.duplicates.values().map(|duplicate| duplicate.why).collect()
}

#[test]
fn what_two_phones_of_a_person_saw_is_told_apart_from_what_one_saw() {
    let (mut stage, first) = two_phones();
    sees(&stage, &["图纸发了", "收到", "收到", "只有第二部手机看到"]);
    let second = stage.take_up(first);
    sees(&stage, &["图纸发了", "收到", "收到", "只有第一部手机看到"]);
    stage.drain();
    let _ = stage.take_up(second);
    stage.drain();
    let archive = archive(&stage);
    assert_eq!(archive.texts().len(), 8, "nothing is missing from the archive");
    let once = ["图纸发了", "收到", "收到", "只有第一部手机看到", "只有第二部手机看到"];
    assert_eq!(archive.merged_texts(), sorted(&once), "honest repetitions stay two");
    assert_eq!(reasons(&archive), BTreeSet::from([Why::OtherDevice]));
}

#[test]
fn what_a_phone_shows_an_hour_later_stays() {
    let (mut stage, first) = two_phones();
    sees(&stage, &["图纸发了"]);
    let second = stage.take_up(first);
    stage.pass(Span::hours(1));
    sees(&stage, &["图纸发了"]);
    stage.drain();
    let _ = stage.take_up(second);
    stage.drain();
    assert_eq!(archive(&stage).merged_texts(), sorted(&["图纸发了", "图纸发了"]));
}

#[test]
fn under_pseudonyms_phones_cannot_be_compared_and_everything_stays() {
    let mut stage = Stage::agreed(policy(), false);
    sees(&stage, &["图纸发了"]);
    stage.drain();
    let _ = change_to(&mut stage, "second");
    sees(&stage, &["图纸发了"]);
    stage.drain();
    let archive = archive(&stage);
    assert_eq!(archive.merged_texts().len(), 2);
    assert!(archive.duplicates.is_empty());
}

#[test]
fn a_replaced_phone_goes_on_and_the_former_ledger_stays_whole() {
    let mut stage = Stage::enrolled(named());
    stage.agree(false);
    sees(&stage, &["旧手机上的消息", "两部手机都看到"]);
    stage.drain();
    let _lost = change_to(&mut stage, "replacement");
    sees(&stage, &["新手机上的消息"]);
    stage.drain();
    let archive = archive(&stage);
    let devices: BTreeSet<_> = archive.report.epochs.iter().map(|epoch| epoch.device).collect();
    let people: BTreeSet<_> = archive.report.epochs.iter().map(|epoch| &epoch.person).collect();
    assert_eq!((devices.len(), people.len()), (2, 1));
    let all = ["旧手机上的消息", "两部手机都看到", "新手机上的消息"];
    assert_eq!(archive.merged_texts(), sorted(&all));
}

#[test]
fn an_old_copy_of_the_store_repeats_lines_under_a_new_epoch_and_they_are_found() {
    let mut stage = Stage::enrolled(named());
    stage.agree(false);
    sees(&stage, &["有回执"]);
    stage.drain();
    sees(&stage, &["备份时还在等待", "收到", "收到"]);
    let backup = copy_store(&mut stage);
    stage.drain();
    sees(&stage, &["备份之后"]);
    stage.drain();
    put_back(&mut stage, &backup);
    sees(&stage, &["恢复之后"]);
    stage.pass(Span::hours(1));
    assert_eq!(stage.run().unwrap().ended, Ended::LedgerBehind);
    stage.drain();
    let archive = archive(&stage);
    assert_eq!(archive.report.epochs.len(), 2);
    let once = ["有回执", "备份时还在等待", "收到", "收到", "备份之后", "恢复之后"];
    assert_eq!(archive.merged_texts(), sorted(&once));
    assert_eq!(reasons(&archive), BTreeSet::from([Why::SameLine]));
    // The gap itself is on record.
    let coverage = archive.coverage();
    assert!(coverage.iter().any(|line| line.cause == Cause::StoreDamaged));
    assert!(archive.bodies().any(|body| matches!(body, Body::Genesis(g) if g.prior.is_some())));
}

#[test]
fn two_phones_and_an_old_copy_on_one_of_them_still_come_to_one_of_each() {
    let (mut stage, first) = two_phones();
    sees(&stage, &["图纸发了", "第二部"]);
    let backup = copy_store(&mut stage);
    let second = stage.take_up(first);
    sees(&stage, &["图纸发了", "第一部"]);
    let first = stage.take_up(second);
    stage.drain();
    put_back(&mut stage, &backup);
    sees(&stage, &["恢复之后"]);
    stage.pass(Span::hours(1));
    assert_eq!(stage.run().unwrap().ended, Ended::LedgerBehind);
    stage.drain();
    let _ = stage.take_up(first);
    stage.drain();
    let archive = archive(&stage);
    assert_eq!(archive.texts().iter().filter(|text| *text == "图纸发了").count(), 3);
    assert_eq!(archive.merged_texts(), sorted(&["图纸发了", "第二部", "第一部", "恢复之后"]));
    assert_eq!(reasons(&archive), BTreeSet::from([Why::SameLine, Why::OtherDevice]));
}

#[test]
fn a_restored_phone_cannot_be_given_an_older_policy() {
    let mut stage = Stage::agreed(named(), false);
    let old = stage.custodian.signed_policy().to_bytes().unwrap();
    let backup = copy_store(&mut stage);
    next_version(&mut stage.custodian.policy.version);
    stage.publish();
    stage.agent().refresh().unwrap();
    sees(&stage, &["新政策下"]);
    stage.drain();
    put_back(&mut stage, &backup);
    let before = stage.agent().status().unwrap().policy_version;
    assert_eq!(before + 1, stage.custodian.policy.version, "the copy is older");
    sees(&stage, &["恢复之后"]);
    // The endpoint's signed state says what it serves; somebody on the way serves the old one.
    stage.pass(Span::hours(1));
    stage.run().unwrap();
    stage.network.serve(POLICY_PATH, Some(old));
    assert!(matches!(stage.agent().refresh(), Err(AgentError::Rollback { .. })));
    stage.network.serve(POLICY_PATH, None);
    stage.agent().refresh().unwrap();
    let now = stage.agent().status().unwrap().policy_version;
    assert_eq!(now, stage.custodian.policy.version);
}

/// Everything that the phone has on disk, as a backup takes it.
fn copy_store(stage: &mut Stage) -> tempfile::TempDir {
    let backup = tempfile::tempdir().unwrap();
    stage.close_agent();
    copy(&stage.device_folder(), backup.path());
    stage.open_agent();
    backup
}

/// Puts a backup in the place of what is there.
fn put_back(stage: &mut Stage, backup: &tempfile::TempDir) {
    stage.close_agent();
    let folder = stage.device_folder();
    fs::remove_dir_all(&folder).unwrap();
    copy(backup.path(), &folder);
    stage.open_agent();
}

fn copy(from: &Path, to: &Path) {
    for (path, bytes) in files_below(from) {
        let target = to.join(path.strip_prefix(from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::write(target, bytes).unwrap();
    }
}
