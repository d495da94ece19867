use super::*;
use crate::vault::sample::Phone;
use crate::vault::{Found, Vault};

#[test]
fn a_newer_schema_is_refused_and_nothing_is_written() {
    let phone = Phone::new();
    drop(phone.open());
    phone.sql().pragma_update(None, "user_version", 99).unwrap();
    let before = std::fs::read(phone.dir.path().join("store.db")).unwrap();
    let refused = Vault::open(phone.dir.path(), phone.ports()).err();
    assert!(matches!(refused, Some(AgentError::StoreTooNew { found: 99, known: 3 })));
    assert!(before == std::fs::read(phone.dir.path().join("store.db")).unwrap());
}

#[test]
fn a_file_of_another_program_is_set_aside_and_kept() {
    let phone = Phone::new();
    let sql = phone.sql();
    sql.execute_batch("CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('x')").unwrap();
    drop(sql);
    assert!(matches!(phone.open().1, Found::Recovered(_)));
    let kept = std::fs::read_dir(phone.dir.path()).unwrap().flatten();
    let kept = kept.filter(|entry| entry.file_name().to_string_lossy().ends_with("-1.db"));
    assert_eq!(kept.count(), 1);
}

#[test]
fn a_table_that_is_not_defined_as_ours_is_damage() {
    let phone = Phone::new();
    drop(phone.open());
    phone
        .sql()
        .execute_batch("CREATE TRIGGER t AFTER INSERT ON records BEGIN DELETE FROM records; END")
        .unwrap();
    assert!(matches!(phone.open().1, Found::Recovered(_)));
}

#[test]
fn a_migration_that_fails_changes_nothing() {
    let mut sql = Connection::open_in_memory().unwrap();
    migrate(&mut sql, &["CREATE TABLE a (id INTEGER)"]).unwrap();
    let steps = ["CREATE TABLE a (id INTEGER)", "CREATE TABLE b (id INTEGER)", "no statement"];
    assert!(migrate(&mut sql, &steps).is_err());
    assert_eq!(version(&sql).unwrap(), 1);
    let tables: i64 =
        sql.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
    assert_eq!(tables, 1);
}

#[test]
fn migrations_run_once_each_and_in_order() {
    let mut sql = Connection::open_in_memory().unwrap();
    let steps = ["CREATE TABLE a (id INTEGER)", "INSERT INTO a VALUES (1)"];
    migrate(&mut sql, &steps[..1]).unwrap();
    migrate(&mut sql, &steps).unwrap();
    migrate(&mut sql, &steps).unwrap();
    let rows: i64 = sql.query_row("SELECT count(*) FROM a", [], |row| row.get(0)).unwrap();
    assert_eq!((rows, version(&sql).unwrap()), (1, 2));
}

#[test]
fn the_store_is_opened_with_every_safeguard() {
    let (vault, _) = Phone::new().open();
    let sql = &vault.live().unwrap().sql;
    let number = |pragma: &str| -> i64 {
        sql.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get(0)).unwrap()
    };
    assert_eq!(number("synchronous"), 2);
    assert_eq!(number("secure_delete"), 1);
    assert_eq!(number("foreign_keys"), 1);
    assert_eq!(number("temp_store"), 2);
    assert_eq!(number("trusted_schema"), 0);
    let mode: String = sql.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
}
