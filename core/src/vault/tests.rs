use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use fenming_wire::record::Body;

use super::sample::*;
use super::*;

mod damage;
mod model;

#[test]
fn a_record_comes_back_after_the_store_was_closed() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    let outcome = vault.append(&office.message(chat(1), "明天十点开会")).unwrap();
    let Appended::New(id) = outcome else { panic!("{outcome:?}") };
    drop(vault);
    let (vault, found) = phone.open();
    assert_eq!(found, Found::Existing);
    let view = vault.record(id, REVIEW).unwrap();
    assert_eq!(view.state, RecordState::InReview);
    let Body::Message(line) = view.body else { panic!("no message") };
    assert_eq!(line.text.expose(), "明天十点开会");
}

#[test]
fn a_record_goes_from_the_queue_through_a_batch_to_its_receipt() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    let Appended::New(id) = vault.append(&office.message(chat(1), "报价单")).unwrap() else {
        panic!("not stored")
    };
    assert!(seal(&mut vault, 10).is_none());
    phone.wait();
    let (batch, pending) = seal(&mut vault, 10).unwrap();
    assert_eq!(pending.first_seq, 3);
    assert_eq!(vault.position().unwrap(), end(&pending));
    assert_eq!(vault.record(id, REVIEW).unwrap().state, RecordState::Sealed);
    assert_eq!(settle(&mut vault), Some(batch));
    let view = vault.record(id, REVIEW).unwrap();
    assert_eq!((view.state, view.seq), (RecordState::Delivered, Some(3)));
    assert!(vault.books().unwrap().add_up());
}

#[test]
fn no_content_and_no_name_stands_in_any_file_in_the_clear() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    let business = office.business("金丝雀甲");
    vault.put_business_chat(chat(1), (ORIGIN, &seen("金丝雀甲")), &business).unwrap();
    let named =
        |text| office.record((chat(1), "金丝雀甲"), message(chat(1), Some("金丝雀乙"), text));
    let Appended::New(taken_back) = vault.append(&named("金丝雀丙")).unwrap() else {
        panic!("not stored")
    };
    vault.append(&named("金丝雀丁")).unwrap();
    let held = office.held(chat(9), message(chat(9), Some("金丝雀戊"), "金丝雀己"));
    vault.hold(&held).unwrap();
    // The WAL is there as well, and so is what the disk saw before anything was removed.
    assert!(phone.dir.path().join("store.db-wal").exists());
    assert!(!phone.holds_text("金丝雀"));
    vault.retract(taken_back, REVIEW).unwrap();
    phone.wait();
    seal(&mut vault, 9).unwrap();
    phone.clock.advance(fenming_wire::time::Span::hours(24));
    assert_eq!(vault.expire_holds().unwrap(), 1);
    assert!(!phone.holds_text("金丝雀"));
    drop(vault);
    assert!(!phone.holds_text("金丝雀"));
}

#[test]
fn what_is_removed_is_overwritten_in_the_file() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    let Appended::New(id) = vault.append(&office.message(chat(1), "收回")).unwrap() else {
        panic!("not stored")
    };
    let sealed: Vec<u8> = vault
        .live()
        .unwrap()
        .sql
        .query_row("SELECT body FROM records WHERE id = ?1", [id.0], |row| row.get(0))
        .unwrap();
    let there = |phone: &Phone| phone.bytes().windows(sealed.len()).any(|w| w == sealed);
    assert!(there(&phone));
    vault.retract(id, REVIEW).unwrap();
    vault.suspend().unwrap();
    assert!(!there(&phone));
}

#[test]
fn a_store_is_open_only_once() {
    let phone = Phone::new();
    let (mut vault, _) = phone.open();
    let second = || Vault::open(phone.dir.path(), phone.ports());
    assert!(matches!(second().err(), Some(AgentError::StoreBusy)));
    vault.suspend().unwrap();
    let other = second().unwrap();
    assert!(matches!(vault.resume(), Err(AgentError::StoreBusy)));
    drop(other);
    assert_eq!(vault.resume().unwrap(), Found::Existing);
}

/// Where the other process finds the folder.
const FOLDER: &str = "FENMING_TEST_FOLDER";

#[test]
fn a_killed_process_lets_go_of_the_store() {
    let phone = Phone::new();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "vault::tests::another_process_that_holds_a_store"])
        .env(FOLDER, phone.dir.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let open = output.lines().map_while(Result::ok).any(|line| line.contains("open"));
    let busy = Vault::open(phone.dir.path(), phone.ports()).err();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(open);
    assert!(matches!(busy, Some(AgentError::StoreBusy)));
    // Its keys went with its memory: the store is set aside, not unlocked.
    assert!(matches!(phone.open().1, Found::Recovered(r) if r.cause == Damage::KeyLost));
}

#[test]
fn another_process_that_holds_a_store() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let phone = Phone::new();
    let opened = Vault::open(Path::new(&folder), phone.ports()).unwrap();
    println!("open");
    // It ends when its input ends, in case nobody kills it.
    let _ = std::io::stdin().read_line(&mut String::new());
    drop(opened);
}
