use super::*;
use crate::vault::sample::*;
use crate::vault::{Appended, Damage, Found, RecordId, RecordState};

fn capture(vault: &mut Vault, office: &Office, text: &str) -> RecordId {
    let outcome = vault.append(&office.message(chat(1), text)).unwrap();
    let Appended::New(id) = outcome else { panic!("{outcome:?}") };
    id
}

/// An enrolled store with so many sealed batches of one record each.
fn with_batches(n: usize) -> (Phone, Office, Vault, Vec<(BatchId, RecordId)>) {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    let records: Vec<_> =
        (0..n).map(|n| capture(&mut vault, &office, &format!("第{n}句"))).collect();
    phone.wait();
    let batches = records.iter().map(|record| (seal(&mut vault, 1).unwrap().0, *record)).collect();
    (phone, office, vault, batches)
}

#[test]
fn a_batch_whose_line_was_taken_back_meanwhile_is_stale() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    let id = capture(&mut vault, &office, "一");
    phone.wait();
    let class = general();
    let pending = vault.pending(&rule(&class, 9)).unwrap().unwrap();
    let batch = sealed(&vault, &pending);
    vault.retract(id, fenming_wire::time::Span::days(1)).unwrap();
    assert_eq!(vault.commit_batch(&pending, &batch).unwrap(), Commit::Stale);
    assert_eq!(vault.position().unwrap().seq, 0);
    assert!(vault.open_batches().unwrap().is_empty());
}

#[test]
fn a_batch_is_committed_once() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    capture(&mut vault, &office, "一");
    phone.wait();
    let class = general();
    let pending = vault.pending(&rule(&class, 9)).unwrap().unwrap();
    let batch = sealed(&vault, &pending);
    assert!(matches!(vault.commit_batch(&pending, &batch).unwrap(), Commit::Done(_)));
    assert_eq!(vault.commit_batch(&pending, &batch).unwrap(), Commit::Stale);
    assert_eq!(vault.open_batches().unwrap().len(), 1);
}

#[test]
fn a_manifest_that_does_not_fit_its_lines_is_refused() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    capture(&mut vault, &office, "一");
    phone.wait();
    let class = general();
    let pending = vault.pending(&rule(&class, 9)).unwrap().unwrap();
    let good = || sealed(&vault, &pending);
    let mut wrong = [good(), good(), good(), good()];
    wrong[0].manifest.to.seq += 1;
    wrong[1].manifest.class = "orders".parse().unwrap();
    wrong[2].manifest.epoch = Epoch::from_bytes([0; 8]);
    wrong[3].file = "../store.db".to_owned();
    for batch in wrong {
        assert!(matches!(vault.commit_batch(&pending, &batch), Err(AgentError::Internal(_))));
    }
}

#[test]
fn an_open_batch_says_all_that_sending_it_needs() {
    let (_phone, _office, vault, batches) = with_batches(2);
    let open = vault.open_batches().unwrap();
    assert_eq!(open.iter().map(|b| b.id).collect::<Vec<_>>(), [batches[0].0, batches[1].0]);
    assert_eq!((open[0].from.seq, open[0].to.seq, open[1].from.seq, open[1].to.seq), (0, 3, 3, 5));
    assert_eq!(open[1].to, vault.position().unwrap());
    assert_eq!(open[0].epoch, vault.epoch().unwrap());
    assert_eq!((open[0].file.as_str(), open[0].size, open[0].lines), ("3.age", 4_096, 1));
}

#[test]
fn a_receipt_settles_just_its_batch_and_only_once() {
    let (_phone, _office, mut vault, batches) = with_batches(3);
    let open = vault.open_batches().unwrap();
    let (envelope, second) = receipt(&open[1], noon());
    assert_eq!(vault.settle(&envelope, &second).unwrap(), Settled::Delivered(batches[1].0));
    assert_eq!(vault.settle(&envelope, &second).unwrap(), Settled::Already(batches[1].0));
    let state = |n: usize| vault.record(batches[n].1, REVIEW).unwrap().state;
    assert_eq!(
        [state(0), state(1), state(2)],
        [RecordState::Sealed, RecordState::Delivered, RecordState::Sealed]
    );
    // Receipted is what has no gap before it.
    assert_eq!(vault.receipted().unwrap().seq, 0);
    assert!(vault.latest_receipt().unwrap().unwrap() == envelope);
    settle(&mut vault).unwrap();
    assert_eq!(vault.receipted().unwrap(), open[1].to);
}

#[test]
fn a_receipt_that_does_not_fit_settles_nothing() {
    let (_phone, _office, mut vault, _) = with_batches(1);
    let batch = vault.open_batches().unwrap().remove(0);
    let (envelope, good) = receipt(&batch, noon());
    let other = fenming_wire::id::Digest::of(b"other");
    let mut wrong = [good.clone(), good.clone(), good.clone(), good.clone(), good];
    wrong[0].ciphertext = other;
    wrong[1].to.head = other;
    wrong[2].epoch = Epoch::from_bytes([0; 8]);
    wrong[3].from.seq = 1;
    wrong[4].attachments = vec![other];
    for receipt in &wrong {
        assert_eq!(vault.settle(&envelope, receipt).unwrap(), Settled::Unknown);
    }
    assert_eq!(vault.open_batches().unwrap().len(), 1);
    assert!(vault.latest_receipt().unwrap().is_none());
}

#[test]
fn an_unsealed_batch_and_all_later_ones_go_back_to_the_queue() {
    let (_phone, _office, mut vault, batches) = with_batches(3);
    settle(&mut vault).unwrap();
    let before = vault.open_batches().unwrap()[0].from;
    let unsealed = vault.unseal(batches[1].0).unwrap();
    assert_eq!((unsealed.batches, unsealed.files), (2, vec!["5.age".into(), "7.age".into()]));
    assert_eq!(vault.position().unwrap(), before);
    let books = vault.books().unwrap();
    assert_eq!((books.forwarded, books.queued), (1, 2));
    // They are sealed again, in one batch and in the same order.
    let (_, again) = seal(&mut vault, 9).unwrap();
    assert_eq!(again.lines.iter().map(|l| l.id).collect::<Vec<_>>(), [batches[1].1, batches[2].1]);
    assert_eq!(again.from, before);
}

#[test]
fn a_batch_before_a_delivered_one_is_never_unsealed() {
    let (_phone, _office, mut vault, batches) = with_batches(2);
    let (envelope, second) = receipt(&vault.open_batches().unwrap()[1], noon());
    vault.settle(&envelope, &second).unwrap();
    assert!(matches!(vault.unseal(batches[0].0), Err(AgentError::Internal(_))));
    assert!(matches!(vault.unseal(batches[1].0), Err(AgentError::NotFound(_))));
    assert_eq!(vault.position().unwrap(), second.to);
}

#[test]
fn a_refused_record_is_parked_kept_visible_and_named_in_the_books() {
    let (phone, office, mut vault, batches) = with_batches(2);
    // In the first batch the genesis is 1, the balance 2, the record 3.
    assert!(matches!(vault.park(batches[0].0, 2), Err(AgentError::NotFound(_))));
    assert_eq!(vault.park(batches[0].0, 3).unwrap().batches, 2);
    let view = vault.record(batches[0].1, REVIEW).unwrap();
    assert_eq!((view.state, view.seq), (RecordState::Parked, Some(3)));
    let books = vault.books().unwrap();
    assert_eq!((books.parked, books.queued, books.forwarded), (1, 1, 0));
    assert_eq!(vault.parked().unwrap(), [3]);
    assert!(matches!(vault.retract(batches[0].1, REVIEW), Err(AgentError::TooLate)));
    // It is never sealed again, and not captured again.
    capture(&mut vault, &office, "新的");
    phone.wait();
    let (_, next) = seal(&mut vault, 9).unwrap();
    assert_eq!(next.lines.len(), 2);
    assert!(next.lines.iter().all(|line| line.id != batches[0].1));
    let again = office.message(chat(1), "第0句");
    assert_eq!(vault.append(&again).unwrap(), Appended::Duplicate);
}

#[test]
fn stray_files_are_those_of_no_open_batch() {
    let (_phone, _office, mut vault, _) = with_batches(2);
    for name in ["3.age", "5.age", "9.age"] {
        fs::write(vault.spool().join(name), b"sealed").unwrap();
    }
    assert_eq!(vault.stray_files().unwrap(), ["9.age"]);
    settle(&mut vault).unwrap();
    let mut stray = vault.stray_files().unwrap();
    stray.sort();
    assert_eq!(stray, ["3.age", "9.age"]);
}

#[test]
fn a_new_epoch_takes_along_all_that_has_no_receipt() {
    let (phone, office, mut vault, batches) = with_batches(3);
    settle(&mut vault).unwrap();
    vault.park(batches[2].0, 7).unwrap();
    capture(&mut vault, &office, "还在等");
    let before = vault.epoch().unwrap();
    let (epoch, files) = vault.begin_epoch(Damage::OldCopy).unwrap();
    assert_ne!(epoch, before);
    assert_eq!(files, ["5.age"]);
    let books = vault.books().unwrap();
    assert_eq!((books.captured, books.queued, books.parked, books.forwarded), (3, 2, 1, 0));
    assert_eq!(vault.position().unwrap().seq, 0);
    assert!(vault.parked().unwrap().is_empty());
    // What was delivered stays delivered, and says so.
    assert_eq!(vault.record(batches[0].1, REVIEW).unwrap().state, RecordState::Delivered);
    phone.wait();
    let (_, pending) = seal(&mut vault, 9).unwrap();
    assert!(pending.begins_epoch());
    assert_eq!(pending.lines.len(), 2);
    drop(vault);
    let (mut vault, found) = phone.open();
    assert!(matches!(found, Found::Recovered(r) if r.cause == Damage::OldCopy));
    assert_eq!(vault.epoch().unwrap(), epoch);
    vault.declare_recovery(&coverage(1)).unwrap();
    drop(vault);
    assert_eq!(phone.open().1, Found::Existing);
}

#[test]
fn a_receipt_of_an_earlier_epoch_still_settles_its_batch() {
    let (_phone, _office, mut vault, _) = with_batches(1);
    let batch = vault.open_batches().unwrap().remove(0);
    let (envelope, good) = receipt(&batch, noon());
    assert!(matches!(vault.settle(&envelope, &good).unwrap(), Settled::Delivered(_)));
    vault.begin_epoch(Damage::OldCopy).unwrap();
    assert!(matches!(vault.settle(&envelope, &good).unwrap(), Settled::Already(_)));
}
