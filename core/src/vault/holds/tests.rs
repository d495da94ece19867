use super::*;
use crate::record::Fact;
use crate::vault::Found;
use crate::vault::sample::*;

fn held(office: &Office, text: &str) -> Held {
    office.held(chat(9), message(chat(9), None, text))
}

fn put(vault: &mut Vault, office: &Office, text: &str) -> HoldId {
    match vault.hold(&held(office, text)).unwrap() {
        HoldOutcome::New(id) => id,
        other @ (HoldOutcome::Duplicate | HoldOutcome::Dropped) => panic!("{other:?}"),
    }
}

fn hold_keys(phone: &Phone) -> usize {
    phone.keys.aliases().iter().filter(|alias| alias.starts_with("fenming.hold.")).count()
}

#[test]
fn a_held_item_is_shown_with_its_title_and_signal() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    let id = put(&mut vault, &office, "合同发你了");
    drop(vault);
    let (vault, _) = phone.open();
    let holds = vault.holds().unwrap();
    assert_eq!(holds.len(), 1);
    let hold = &holds[0];
    assert_eq!((hold.id, hold.chat, hold.at), (id, chat(9), noon()));
    assert_eq!(hold.until, noon() + Span::hours(24));
    assert!(hold.title.expose() == "青石小院");
    let Body::Message(line) = &hold.body else { panic!("no message") };
    assert!(line.text.expose() == "合同发你了");
    assert_eq!(hold_keys(&phone), 1);
}

#[test]
fn a_held_item_is_no_capture_and_is_never_sealed() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    put(&mut vault, &office, "合同");
    phone.wait();
    assert!(seal(&mut vault, 9).is_none());
    let books = vault.books().unwrap();
    assert_eq!((books.captured, books.held, books.expired), (0, 1, 0));
    assert_eq!(vault.numbers().unwrap().held, 1);
}

#[test]
fn a_held_item_whose_time_is_over_is_destroyed_with_its_key() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    put(&mut vault, &office, "合同");
    phone.clock.advance(Span::hours(23));
    assert_eq!(vault.expire_holds().unwrap(), 0);
    phone.clock.advance(Span::hours(1));
    assert!(vault.holds().unwrap().is_empty());
    assert_eq!(vault.expire_holds().unwrap(), 1);
    assert_eq!(hold_keys(&phone), 0);
    assert_eq!(phone.keys.destroyed().len(), 1);
    assert_eq!(vault.books().unwrap().expired, 1);
}

#[test]
fn a_clock_set_back_across_restarts_does_not_keep_a_held_item() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    put(&mut vault, &office, "合同");
    for _ in 0..3 {
        phone.clock.advance(Span::hours(9));
        phone.clock.set_wall(noon());
        vault.declare(&coverage(1)).unwrap();
        drop(vault);
        phone.clock.reboot(Span::millis(0));
        vault = phone.open().0;
    }
    assert_eq!(vault.expire_holds().unwrap(), 1);
}

#[test]
fn a_clock_set_ahead_destroys_held_items_but_no_record() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    put(&mut vault, &office, "合同");
    vault.append(&office.message(chat(1), "订单")).unwrap();
    phone.clock.set_wall(noon() + Span::days(365));
    assert_eq!(vault.expire_holds().unwrap(), 1);
    let books = vault.books().unwrap();
    assert_eq!((books.captured, books.queued), (1, 1));
}

#[test]
fn what_happened_long_ago_is_not_held_when_it_is_shown_again() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    phone.clock.advance(Span::hours(25));
    assert_eq!(vault.hold(&held(&office, "合同")).unwrap(), HoldOutcome::Dropped);
    assert_eq!(hold_keys(&phone), 0);
}

#[test]
fn the_same_thing_is_held_once_and_not_when_it_is_a_record() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    put(&mut vault, &office, "合同");
    assert_eq!(vault.hold(&held(&office, "合同")).unwrap(), HoldOutcome::Duplicate);
    vault.append(&office.message(chat(9), "报价")).unwrap();
    assert_eq!(vault.hold(&held(&office, "报价")).unwrap(), HoldOutcome::Duplicate);
    assert_eq!(hold_keys(&phone), 1);
}

#[test]
fn a_promoted_item_becomes_a_record_and_loses_its_key() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    let id = put(&mut vault, &office, "合同");
    let Hold { at, fingerprint, body, .. } = vault.holds().unwrap().remove(0);
    let fact = Fact { at, fingerprint, body }.after_hold();
    let record = office.record((chat(9), "青石小院"), fact);
    let Appended::New(promoted) = vault.promote(id, &record).unwrap() else {
        panic!("not promoted")
    };
    assert!(vault.holds().unwrap().is_empty());
    assert_eq!(hold_keys(&phone), 0);
    let books = vault.books().unwrap();
    assert_eq!((books.captured, books.queued, books.held, books.expired), (1, 1, 1, 0));
    let Body::Message(line) = vault.record(promoted, REVIEW).unwrap().body else {
        panic!("no message")
    };
    assert!(line.held);
    assert!(matches!(vault.promote(id, &record), Err(AgentError::NotFound(_))));
}

#[test]
fn only_what_was_held_can_be_promoted() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    let id = put(&mut vault, &office, "合同");
    let other = office.message(chat(9), "别的");
    let elsewhere = office.message(chat(1), "合同");
    for record in [other, elsewhere] {
        let refused = vault.promote(id, &record);
        assert!(matches!(refused, Err(AgentError::InputInvalid { field: "record", .. })));
    }
    assert_eq!(vault.holds().unwrap().len(), 1);
    phone.clock.advance(Span::hours(24));
    let record = office.message(chat(9), "合同");
    assert!(matches!(vault.promote(id, &record), Err(AgentError::NotFound(_))));
}

#[test]
fn a_discarded_item_is_gone_for_good() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    let id = put(&mut vault, &office, "合同");
    put(&mut vault, &office, "报价");
    vault.discard(id).unwrap();
    assert!(matches!(vault.discard(id), Err(AgentError::NotFound(_))));
    assert_eq!(vault.discard_all().unwrap(), 1);
    assert_eq!(hold_keys(&phone), 0);
    assert_eq!(vault.books().unwrap().expired, 2);
}

#[test]
fn a_locked_key_store_delays_the_destruction_of_a_key_but_not_that_of_the_item() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    let id = put(&mut vault, &office, "合同");
    phone.keys.lock();
    vault.discard(id).unwrap();
    assert_eq!(hold_keys(&phone), 1);
    phone.keys.recover();
    drop(vault);
    let (mut vault, _) = phone.open();
    assert_eq!(hold_keys(&phone), 0);
    assert_eq!(vault.expire_holds().unwrap(), 0);
}

#[test]
fn a_key_store_that_fails_leaves_no_item_and_no_key() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    phone.keys.fail();
    let refused = vault.hold(&held(&office, "合同"));
    assert!(matches!(refused, Err(AgentError::KeyUnavailable(KeyError::Failed))));
    phone.keys.recover();
    vault.expire_holds().unwrap();
    assert!(vault.holds().unwrap().is_empty());
    assert_eq!((hold_keys(&phone), vault.books().unwrap().held), (0, 0));
}

#[test]
fn an_old_copy_of_the_store_brings_no_destroyed_item_back() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    let id = put(&mut vault, &office, "合同");
    vault.suspend().unwrap();
    let file = phone.dir.path().join("store.db");
    let copy = std::fs::read(&file).unwrap();
    vault.resume().unwrap();
    vault.discard(id).unwrap();
    drop(vault);
    std::fs::write(&file, copy).unwrap();
    let (mut vault, found) = phone.open();
    assert_eq!(found, Found::Existing);
    assert!(vault.holds().unwrap().is_empty());
    assert_eq!(vault.discard_all().unwrap(), 1);
}

#[test]
fn the_quarantine_has_room_for_so_many_and_no_more() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    let sql = &vault.live().unwrap().sql;
    let full = super::super::error::stored(MAX_HELD_ITEMS);
    sql.execute("UPDATE epochs SET holding = ?1", [full]).unwrap();
    assert_eq!(vault.hold(&held(&office, "合同")).unwrap(), HoldOutcome::Dropped);
}
