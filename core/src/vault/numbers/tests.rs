use super::*;
use crate::vault::sample::*;

#[test]
fn numbers_tell_backlog_and_age() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    assert_eq!(vault.numbers().unwrap().oldest, None);
    vault.append(&office.message(chat(1), "一")).unwrap();
    phone.wait();
    seal(&mut vault, 9).unwrap();
    phone.wait();
    vault.append(&office.message(chat(1), "二")).unwrap();
    let numbers = vault.numbers().unwrap();
    assert_eq!((numbers.queued, numbers.in_flight, numbers.backlog()), (1, 1, 2));
    assert_eq!(numbers.oldest, Some(Span::minutes(60)));
    assert_eq!(numbers.open_batches, 1);
    assert!(numbers.store_bytes > 4_096);
    settle(&mut vault).unwrap();
    let numbers = vault.numbers().unwrap();
    assert_eq!((numbers.backlog(), numbers.oldest), (1, Some(Span::millis(0))));
    assert_eq!(numbers.sealed, numbers.receipted);
}

#[test]
fn pages_that_were_freed_do_not_count_as_used() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    for n in 0..50 {
        let text = format!("{n}{}", "长句".repeat(2_000));
        vault.append(&office.message(chat(1), &text)).unwrap();
    }
    vault.suspend().unwrap();
    vault.resume().unwrap();
    let before = vault.numbers().unwrap().store_bytes;
    vault.destroy_unsent().unwrap();
    vault.suspend().unwrap();
    vault.resume().unwrap();
    assert!(vault.numbers().unwrap().store_bytes < before / 2);
}
