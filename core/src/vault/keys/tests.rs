use super::*;
use crate::vault::sample::{Office, Phone, chat};
use crate::vault::{Appended, Damage, Found, Vault};

fn key_rows(vault: &Vault) -> Vec<(i64, i64)> {
    let live = vault.live().unwrap();
    let mut statement = live.sql.prepare("SELECT purpose, used FROM keys ORDER BY id").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

#[test]
fn a_locked_key_is_no_damage_and_touches_nothing() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    vault.append(&office.message(chat(1), "改到周四")).unwrap();
    vault.suspend().unwrap();
    let before = phone.bytes();
    phone.keys.lock();
    let refused = vault.resume();
    assert!(matches!(refused, Err(AgentError::KeyUnavailable(KeyError::Locked))));
    phone.keys.fail();
    let refused = Vault::open(phone.dir.path(), phone.ports()).err();
    assert!(matches!(refused, Some(AgentError::KeyUnavailable(KeyError::Failed))));
    assert!(before == phone.bytes());
    phone.keys.recover();
    assert_eq!(vault.resume().unwrap(), Found::Existing);
    assert_eq!(vault.books().unwrap().captured, 1);
}

#[test]
fn a_new_store_waits_for_a_locked_key_and_then_is_fresh() {
    let phone = Phone::new();
    phone.keys.lock();
    assert!(matches!(
        Vault::open(phone.dir.path(), phone.ports()).err(),
        Some(AgentError::KeyUnavailable(KeyError::Locked))
    ));
    phone.keys.recover();
    assert_eq!(phone.open().1, Found::Fresh);
}

#[test]
fn a_lost_key_sets_the_store_aside_and_begins_a_new_epoch() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    vault.append(&office.message(chat(1), "改到周四")).unwrap();
    let epoch = vault.epoch().unwrap();
    drop(vault);
    phone.keys.lose_all();
    let (vault, found) = phone.open();
    let Found::Recovered(recovery) = found else { panic!("{found:?}") };
    assert_eq!(recovery.cause, Damage::KeyLost);
    assert_ne!(vault.epoch().unwrap(), epoch);
    assert_eq!(vault.books().unwrap().captured, 0);
}

#[test]
fn a_key_that_has_sealed_its_share_gives_way_to_a_new_one() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    vault.append(&office.message(chat(1), "一")).unwrap();
    drop(vault);
    let full = "UPDATE keys SET used = ?1 WHERE purpose = 4";
    phone.sql().execute(full, [MAX_VALUES_PER_KEY]).unwrap();
    let (mut vault, _) = phone.open();
    vault.append(&office.message(chat(1), "二")).unwrap();
    let days: Vec<_> = key_rows(&vault).into_iter().filter(|(purpose, _)| *purpose == 4).collect();
    assert_eq!(days, [(4, MAX_VALUES_PER_KEY), (4, BLOCK)]);
    let page = vault.records(&crate::vault::RecordQuery { limit: 9, ..Default::default() });
    assert_eq!(page.unwrap().records.len(), 2);
}

#[test]
fn every_day_has_a_key_of_its_own() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    for day in ["一", "二", "三"] {
        vault.append(&office.message(chat(1), day)).unwrap();
        phone.clock.advance(fenming_wire::time::Span::days(1));
    }
    assert_eq!(key_rows(&vault).iter().filter(|(purpose, _)| *purpose == 4).count(), 3);
}

#[test]
fn a_key_never_passes_for_one_of_another_purpose() {
    let phone = Phone::new();
    drop(phone.open());
    let sql = phone.sql();
    sql.execute("UPDATE keys SET purpose = 5 - purpose WHERE purpose IN (2, 3)", []).unwrap();
    drop(sql);
    let (_, found) = phone.open();
    assert!(matches!(found, Found::Recovered(_)));
}

#[test]
fn a_write_that_fails_leaves_no_value_under_a_key_that_was_never_kept() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    let failed: Result<(), _> =
        vault.change(3, |_| Err(AgentError::Internal("a fault in the middle")));
    assert!(failed.is_err());
    let Appended::New(id) = vault.append(&office.message(chat(1), "在吗")).unwrap() else {
        panic!("not stored")
    };
    drop(vault);
    let (vault, _) = phone.open();
    assert!(vault.record(id, crate::vault::sample::REVIEW).is_ok());
}
