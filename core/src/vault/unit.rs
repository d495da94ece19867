//! A unit of work: reads and changes that are on disk together, or not at all.
//!
//! Every change of the store runs inside one. A call that makes a single change gets a unit of its
//! own; [`together`] makes one of everything that is done inside it, and what is read inside it
//! sees what was written inside it.

use std::cell::Cell;

use super::session::{self, Session};
use super::steady::{Moment, Steady};
use super::{Live, Ports, Vault, meta, records};
use crate::error::AgentError;

/// What a unit has used up so far. It has one time, from beginning to end.
pub(super) struct Unit {
    now: Moment,
    steady: Steady,
    last_id: i64,
    /// Something in it failed, so that it can only be rolled back.
    failed: Cell<bool>,
    /// Whether hardware keys are to be destroyed once it has ended.
    pub(super) dooms: bool,
}

/// Does everything inside `work` in one transaction that is durable when this returns, or not done
/// at all. `entries` is how many entries and documents it writes at most. Inside another unit it
/// is a part of that one. Where it fails, the holder puts its own state back.
///
/// # Errors
/// As the store's, and those of `work`.
pub(crate) fn together<H: AsMut<Vault>, T>(
    holder: &mut H,
    entries: usize,
    work: impl FnOnce(&mut H) -> Result<T, AgentError>,
) -> Result<T, AgentError> {
    if holder.as_mut().is_together() {
        return work(holder);
    }
    holder.as_mut().begin(entries.saturating_mul(records::VALUES))?;
    let done = work(holder);
    holder.as_mut().end(done)
}

impl AsMut<Self> for Vault {
    fn as_mut(&mut self) -> &mut Self {
        self
    }
}

impl Vault {
    /// Reads.
    pub(super) fn read<T>(
        &self,
        work: impl FnOnce(&Session<'_>) -> Result<T, AgentError>,
    ) -> Result<T, AgentError> {
        let live = self.live()?;
        let done = work(&live.session(&self.ports));
        if let (Some(unit), Err(_)) = (&live.unit, &done) {
            unit.failed.set(true);
        }
        self.noted(done)
    }

    /// Writes, as a unit of its own or as a part of the one that is under way. `values` is how
    /// many values it seals at most.
    pub(super) fn change<T>(
        &mut self,
        values: usize,
        work: impl FnOnce(&Session<'_>) -> Result<T, AgentError>,
    ) -> Result<T, AgentError> {
        let live = self.live.as_mut().ok_or(AgentError::Suspended)?;
        let done = live.change(&self.ports, values, work);
        self.noted(done)
    }

    /// Whether a unit is under way.
    pub(crate) fn is_together(&self) -> bool {
        self.live.as_ref().is_some_and(|live| live.unit.is_some())
    }

    /// For what changes more than rows and can be no part of a unit.
    pub(super) fn alone(&self) -> Result<(), AgentError> {
        if self.is_together() {
            return Err(AgentError::Internal("this cannot be a part of a unit of work"));
        }
        Ok(())
    }

    fn begin(&mut self, values: usize) -> Result<(), AgentError> {
        let live = self.live.as_mut().ok_or(AgentError::Suspended)?;
        let begun = live.begin(&self.ports, values);
        self.noted(begun)
    }

    /// Commits what went well and rolls back what did not.
    fn end<T>(&mut self, done: Result<T, AgentError>) -> Result<T, AgentError> {
        let Some(live) = self.live.as_mut() else {
            return done.and(Err(AgentError::Suspended));
        };
        let done = live.end(&self.ports, done);
        self.noted(done)
    }
}

impl Live {
    /// The store as it stands, inside the unit that is under way.
    pub(super) fn session<'a>(&'a self, ports: &'a Ports) -> Session<'a> {
        let (now, last_id) = match &self.unit {
            Some(unit) => (unit.now, unit.last_id),
            None => {
                let steady = self.steady.seen(ports.clock.boot());
                (steady.at(ports.clock.now()), self.last_id)
            }
        };
        let last_id = Cell::new(last_id);
        Session { sql: &self.sql, ring: &self.ring, ports, facts: self.facts, now, last_id }
    }

    /// As [`Vault::change`].
    pub(super) fn change<T>(
        &mut self,
        ports: &Ports,
        values: usize,
        work: impl FnOnce(&Session<'_>) -> Result<T, AgentError>,
    ) -> Result<T, AgentError> {
        if self.unit.is_some() {
            return self.join(ports, work);
        }
        self.begin(ports, values)?;
        let done = self.join(ports, work);
        self.end(ports, done)
    }

    fn begin(&mut self, ports: &Ports, values: usize) -> Result<(), AgentError> {
        let steady = self.steady.seen(ports.clock.boot());
        let now = steady.at(ports.clock.now());
        let values = i64::try_from(values).unwrap_or(i64::MAX);
        self.ring.ready(&mut self.sql, &*ports.random, (session::day(now.wall), values))?;
        self.sql.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let (last_id, failed) = (self.last_id, Cell::new(false));
        self.unit = Some(Unit { now, steady, last_id, failed, dooms: false });
        Ok(())
    }

    /// Works inside the unit. What fails leaves half a change behind, so nothing more is done in
    /// the unit and it is rolled back.
    fn join<T>(
        &mut self,
        ports: &Ports,
        work: impl FnOnce(&Session<'_>) -> Result<T, AgentError>,
    ) -> Result<T, AgentError> {
        if self.unit.as_ref().is_none_or(|unit| unit.failed.get()) {
            return Err(BROKEN);
        }
        let session = self.session(ports);
        let done = work(&session);
        let last_id = session.last_id.get();
        if let Some(unit) = &mut self.unit {
            unit.last_id = last_id;
            unit.failed.set(done.is_err());
        }
        done
    }

    fn end<T>(&mut self, ports: &Ports, done: Result<T, AgentError>) -> Result<T, AgentError> {
        let done = done.and_then(|done| self.commit(ports).map(|()| done));
        let unit = self.unit.take();
        match (&done, &unit) {
            (Ok(_), Some(unit)) => (self.steady, self.last_id) = (unit.steady, unit.last_id),
            // Some failures end the transaction by themselves.
            (Err(_), _) if !self.sql.is_autocommit() => {
                self.sql.prepare_cached("ROLLBACK")?.execute([])?;
            }
            (Ok(_), None) | (Err(_), _) => {}
        }
        if unit.is_some_and(|unit| unit.dooms) {
            // What cannot be destroyed now stays doomed: the unit itself is over, as it is.
            let _ = self.destroy_doomed(ports);
        }
        done
    }

    fn commit(&self, ports: &Ports) -> Result<(), AgentError> {
        let unit = self.unit.as_ref().filter(|unit| !unit.failed.get()).ok_or(BROKEN)?;
        meta::keep_time(&self.session(ports), unit.steady)?;
        self.sql.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    }
}

const BROKEN: AgentError = AgentError::Internal("a unit of work goes on after a failure");

#[cfg(test)]
mod tests;
