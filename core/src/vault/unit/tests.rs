//! What is done together is there together or not at all.

use std::cell::Cell;

use crate::error::AgentError;
use crate::tag::EmployeeTag;
use crate::vault::sample::{Office, Phone, chat, coverage};
use crate::vault::{Counter, together};

#[test]
fn what_fails_in_a_unit_takes_everything_before_it_along() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    let before = vault.numbers().unwrap();
    let failed = together(&mut vault, 8, |vault| {
        vault.append(&office.message(chat(1), "报价单已发"))?;
        vault.declare(&coverage(1))?;
        vault.count(&[(Counter::Observed, 3)])?;
        assert_eq!(vault.numbers()?.queued, before.queued + 2, "a unit sees what it wrote");
        Err::<(), _>(AgentError::StoreFull)
    });
    assert_eq!(failed.unwrap_err().code(), "store_full");
    assert_eq!(vault.numbers().unwrap().books, before.books);
    assert_eq!(vault.numbers().unwrap().queued, before.queued);
    assert_eq!(vault.counters().unwrap().observed, 0);
}

#[test]
fn a_unit_in_which_something_failed_unnoticed_is_not_committed() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    let record = office.message(chat(1), "合同已盖章");
    let id = match vault.append(&record).unwrap() {
        crate::vault::Appended::New(id) => id,
        other => panic!("{other:?}"),
    };
    phone.wait();
    let swallowed = together(&mut vault, 8, |vault| {
        vault.tag_chat(chat(2), Some(EmployeeTag::Business))?;
        let refused = vault.retract(id, crate::vault::sample::REVIEW);
        assert!(matches!(refused, Err(AgentError::TooLate)));
        assert!(vault.count(&[(Counter::Observed, 1)]).is_err(), "nothing goes on after it");
        Ok(())
    });
    assert!(matches!(swallowed, Err(AgentError::Internal(_))));
    assert!(vault.chat(chat(2)).unwrap().is_none());
    vault.count(&[(Counter::Observed, 1)]).unwrap();
    assert_eq!(vault.counters().unwrap().observed, 1, "the next unit is sound");
}

#[test]
fn a_unit_has_one_time() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    together(&mut vault, 8, |vault| {
        vault.append(&office.message(chat(1), "第一条"))?;
        phone.wait();
        vault.append(&office.message(chat(1), "第二条"))
    })
    .unwrap();
    assert_eq!(
        vault.numbers().unwrap().oldest.unwrap().as_millis(),
        crate::vault::sample::REVIEW.as_millis()
    );
}

#[test]
fn keys_are_destroyed_only_after_the_unit() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    let fact = crate::vault::sample::message(chat(3), None, "合同要不要改？");
    vault.hold(&office.held(chat(3), fact)).unwrap();
    let hold = vault.holds().unwrap().remove(0).id;
    let destroyed = Cell::new(0);
    let failed = together(&mut vault, 8, |vault| {
        vault.discard(hold)?;
        destroyed.set(phone.keys.destroyed().len());
        Err::<(), _>(AgentError::StoreFull)
    });
    assert!(failed.is_err());
    assert_eq!(vault.holds().unwrap().len(), 1, "the item is there again, with its key");
    together(&mut vault, 8, |vault| vault.discard(hold)).unwrap();
    assert_eq!(vault.holds().unwrap().len(), 0);
    assert_eq!(phone.keys.destroyed().len(), destroyed.get() + 1);
}

#[test]
fn the_key_of_an_item_that_was_rolled_back_is_destroyed() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    let before = phone.keys.aliases();
    vault.expect_holds(1).unwrap();
    let held =
        || office.held(chat(3), crate::vault::sample::message(chat(3), None, "合同要不要改？"));
    let failed = together(&mut vault, 8, |vault| {
        vault.hold(&held())?;
        Err::<(), _>(AgentError::StoreFull)
    });
    assert!(failed.is_err());
    assert_eq!(phone.keys.aliases(), before);
    vault.hold(&held()).unwrap();
    assert_eq!(phone.keys.aliases().len(), before.len() + 1);
}
