//! The change log of the rules, which the employee sees.

use fenming_wire::json;
use fenming_wire::time::Timestamp;
use rusqlite::params;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::Vault;
use super::aead::Place;
use crate::consent::ChangedRule;
use crate::error::AgentError;

/// A change of the policy's rules, and when it took effect here.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedChange {
    /// When the policy that brought it was taken.
    pub at: Timestamp,
    /// That policy's version.
    pub policy_version: u64,
    /// What changed.
    pub change: ChangedRule,
}

/// Most bytes of a logged change: a rule's terms, all in one.
const MAX_CHANGE_BYTES: usize = 512 * 1024;

impl Vault {
    /// Writes changes down, in their order.
    ///
    /// # Errors
    /// As the store's.
    pub fn log_changes(&mut self, changes: &[LoggedChange]) -> Result<(), AgentError> {
        self.change(changes.len(), |session| {
            for change in changes {
                let id = session.next_id();
                let plain = json::write(change).map(Zeroizing::new);
                let plain =
                    plain.map_err(|_| AgentError::Internal("a change cannot be written"))?;
                let sealed = session.seal(place(id), &plain)?;
                session
                    .prepare("INSERT INTO changes (id, body) VALUES (?1, ?2)")?
                    .execute(params![id, sealed])?;
            }
            Ok(())
        })
    }

    /// The latest changes, newest first, at most so many.
    ///
    /// # Errors
    /// As the store's.
    pub fn changes(&self, limit: u16) -> Result<Vec<LoggedChange>, AgentError> {
        self.read(|session| {
            let mut statement =
                session.prepare("SELECT id, body FROM changes ORDER BY id DESC LIMIT ?1")?;
            let mut rows = statement.query([limit])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let plain = session.open(place(row.get(0)?), &row.get::<_, Vec<u8>>(1)?)?;
                let change = json::parse(&plain, MAX_CHANGE_BYTES);
                found.push(change.map_err(|_| AgentError::StoreDamaged)?);
            }
            Ok(found)
        })
    }
}

fn place(row: i64) -> Place<'static> {
    Place { table: "changes", column: "body", row }
}

#[cfg(test)]
mod tests;
