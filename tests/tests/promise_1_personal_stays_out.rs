//! Promise 1: personal stays out. What is personal or undecided is found nowhere: not on the
//! phone's disk, not at the endpoint, not on the wire, not in the log, not in the archive.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::{Mutex, Once};

use fenming_core::clock::Span;
use fenming_core::observation::Observation;
use fenming_core::tag::EmployeeTag;
use fenming_tests::stage::{Stage, files_below, message, policy, working_day};
use fenming_wire::policy::HoldRule;
use fenming_wire::record::Body;
use log::{LevelFilter, Log, Metadata, Record};

/// What every personal and undecided message of the recorded day holds, and words of some that
/// nobody else uses.
const CANARIES: [&str; 6] =
    ["canary-p-", "canary-u-", "豆浆在锅里", "谁看见我的老花镜", "相亲相爱一家人", "老陈川菜外卖"];

/// Chats that the employee of the recorded day tags personal.
const PERSONAL: [&str; 4] = ["妈妈", "相亲相爱一家人", "老陈川菜外卖", "604宿舍夜谈"];

#[test]
fn no_trace_of_personal_and_undecided_chats_is_left_with_the_quarantine_off() {
    listen_to_the_log();
    let stage = Stage::agreed(policy(), false);
    let (captured, dropped) = live_through(&stage, &working_day());
    assert!(captured > 50, "business was captured: {captured}");
    assert!(dropped > 50, "the rest was dropped: {dropped}");
    assert_nothing_anywhere(&stage);
    stage.drain();
    assert_nothing_anywhere(&stage);
    stage.agent().suspend().unwrap();
    assert_nothing_anywhere(&stage);
    let archive = stage.open_archive();
    archive.assert_sound();
    assert!(archive.texts().len() > 40, "the archive holds the business of the day");
    assert!(archive.lines.iter().all(|(line, _)| !holds_canary(line)), "and nothing else");
}

#[test]
fn what_waits_in_quarantine_is_readable_nowhere_but_on_the_screen() {
    listen_to_the_log();
    let stage = Stage::agreed(with_quarantine(), true);
    live_through(&stage, &working_day());
    let held = stage.agent().holds().unwrap();
    assert!(!held.is_empty(), "something waits");
    assert!(held.iter().any(|hold| holds_canary(text(&hold.body).as_bytes())), "the screen has it");
    assert_nothing_anywhere(&stage);
    stage.run().unwrap();
    assert_nothing_anywhere(&stage);
}

#[test]
fn what_expired_in_quarantine_cannot_be_opened_even_from_an_old_copy() {
    let mut stage = Stage::agreed(with_quarantine(), true);
    stage.see(&[undecided()]);
    assert_eq!(stage.agent().holds().unwrap().len(), 1);
    stage.close_agent();
    let (began, copy) =
        (fenming_core::clock::Clock::now(&*stage.clock), tempfile::tempdir().unwrap());
    copy_folder(&stage.device_folder(), copy.path());
    stage.open_agent();
    let before = stage.keys.aliases();
    stage.pass(Span::hours(24));
    stage.run().unwrap();
    assert!(stage.agent().holds().unwrap().is_empty(), "its time is over");
    let gone = before.iter().filter(|alias| stage.keys.destroyed().contains(alias)).count();
    assert_eq!(gone, 1, "its key was destroyed");
    assert_old_copy_opens_nothing(&mut stage, (copy.path(), began));
}

#[test]
fn what_the_employee_discards_cannot_be_opened_even_from_an_old_copy() {
    let mut stage = Stage::agreed(with_quarantine(), true);
    stage.see(&[undecided()]);
    stage.close_agent();
    let (began, copy) =
        (fenming_core::clock::Clock::now(&*stage.clock), tempfile::tempdir().unwrap());
    copy_folder(&stage.device_folder(), copy.path());
    stage.open_agent();
    let hold = stage.agent().holds().unwrap().pop().unwrap();
    stage.agent().discard(hold.id).unwrap();
    assert!(stage.agent().holds().unwrap().is_empty());
    assert_old_copy_opens_nothing(&mut stage, (copy.path(), began));
}

#[test]
fn nothing_is_held_unless_policy_and_employee_agreed_to_it() {
    for (policy, agreed) in [(policy(), true), (with_quarantine(), false)] {
        let stage = Stage::agreed(policy, agreed);
        let seen = stage.see(&[undecided()]);
        assert_eq!((seen.held, seen.undecided, seen.captured), (0, 1, 0));
        assert!(stage.agent().holds().unwrap().is_empty());
    }
}

#[test]
fn nothing_is_held_that_nothing_speaks_for() {
    let stage = Stage::agreed(with_quarantine(), true);
    let seen = stage.see(&[message(NINE, 3, "新同事小赵", "中午吃什么 canary-u-000")]);
    assert_eq!((seen.held, seen.undecided), (0, 1));
    assert_nothing_anywhere(&stage);
}

#[test]
fn a_message_of_a_chat_tagged_personal_is_never_held() {
    let stage = Stage::agreed(with_quarantine(), true);
    stage.see(&[undecided()]);
    let chat = stage.agent().recent_chats().unwrap().pop().unwrap();
    let taken = stage.agent().tag(chat.id, Some(EmployeeTag::Personal)).unwrap();
    assert_eq!(taken.discarded, 1, "what waited is destroyed");
    let again =
        stage.see(&[message("2026-03-02T01:20:00Z", 3, "Leo Wang", "quotation canary-u-000")]);
    assert_eq!((again.personal, again.held), (1, 0));
    assert_nothing_anywhere(&stage);
}

#[test]
fn the_search_itself_finds_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    for canary in CANARIES {
        let wide: Vec<u8> = canary.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in [canary.as_bytes().to_vec(), wide] {
            std::fs::write(folder.path().join("x"), [b"abc".as_slice(), &bytes, b"d"].concat())
                .unwrap();
            assert_eq!(traces_below(folder.path()).len(), 1, "{canary}");
        }
    }
}

const NINE: &str = "2026-03-02T01:00:00Z";

fn undecided() -> Observation {
    message(NINE, 3, "Leo Wang", "the quotation for you canary-u-000")
}

fn with_quarantine() -> fenming_wire::policy::Policy {
    let mut policy = policy();
    policy.hold = Some(HoldRule { max_hours: 24 });
    policy
}

/// Replays observations while the employee tags their own chats as soon as they see them listed,
/// and the phone wakes up whenever it is due. Returns what was captured and what was dropped.
fn live_through(stage: &Stage, day: &[Observation]) -> (u64, u64) {
    let (mut captured, mut dropped) = (0, 0);
    for next in day {
        if stage.agent().next_wake().unwrap().is_some_and(|due| due < next.at()) {
            stage.run().unwrap();
        }
        let seen = stage.see(std::slice::from_ref(next));
        captured += seen.captured;
        dropped += seen.personal + seen.undecided;
        for chat in stage.agent().recent_chats().unwrap() {
            if !chat.personal && PERSONAL.contains(&chat.title.expose()) {
                stage.agent().tag(chat.id, Some(EmployeeTag::Personal)).unwrap();
            }
        }
    }
    (captured, dropped)
}

fn assert_nothing_anywhere(stage: &Stage) {
    assert_eq!(traces_below(&stage.device_folder()), [""; 0], "on the phone's disk");
    assert_eq!(traces_below(&stage.collector_folder()), [""; 0], "at the endpoint");
    let sent = stage.network.sent();
    assert!(sent.iter().all(|(path, body)| !holds_canary(body) && !holds_canary(path.as_bytes())));
    let console = stage.collector().console();
    for device in console.devices().unwrap() {
        for beat in console.heartbeats(device.device).unwrap() {
            assert!(!holds_canary(format!("{beat:?}").as_bytes()), "in a heartbeat");
        }
    }
    let status = format!("{:?}", stage.agent().status());
    assert!(!holds_canary(status.as_bytes()), "in the status");
    assert!(!holds_canary(LOG.lock().unwrap().as_bytes()), "in the log");
}

/// The copy is opened with every key that the phone still has, at the time at which it was made.
fn assert_old_copy_opens_nothing(
    stage: &mut Stage,
    (copy, began): (&Path, fenming_core::clock::Timestamp),
) {
    stage.close_agent();
    std::fs::remove_dir_all(stage.device_folder()).unwrap();
    copy_folder(copy, &stage.device_folder());
    stage.clock.0.set_wall(began);
    stage.clock.0.reboot(Span::seconds(1));
    stage.open_agent();
    assert!(stage.agent().holds().unwrap().is_empty(), "its key is gone for ever");
    assert_eq!(traces_below(&stage.device_folder()), [""; 0]);
}

fn copy_folder(from: &Path, to: &Path) {
    for (path, bytes) in files_below(from) {
        let target = to.join(path.strip_prefix(from).unwrap());
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::write(target, bytes).unwrap();
    }
}

fn traces_below(folder: &Path) -> Vec<String> {
    let files = files_below(folder);
    assert!(!files.is_empty(), "the folder was not found");
    let found = files.into_iter().filter(|(path, bytes)| {
        holds_canary(bytes) || holds_canary(path.to_string_lossy().as_bytes())
    });
    found.map(|(path, _)| path.display().to_string()).collect()
}

fn holds_canary(bytes: &[u8]) -> bool {
    let hay = one_char_a_byte(bytes);
    CANARIES.iter().any(|canary| {
        let little: Vec<u8> = canary.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = canary.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let spellings: [&[u8]; 3] = [canary.as_bytes(), &little, &big];
        spellings.iter().any(|spelling| hay.contains(&one_char_a_byte(spelling)))
    })
}

/// Any bytes as text, so that the standard library's fast search can be used.
fn one_char_a_byte(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

fn text(body: &Body) -> &str {
    match body {
        Body::Message(message) => message.text.expose(),
        _ => "",
    }
}

/// Everything that is logged while these tests run.
static LOG: Mutex<String> = Mutex::new(String::new());

struct Listener;

impl Log for Listener {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        use std::fmt::Write as _;
        let _ = writeln!(LOG.lock().unwrap(), "{} {}", record.target(), record.args());
    }

    fn flush(&self) {}
}

fn listen_to_the_log() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_logger(&Listener).unwrap();
        log::set_max_level(LevelFilter::Trace);
        log::info!("the log is heard");
        assert!(LOG.lock().unwrap().contains("is heard"));
    });
}
