use fenming_wire::limits::MAX_LINE_BYTES;
use fenming_wire::record::{
    CallMedium, CallOutcome, Confidence, Direction, Layout, Media, Step, Why,
};
use fenming_wire::source::Source;
use fenming_wire::time::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::event::{ChatKey, Ignored, Origin};
use crate::limits::MAX_TEXT_BYTES;
use crate::observation::OsProfile;
use crate::policy::sample;
use crate::tag::{ChatFacts, EmployeeTag, Ruleset, Verdict, decide};

mod size;

const CHAT: ChatId = ChatId::from_bytes([5; 10]);

/// A stand-in that shows which name was asked for without holding it.
fn pseudonym(name: &str) -> Content {
    Content::from(format!("P-{}", name.len()))
}

fn scribe(naming: Naming) -> Scribe<'static> {
    Scribe::new(CHAT, naming, &pseudonym)
}

fn event(title: &str, kind: ChatKind, what: What) -> Event {
    Event {
        at: Timestamp::from_millis(1_772_424_000_123),
        origin: Origin {
            source: Source::WechatNotification,
            user: 0,
            profile: OsProfile::Personal,
        },
        chat: Some(ChatSeen { key: ChatKey::Notification(7), title: title.into(), kind }),
        what,
        fingerprint: "fingerprint".into(),
    }
}

fn message(from: Option<&str>, text: &str, raw: Raw) -> What {
    What::Message(Message {
        direction: Direction::In,
        from: from.map(Content::from),
        text: text.into(),
        media: Some(Media::Image),
        mention: true,
        truncated: true,
        sure: Confidence::High,
        raw,
        shared: false,
        attachments: Vec::new(),
    })
}

fn raw(title: Option<&str>, text: Option<&str>, ticker: Option<&str>) -> Raw {
    Raw {
        count: Some("[2条]".into()),
        placeholder: Some("[图片]".into()),
        before: None,
        time: None,
        layout: Some(Layout::Named),
        title: title.map(Content::from),
        text: text.map(Content::from),
        ticker: ticker.map(Content::from),
    }
}

fn json(fact: &Fact) -> String {
    String::from_utf8(fact.body.to_json().unwrap()).unwrap()
}

fn message_of(fact: Option<Fact>) -> MessageLine {
    match fact.map(|fact| fact.body) {
        Some(Body::Message(line)) => line,
        _ => panic!("no message"),
    }
}

fn business() -> Business {
    let rules = Ruleset::compile(&sample::policy()).map_err(|error| error.to_string()).unwrap();
    let facts = ChatFacts {
        profile: OsProfile::Personal,
        kind: ChatKind::Direct,
        title: &"陶工".into(),
        employee: Some(EmployeeTag::Business),
        earlier: None,
    };
    match decide(&facts, &rules, None) {
        Verdict::Business(business) => business,
        Verdict::Personal(_) | Verdict::Undecided { .. } => panic!("not business"),
    }
}

#[test]
fn with_names_a_line_says_what_was_shown() {
    let raw = raw(Some("微信"), Some("[2条]陶工: 好"), Some("陶工: 好"));
    let event = event("春汛群", ChatKind::Group, message(Some("陶工"), "好", raw));
    let line = message_of(scribe(Naming::Names).fact(&event));
    assert_eq!((line.t, line.chat), (1_772_424_000_123, CHAT));
    assert!(line.from.is_some_and(|from| from.expose() == "陶工"));
    assert_eq!(line.text.expose(), "好");
    assert_eq!((line.dir, line.media), (Direction::In, Some(Media::Image)));
    assert!(line.mention && line.truncated && !line.held);
    assert!(line.raw.text.is_some_and(|text| text.expose() == "[2条]陶工: 好"));
    assert!(line.raw.count.is_some_and(|count| count.expose() == "[2条]"));
}

#[test]
fn the_evidence_gives_the_shown_strings_back_with_pseudonyms_in_them() {
    let raw = Raw { count: Some("[2条]".into()), layout: Some(Layout::Named), ..Raw::default() };
    let event = event("陶工", ChatKind::Direct, message(Some("陶工"), "好", raw));
    let line = message_of(scribe(Naming::Pseudonyms).fact(&event));
    let shown = line.raw.rebuild(&"P-6".into(), line.from.as_ref(), &line.text);
    assert_eq!(shown.text.expose(), "[2条]P-6: 好");
}

#[test]
fn under_pseudonyms_the_text_stays_as_it_was_written() {
    let event = event("陶工", ChatKind::Direct, message(Some("陶工"), "陶工在吗", Raw::default()));
    let line = message_of(scribe(Naming::Pseudonyms).fact(&event));
    assert_eq!(line.text.expose(), "陶工在吗");
    assert!(line.from.is_some_and(|from| from.expose() == "P-6"));
}

#[test]
fn the_chats_line_keeps_the_titles_of_groups_and_of_nothing_else() {
    let business = business();
    for (kind, kept) in [
        (ChatKind::Group, true),
        (ChatKind::Direct, false),
        (ChatKind::Service, false),
        (ChatKind::Unknown, false),
    ] {
        let event = event("栗山精工", kind, message(None, "好", Raw::default()));
        let fact = scribe(Naming::Pseudonyms).chat(&event, &business).unwrap();
        assert_eq!(json(&fact).contains("栗山精工"), kept, "{kind:?}");
        let fact = scribe(Naming::Names).chat(&event, &business).unwrap();
        assert!(json(&fact).contains("栗山精工"));
    }
}

#[test]
fn the_chats_line_says_why_it_is_business_and_whether_names_are_pseudonyms() {
    let event = event("陶工", ChatKind::Direct, message(None, "好", Raw::default()));
    for (naming, pseudonymous) in [(Naming::Names, false), (Naming::Pseudonyms, true)] {
        let fact = scribe(naming).chat(&event, &business()).unwrap();
        let Body::Chat(line) = fact.body else { panic!("no chat line") };
        assert_eq!(line.pseudonymous, pseudonymous);
        assert_eq!(line.why, Why { step: Step::Employee, rule: None });
        assert_eq!((line.chat_kind, line.src), (ChatKind::Direct, Source::WechatNotification));
    }
}

#[test]
fn the_chats_line_is_not_taken_for_the_message_beside_it() {
    let event = event("陶工", ChatKind::Direct, message(None, "好", Raw::default()));
    let chat = scribe(Naming::Names).chat(&event, &business()).unwrap();
    let message = scribe(Naming::Names).fact(&event).unwrap();
    assert!(chat.fingerprint != message.fingerprint);
    assert!(message.fingerprint == event.fingerprint);
}

#[test]
fn a_call_holds_no_name_and_no_text() {
    let call = Call {
        medium: CallMedium::Video,
        direction: Direction::Unknown,
        outcome: CallOutcome::Ended,
        estimated_ms: Some(61_000),
        sure: Confidence::Medium,
    };
    let event = event("陶工", ChatKind::Direct, What::Call(call));
    for naming in [Naming::Names, Naming::Pseudonyms] {
        let fact = scribe(naming).fact(&event).unwrap();
        assert!(!json(&fact).contains("陶工"));
        assert!(json(&fact).contains("61000"));
    }
}

#[test]
fn what_is_no_message_recall_or_call_makes_no_fact() {
    let none =
        [What::Missed(3), What::PreviewHidden, What::Redacted, What::Ignored(Ignored::DoublePost)];
    for what in none {
        let event = event("陶工", ChatKind::Direct, what);
        assert!(scribe(Naming::Names).fact(&event).is_none());
    }
    let mut nowhere = event("", ChatKind::Unknown, What::Missed(1));
    nowhere.chat = None;
    assert!(scribe(Naming::Names).chat(&nowhere, &business()).is_none());
}

#[test]
fn a_name_inside_a_longer_name_does_not_take_part_of_it() {
    let raw = raw(None, Some("陶工二: 找陶工"), None);
    let event = event("陶工二", ChatKind::Direct, message(Some("陶工"), "找陶工", raw));
    let line = message_of(scribe(Naming::Pseudonyms).fact(&event));
    assert!(line.raw.text.is_some_and(|text| text.expose() == "P-9: 找P-6"));
}

#[test]
fn a_name_that_occurs_in_its_own_pseudonym_is_replaced_once() {
    let raw = raw(None, Some("P: P"), None);
    let event = event("P", ChatKind::Direct, message(Some("P"), "P", raw));
    let line = message_of(scribe(Naming::Pseudonyms).fact(&event));
    assert!(line.raw.text.is_some_and(|text| text.expose() == "P-1: P-1"));
}

#[test]
fn the_longest_evidence_still_fits_in_a_line() {
    let long = "王".repeat(MAX_TEXT_BYTES / 3);
    let raw = raw(Some(&long), Some(&long), Some(&long));
    let event = event("王", ChatKind::Direct, message(Some("王"), &long, raw));
    let fact = scribe(Naming::Pseudonyms).fact(&event).unwrap();
    assert!(json(&fact).len() <= MAX_LINE_BYTES);
}

#[test]
fn what_was_held_says_so() {
    let event = event("陶工", ChatKind::Direct, message(None, "好", Raw::default()));
    let fact = scribe(Naming::Names).fact(&event).unwrap().after_hold();
    assert!(fact.fingerprint == event.fingerprint);
    assert!(message_of(Some(fact)).held);
}

/// Names of characters that stand nowhere else in these lines.
fn names() -> impl Strategy<Value = String> {
    "[甲乙丙丁戊己庚辛🦉🌊]{1,3}( ?[甲乙丙丁戊己庚辛：]){0,2}[甲乙丙丁]"
}

proptest! {
    #[test]
    fn under_pseudonyms_no_name_stands_outside_the_text(
        (sender, title) in (names(), names()),
        (kind, recall, alone) in (0..4u8, any::<bool>(), any::<bool>()),
        (lead, text) in ("[x0-9 \\]:]{0,6}", "[a-z\"\\\\ ]{0,12}"),
    ) {
        let kind = match kind {
            0 => ChatKind::Group,
            1 => ChatKind::Direct,
            2 => ChatKind::Service,
            _ => ChatKind::Unknown,
        };
        let from = (!alone).then_some(sender.as_str());
        let named = from.unwrap_or(&title);
        let shown_title = (kind != ChatKind::Group).then_some(title.as_str());
        let shown = format!("{lead}{named}: {text}{named}");
        let raw = raw(shown_title, Some(&shown), Some(&format!("{named}: {shown}")));
        let what = if recall {
            What::Recall(Recall { from: from.map(Content::from), sure: Confidence::Low, raw })
        } else {
            message(from, &text, raw)
        };
        let event = event(&title, kind, what);
        let scribe = scribe(Naming::Pseudonyms);
        let mut lines = vec![json(&scribe.fact(&event).unwrap())];
        if kind != ChatKind::Group {
            lines.push(json(&scribe.chat(&event, &business()).unwrap()));
        }
        // In a group without a sender nothing tells that the title is a name: it is the group's.
        let counterparts = [from, (kind != ChatKind::Group).then_some(title.as_str())];
        for name in counterparts.into_iter().flatten() {
            for line in &lines {
                prop_assert!(!line.contains(name), "{} in {}", name, line);
            }
        }
    }

    #[test]
    fn with_names_nothing_is_changed(from in "\\PC{0,8}", text in "\\PC{0,20}") {
        let raw = raw(None, Some(&text), Some(&from));
        let event = event(&from, ChatKind::Direct, message(Some(&from), &text, raw));
        let line = message_of(scribe(Naming::Names).fact(&event));
        prop_assert!(line.from.is_some_and(|shown| shown.expose() == from));
        prop_assert!(line.text.expose() == text);
        prop_assert!(line.raw.text.is_some_and(|shown| shown.expose() == text));
        prop_assert!(line.raw.ticker.is_some_and(|shown| shown.expose() == from));
    }
}
