//! One call, one unit: what it changes is on disk and in memory, or in neither.

use super::Inner;
use crate::error::AgentError;
use crate::vault::{Vault, together};

/// Most entries and documents that follow from one event or one act of the employee. An entry may
/// seal three values, and no event seals more than half of what this comes to: chat and line two
/// each, the fact two, seven or less in lines of coverage, and the state of coverage.
pub(super) const ENTRIES: usize = 10;

impl AsMut<Vault> for Inner {
    fn as_mut(&mut self) -> &mut Vault {
        &mut self.vault
    }
}

impl Inner {
    /// Does everything inside `work` in one durable transaction, or not at all. The state of
    /// coverage is stored with the lines that came from it, and put back where the work fails.
    /// Inside another unit it is a part of that one.
    pub(super) fn together<T>(
        &mut self,
        entries: usize,
        work: impl FnOnce(&mut Self) -> Result<T, AgentError>,
    ) -> Result<T, AgentError> {
        if self.vault.is_together() {
            return work(self);
        }
        let (before, warned) = (self.coverage.clone(), self.warnings.clone());
        let done = together(self, entries, |inner| {
            let done = work(inner)?;
            if inner.coverage != before {
                inner.vault.put(&inner.coverage)?;
            }
            if inner.warnings != warned {
                inner.vault.put(&inner.warnings)?;
            }
            Ok(done)
        });
        if done.is_err() {
            (self.coverage, self.warnings) = (before, warned);
        }
        done
    }
}
