//! What people see.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::TempDir;

use super::super::{BatchName, Fault, Part, Weight, stock_command};
use super::ledger::{MORNING, Writer, chat, chat_id, day, message, recall};
use crate::Exit;
use crate::keys;
use crate::transcript::{Run, fenming};
use fenming_wire::record::{
    Body, CallLine, CallMedium, CallOutcome, Cause, Confidence, CoverageLine, CoverageState,
    Direction,
};
use fenming_wire::seal;
use fenming_wire::source::Source;
use fenming_wire::time::Timestamp;

const KEYS: &str = "--root {}/root.pub --identity {}/custodian.key";

/// An archive with its keys beside it.
fn office(writer: &Writer) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    writer.write_to(&path.join("data"));
    fs::write(path.join("root.pub"), format!("{}\n", writer.root_key())).unwrap();
    let made = Timestamp::from_millis(MORNING);
    keys::write_identity(&path.join("custodian.key"), &writer.custodian, made).unwrap();
    folder
}

fn archive(folder: &TempDir, action: &str, more: &str) -> Run {
    fenming(folder.path(), &format!("archive {action} {{}}/data {KEYS} {more}"))
}

/// The sealed file of the day's first batch.
fn first_batch(writer: &Writer, folder: &Path) -> std::path::PathBuf {
    let epoch = writer.epoch.to_string();
    let device = writer.key().device_id().to_string();
    folder
        .join("data/batches")
        .join(device)
        .join(epoch)
        .join(BatchName { first: 1, last: 5 }.file(Part::Sealed))
}

/// A day with a call and a gap in it.
fn full_day() -> Writer {
    let mut writer = day();
    let call = Body::Call(CallLine {
        t: MORNING + 86_400_000,
        chat: chat_id(1),
        medium: CallMedium::Video,
        dir: Direction::In,
        outcome: CallOutcome::Ended,
        estimated_ms: Some(95_000),
        sure: Confidence::Medium,
    });
    let gap = Body::Coverage(CoverageLine {
        t: MORNING + 7_200_000,
        until: None,
        src: Source::WechatNotification,
        chat: Some(chat_id(1)),
        state: CoverageState::Blind,
        cause: Cause::CountJump,
        missed: Some(2),
    });
    writer.batch(&[
        (&[], call),
        (&[], gap),
        chat(2, "项目-灯塔改造"),
        message(2, 30, "图纸已更新"),
    ]);
    writer
}

#[test]
fn verify_says_in_plain_words_that_all_is_well() {
    let folder = office(&day());
    let run = archive(&folder, "verify", "").done();
    for words in [
        "tenant          lantern",
        "from outside and inside",
        "p-017",
        "✓ sound",
        "✓ no fault in 3 batches with 10 lines",
        "By the endpoint's signed word of 2026-03-02T01:00:00Z no batch is missing at the end",
    ] {
        assert!(run.out.contains(words), "{}", run.out);
    }
    assert_eq!(run.err, "verify batches … (3)\nverify batches: 3/3\n");
}

#[test]
fn verify_works_without_any_private_key_and_says_what_that_leaves_out() {
    let folder = office(&day());
    let run = fenming(folder.path(), "archive verify {}/data --root {}/root.pub").done();
    assert!(run.out.contains("from outside only"));
    assert!(run.out.contains("Give --identity to verify lines, books and consents as well."));
}

#[test]
fn verify_names_device_epoch_sequence_and_fault_and_ends_with_3() {
    let writer = day();
    let folder = office(&writer);
    let path = first_batch(&writer, folder.path());
    let mut bytes = fs::read(&path).unwrap();
    bytes[400] ^= 1;
    fs::write(path, bytes).unwrap();
    let run = archive(&folder, "verify", "").ends(Exit::Unverified, "the archive has 1 fault");
    let finding = format!(
        "✗ device {}, epoch {}, sequence 1: the sealed bytes are not those that the manifest \
         names [ciphertext]",
        writer.key().device_id(),
        writer.epoch
    );
    assert!(run.out.contains(&finding), "{}", run.out);
    assert!(run.out.contains("✗ faults"));
}

#[test]
fn verify_as_json_is_one_document() {
    let writer = day();
    let folder = office(&writer);
    let run = archive(&folder, "verify", "--json").done();
    let value = run.json();
    assert_eq!(value["sound"], true);
    assert_eq!(value["tenant"], "lantern");
    assert_eq!(value["epochs"][0]["end"]["seq"], 10);
    assert_eq!(value["epochs"][0]["books"]["forwarded"], 5);
    assert_eq!(value["epochs"][0]["counts"]["messages"], 4);
    fs::remove_file(first_batch(&writer, folder.path())).unwrap();
    let run = archive(&folder, "verify", "--json").ends(Exit::Unverified, "\"unverified\"");
    let value = run.json();
    assert_eq!((&value["sound"], &value["faults"]), (&false.into(), &1.into()));
    assert_eq!(value["epochs"][0]["findings"][0]["code"], "file_missing");
    assert_eq!(value["epochs"][0]["findings"][0]["seq"], 1);
}

#[test]
fn an_empty_archive_is_sound_and_says_so() {
    let writer = Writer::new();
    let folder = office(&writer);
    let run = archive(&folder, "verify", "").done();
    assert!(run.out.contains("✓ no fault in 0 batches"), "{}", run.out);
    fs::remove_dir_all(folder.path().join("data/batches")).unwrap();
    fs::create_dir(folder.path().join("data/batches")).unwrap();
    let run = archive(&folder, "verify", "").done();
    assert!(run.out.contains("Nothing has arrived yet."), "{}", run.out);
}

#[test]
fn a_wrong_root_key_verifies_nothing() {
    let folder = office(&day());
    let other = Writer::new();
    fs::write(folder.path().join("root.pub"), other.root_key().to_string()).unwrap();
    let run = archive(&folder, "verify", "").ends(Exit::Unverified, "1 fault");
    assert!(run.out.contains("trust.json: not signed by a key that may sign it"), "{}", run.out);
}

#[test]
fn wrong_arguments_say_what_to_do() {
    let folder = office(&day());
    let path = folder.path();
    let cases = [
        ("archive list {}/data --root {}/root.pub", Exit::Input, "--identity is required"),
        ("archive open {}/data --root {}/root.pub", Exit::Input, "--identity is required"),
        ("archive verify {}/data --root {}/none.pub", Exit::Io, "none.pub: does not exist"),
        ("archive verify {}/none --root {}/root.pub", Exit::Io, "does not exist"),
        ("archive verify {} --root {}/root.pub", Exit::Input, "has no folder `batches`"),
        (
            "archive verify {}/data --root {}/root.pub -i {}/root.pub",
            Exit::Input,
            "line 1 is no age",
        ),
    ];
    for (words, exit, message) in cases {
        fenming(path, words).ends(exit, message);
    }
    let nobody = format!("--device {}", "0".repeat(32));
    archive(&folder, "verify", &nobody).ends(Exit::Input, "no such device or epoch");
    archive(&folder, "list", "--from yesterday").ends(Exit::Input, "neither a day");
    archive(&folder, "list", "--zone Moon/Base").ends(Exit::Input, "no IANA time zone");
}

#[test]
fn list_shows_the_day_as_people_read_it() {
    let folder = office(&full_day());
    let run = archive(&folder, "list", "").done();
    for words in [
        "p-017 · device",
        "2026-03-02 09:01:00",
        "合同今天寄出",
        "海港物流 李工",
        "recalled a message: 5 (high confidence)",
        "video call, ended, about 95 s",
        "blind: count jump, 2 missed",
        "business by directory sales",
        "consent given; the ledger begins",
    ] {
        assert!(run.out.contains(words), "{words}: {}", run.out);
    }
}

#[test]
fn list_is_narrowed_by_kind_chat_and_time() {
    let folder = office(&full_day());
    let messages = |more: &str| -> usize {
        let run = archive(&folder, "list", &format!("--json --kind message {more}")).done();
        run.out.lines().count()
    };
    assert_eq!(messages(""), 5);
    assert_eq!(messages("--chat 灯塔"), 1);
    assert_eq!(messages(&format!("--chat {}", chat_id(1))), 4);
    assert_eq!(messages("--from 2026-03-02T01:05:00Z --to 2026-03-02T01:09:00Z"), 1);
    assert_eq!(messages("--to 2026-03-01"), 0);
    assert_eq!(messages("--from 2026-03-02 --to 2026-03-02"), 5);
    assert_eq!(messages("--from 2026-03-03"), 0);
    assert_eq!(messages("--kind call --kind gap"), 7);
    // 09:00 in Shanghai is the evening of the day before in New York.
    assert_eq!(messages("--zone America/New_York --to 2026-03-01"), 5);
}

#[test]
fn list_as_json_holds_the_line_and_where_it_stands() {
    let writer = day();
    let folder = office(&writer);
    let run = archive(&folder, "list", "--json --kind recall").done();
    let value = run.json();
    assert_eq!(value["device"], writer.key().device_id().to_string());
    assert_eq!(value["title"], "海港物流 李工");
    assert_eq!(value["line"]["seq"], 8);
    assert_eq!(value["line"]["of"][0], 5);
    assert_eq!(value["received"], "2026-03-02T02:00:00Z");
}

#[test]
fn list_says_where_nothing_fits_and_where_more_would() {
    let folder = office(&day());
    let run = archive(&folder, "list", "--chat nobody").done();
    assert!(run.out.contains("Nothing in the archive fits."));
    let run = archive(&folder, "list", "--limit 2").done();
    assert!(run.out.contains("! 5 more lines were left out"), "{}", run.out);
}

#[test]
fn hostile_titles_and_texts_cannot_steer_the_terminal() {
    let mut writer = Writer::new();
    writer.batch(&[chat(1, "a\u{1b}]0;b\u{7}\nfake row"), message(1, 1, "x\r\u{202e}y\nz")]);
    let folder = office(&writer);
    let run = archive(&folder, "list", "").done();
    assert!(!run.out.contains(['\u{1b}', '\u{7}', '\r', '\u{202e}']), "{:?}", run.out);
    assert!(!run.out.lines().any(|line| line.trim_start().starts_with("fake row")));
}

#[test]
fn open_writes_the_very_bytes_that_were_sealed() {
    let writer = day();
    let folder = office(&writer);
    let run = archive(&folder, "open", "--out {}/open").done();
    assert!(run.out.contains("✓ 3 files written below"));
    let sealed = first_batch(&writer, folder.path());
    let plain = seal::open(&fs::read(sealed).unwrap(), &super::identities(&writer)).unwrap();
    let opened = folder
        .path()
        .join("open")
        .join(writer.key().device_id().to_string())
        .join(writer.epoch.to_string())
        .join("000000000001-000000000005.jsonl");
    assert_eq!(fs::read(&opened).unwrap(), *plain);
    assert_eq!(fs::metadata(opened).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn open_prints_every_line_once_and_the_stock_command_beside_it() {
    let folder = office(&day());
    let run = archive(&folder, "open", "").done();
    assert_eq!(run.out.lines().count(), 10);
    let sequences: Vec<u64> = run
        .out
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["seq"].as_u64().unwrap()
        })
        .collect();
    assert_eq!(sequences, (1..=10).collect::<Vec<u64>>());
    assert!(run.err.contains("age -d -i") && run.err.contains("| zstd -d | jq ."), "{}", run.err);
}

#[test]
fn open_never_overwrites() {
    let folder = office(&day());
    archive(&folder, "open", "--out {}/open").done();
    archive(&folder, "open", "--out {}/open").ends(Exit::Refused, "exists already");
}

#[test]
fn what_can_be_opened_is_opened_even_where_there_is_a_fault_and_the_fault_is_named() {
    let writer = day();
    let folder = office(&writer);
    fs::remove_file(first_batch(&writer, folder.path())).unwrap();
    let run = archive(&folder, "open", "").ends(Exit::Unverified, "the archive has");
    assert_eq!(run.out.lines().count(), 5);
    assert!(run.err.contains("✗ device") && run.err.contains("sealed file"), "{}", run.err);
    let run =
        archive(&folder, "list", "--json").ends(Exit::Unverified, "\"code\":\"file_missing\"");
    assert!(!run.err.contains("海港") && !run.err.contains("合同"), "{}", run.err);
}

#[test]
fn recalls_without_a_candidate_are_listed_as_such() {
    let mut writer = Writer::new();
    writer.batch(&[chat(1, "海港物流"), recall(1, &[])]);
    let run = archive(&office(&writer), "list", "--kind recall").done();
    assert!(run.out.contains("recalled a message: unknown"), "{}", run.out);
}

#[test]
fn the_stock_command_quotes_what_a_shell_would_take_apart() {
    let command = stock_command(Path::new("/k/my key"), Path::new("/d/it's.age"));
    assert_eq!(command, "age -d -i '/k/my key' '/d/it'\\''s.age' | zstd -d | jq .");
    assert_eq!(
        stock_command(Path::new("k"), Path::new("d.age")),
        "age -d -i k d.age | zstd -d | jq ."
    );
}

#[test]
fn every_fault_has_a_code_of_its_own_words_and_a_row_in_the_custodians_guide() {
    let mut codes: Vec<&str> = Fault::ALL.iter().map(|fault| fault.code()).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), Fault::ALL.len());
    assert!(Fault::ALL.iter().all(|fault| !fault.text().is_empty()));
    let guide = include_str!("../../../../docs/custodian.md");
    for fault in Fault::ALL {
        let notice = if fault.weight() == Weight::Notice { " (notice)" } else { "" };
        let row = format!("| `{}`{notice} |", fault.code());
        assert!(guide.contains(&row), "the custodian's guide lacks {row}");
    }
}

/// A day whose last two messages were sealed again in another epoch, after an old copy of the
/// store was put back; another one came after it.
fn sealed_again() -> TempDir {
    let before = day();
    let folder = office(&before);
    let mut after = before.reset(Some(before.state()));
    after.batch(&[
        message(1, 5, "Thanks, received"),
        message(1, 9, "明天上午见"),
        message(1, 30, "换了手机"),
    ]);
    after.write_to(&folder.path().join("data"));
    folder
}

#[test]
fn lines_that_were_sealed_twice_are_named_with_the_reason() {
    let folder = sealed_again();
    let run = archive(&folder, "duplicates", "--json");
    assert_eq!(run.exit, Exit::Done, "{}", run.err);
    let found: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    let found = found.as_array().unwrap();
    assert_eq!(found.len(), 2);
    for duplicate in found {
        assert_eq!(duplicate["why"], "same_line");
        assert_ne!(duplicate["line"]["epoch"], duplicate["of"]["epoch"]);
    }
    let shown = archive(&folder, "duplicates", "").out;
    assert!(shown.contains("sealed again in another epoch"), "{shown}");
    assert!(!shown.contains("received"), "no content");
    let none = archive(&office(&day()), "duplicates", "").out;
    assert!(none.contains("No line repeats another"), "{none}");
}

#[test]
fn the_merged_archive_has_every_line_once_as_it_was_sealed_and_says_where_else_it_stands() {
    let folder = sealed_again();
    let run = archive(&folder, "open", "--merged");
    assert_eq!(run.exit, Exit::Done, "{}", run.err);
    assert!(run.err.contains("2 duplicates were left out"), "{}", run.err);
    let lines: Vec<serde_json::Value> =
        run.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let text = |text: &str| {
        let mut with = lines.iter().filter(|line| line["line"]["text"] == text);
        let first = with.next().unwrap_or_else(|| panic!("{text} is not there")).clone();
        assert!(with.next().is_none(), "{text} is there twice");
        first
    };
    for once in ["Thanks, received", "明天上午见"] {
        assert_eq!(text(once)["also"][0]["why"], "same_line");
    }
    for alone in ["合同今天寄出", "报价单在附件里", "换了手机"] {
        assert!(text(alone)["also"].is_null());
    }
    let sealed = archive(&folder, "open", "").out;
    for line in run.out.lines() {
        let inner = line.split_once(",\"line\":").unwrap().1.strip_suffix('}').unwrap();
        assert!(sealed.lines().any(|sealed| sealed == inner), "the sealed bytes");
    }
}
