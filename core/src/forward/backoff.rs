//! How long to wait after a failure: exponential with full jitter, so that a fleet of phones does
//! not come back all at once.

use fenming_wire::time::Span;

use crate::limits::BACKOFF;
use crate::ports::{KeyError, Random};

/// A random wait between zero and the ceiling that the number of failures in a row allows.
///
/// # Errors
/// [`KeyError::Failed`] where the system has no random numbers to give.
pub fn wait(failures: u32, random: &dyn Random) -> Result<Span, KeyError> {
    let mut bytes = [0; 8];
    random.fill(&mut bytes)?;
    Ok(jitter(failures, u64::from_le_bytes(bytes)))
}

/// The longest wait after so many failures in a row; the first failure counts as 1.
#[must_use]
pub fn ceiling(failures: u32) -> Span {
    let (first, longest) = BACKOFF;
    let doublings = failures.saturating_sub(1).min(i64::BITS);
    let factor = 1i64.checked_shl(doublings).filter(|factor| *factor > 0).unwrap_or(i64::MAX);
    Span::millis(first.as_millis().saturating_mul(factor)).min(longest)
}

/// Spreads a random number over the wait, both ends included.
fn jitter(failures: u32, random: u64) -> Span {
    let ceiling = ceiling(failures).as_millis();
    let steps = u64::try_from(ceiling).unwrap_or(0).saturating_add(1);
    Span::millis(i64::try_from(random % steps).unwrap_or(ceiling))
}

#[cfg(test)]
mod tests;
