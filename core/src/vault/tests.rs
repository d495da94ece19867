use super::sample::*;
use super::*;

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
    let fenming_wire::record::Body::Message(line) = view.body else { panic!("no message") };
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
