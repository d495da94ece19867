//! A deterministic simulation: phones, the endpoint, the network, clocks and keys in one thread,
//! and a history of operations that follows from a seed.
//!
//! Everything that decides comes in through the product's own ports. Nothing waits and nothing
//! runs beside; only the bytes of keys and nonces differ from run to run. After every operation
//! the invariants of [`Watch`] are checked, and at the end everything is mended, drained and
//! opened. A history that fails is cut down to the operations that it needs.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

mod handset;
mod histories;
mod op;
mod scene;
mod watch;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

pub use self::histories::{NAMED, Named};
pub use self::op::{Chat, Op, plan};
pub use self::scene::{Scene, Tally};
pub use self::watch::{CANARY, Watch};
use crate::power::history::told;

/// A history in which an invariant broke.
#[derive(Debug)]
pub struct Failure {
    /// The operations, cut down where that was asked for.
    pub ops: Vec<Op>,
    /// After which of them; none at the end.
    pub after: Option<usize>,
    /// What broke.
    pub wrong: Vec<String>,
}

/// Runs a history.
///
/// # Errors
/// [`Failure`] with the first operation after which something was wrong.
pub fn run(ops: &[Op]) -> Result<Tally, Failure> {
    let (mut at, mut tally) = (None, Tally::default());
    let phones = ops.iter().filter_map(Op::phone).max().map_or(1, |last| last + 1);
    let tried = catch_unwind(AssertUnwindSafe(|| {
        let mut scene = Scene::new(phones);
        for (number, op) in ops.iter().enumerate() {
            at = Some(number);
            let wrong = scene.step(op);
            if !wrong.is_empty() {
                return wrong;
            }
        }
        at = None;
        let wrong = scene.finish();
        tally = scene.tally();
        wrong
    }));
    let wrong = tried.unwrap_or_else(|panic| vec![told(panic.as_ref())]);
    if wrong.is_empty() { Ok(tally) } else { Err(Failure { ops: ops.to_vec(), after: at, wrong }) }
}

/// Cuts a failing history down to what it needs.
#[must_use]
pub fn shrink(failure: Failure) -> Failure {
    let mut smallest = None;
    let _ = least(&failure.ops, |ops| match run(ops) {
        Err(smaller) => {
            smallest = Some(smaller);
            true
        }
        Ok(_) => false,
    });
    smallest.unwrap_or(failure)
}

/// Leaves operations out as long as the rest still fails, first many at once, then one by one.
#[must_use]
pub fn least(ops: &[Op], mut fails: impl FnMut(&[Op]) -> bool) -> Vec<Op> {
    let mut kept = ops.to_vec();
    let mut size = kept.len().div_ceil(2);
    while size > 0 {
        let mut from = 0;
        while from < kept.len() {
            let until = (from + size).min(kept.len());
            let fewer: Vec<Op> =
                kept.iter().take(from).chain(kept.iter().skip(until)).copied().collect();
            if fails(&fewer) {
                kept = fewer;
            } else {
                from = until;
            }
        }
        size /= 2;
    }
    kept
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, op) in self.ops.iter().enumerate() {
            let here = if self.after == Some(number) { "  <- after this" } else { "" };
            writeln!(f, "  Op::{op:?},{here}")?;
        }
        for wrong in &self.wrong {
            writeln!(f, "  WRONG {wrong}")?;
        }
        Ok(())
    }
}
