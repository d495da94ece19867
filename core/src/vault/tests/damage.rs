//! Damaged stores: nothing panics, nothing false is read, nothing is thrown away.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use super::*;

fn store(phone: &Phone) -> PathBuf {
    phone.dir.path().join("store.db")
}

/// A closed store with some records, and their texts.
fn filled(phone: &Phone, office: &Office) -> BTreeSet<String> {
    let mut vault = phone.enrolled();
    let texts: BTreeSet<String> = (0..12).map(|n| format!("第{n}笔委托")).collect();
    for text in &texts {
        vault.append(&office.message(chat(1), text)).unwrap();
    }
    phone.wait();
    seal(&mut vault, 5).unwrap();
    vault.suspend().unwrap();
    texts
}

fn texts(vault: &Vault) -> Result<BTreeSet<String>, AgentError> {
    let page = vault.records(&RecordQuery { limit: 500, ..RecordQuery::default() })?;
    let text = |record: RecordView| match record.body {
        Body::Message(line) => line.text.expose().to_owned(),
        _ => "another line".to_owned(),
    };
    Ok(page.records.into_iter().map(text).collect())
}

/// Opens a store that may be damaged. What it says is true, or it says that it is damaged; and
/// then it is set aside at the next opening, and a working one stands in its place.
fn survives(phone: &Phone, office: &Office, all: &BTreeSet<String>) -> Found {
    let opened = match Vault::open(phone.dir.path(), phone.ports()) {
        Ok(opened) => opened,
        Err(AgentError::StoreTooNew { .. }) => return Found::Existing,
        Err(error) => panic!("{error}"),
    };
    let (mut vault, found) = (opened.vault, opened.found);
    let class = general();
    let outcomes = [
        texts(&vault).map(|texts| assert!(texts.is_subset(all))),
        vault.numbers().map(|numbers| assert!(numbers.books.add_up())),
        vault.open_batches().map(drop),
        match vault.pending(&rule(&class, 9)) {
            Err(AgentError::NotEnrolled) => Ok(()),
            pending => pending.map(drop),
        },
        vault.append(&office.message(chat(1), "之后")).map(drop),
    ];
    for outcome in outcomes {
        assert!(matches!(outcome, Ok(()) | Err(AgentError::StoreDamaged)), "{outcome:?}");
    }
    drop(vault);
    let (mut vault, _) = phone.open();
    let after = vault.append(&office.message(chat(1), "再之后"));
    assert!(matches!(after, Ok(Appended::New(_)) | Err(AgentError::StoreDamaged)));
    if after.is_err() {
        drop(vault);
        assert!(matches!(phone.open().1, Found::Recovered(_)));
    }
    found
}

fn restore(phone: &Phone, bytes: &[u8]) {
    for entry in fs::read_dir(phone.dir.path()).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            fs::remove_dir_all(&path).unwrap();
        } else {
            fs::remove_file(&path).unwrap();
        }
    }
    fs::write(store(phone), bytes).unwrap();
}

#[test]
fn a_flipped_bit_anywhere_is_survived() {
    let (phone, office) = (Phone::new(), Office::new());
    let all = filled(&phone, &office);
    let sound = fs::read(store(&phone)).unwrap();
    let mut recovered = 0;
    // The header and the schema closely, the rest at a stride that meets every part of a page.
    let offsets = (0..100).step_by(3).chain((100..sound.len()).step_by(2_311));
    for offset in offsets {
        let mut damaged = sound.clone();
        damaged[offset] ^= 1 << (offset % 8);
        restore(&phone, &damaged);
        recovered += u32::from(survives(&phone, &office, &all) != Found::Existing);
    }
    assert!(recovered > 5, "only {recovered} flips were noticed at once");
}

#[test]
fn a_cut_file_is_survived() {
    let (phone, office) = (Phone::new(), Office::new());
    let all = filled(&phone, &office);
    let sound = fs::read(store(&phone)).unwrap();
    for length in [0, 1, 99, 100, 4_095, 4_096, 4_097, sound.len() / 2, sound.len() - 4_096] {
        restore(&phone, &sound[..length]);
        let found = survives(&phone, &office, &all);
        assert!(matches!(found, Found::Recovered(_)), "{length}");
    }
    // A last byte that no row needs may be missed by nobody.
    restore(&phone, &sound[..sound.len() - 1]);
    survives(&phone, &office, &all);
}

#[test]
fn a_file_of_zeros_or_of_noise_is_survived() {
    let (phone, office) = (Phone::new(), Office::new());
    let all = filled(&phone, &office);
    for bytes in [vec![0; 65_536], b"not a database".to_vec(), vec![0xa5; 40_000]] {
        restore(&phone, &bytes);
        let found = survives(&phone, &office, &all);
        assert!(matches!(found, Found::Recovered(r) if r.cause == Damage::Unreadable));
    }
}

#[test]
fn a_damaged_wal_loses_nothing_that_was_folded_and_invents_nothing() {
    let (phone, office) = (Phone::new(), Office::new());
    let all = filled(&phone, &office);
    let (mut vault, _) = phone.open();
    let mut all = all;
    for n in 0..3 {
        let text = format!("日志里的第{n}句");
        vault.append(&office.message(chat(1), &text)).unwrap();
        all.insert(text);
    }
    let sound = fs::read(store(&phone)).unwrap();
    let wal = fs::read(phone.dir.path().join("store.db-wal")).unwrap();
    drop(vault);
    for offset in (0..wal.len()).step_by(wal.len() / 40) {
        let mut damaged = wal.clone();
        damaged[offset] ^= 0x40;
        restore(&phone, &sound);
        fs::write(phone.dir.path().join("store.db-wal"), damaged).unwrap();
        assert_eq!(survives(&phone, &office, &all), Found::Existing);
    }
}

#[test]
fn what_is_set_aside_is_kept_byte_for_byte() {
    let (phone, office) = (Phone::new(), Office::new());
    filled(&phone, &office);
    fs::write(phone.dir.path().join("spool/5.age"), b"sealed bytes").unwrap();
    let noise = vec![0x5a; 8_192];
    fs::write(store(&phone), &noise).unwrap();
    let (mut vault, found) = phone.open();
    assert!(matches!(found, Found::Recovered(_)));
    let aside = phone.dir.path().join("store.damaged-20260302T043000Z-1.db");
    assert!(fs::read(aside).unwrap() == noise);
    let spool = phone.dir.path().join("store.damaged-20260302T043000Z-1.spool/5.age");
    assert_eq!(fs::read(spool).unwrap(), b"sealed bytes");
    assert!(vault.stray_files().unwrap().is_empty());
    // A second one in the same second gets a name of its own.
    vault.suspend().unwrap();
    fs::write(store(&phone), b"again").unwrap();
    assert!(matches!(vault.resume().unwrap(), Found::Recovered(_)));
    assert!(phone.dir.path().join("store.damaged-20260302T043000Z-2.db").exists());
}

#[test]
fn a_recovery_is_told_until_it_is_declared() {
    let (phone, office) = (Phone::new(), Office::new());
    filled(&phone, &office);
    fs::write(store(&phone), b"noise").unwrap();
    for _ in 0..2 {
        let (_, found) = phone.open();
        assert!(matches!(found, Found::Recovered(r) if r.at == noon() + REVIEW));
    }
    let (mut vault, _) = phone.open();
    vault.declare_recovery(&coverage(1)).unwrap();
    assert_eq!(vault.numbers().unwrap().queued, 1);
    drop(vault);
    assert_eq!(phone.open().1, Found::Existing);
}

#[test]
fn a_store_that_is_gone_is_not_mistaken_for_a_new_phone() {
    let office = Office::new();
    let traces: [fn(&Phone); 3] = [
        |phone| fs::write(phone.dir.path().join("spool/3.age"), b"x").unwrap(),
        |phone| fs::write(phone.dir.path().join("store.db-wal"), b"x").unwrap(),
        // The process ended between setting a store aside and installing the new one.
        |phone| fs::rename(store(phone), phone.dir.path().join("store.damaged-x-1.db")).unwrap(),
    ];
    for trace in traces {
        let phone = Phone::new();
        filled(&phone, &office);
        trace(&phone);
        let _ = fs::remove_file(store(&phone));
        let found = phone.open().1;
        assert!(matches!(found, Found::Recovered(r) if r.cause == Damage::Missing), "{found:?}");
    }
}

#[test]
fn a_half_made_new_store_is_made_anew() {
    let phone = Phone::new();
    fs::write(phone.dir.path().join("store.new.db"), b"half").unwrap();
    fs::write(phone.dir.path().join("store.new.db-journal"), b"half").unwrap();
    assert_eq!(phone.open().1, Found::Fresh);
    assert!(!phone.dir.path().join("store.new.db").exists());
}

#[test]
fn a_damaged_store_is_not_set_aside_while_no_new_one_can_be_made() {
    let (phone, office) = (Phone::new(), Office::new());
    filled(&phone, &office);
    fs::write(store(&phone), b"noise").unwrap();
    phone.keys.lock();
    let refused = Vault::open(phone.dir.path(), phone.ports()).err();
    assert!(matches!(refused, Some(AgentError::KeyUnavailable(_))));
    assert_eq!(fs::read(store(&phone)).unwrap(), b"noise");
    phone.keys.recover();
    assert!(matches!(phone.open().1, Found::Recovered(r) if r.cause == Damage::Unreadable));
}

#[test]
fn a_store_that_cannot_be_written_says_so_and_stays_as_it_is() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    vault.append(&office.message(chat(1), "一")).unwrap();
    vault.live().unwrap().sql.pragma_update(None, "query_only", true).unwrap();
    let refused = vault.append(&office.message(chat(1), "二"));
    assert!(matches!(refused, Err(AgentError::StoreUnavailable(_))));
    assert_eq!(vault.books().unwrap().captured, 1);
    assert!(!phone.dir.path().join("store.suspect").exists());
    let file = phone.dir.path().join("spool");
    fs::remove_dir(&file).unwrap();
    fs::write(&file, b"").unwrap();
    let inside = Vault::open(&file.join("deeper"), phone.ports()).err();
    assert!(matches!(inside, Some(AgentError::StoreUnavailable(_))));
}

#[test]
fn an_old_copy_opens_and_its_epoch_can_be_given_up() {
    let (phone, office) = (Phone::new(), Office::new());
    let all = filled(&phone, &office);
    let copy = fs::read(store(&phone)).unwrap();
    let (mut vault, _) = phone.open();
    let head = vault.position().unwrap();
    seal(&mut vault, 5).unwrap();
    drop(vault);
    fs::write(store(&phone), copy).unwrap();
    let (mut vault, found) = phone.open();
    assert_eq!((found, vault.position().unwrap()), (Found::Existing, head));
    vault.begin_epoch(Damage::OldCopy).unwrap();
    assert_eq!(texts(&vault).unwrap(), all);
    assert_eq!(vault.books().unwrap().queued, 12);
    let (_, pending) = seal(&mut vault, 99).unwrap();
    assert_eq!((pending.lines.len(), pending.first_seq), (12, 3));
}
