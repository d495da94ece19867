//! Promise 7: it hides nothing from the employee. They see what was captured, why, when it left
//! and that it was received; they correct, take back, pause and withdraw.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use fenming_core::agent::explain;
use fenming_core::clock::{Clock, Span};
use fenming_core::consent::{Change, RuleKind};
use fenming_core::error::AgentError;
use fenming_core::tag::EmployeeTag;
use fenming_core::vault::{Chat, RecordState, RecordView};
use fenming_tests::stage::{Fate, Stage, group, message, next_version, policy};
use fenming_wire::api::STATE_PATH;
use fenming_wire::heartbeat::{AgentState, ConsentState};
use fenming_wire::id::Digest;
use fenming_wire::policy::HoldRule;
use fenming_wire::record::{Body, Step};
use fenming_wire::text::Language;

const CLIENT: &str = "林嘉怡（恒远资本）";
const CLIENTS: &str = "【客户】华东新能源项目组";

#[test]
fn every_business_chat_is_listed_with_the_reason_in_both_languages() {
    let stage = Stage::agreed(policy(), false);
    stage.see(&[
        message("2026-03-02T01:00:00Z", 7, CLIENT, "合同"),
        group("2026-03-02T01:01:00Z", 8, CLIENTS, ("老吴", "图纸发了")),
    ]);
    for (title, step, rule) in
        [(CLIENT, Step::Directory, "dir.linjiayi"), (CLIENTS, Step::GroupRule, "grp.client-zh")]
    {
        let chat = chat(&stage, title);
        let why = chat.verdict.unwrap().why.unwrap();
        assert_eq!((why.step, why.rule.as_ref().unwrap().as_str()), (step, rule));
        let (zh, en) = (explain(&why, Language::Chinese), explain(&why, Language::English));
        assert!(zh.contains(rule) && en.contains(rule), "both name the rule");
        assert!(zh.chars().any(|c| c > '\u{4e00}') && en.is_ascii(), "each in its language");
        assert_eq!(chat.captured, 1);
    }
}

#[test]
fn an_undecided_chat_is_listed_with_what_speaks_for_business() {
    let stage = Stage::agreed(policy(), false);
    stage.see(&[
        message("2026-03-02T01:00:00Z", 3, "Leo Wang", "the quotation for you"),
        message("2026-03-02T01:01:00Z", 4, "新同事小赵", "中午吃什么"),
    ]);
    let recent = stage.agent().recent_chats().unwrap();
    let signal = |title: &str| {
        let chat = recent.iter().find(|chat| chat.title.expose() == title).unwrap();
        chat.signal.as_ref().map(|why| why.step)
    };
    assert_eq!(signal("Leo Wang"), Some(Step::TextRule));
    assert_eq!(signal("新同事小赵"), None);
}

#[test]
fn a_record_is_shown_with_its_words_its_way_and_its_times() {
    let stage = Stage::agreed(policy(), false);
    stage.see(&[message("2026-03-02T01:00:00Z", 7, CLIENT, "早上好")]);
    stage.drain();
    stage.see(&[message("2026-03-02T03:00:00Z", 7, CLIENT, "合同今天能签吗")]);
    let captured = Clock::now(stage.clock.as_ref());
    let shown = newest(&stage);
    assert!(matches!(&shown.body, Body::Message(m) if m.text.expose() == "合同今天能签吗"));
    assert_eq!((shown.state, shown.captured), (RecordState::InReview, captured));
    assert_eq!((shown.sealed, shown.delivered, shown.seq), (None, None, None));
    assert_eq!(shown.why.unwrap().step, Step::Directory);
    stage.pass(Span::minutes(31));
    assert_eq!(newest(&stage).state, RecordState::Queued);
    let state = format!("{STATE_PATH}/{}", stage.agent().status().unwrap().numbers.epoch);
    stage.network.next_batches(&[Fate::Lost]);
    stage.network.serve(&state, Some(Vec::new()));
    stage.run().unwrap();
    let shown = newest(&stage);
    assert_eq!((shown.state, shown.delivered), (RecordState::Sealed, None));
    assert_eq!(shown.sealed, Some(Clock::now(stage.clock.as_ref())));
    stage.network.serve(&state, None);
    stage.drain();
    let shown = newest(&stage);
    assert_eq!(shown.state, RecordState::Delivered);
    let device = stage.collector().console().devices().unwrap().pop().unwrap();
    let batches = stage.collector().console().batches(device.device).unwrap();
    let mut covering =
        batches.iter().filter(|batch| (batch.first..=batch.last).contains(&shown.seq.unwrap()));
    assert_eq!(
        covering.next().unwrap().received,
        shown.delivered.unwrap(),
        "the receipt's own time"
    );
}

#[test]
fn every_record_names_the_consent_that_it_rests_on() {
    let stage = Stage::agreed(policy(), false);
    stage.see(&[message("2026-03-02T01:00:00Z", 7, CLIENT, "合同")]);
    let grant = newest(&stage).grant.unwrap();
    stage.drain();
    let archive = stage.open_archive();
    let Some(Body::Genesis(genesis)) = archive.bodies().find(|b| matches!(b, Body::Genesis(_)))
    else {
        panic!("there is a genesis")
    };
    assert_eq!(genesis.grant.payload_digest(), grant);
}

#[test]
fn the_consent_is_bound_to_exactly_the_text_that_was_shown() {
    for language in [Language::Chinese, Language::English] {
        let stage = Stage::enrolled(policy());
        let shown = stage.agent().notice(language).unwrap();
        assert_eq!(shown.digest, Digest::of(shown.text.as_bytes()));
        for section in &shown.sections {
            assert!(shown.text.contains(&section.heading), "the parts make up the whole");
            assert!(section.lines.iter().all(|line| shown.text.contains(line.as_str())));
        }
        stage.agent().agree(language, shown.digest, false).unwrap();
        stage.see(&[fenming_tests::stage::listener("2026-03-02T00:59:00Z", true)]);
        stage.see(&[message("2026-03-02T01:00:00Z", 7, CLIENT, "合同")]);
        stage.drain();
        let archive = stage.open_archive();
        archive.assert_sound();
        let genesis = archive.bodies().find_map(|body| match body {
            Body::Genesis(genesis) => Some(genesis),
            _ => None,
        });
        let grant = genesis.unwrap().grant.peek_unverified().unwrap();
        assert_eq!((grant.notice, grant.language), (shown.digest, language));
    }
}

#[test]
fn the_notice_says_who_receives_and_for_how_long() {
    let stage = Stage::enrolled(policy());
    for (language, words) in [
        (
            Language::Chinese,
            ["恒远证券（测试）", "档案保管人", "2190", "collector.invalid", "周静"],
        ),
        (
            Language::English,
            [
                "Hengyuan Securities (test)",
                "Archive custodian",
                "2190",
                "collector.invalid",
                "Zhou Jing",
            ],
        ),
    ] {
        let text = stage.agent().notice(language).unwrap().text;
        for word in words {
            assert!(text.contains(word), "{word}");
        }
    }
}

#[test]
fn a_record_that_is_taken_back_never_arrives_and_the_books_say_so() {
    let stage = Stage::agreed(policy(), false);
    stage.see(&[
        message("2026-03-02T01:00:00Z", 7, CLIENT, "发错了，别看"),
        message("2026-03-02T01:00:30Z", 7, CLIENT, &format!("合同{}", 2)),
    ]);
    let records = stage.agent().records(None, None, 100).unwrap().records;
    let wrong = records.iter().find(|r| says(r, "发错了，别看")).unwrap().id;
    stage.agent().retract(wrong).unwrap();
    assert!(matches!(stage.agent().record(wrong), Err(AgentError::NotFound(_))));
    stage.drain();
    let archive = stage.open_archive();
    archive.assert_sound();
    assert_eq!(archive.texts(), ["合同2"]);
    let books = archive.report.epochs.first().unwrap().books.unwrap();
    assert_eq!((books.captured, books.retracted, books.forwarded), (2, 1, 1));
    assert_eq!(stage.agent().records(None, None, 100).unwrap().retracted, 1);
}

#[test]
fn nothing_is_sealed_while_it_can_still_be_taken_back() {
    let stage = Stage::agreed(policy(), false);
    stage.see(&[message("2026-03-02T01:00:00Z", 7, CLIENT, "合同")]);
    stage.pass(Span::minutes(29));
    stage.run().unwrap();
    assert_eq!(newest(&stage).state, RecordState::InReview);
    stage.agent().retract(newest(&stage).id).unwrap();
}

#[test]
fn after_the_window_it_is_too_late_to_take_back() {
    let stage = Stage::agreed(policy(), false);
    stage.see(&[message("2026-03-02T01:00:00Z", 7, CLIENT, "合同")]);
    stage.pass(Span::minutes(30));
    assert!(matches!(stage.agent().retract(newest(&stage).id), Err(AgentError::TooLate)));
    stage.drain();
    assert!(matches!(stage.agent().retract(newest(&stage).id), Err(AgentError::TooLate)));
    assert_eq!(stage.open_archive().texts(), ["合同"]);
}

#[test]
fn a_directory_chat_that_is_tagged_personal_leaves_a_line_without_content() {
    let stage = Stage::agreed(policy(), false);
    stage.see(&[message("2026-03-02T01:00:00Z", 7, CLIENT, "晚上一起吃饭")]);
    let id = chat(&stage, CLIENT).id;
    let taken = stage.agent().tag(id, Some(EmployeeTag::Personal)).unwrap();
    assert_eq!(taken.retracted, 1, "what can be taken back is");
    let after = stage.see(&[message("2026-03-02T01:05:00Z", 7, CLIENT, "几点")]);
    assert_eq!((after.personal, after.captured), (1, 0));
    stage.drain();
    let archive = stage.open_archive();
    archive.assert_sound();
    let overrides: Vec<_> =
        archive.lines.iter().filter(|(_, line)| matches!(line.body, Body::Override(_))).collect();
    let [(bytes, line)] = overrides.as_slice() else { panic!("there is one") };
    assert!(matches!(&line.body, Body::Override(o) if o.rule.as_str() == "dir.linjiayi"));
    let text = std::str::from_utf8(bytes).unwrap();
    assert!(
        text.is_ascii() && !text.contains(&id.to_string()),
        "rule and time, nothing else: {text}"
    );
    assert!(archive.texts().is_empty());
}

#[test]
fn the_employee_may_tag_an_undecided_chat_business_and_keep_what_was_held() {
    let mut policy = policy();
    policy.hold = Some(HoldRule { max_hours: 24 });
    let stage = Stage::agreed(policy, true);
    stage.see(&[message("2026-03-02T01:00:00Z", 3, "Leo Wang", "the quotation for you")]);
    let hold = stage.agent().holds().unwrap().pop().unwrap();
    let until = hold.until.since("2026-03-02T01:00:00Z".parse().unwrap());
    assert_eq!(until, Span::hours(24), "they see until when it waits");
    let taken = stage.agent().tag(hold.chat, Some(EmployeeTag::Business)).unwrap();
    assert_eq!(taken.promoted, 1);
    stage.drain();
    let archive = stage.open_archive();
    archive.assert_sound();
    assert_eq!(archive.texts(), ["the quotation for you"]);
    let mut messages = archive.bodies().filter_map(|body| match body {
        Body::Message(message) => Some(message),
        _ => None,
    });
    assert!(messages.next().unwrap().held, "and the archive says that it waited");
}

#[test]
fn new_names_in_the_directory_stand_in_the_change_log() {
    let mut stage = Stage::agreed(policy(), false);
    let mut entry = stage.custodian.policy.directory.first().unwrap().clone();
    entry.id = "dir.new".parse().unwrap();
    entry.title = "新客户有限公司".to_owned();
    stage.custodian.policy.directory.remove(1);
    stage.custodian.policy.directory.push(entry);
    next_version(&mut stage.custodian.policy.version);
    stage.publish();
    stage.agent().refresh().unwrap();
    let changes = stage.agent().changes(100).unwrap();
    let has = |rule: &str, change| {
        changes.iter().any(|logged| {
            let one = &logged.change;
            (one.rule.as_str(), one.kind, one.change) == (rule, RuleKind::Directory, change)
                && logged.policy_version == 2
        })
    };
    assert!(has("dir.new", Change::Added) && has("dir.linjiayi", Change::Removed));
    assert_eq!(changes.len(), 2);
}

#[test]
fn pausing_and_withdrawing_show_at_once() {
    let stage = Stage::agreed(policy(), false);
    let state = || stage.agent().status().unwrap().state;
    assert_eq!(state(), AgentState::Capturing);
    stage.agent().pause(true).unwrap();
    assert_eq!(state(), AgentState::Paused);
    stage.agent().pause(false).unwrap();
    assert_eq!(state(), AgentState::Capturing);
    stage.agent().withdraw().unwrap();
    assert_eq!(state(), AgentState::Withdrawn);
    assert_eq!(stage.agent().status().unwrap().consent, ConsentState::Withdrawn);
}

#[test]
fn every_message_in_the_archive_was_shown_to_the_employee_first() {
    let stage = Stage::agreed(policy(), false);
    stage.see(&fenming_tests::stage::working_day());
    stage.agent().settle().unwrap();
    let mut shown = Vec::new();
    let mut before = None;
    loop {
        let page = stage.agent().records(None, before, 50).unwrap();
        shown.extend(page.records.into_iter().filter_map(|record| match record.body {
            Body::Message(message) => Some(message.text.expose().to_owned()),
            _ => None,
        }));
        match page.next {
            Some(next) => before = Some(next),
            None => break,
        }
    }
    stage.drain();
    let mut archived = stage.open_archive().texts();
    assert!(archived.len() > 50);
    archived.sort();
    shown.sort();
    assert_eq!(archived, shown);
}

fn chat(stage: &Stage, title: &str) -> Chat {
    let chats = stage.agent().chats(None, 100).unwrap().chats;
    let titled = |chat: &Chat| chat.title.as_ref().is_some_and(|shown| shown.expose() == title);
    chats.into_iter().find(titled).unwrap()
}

fn newest(stage: &Stage) -> RecordView {
    let records = stage.agent().records(None, None, 100).unwrap().records;
    records.into_iter().find(|record| record.body.is_counted()).unwrap()
}

fn says(record: &RecordView, words: &str) -> bool {
    matches!(&record.body, Body::Message(message) if message.text.expose() == words)
}
