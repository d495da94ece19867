//! Promise 5: silence is visible. What the agent could not see stands in the opened archive, what
//! is taken out of the archive is missed, and personal chats leave no line of coverage.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use fenming::archive::{BatchName, Part};
use fenming_core::clock::{Clock, Span};
use fenming_core::observation::Observation;
use fenming_core::tag::EmployeeTag;
use fenming_tests::stage::{
    Custodian, Opened, Stage, files_below, group, listener, message, policy, restarted, seen,
    working_day,
};
use fenming_wire::policy::CounterpartRule;
use fenming_wire::record::{Body, Cause, CoverageLine, CoverageState};
use fenming_wire::seal;

const CLIENT: &str = "林嘉怡（恒远资本）";
const CLIENTS: &str = "【客户】华东新能源项目组";

#[test]
fn a_listener_that_was_off_is_stated_from_when_to_when() {
    let lines = coverage_of(&[
        listener("2026-03-02T02:00:00Z", false),
        listener("2026-03-02T02:30:00Z", true),
    ]);
    let off = only(&lines, Cause::ListenerOff);
    assert_eq!(off.state, CoverageState::Off);
    assert_eq!(span(&off), ("2026-03-02T02:00:00Z", Some("2026-03-02T02:30:00Z")));
}

#[test]
fn a_hidden_preview_is_stated_until_previews_are_shown_again() {
    let lines = coverage_of(&[
        seen("2026-03-02T02:00:00Z", 9, "微信", ("你收到了一条消息", "微信: 你收到了一条消息")),
        message("2026-03-02T02:10:00Z", 7, CLIENT, "好的"),
    ]);
    let hidden = only(&lines, Cause::PreviewHidden);
    assert_eq!(hidden.state, CoverageState::Blind);
    assert_eq!(span(&hidden), ("2026-03-02T02:00:00Z", Some("2026-03-02T02:10:00Z")));
}

#[test]
fn a_text_that_the_os_redacted_is_stated_in_its_chat() {
    let redacted = seen("2026-03-02T02:00:00Z", 7, "微信", ("已隐藏敏感通知内容", ""));
    let lines = coverage_of(&[message("2026-03-02T01:59:00Z", 7, CLIENT, "在吗"), redacted]);
    let line = only(&lines, Cause::RedactedByOs);
    assert!(line.chat.is_some(), "it stands in the client's chat");
}

#[test]
fn a_jump_of_the_counter_is_stated_with_how_many_were_missed() {
    let lines = coverage_of(&[
        group("2026-03-02T02:00:00Z", 8, CLIENTS, ("老吴", "图纸发了")),
        counted("2026-03-02T02:05:00Z", 8, CLIENTS, (5, "老吴: 请确认")),
    ]);
    let jump = only(&lines, Cause::CountJump);
    assert_eq!((jump.missed, jump.state), (Some(3), CoverageState::Blind));
    assert!(jump.chat.is_some());
}

#[test]
fn a_pause_is_stated_from_when_to_when() {
    let stage = Stage::agreed(policy(), false);
    stage.pass(Span::minutes(10));
    stage.agent().pause(true).unwrap();
    stage.pass(Span::minutes(10));
    stage.agent().pause(false).unwrap();
    let lines = archived(&stage).coverage();
    let pause = only(&lines, Cause::Paused);
    assert_eq!(pause.until, Some(pause.t + 600_000));
    assert!(lines.iter().any(|line| line.cause == Cause::Resumed));
}

#[test]
fn the_time_in_which_the_process_was_dead_is_stated() {
    let mut stage = Stage::agreed(policy(), false);
    stage.pass(Span::minutes(90));
    stage.close_agent();
    stage.open_agent();
    stage.see(&[
        restarted("2026-03-02T02:00:00Z", "2026-03-02T01:15:00Z"),
        listener("2026-03-02T02:00:05Z", true),
    ]);
    let killed = only(&archived(&stage).coverage(), Cause::Killed);
    assert_eq!(span(&killed), ("2026-03-02T01:15:00Z", Some("2026-03-02T02:00:05Z")));
}

#[test]
fn a_counterpart_who_was_not_told_is_stated_where_the_policy_drops() {
    let mut policy = policy();
    policy.counterpart = CounterpartRule::Drop;
    let stage = Stage::agreed(policy, false);
    let seen = stage.see(&[message("2026-03-02T02:00:00Z", 7, CLIENT, "合同")]);
    assert_eq!((seen.captured, seen.refused), (0, 1));
    let line = only(&archived(&stage).coverage(), Cause::CounterpartNotTold);
    assert_eq!(line.state, CoverageState::Off);
}

#[test]
fn the_recorded_day_has_the_blind_spots_that_it_was_written_with_and_claims_no_more_than_it_saw() {
    let archive = archived(&after_the_day());
    let lines = archive.coverage();
    assert!(lines.iter().all(|line| line.state != CoverageState::Observed));
    let causes: BTreeSet<Cause> = lines.iter().map(|line| line.cause).collect();
    for cause in [
        Cause::ListenerOff,
        Cause::PreviewHidden,
        Cause::RedactedByOs,
        Cause::CountJump,
        Cause::Killed,
    ] {
        assert!(causes.contains(&cause), "{cause:?}");
    }
    let business: BTreeSet<String> = archive
        .bodies()
        .filter_map(|body| match body {
            Body::Chat(line) => Some(line.chat.to_string()),
            _ => None,
        })
        .collect();
    for chat in lines.iter().filter_map(|line| line.chat) {
        assert!(business.contains(&chat.to_string()), "{chat} is no business chat");
    }
}

#[test]
fn personal_and_undecided_chats_have_no_line_of_coverage() {
    let stage = Stage::agreed(policy(), false);
    let silent = |stage: &Stage| {
        stage.see(&[
            group("2026-03-02T02:00:00Z", 8, "家里人", ("二姨", "到家了吗")),
            counted("2026-03-02T02:05:00Z", 8, "家里人", (9, "二姨: 到家了吗")),
            seen("2026-03-02T02:06:00Z", 8, "微信", ("已隐藏敏感通知内容", "")),
        ])
    };
    let before = stage.agent().status().unwrap().numbers.queued;
    assert_eq!(silent(&stage).captured, 0);
    let chat = stage.agent().recent_chats().unwrap().pop().unwrap();
    stage.agent().tag(chat.id, Some(EmployeeTag::Personal)).unwrap();
    silent(&stage);
    assert_eq!(stage.agent().status().unwrap().numbers.queued, before, "nothing was written");
}

#[test]
fn a_batch_that_is_taken_out_is_missed() {
    let stage = after_some_batches();
    archived(&stage).assert_sound();
    let batches = batches(&stage.collector_folder());
    assert!(batches.len() > 3, "there are batches to take out");
    for (folder, name) in batches.iter().rev().skip(1) {
        let copy = copy_of(&stage);
        let folder = copy.path().join(folder);
        for part in Part::ALL {
            fs::remove_file(folder.join(name.file(part))).unwrap();
        }
        assert_unsound(copy.path(), &stage.custodian, &format!("without {name}"));
    }
}

#[test]
fn the_last_batch_is_missed_by_whoever_has_a_receipt_of_it() {
    let stage = after_some_batches();
    let copy = copy_of(&stage);
    let (folder, name) = batches(&stage.collector_folder()).pop().unwrap();
    for part in Part::ALL {
        fs::remove_file(copy.path().join(&folder).join(name.file(part))).unwrap();
    }
    let end = Opened::read(copy.path(), &stage.custodian).report.epochs.first().unwrap().end;
    let receipted = stage.agent().status().unwrap().numbers.receipted.unwrap();
    assert!(receipted.seq > end.seq, "the phone has a receipt for more, and its heartbeat says so");
    let device = stage.collector().console().devices().unwrap().pop().unwrap();
    assert!(device.heartbeat.unwrap().heartbeat.receipted.seq > end.seq);
}

#[test]
fn a_line_that_is_taken_out_changed_or_moved_is_missed() {
    let stage = after_some_batches();
    let custodian = &stage.custodian;
    let opened = batches(&stage.collector_folder()).into_iter().map(|(folder, name)| {
        let sealed = stage.collector_folder().join(&folder).join(name.file(Part::Sealed));
        let identities = std::slice::from_ref(&custodian.archive);
        (seal::open(&fs::read(sealed).unwrap(), identities).unwrap(), folder, name)
    });
    let (plain, folder, name) = opened.max_by_key(|(plain, ..)| plain.len()).unwrap();
    let lines: Vec<&[u8]> = plain.split_inclusive(|byte| *byte == b'\n').collect();
    assert!(lines.len() > 3);
    let reseal = |lines: &[&[u8]], what: &str| {
        let copy = copy_of(&stage);
        let again = seal::seal(&lines.concat(), &[custodian.archive.recipient()]).unwrap();
        fs::write(copy.path().join(&folder).join(name.file(Part::Sealed)), again).unwrap();
        assert_unsound(copy.path(), custodian, what);
    };
    for n in 0..lines.len() {
        let mut fewer = lines.clone();
        fewer.remove(n);
        reseal(&fewer, &format!("without line {n}"));
    }
    let mut moved = lines.clone();
    moved.swap(1, 2);
    reseal(&moved, "with two lines in each other's place");
    let mut twice = lines.clone();
    twice.push(lines[1]);
    reseal(&twice, "with a line twice");
}

/// Sees these things after a first message, and yields what the archive says of coverage.
fn coverage_of(observations: &[Observation]) -> Vec<CoverageLine> {
    let stage = Stage::agreed(policy(), false);
    stage.see(observations);
    archived(&stage).coverage()
}

fn after_the_day() -> Stage {
    let stage = Stage::agreed(policy(), false);
    for next in working_day() {
        if stage.agent().next_wake().unwrap().is_some_and(|due| due < next.at()) {
            stage.run().unwrap();
        }
        stage.see(&[next]);
    }
    stage.drain();
    stage
}

/// Five batches of four messages.
fn after_some_batches() -> Stage {
    let stage = Stage::agreed(policy(), false);
    for batch in 0..5 {
        for n in 0..4 {
            stage.pass(Span::seconds(1));
            let at = Clock::now(stage.clock.as_ref()).to_string();
            stage.see(&[message(&at, 7, CLIENT, &format!("合同 {batch} 第 {n} 条"))]);
        }
        stage.drain();
    }
    stage
}

fn archived(stage: &Stage) -> Opened {
    stage.drain();
    let archive = stage.open_archive();
    archive.assert_sound();
    archive
}

/// The one stretch or moment with this cause: its last line, which has its end.
fn only(lines: &[CoverageLine], cause: Cause) -> CoverageLine {
    let found: Vec<_> = lines.iter().filter(|line| line.cause == cause).collect();
    let begun: BTreeSet<i64> = found.iter().map(|line| line.t).collect();
    assert_eq!(begun.len(), 1, "{cause:?} stands once");
    (*found.last().unwrap()).clone()
}

fn span(line: &CoverageLine) -> (&'static str, Option<&'static str>) {
    let known = [
        "2026-03-02T01:15:00Z",
        "2026-03-02T02:00:00Z",
        "2026-03-02T02:00:05Z",
        "2026-03-02T02:10:00Z",
        "2026-03-02T02:30:00Z",
    ];
    let name = |millis: i64| {
        let of = |text: &&&str| text.parse::<fenming_core::clock::Timestamp>().unwrap().millis();
        *known.iter().find(|text| of(text) == millis).unwrap_or(&"another time")
    };
    (name(line.t), line.until.map(name))
}

fn counted(at: &str, id: i32, title: &str, (count, line): (u32, &str)) -> Observation {
    seen(at, id, title, (&format!("[{count}条]{line}"), line))
}

/// Folder, relative to the archive, and name of every batch, in the order of the ledger.
fn batches(archive: &Path) -> Vec<(PathBuf, BatchName)> {
    let mut found: Vec<_> = files_below(&archive.join("batches"))
        .into_iter()
        .filter_map(|(path, _)| {
            let (name, part) = BatchName::parse(path.file_name()?.to_str()?)?;
            let folder = path.parent()?.strip_prefix(archive).ok()?.to_owned();
            (part == Part::Sealed).then_some((folder, name))
        })
        .collect();
    found.sort_by_key(|(_, name)| *name);
    found
}

fn copy_of(stage: &Stage) -> tempfile::TempDir {
    let (from, copy) = (stage.collector_folder(), tempfile::tempdir().unwrap());
    for (path, bytes) in files_below(&from) {
        let target = copy.path().join(path.strip_prefix(&from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::write(target, bytes).unwrap();
    }
    copy
}

fn assert_unsound(archive: &Path, custodian: &Custodian, what: &str) {
    assert!(Opened::read(archive, custodian).report.faults() > 0, "{what} nothing is missed");
}
