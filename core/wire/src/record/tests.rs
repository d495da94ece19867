use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::samples::{bodies, chat, marked, message};

fn value(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

fn kind(body: &Body) -> &'static str {
    match body {
        Body::Genesis(_) => "genesis",
        Body::Balance(_) => "balance",
        Body::ConsentGrant(_) => "consent_grant",
        Body::ConsentWithdrawal(_) => "consent_withdrawal",
        Body::Chat(_) => "chat",
        Body::Message(_) => "message",
        Body::Recall(_) => "recall",
        Body::Call(_) => "call",
        Body::Coverage(_) => "coverage",
        Body::Override(_) => "override",
        Body::Share(_) => "share",
    }
}

#[test]
fn every_kind_comes_back_through_its_line() {
    let mut kinds = std::collections::BTreeSet::new();
    for body in bodies() {
        let stored = body.to_json().unwrap();
        let line = compose_line(41, &[], &stored).unwrap();
        let read = Line::from_json(&line).unwrap();
        assert_eq!((read.seq, read.of.len()), (41, 0));
        assert_eq!(read.body.to_json().unwrap(), stored, "{}", kind(&body));
        assert_eq!(value(&line)["kind"], kind(&body));
        assert_eq!(serde_json::to_vec(&read).unwrap(), line, "both ways of writing agree");
        kinds.insert(kind(&body));
    }
    assert_eq!(kinds.len(), 11, "the samples hold every kind");
}

#[test]
fn a_recall_names_its_candidates() {
    let recall = bodies().into_iter().find(|body| kind(body) == "recall").unwrap();
    let line = compose_line(9, &[7, 3], &recall.to_json().unwrap()).unwrap();
    assert!(line.starts_with(br#"{"seq":9,"of":[7,3],"kind":"recall","#));
    assert_eq!(Line::from_json(&line).unwrap().of, [7, 3]);
}

#[test]
fn a_line_names_the_files_of_what_was_kept() {
    let body = Body::Message(message());
    assert_eq!(body.kept().count(), 1, "one of the two");
    let files = [Some(Digest::of(b"sealed")), None];
    let line = compose_line_with(9, &[7], &files, &body.to_json().unwrap()).unwrap();
    let start = format!(
        r#"{{"seq":9,"of":[7],"files":["{}",null],"kind":"message","#,
        Digest::of(b"sealed")
    );
    assert!(line.starts_with(start.as_bytes()));
    let read = Line::from_json(&line).unwrap();
    assert_eq!(read.files, files);
    assert_eq!(serde_json::to_vec(&read).unwrap(), line, "both ways of writing agree");
}

#[test]
fn the_longest_front_of_a_line_has_room() {
    let files = [Some(Digest::of(b"sealed")); crate::attachment::MAX_RECORD_ATTACHMENTS];
    let line = compose_line_with(u64::MAX, &[u64::MAX; 16], &files, b"{}").unwrap();
    assert!(line.len() < FRONT_BYTES);
}

#[test]
fn what_is_absent_takes_no_room() {
    let plain = MessageLine {
        t: 5,
        chat: chat(),
        dir: Direction::Unknown,
        from: None,
        text: Content::default(),
        media: None,
        mention: false,
        truncated: false,
        sure: Confidence::Low,
        raw: Raw::default(),
        held: false,
        shared: false,
        attachments: Vec::new(),
        labels: Vec::new(),
    };
    let json = Body::Message(plain).to_json().unwrap();
    let expected =
        r#"{"kind":"message","t":5,"chat":"c1c1c1c1c1c1c1c1c1c1","dir":"unknown","sure":"low"}"#;
    assert_eq!(String::from_utf8(json).unwrap(), expected);
}

#[test]
fn a_line_is_one_line_whatever_is_written_in_it() {
    let text = "first\nsecond\r\n\u{2028}\u{0}\"}{";
    let body = Body::Message(MessageLine { text: Content::from(text), ..message() });
    let line = compose_line(1, &[], &body.to_json().unwrap()).unwrap();
    assert!(!line.contains(&b'\n') && !line.contains(&b'\r'));
    let Body::Message(read) = Line::from_json(&line).unwrap().body else { panic!() };
    assert_eq!(read.text.expose(), text);
}

#[test]
fn a_line_that_is_too_long_is_not_written() {
    let text = Content::new("字".repeat(MAX_LINE_BYTES / 3));
    let body = Body::Message(MessageLine { text, ..message() });
    assert!(matches!(body.to_json(), Err(WireError::TooLarge { limit: MAX_LINE_BYTES })));
}

#[test]
fn only_what_was_captured_is_counted() {
    let counted: Vec<_> = bodies().iter().filter(|b| b.is_counted()).map(kind).collect();
    assert_eq!(counted, ["message", "recall", "call"]);
}

#[test]
fn what_is_no_object_gets_no_sequence() {
    for stored in [&b""[..], b"[]", b"null", b" {}"] {
        assert!(compose_line(1, &[], stored).is_err());
    }
}

#[test]
fn a_line_of_an_unknown_kind_is_refused() {
    let refusal = Line::from_json(br#"{"seq":1,"kind":"canary","t":1}"#).err().unwrap().to_string();
    assert!(!refusal.contains("canary"), "{refusal}");
}

#[test]
fn no_refusal_repeats_what_a_line_says() {
    let mark = "k4n4ry 机密";
    let mut refused = 0;
    for body in bodies() {
        let line = value(&compose_line(41, &[], &body.to_json().unwrap()).unwrap());
        for broken in marked(&line, mark) {
            if let Err(refusal) = Line::from_json(broken.to_string().as_bytes()) {
                assert!(!refusal.to_string().contains("k4n4ry"), "{refusal}");
                assert!(!format!("{refusal:?}").contains("k4n4ry"));
                refused += 1;
            }
        }
    }
    assert!(refused > 50, "only {refused} were refused");
}

proptest! {
    #[test]
    fn a_message_comes_back_whatever_was_written(
        text in any::<String>(),
        from in any::<Option<String>>(),
        title in any::<Option<String>>(),
        seq in any::<u64>(),
        of in prop::collection::vec(any::<u64>(), 0..5),
    ) {
        let raw = Raw { title: title.map(Content::new), ..Raw::default() };
        let from = from.map(Content::new);
        let body = Body::Message(MessageLine { text: Content::new(text), from, raw, ..message() });
        let stored = body.to_json().unwrap();
        let read = Line::from_json(&compose_line(seq, &of, &stored).unwrap()).unwrap();
        prop_assert_eq!(read.seq, seq);
        prop_assert_eq!(read.of, of);
        prop_assert_eq!(read.body.to_json().unwrap(), stored);
    }

    #[test]
    fn reading_is_total(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Line::from_json(&bytes);
    }
}
