use fenming_wire::time::{Span, Timestamp};

use super::*;
use crate::vault::sample::*;
use crate::vault::{Appended, Found, RecordId, RecordQuery, RecordState};

fn capture(vault: &mut Vault, office: &Office, text: &str) -> RecordId {
    let Appended::New(id) = vault.append(&office.message(chat(1), text)).unwrap() else {
        panic!("not stored")
    };
    id
}

fn deliver(vault: &mut Vault, received: Timestamp) {
    let batch = vault.open_batches().unwrap().remove(0);
    let (envelope, receipt) = receipt(&batch, received);
    vault.settle(&envelope, &receipt).unwrap();
}

#[test]
fn delivered_records_go_by_the_endpoints_time_and_never_by_the_phones() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    let old = capture(&mut vault, &office, "旧");
    phone.wait();
    seal(&mut vault, 9).unwrap();
    deliver(&mut vault, noon());
    let new = capture(&mut vault, &office, "新");
    let waiting = capture(&mut vault, &office, "等");
    phone.wait();
    seal(&mut vault, 1).unwrap();
    phone.clock.set_wall(noon() + Span::days(3_650));
    assert_eq!(vault.forget_delivered(Span::days(90)).unwrap(), 0);
    deliver(&mut vault, noon() + Span::days(91));
    assert_eq!(vault.forget_delivered(Span::days(90)).unwrap(), 1);
    assert!(vault.record(old, REVIEW).is_err());
    assert_eq!(vault.record(new, REVIEW).unwrap().state, RecordState::Delivered);
    assert_eq!(vault.record(waiting, REVIEW).unwrap().state, RecordState::Queued);
    assert_eq!(vault.books().unwrap().captured, 3);
    drop(vault);
    assert_eq!(phone.open().1, Found::Existing);
}

#[test]
fn shredding_keeps_what_is_left_and_makes_what_is_gone_unreadable_in_old_copies() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    let gone = capture(&mut vault, &office, "收回的");
    vault.retract(gone, REVIEW).unwrap();
    phone.clock.advance(Span::days(1));
    let kept = capture(&mut vault, &office, "留下的");
    vault.suspend().unwrap();
    let old_copy = std::fs::read(phone.dir.path().join("store.db")).unwrap();
    vault.resume().unwrap();
    let before = phone.keys.aliases();
    vault.shred().unwrap();
    let after = phone.keys.aliases();
    assert_eq!((before.len(), after.len()), (1, 1));
    assert_ne!(before, after);
    assert_eq!(phone.keys.destroyed(), before);
    assert!(vault.record(kept, REVIEW).is_ok());
    capture(&mut vault, &office, "之后的");
    drop(vault);
    let (vault, found) = phone.open();
    assert_eq!(found, Found::Existing);
    let query = RecordQuery { limit: 9, ..RecordQuery::default() };
    assert_eq!(vault.records(&query).unwrap().records.len(), 2);
    let keys: i64 = vault
        .live()
        .unwrap()
        .sql
        .query_row("SELECT count(*) FROM keys WHERE purpose = 4", [], |row| row.get(0))
        .unwrap();
    assert_eq!(keys, 1);
    drop(vault);
    std::fs::write(phone.dir.path().join("store.db"), old_copy).unwrap();
    assert!(matches!(phone.open().1, Found::Recovered(_)));
}

#[test]
fn shredding_with_a_locked_key_store_changes_nothing() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    let kept = capture(&mut vault, &office, "留下的");
    let before = phone.keys.aliases();
    phone.keys.lock();
    assert!(matches!(vault.shred(), Err(AgentError::KeyUnavailable(_))));
    phone.keys.recover();
    vault.destroy_doomed().unwrap();
    assert_eq!(phone.keys.aliases(), before);
    assert!(vault.record(kept, REVIEW).is_ok());
    drop(vault);
    assert_eq!(phone.open().1, Found::Existing);
}

#[test]
fn upkeep_ends_what_is_over_and_nothing_else() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    capture(&mut vault, &office, "旧");
    vault.hold(&office.held(chat(9), message(chat(9), None, "合同"))).unwrap();
    assert_eq!(vault.upkeep().unwrap(), Upkeep::default());
    phone.wait();
    seal(&mut vault, 9).unwrap();
    deliver(&mut vault, noon());
    phone.clock.advance(Span::days(1));
    let expired = Upkeep { expired: 1, ..Upkeep::default() };
    assert_eq!(vault.upkeep().unwrap(), expired);
    capture(&mut vault, &office, "新");
    phone.wait();
    seal(&mut vault, 9).unwrap();
    deliver(&mut vault, noon() + KEEP_DELIVERED + Span::millis(1));
    let aliases = phone.keys.aliases();
    phone.keys.lock();
    let forgotten = Upkeep { forgotten: 1, ..Upkeep::default() };
    assert_eq!(vault.upkeep().unwrap(), forgotten);
    phone.keys.recover();
    let shredded = Upkeep { shredded: true, ..Upkeep::default() };
    assert_eq!(vault.upkeep().unwrap(), shredded);
    assert_ne!(phone.keys.aliases(), aliases);
    assert_eq!(vault.upkeep().unwrap(), Upkeep::default());
    assert_eq!(vault.books().unwrap().forwarded, 2);
}
