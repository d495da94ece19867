//! Counters that stay on the phone.

use rusqlite::params;

use super::Vault;
use super::error::{counted, stored};
use super::session::Session;
use crate::error::AgentError;

/// What is counted. None of these numbers ever leaves the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Counter {
    /// Observations handed in.
    Observed,
    /// Events of personal chats, dropped.
    Personal,
    /// Undecided events, dropped.
    Undecided,
    /// Business events dropped for want of consent, or while paused.
    Refused,
    /// Observations with nothing to keep.
    Ignored,
}

/// The counters of this store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Observations handed in.
    pub observed: u64,
    /// Events of personal chats, dropped.
    pub personal: u64,
    /// Undecided events, dropped.
    pub undecided: u64,
    /// Business events dropped for want of consent, or while paused.
    pub refused: u64,
    /// Observations with nothing to keep.
    pub ignored: u64,
}

impl Counter {
    const ALL: [Self; 5] =
        [Self::Observed, Self::Personal, Self::Undecided, Self::Refused, Self::Ignored];

    const fn name(self) -> &'static str {
        match self {
            Self::Observed => "observed",
            Self::Personal => "personal",
            Self::Undecided => "undecided",
            Self::Refused => "refused",
            Self::Ignored => "ignored",
        }
    }
}

impl Vault {
    /// Adds to counters, all in one transaction.
    ///
    /// # Errors
    /// As the store's.
    pub fn count(&mut self, added: &[(Counter, u64)]) -> Result<(), AgentError> {
        self.change(0, |session| {
            added.iter().try_for_each(|(counter, added)| add(session, *counter, *added))
        })
    }

    /// The counters.
    ///
    /// # Errors
    /// As the store's.
    pub fn counters(&self) -> Result<Counters, AgentError> {
        self.read(|session| {
            let mut found = Counters::default();
            for counter in Counter::ALL {
                let value = value(session, counter)?;
                match counter {
                    Counter::Observed => found.observed = value,
                    Counter::Personal => found.personal = value,
                    Counter::Undecided => found.undecided = value,
                    Counter::Refused => found.refused = value,
                    Counter::Ignored => found.ignored = value,
                }
            }
            Ok(found)
        })
    }
}

pub(super) fn add(session: &Session<'_>, counter: Counter, added: u64) -> Result<(), AgentError> {
    session
        .prepare(
            "INSERT INTO counters (name, value) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
        )?
        .execute(params![counter.name(), stored(added)])?;
    Ok(())
}

fn value(session: &Session<'_>, counter: Counter) -> Result<u64, AgentError> {
    let sum = "SELECT coalesce(sum(value), 0) FROM counters WHERE name = ?1";
    counted(session.prepare(sum)?.query_row([counter.name()], |row| row.get(0))?)
}
