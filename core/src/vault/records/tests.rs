use fenming_wire::record::{Confidence, Direction, MessageLine, Raw};
use fenming_wire::time::Timestamp;

use super::*;
use crate::limits::MAX_QUEUED_RECORDS;
use crate::record::Fact;
use crate::vault::RecordQuery;
use crate::vault::sample::*;

fn stored(outcome: Appended) -> RecordId {
    let Appended::New(id) = outcome else { panic!("{outcome:?}") };
    id
}

#[test]
fn the_same_fingerprint_is_stored_once() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    stored(vault.append(&office.message(chat(1), "收到")).unwrap());
    assert_eq!(vault.append(&office.message(chat(1), "收到")).unwrap(), Appended::Duplicate);
    drop(vault);
    let (mut vault, _) = phone.open();
    assert_eq!(vault.append(&office.message(chat(1), "收到")).unwrap(), Appended::Duplicate);
    assert_eq!(vault.books().unwrap().captured, 1);
}

#[test]
fn two_honest_identical_messages_both_survive() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    for fingerprint in ["收到 09:00", "收到 09:01"] {
        let fact = Fact { fingerprint: fingerprint.into(), ..message(chat(1), None, "收到") };
        stored(vault.append(&office.record((chat(1), "林间咖啡"), fact)).unwrap());
    }
    // The same words in another chat are another message as well.
    stored(vault.append(&office.message(chat(2), "收到")).unwrap());
    assert_eq!(vault.books().unwrap().captured, 3);
}

#[test]
fn ids_grow_even_while_the_clock_runs_back() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    let first = stored(vault.append(&office.message(chat(1), "一")).unwrap());
    phone.clock.set_wall(Timestamp::from_millis(0));
    let second = stored(vault.append(&office.message(chat(1), "二")).unwrap());
    drop(vault);
    phone.clock.set_wall(Timestamp::from_millis(i64::MAX));
    let (mut vault, _) = phone.open();
    let third = stored(vault.append(&office.message(chat(1), "三")).unwrap());
    phone.clock.set_wall(Timestamp::from_millis(i64::MIN));
    let fourth = stored(vault.append(&office.message(chat(1), "四")).unwrap());
    assert!(first < second && second < third && third < fourth);
}

#[test]
fn entries_are_written_all_or_none() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    let long = "长".repeat(60_000);
    let good = office.message(chat(1), "好");
    let bad = office.message(chat(1), &long);
    let refused = vault.write(&[
        Entry::Count(Counter::Observed, 2),
        Entry::Record(&good),
        Entry::Record(&bad),
    ]);
    assert!(matches!(refused, Err(AgentError::InputInvalid { field: "body", .. })));
    assert_eq!(vault.books().unwrap().captured, 0);
    assert_eq!(vault.counters().unwrap().observed, 0);
    assert_eq!(vault.write(&[Entry::Record(&good)]).unwrap().len(), 1);
}

#[test]
fn only_records_and_declarations_have_an_outcome() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    let (record, gap) = (office.message(chat(1), "好"), coverage(5));
    let outcomes = vault
        .write(&[
            Entry::Count(Counter::Observed, 1),
            Entry::Record(&record),
            Entry::Declaration(&gap),
        ])
        .unwrap();
    assert!(matches!(outcomes.as_slice(), [Appended::New(_), Appended::New(_)]));
    assert_eq!(vault.counters().unwrap().observed, 1);
}

#[test]
fn a_record_is_taken_back_within_the_review_window_and_leaves_no_content() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    let id = stored(vault.append(&office.message(chat(1), "其实是私事")).unwrap());
    vault.retract(id, REVIEW).unwrap();
    assert!(matches!(vault.record(id, REVIEW), Err(AgentError::NotFound(_))));
    assert!(matches!(vault.retract(id, REVIEW), Err(AgentError::NotFound(_))));
    let page = vault.records(&RecordQuery { limit: 9, ..RecordQuery::default() }).unwrap();
    assert_eq!((page.records.len(), page.retracted), (0, 1));
    // Seen again, it is not captured again.
    assert_eq!(vault.append(&office.message(chat(1), "其实是私事")).unwrap(), Appended::Duplicate);
    let sql = &vault.live().unwrap().sql;
    let left: bool = sql
        .query_row(
            "SELECT body IS NULL AND chat IS NULL AND sender IS NULL AND basis IS NULL
                    AND class IS NULL FROM records WHERE id = ?1",
            [id.0],
            |row| row.get(0),
        )
        .unwrap();
    assert!(left);
}

#[test]
fn after_the_review_window_or_the_sealing_it_is_too_late() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    let id = stored(vault.append(&office.message(chat(1), "订单已下")).unwrap());
    phone.clock.advance(Span::millis(REVIEW.as_millis() - 1));
    phone.clock.set_wall(Timestamp::from_millis(i64::MAX));
    // A clock set ahead takes nothing away from the employee.
    let view = vault.record(id, REVIEW).unwrap();
    assert_eq!(view.state, crate::vault::RecordState::InReview);
    phone.clock.advance(Span::millis(1));
    assert!(matches!(vault.retract(id, REVIEW), Err(AgentError::TooLate)));
    seal(&mut vault, 9).unwrap();
    assert!(matches!(vault.retract(id, Span::days(7)), Err(AgentError::TooLate)));
    assert_eq!(vault.books().unwrap().retracted, 0);
}

#[test]
fn a_declaration_cannot_be_taken_back() {
    let mut vault = Phone::new().enrolled();
    let id = vault.declare(&coverage(1)).unwrap();
    assert!(vault.retract(id, REVIEW).is_err());
    assert_eq!(vault.numbers().unwrap().queued, 1);
}

#[test]
fn a_full_queue_takes_no_record_but_still_what_the_agent_says_of_itself() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    vault.append(&office.message(chat(1), "一")).unwrap();
    let sql = &vault.live().unwrap().sql;
    sql.execute(
        "UPDATE epochs SET waiting = ?1",
        [super::super::error::stored(MAX_QUEUED_RECORDS - 1)],
    )
    .unwrap();
    let rest = [office.message(chat(1), "二"), office.message(chat(1), "三")];
    let outcomes = vault.append_many(&rest).unwrap();
    assert!(matches!(outcomes.as_slice(), [Appended::New(_), Appended::QueueFull]));
    assert!(vault.numbers().unwrap().full);
    assert_eq!(vault.append(&office.message(chat(1), "一")).unwrap(), Appended::Duplicate);
    vault.declare(&coverage(1)).unwrap();
    assert_eq!(vault.books().unwrap().captured, 2);
}

#[test]
fn a_withdrawal_destroys_what_is_unsent_and_counts_it() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    vault.append(&office.message(chat(1), "先封存的")).unwrap();
    phone.wait();
    seal(&mut vault, 9).unwrap();
    vault.append(&office.message(chat(1), "还没封存的")).unwrap();
    vault.declare(&coverage(1)).unwrap();
    assert_eq!(vault.destroy_unsent().unwrap(), 1);
    let books = vault.books().unwrap();
    assert_eq!((books.forwarded, books.destroyed, books.queued), (1, 1, 0));
    assert!(books.add_up());
    assert_eq!(vault.numbers().unwrap().queued, 1);
    assert_eq!(vault.destroy_unsent().unwrap(), 0);
}

#[test]
fn a_full_disk_says_so_and_leaves_nothing_half_written() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    vault.append(&office.message(chat(1), "一")).unwrap();
    let sql = &vault.live().unwrap().sql;
    let pages: i64 = sql.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    sql.query_row(&format!("PRAGMA max_page_count = {}", pages + 2), [], |_| Ok(())).unwrap();
    let mut stored = 1;
    let refused = (0..200).find_map(|n| {
        let text = format!("{n} {}", "很长的一段话".repeat(100));
        match vault.append(&office.message(chat(1), &text)) {
            Ok(Appended::New(_)) => {
                stored += 1;
                None
            }
            other => Some(other),
        }
    });
    assert!(matches!(refused, Some(Err(AgentError::StoreFull))));
    assert_eq!(vault.books().unwrap().captured, stored);
    drop(vault);
    let (mut vault, found) = phone.open();
    assert_eq!(found, crate::vault::Found::Existing);
    assert_eq!(vault.books().unwrap().captured, stored);
    assert!(matches!(vault.append(&office.message(chat(1), "二")), Ok(Appended::New(_))));
}

#[test]
fn what_is_composed_at_sealing_is_no_record() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    let body = Body::Balance(Box::new(fenming_wire::record::BalanceLine {
        salt: fenming_wire::id::Digest::of(b"salt"),
        books: serde_json::from_str(r#"{"payloadType":"x","payload":"","signatures":[]}"#).unwrap(),
    }));
    let fact = Fact { at: Timestamp::from_millis(1), fingerprint: "b".into(), body };
    let refused = vault.append(&office.record((chat(1), "林间咖啡"), fact));
    assert!(matches!(refused, Err(AgentError::InputInvalid { field: "body", .. })));
}

#[test]
fn a_suspended_store_does_nothing() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    vault.suspend().unwrap();
    vault.suspend().unwrap();
    let record = office.message(chat(1), "一");
    assert!(matches!(vault.append(&record), Err(AgentError::Suspended)));
    assert!(matches!(vault.numbers(), Err(AgentError::Suspended)));
    vault.resume().unwrap();
    assert!(matches!(vault.append(&record), Ok(Appended::New(_))));
}

#[test]
fn messages_keep_every_part_of_their_line() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    let line = MessageLine {
        t: 1_700_000_000_123,
        chat: chat(3),
        dir: Direction::Unknown,
        from: Some("舟 🛶".into()),
        text: "第一行\n\"引号\" \\ \u{1}".into(),
        media: Some(fenming_wire::record::Media::File),
        mention: true,
        truncated: true,
        sure: Confidence::Low,
        raw: Raw { count: Some("[2条]".into()), ..Raw::default() },
        held: true,
        shared: false,
        attachments: Vec::new(),
        labels: Vec::new(),
    };
    let body = Body::Message(line.clone());
    let fact = Fact { at: Timestamp::from_millis(1), fingerprint: "f".into(), body };
    let id = stored(vault.append(&office.record((chat(3), "林间咖啡"), fact)).unwrap());
    let back = vault.record(id, REVIEW).unwrap().body.to_json().unwrap();
    assert!(back == Body::Message(line).to_json().unwrap());
}
