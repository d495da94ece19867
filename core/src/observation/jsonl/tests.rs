//! Lines that are read, and lines that are refused.

use proptest::prelude::*;

use super::*;

const GOOD: &str =
    r#"{"source":"platform","fact":"listener","at":"2026-03-02T00:30:01Z","on":true}"#;
const POSTED: &str = r#"{"source":"wechat_notification","change":{"is":"posted"},"at":"2026-03-02T01:00:00Z","when":"2026-03-02T01:00:00Z","id":7}"#;

fn refusals(input: &[u8]) -> Vec<LineError> {
    read(input).filter_map(Result::err).collect()
}

fn refusal(line: &str) -> (String, &'static str) {
    let mut refusals = refusals(line.as_bytes());
    assert_eq!(refusals.len(), 1, "{line}");
    let LineError { line: 1, field, reason } = refusals.remove(0) else {
        panic!("another line");
    };
    (field, reason)
}

#[test]
fn blank_lines_and_any_line_ends_are_read_past() {
    let input = format!("\n{GOOD}\r\n  \t\n{POSTED}\n\n{GOOD}");
    let read: Vec<_> = read(input.as_bytes()).collect();
    assert_eq!(read.len(), 3);
    assert!(read.iter().all(Result::is_ok));
}

#[test]
fn a_refusal_names_line_and_field_and_the_next_line_is_read() {
    let wrong = POSTED.replace(r#""id":7"#, r#""id":"seven""#);
    let input = format!("{GOOD}\n\n{wrong}\n{GOOD}\n");
    let read: Vec<_> = read(input.as_bytes()).collect();
    assert_eq!(read.iter().filter(|line| line.is_ok()).count(), 2);
    let refusals = refusals(input.as_bytes());
    assert_eq!(refusals.len(), 1);
    assert_eq!(refusals[0].to_string(), "line 3: `id` has the wrong type");
}

#[test]
fn every_kind_of_mistake_names_its_field() {
    let change = |from, to| POSTED.replace(from, to);
    let rows = [
        (change(r#""is":"posted""#, r#""is":"lost""#), "change.is"),
        (change(r#""is":"posted""#, r#""is":"removed""#), "change.reason"),
        (change("2026-03-02T01:00:00Z", "yesterday"), "at"),
        (change(r#","id":7"#, ""), "id"),
        (change(r#""id":7"#, r#""id":3000000000"#), "id"),
        (change(r#""id":7"#, r#""id":7,"titel":"x""#), "titel"),
        (change(r#""id":7"#, r#""id":7,"flags":-1"#), "flags"),
        (change("wechat_notification", "telegraph"), "source"),
        (GOOD.replace("listener", "weather"), "fact"),
        (GOOD.replace("true", "1"), "on"),
        (GOOD.replace(r#","on":true"#, ""), "on"),
        (GOOD.replace("true", r#"true,"off":1"#), "off"),
        (GOOD.replace("2026-03-02T00:30:01Z", "soon"), "at"),
    ];
    for (line, field) in rows {
        let (named, reason) = refusal(&line);
        assert!(
            named == field || named.starts_with(&format!("{field}.")),
            "{line}: {named} {reason}"
        );
    }
}

#[test]
fn a_refusal_repeats_nothing_of_the_line() {
    let line = POSTED.replace(r#""id":7"#, r#""id":"geheim","title":"geheim""#);
    for error in refusals(line.as_bytes()) {
        assert!(!error.to_string().contains("geheim"));
    }
}

#[test]
fn what_is_no_json_or_no_utf_8_is_refused_by_line() {
    assert_eq!(refusal("{"), (String::new(), "is not JSON"));
    assert_eq!(refusal("[1, 2]"), (String::new(), "is no JSON object"));
    let mut input = GOOD.as_bytes().to_vec();
    input.extend_from_slice(b"\n\"\xff\"\n");
    let refusals = refusals(&input);
    assert_eq!(refusals[0].to_string(), "line 2 is not UTF-8");
}

#[test]
fn a_line_that_is_too_long_is_skipped_as_a_whole() {
    let long = "x".repeat(MAX_INPUT_LINE_BYTES * 2);
    let input = format!("{long}\n{GOOD}\n{long}");
    let read: Vec<_> = read(input.as_bytes()).collect();
    let told: Vec<_> =
        read.iter().map(|line| line.as_ref().map(|_| ()).map_err(|e| e.line)).collect();
    assert_eq!(told, [Err(1), Ok(()), Err(3)]);
    let edge = format!("{}\n{GOOD}", " ".repeat(MAX_INPUT_LINE_BYTES));
    assert_eq!(refusals(edge.as_bytes()).len(), 1);
}

#[test]
fn an_input_that_fails_ends_with_one_refusal() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("gone"))
        }
    }
    let read: Vec<_> = read(std::io::BufReader::new(Failing)).collect();
    assert_eq!(read.len(), 1);
    assert!(read[0].as_ref().is_err_and(|error| error.reason == "cannot be read"));
}

#[test]
fn every_line_of_the_working_day_is_good() {
    let day = include_bytes!("../../../../cli/data/working-day.jsonl");
    assert_eq!(refusals(day), []);
}

proptest! {
    #[test]
    fn any_bytes_give_lines_or_refusals(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let lines = bytes.split(|b| *b == b'\n').count();
        prop_assert!(read(&bytes[..]).count() <= lines);
    }

    #[test]
    fn any_change_of_a_good_line_gives_one_answer(
        at in any::<proptest::sample::Index>(),
        piece in "\\PC{0,4}",
    ) {
        let mut chars: Vec<char> = POSTED.chars().collect();
        let at = at.index(chars.len());
        chars.splice(at..=at, piece.chars());
        let line: String = chars.into_iter().collect();
        prop_assert_eq!(read(line.as_bytes()).count(), 1);
    }
}
