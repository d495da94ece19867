use proptest::prelude::*;

use super::*;
use crate::samples::balance;

#[test]
fn books_that_do_not_add_up_are_not_signed() {
    balance().check().unwrap();
    let changes: [fn(&mut Books); 8] = [
        |b| b.captured += 1,
        |b| b.forwarded += 1,
        |b| b.queued += 1,
        |b| b.retracted += 1,
        |b| b.parked += 1,
        |b| b.destroyed += 1,
        |b| b.counsel += 1,
        |b| b.expired = b.held + 1,
    ];
    for change in changes {
        let mut balance = balance();
        change(&mut balance.books);
        assert_eq!(balance.check().unwrap_err().to_string(), "field `books`: do not add up");
    }
}

#[test]
fn a_sum_that_overflows_does_not_add_up() {
    let books = Books { forwarded: u64::MAX, queued: 1, ..Books::default() };
    assert!(!books.add_up());
}

proptest! {
    #[test]
    fn books_add_up_exactly_where_every_record_went_somewhere(
        parts in any::<[u32; 6]>(),
        held in any::<u32>(),
        expired in any::<u32>(),
        off in -2i64..=2,
    ) {
        let [forwarded, queued, retracted, parked, destroyed, counsel] = parts.map(u64::from);
        let sum = forwarded + queued + retracted + parked + destroyed + counsel;
        let captured = sum.saturating_add_signed(off);
        let (held, expired) = (u64::from(held), u64::from(expired));
        let books = Books {
            captured, forwarded, queued, retracted, parked, destroyed, counsel, held, expired,
        };
        prop_assert_eq!(books.add_up(), captured == sum && expired <= held);
    }
}
