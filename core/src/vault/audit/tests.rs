use rusqlite::params;

use super::*;
use crate::policy::sample::Employer;
use crate::vault::sample::*;
use crate::vault::{Appended, Found, LoggedChange, Vault};

/// A store in which every sealed column has at least two values.
fn full(phone: &Phone, office: &Office) -> Vault {
    let mut vault = phone.enrolled();
    for n in 1..=2u8 {
        let title = if n == 1 { "王工" } else { "栗山精工 陶工" };
        let business = office.business(title);
        vault.put_business_chat(chat(n), (ORIGIN, &seen(title)), &business).unwrap();
        vault.append(&office.record((chat(n), title), message(chat(n), None, title))).unwrap();
        vault.append(&office.message(chat(n), "一样的话")).unwrap();
        let change = crate::consent::ChangedRule {
            rule: "client-017".parse().unwrap(),
            kind: crate::consent::RuleKind::Directory,
            change: crate::consent::Change::Added,
            words: title.into(),
        };
        vault.log_changes(&[LoggedChange { at: noon(), policy_version: 1, change }]).unwrap();
        let held = office.held(chat(9), message(chat(9), None, title));
        vault.hold(&held).unwrap();
        vault.append(&suspicion(office, n)).unwrap();
    }
    vault.put(&Employer::new().signed_policy()).unwrap();
    vault.put(&Employer::new().signed_trust()).unwrap();
    phone.wait();
    while seal(&mut vault, 1).is_some() {}
    settle(&mut vault).unwrap();
    settle(&mut vault).unwrap();
    // A second basis: the employee's tag of a chat under another consent.
    let other = Office::new();
    let under_another = vault.append(&other.message(chat(1), "另一份同意之下")).unwrap();
    let Appended::New(record) = under_another else { panic!() };
    let files = [&b"one"[..], b"two"].map(|mut bytes| vault.store_file(&mut bytes).unwrap());
    vault.attach(record, &files).unwrap();
    vault
}

/// A record for counsel alone.
fn suspicion(office: &Office, n: u8) -> crate::record::Record {
    let lexicon = serde_json::json!({
        "id": "l", "version": 1, "label": "state_secret", "any": ["绝密"]
    });
    let screening = serde_json::json!({ "lexicons": [lexicon] });
    let screening = serde_json::from_value(screening).unwrap();
    let screen = crate::screen::Screen::compile(Some(&screening)).unwrap();
    let counsel = crate::record::Counsel {
        tenant: "yunfan".parse().unwrap(),
        device: fenming_wire::id::DeviceId::from_bytes([3; 16]),
        key: fenming_wire::seal::Identity::generate().recipient(),
    };
    office.message(chat(n), &format!("绝密 {n}")).screened(&screen, &counsel)
}

/// Whether every sealed value of the store opens, those in quarantine and the keys included.
fn opens(vault: &Vault) -> bool {
    let live = vault.live().unwrap();
    let ring = KeyRing::load(&live.sql, &*vault.ports.keys, live.facts.name);
    let ring = ring.ok().and_then(Result::ok);
    ring.is_some_and(|ring| values(&live.sql, &ring).is_ok())
        && vault.holds().is_ok_and(|holds| holds.len() == 2)
}

/// Every sealed column, those in quarantine and the keys included.
fn columns() -> Vec<(&'static str, &'static str)> {
    let rest = [("holds", "body"), ("holds", "wrapped"), ("keys", "wrapped")];
    SEALED.iter().copied().chain(rest).collect()
}

type Value = (&'static str, &'static str, i64);

/// Every stored value: table, column and row.
fn stored(sql: &Connection) -> Vec<Value> {
    let mut found = Vec::new();
    for (table, column) in columns() {
        let key = row_key(table);
        let query = format!("SELECT {key} FROM {table} WHERE {column} IS NOT NULL");
        let mut statement = sql.prepare(&query).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        let before = found.len();
        found.extend(rows.map(|row| (table, column, row.unwrap())));
        assert!(found.len() >= before + 2, "{table}.{column} has fewer than two values");
    }
    found
}

fn get(sql: &Connection, (table, column, row): Value) -> Vec<u8> {
    let query = format!("SELECT {column} FROM {table} WHERE {} = ?1", row_key(table));
    sql.query_row(&query, [row], |row| row.get(0)).unwrap()
}

fn set(sql: &Connection, (table, column, row): Value, value: &[u8]) {
    let statement = format!("UPDATE {table} SET {column} = ?2 WHERE {} = ?1", row_key(table));
    sql.execute(&statement, params![row, value]).unwrap();
}

#[test]
fn swapping_any_two_stored_values_fails_to_open() {
    let (phone, office) = (Phone::new(), Office::new());
    let vault = full(&phone, &office);
    let sql = &vault.live().unwrap().sql;
    assert!(opens(&vault));
    let stored = stored(sql);
    for (n, one) in stored.iter().enumerate() {
        // Each value with the next of every column, so that every pair of columns is tried.
        for other in pairs(&stored, n) {
            let swap = sql.unchecked_transaction().unwrap();
            let (a, b) = (get(sql, *one), get(sql, other));
            set(sql, *one, &b);
            set(sql, other, &a);
            assert!(!opens(&vault), "{one:?} and {other:?}");
            swap.rollback().unwrap();
        }
    }
    assert!(opens(&vault));
}

/// One later value of each column.
fn pairs(stored: &[Value], n: usize) -> impl Iterator<Item = Value> {
    let mut seen = std::collections::BTreeSet::new();
    let later = stored.iter().skip(n + 1);
    later.filter(move |(table, column, _)| seen.insert((*table, *column))).copied()
}

/// Columns that are neither sealed nor hashed: numbers and codes without content or names.
const PLAIN: &str = "
    id name made device epoch damage damaged_at last_id run boot base elapsed begun seq head
    captured forwarded queued retracted parked destroyed held expired waiting holding
    purpose day alias used consent from_seq from_head to_seq to_head class size file lines
    counted oldest sealed delivered batch state kind basis wall tick key candidates longest
    updated since last tag counterpart value item counsel number digest outcome judged
    record place lost recipients ciphertext received
";

#[test]
fn no_column_of_the_schema_holds_content_in_the_clear() {
    let sealed: std::collections::BTreeSet<_> = columns().into_iter().collect();
    let hashed = ["chat", "sender", "seen", "hash"];
    let phone = Phone::new();
    drop(phone.open());
    let sql = phone.sql();
    let mut statement = sql
        .prepare(
            "SELECT m.name, p.name FROM sqlite_schema AS m JOIN pragma_table_info(m.name) AS p
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'",
        )
        .unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    for row in rows {
        let (table, column): (String, String) = row.unwrap();
        let known = sealed.contains(&(table.as_str(), column.as_str()))
            || hashed.contains(&column.as_str())
            || PLAIN.split_whitespace().any(|plain| plain == column);
        assert!(known, "{table}.{column} is not named");
    }
}

#[test]
fn books_that_contradict_the_rows_are_damage() {
    let (phone, office) = (Phone::new(), Office::new());
    let lies = [
        "UPDATE epochs SET waiting = waiting + 1",
        "UPDATE epochs SET queued = queued + 1, captured = captured + 1",
        "UPDATE epochs SET seq = seq + 1",
        "UPDATE epochs SET head = zeroblob(32)",
        "UPDATE batches SET from_head = zeroblob(32) WHERE from_seq > 0",
        "DELETE FROM records WHERE state = 0",
        "DELETE FROM holds",
        "UPDATE epochs SET counsel = counsel + 1",
    ];
    for lie in lies {
        let phone = if lie == lies[0] { &phone } else { &Phone::new() };
        drop(full(phone, &office));
        phone.sql().execute(lie, []).unwrap();
        assert!(matches!(phone.open().1, Found::Recovered(_)), "{lie}");
    }
}

#[test]
fn a_value_that_does_not_open_sets_the_store_aside_at_the_next_opening() {
    let (phone, office) = (Phone::new(), Office::new());
    drop(full(&phone, &office));
    phone.sql().execute("UPDATE records SET body = zeroblob(64) WHERE state = 0", []).unwrap();
    let (vault, found) = phone.open();
    assert_eq!(found, Found::Existing);
    let query = crate::vault::RecordQuery { limit: 99, ..Default::default() };
    assert!(matches!(vault.records(&query), Err(AgentError::StoreDamaged)));
    drop(vault);
    assert!(matches!(phone.open().1, Found::Recovered(_)));
}

#[test]
fn a_suspicion_without_cause_is_dropped() {
    let (phone, office) = (Phone::new(), Office::new());
    drop(full(&phone, &office));
    let mark = phone.dir.path().join("store.suspect");
    std::fs::write(&mark, b"").unwrap();
    assert_eq!(phone.open().1, Found::Existing);
    assert!(!mark.exists());
}
