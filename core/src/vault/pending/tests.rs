use fenming_wire::record::Body;

use super::*;
use crate::vault::Appended;
use crate::vault::sample::*;

fn texts(pending: &Pending) -> Vec<String> {
    let text = |line: &PendingLine| {
        let body: Body = serde_json::from_slice(&line.body).unwrap();
        match body {
            Body::Message(line) => line.text.expose().to_owned(),
            Body::ConsentGrant(_) => "grant".to_owned(),
            Body::Coverage(_) => "coverage".to_owned(),
            Body::Recall(_) => "recall".to_owned(),
            _ => panic!("another line"),
        }
    };
    pending.lines.iter().map(text).collect()
}

#[test]
fn nothing_is_pending_before_the_device_is_known() {
    let (vault, _) = Phone::new().open();
    let class = general();
    assert!(matches!(vault.pending(&rule(&class, 9)), Err(AgentError::NotEnrolled)));
    assert!(matches!(vault.position(), Err(AgentError::NotEnrolled)));
}

#[test]
fn a_record_in_review_is_not_pending_but_a_declaration_is() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    vault.append(&office.message(chat(1), "一")).unwrap();
    vault.declare(&coverage(1)).unwrap();
    let class = general();
    assert_eq!(texts(&vault.pending(&rule(&class, 9)).unwrap().unwrap()), ["coverage"]);
    phone.wait();
    assert_eq!(texts(&vault.pending(&rule(&class, 9)).unwrap().unwrap()), ["一", "coverage"]);
}

#[test]
fn a_batch_has_one_retention_class_in_capture_order() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    vault.append(&office.order(chat(1), "单一")).unwrap();
    vault.append(&office.message(chat(2), "话一")).unwrap();
    vault.append(&office.order(chat(1), "单二")).unwrap();
    vault.append(&office.message(chat(2), "话二")).unwrap();
    phone.wait();
    let (_, first) = seal(&mut vault, 9).unwrap();
    assert_eq!(
        (first.class.as_str(), texts(&first)),
        ("orders", vec!["单一".into(), "单二".into()])
    );
    let (_, second) = seal(&mut vault, 9).unwrap();
    assert_eq!(texts(&second), ["话一", "话二"]);
    assert_eq!((first.first_seq, first.last_seq(), second.first_seq), (3, 4, 6));
    assert!(first.begins_epoch() && !second.begins_epoch());
    assert!(seal(&mut vault, 9).is_none());
}

#[test]
fn no_line_is_sealed_before_a_consent_that_was_given_before_it() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    vault.append(&office.order(chat(1), "之前")).unwrap();
    vault.declare(&office.grant()).unwrap();
    vault.append(&office.order(chat(1), "之后")).unwrap();
    phone.wait();
    let sealed = std::iter::from_fn(|| seal(&mut vault, 9)).map(|(_, pending)| texts(&pending));
    assert_eq!(sealed.collect::<Vec<_>>(), [["之前"], ["grant"], ["之后"]]);
}

#[test]
fn a_batch_keeps_to_its_lines_and_bytes_but_never_sticks() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    for text in ["一", "二", "三"] {
        vault.append(&office.message(chat(1), text)).unwrap();
    }
    phone.wait();
    let class = general();
    assert_eq!(texts(&vault.pending(&rule(&class, 2)).unwrap().unwrap()), ["一", "二"]);
    let tight = PendingRule { max_bytes: 1, ..rule(&class, 9) };
    assert_eq!(texts(&vault.pending(&tight).unwrap().unwrap()), ["一"]);
    let body = vault.pending(&rule(&class, 1)).unwrap().unwrap().lines[0].body.len();
    let two = PendingRule { max_bytes: 2 * body, ..rule(&class, 9) };
    assert_eq!(texts(&vault.pending(&two).unwrap().unwrap()), ["一", "二"]);
}

#[test]
fn a_recall_names_the_latest_messages_of_its_sender_first() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    let from =
        |name, text| office.record((chat(1), "林间咖啡"), message(chat(1), Some(name), text));
    for (name, text) in
        [("云舟", "甲"), ("闻笛", "乙"), ("云舟", "丙"), ("云舟", "丁"), ("云舟", "戊")]
    {
        vault.append(&from(name, text)).unwrap();
    }
    vault.append(&office.message(chat(2), "别处")).unwrap();
    vault.append(&office.recall(chat(1), Some("云舟"), "撤回")).unwrap();
    phone.wait();
    let class = general();
    let pending = vault.pending(&rule(&class, 9)).unwrap().unwrap();
    // Sequences 3 to 7 are the messages, 9 is the recall.
    assert_eq!(pending.lines.last().unwrap().of, [7, 6, 5]);
}

#[test]
fn a_recall_leaves_out_what_was_taken_back_and_finds_what_was_sealed_before() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    vault.append(&office.message(chat(1), "甲")).unwrap();
    phone.wait();
    seal(&mut vault, 9).unwrap();
    let Appended::New(private) = vault.append(&office.message(chat(1), "乙")).unwrap() else {
        panic!("not stored")
    };
    vault.append(&office.recall(chat(1), None, "撤回")).unwrap();
    vault.retract(private, REVIEW).unwrap();
    phone.wait();
    let class = general();
    let pending = vault.pending(&rule(&class, 9)).unwrap().unwrap();
    assert_eq!(texts(&pending), ["recall"]);
    assert_eq!(pending.lines[0].of, [3]);
}

#[test]
fn the_books_in_a_balance_are_those_after_the_sealing() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    vault.append(&office.message(chat(1), "一")).unwrap();
    vault.append(&office.message(chat(1), "二")).unwrap();
    vault.declare(&coverage(1)).unwrap();
    phone.wait();
    let class = general();
    let pending = vault.pending(&rule(&class, 1)).unwrap().unwrap();
    let expected = vault.books_if_sealed(&pending).unwrap();
    assert_eq!((expected.forwarded, expected.queued), (1, 1));
    assert!(expected.add_up());
    seal(&mut vault, 1).unwrap();
    assert_eq!(vault.books().unwrap(), expected);
}
