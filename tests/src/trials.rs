//! Many trials of one thing, two at once.

use std::sync::{Mutex, PoisonError};

/// How many trials run at once: continuous integration has two cores.
const AT_ONCE: usize = 2;

/// Threads take the cases in turn. A trial returns whether others shall be begun; one that panics
/// fails the test once the trials under way have ended.
pub fn in_turn<C>(
    cases: impl IntoIterator<Item = C, IntoIter: Send>,
    trial: impl Fn(C) -> bool + Sync,
) {
    let cases = Mutex::new(Some(cases.into_iter()));
    let next = || cases.lock().unwrap_or_else(PoisonError::into_inner).as_mut()?.next();
    std::thread::scope(|threads| {
        for _ in 0..AT_ONCE {
            threads.spawn(|| {
                while let Some(case) = next() {
                    if !trial(case) {
                        *cases.lock().unwrap_or_else(PoisonError::into_inner) = None;
                    }
                }
            });
        }
    });
}
