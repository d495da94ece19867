//! What a statement of the store needs: connection, keys, time and ids.

use std::cell::Cell;

use fenming_wire::id::{ChatId, Epoch};
use rusqlite::{CachedStatement, Connection};
use zeroize::Zeroizing;

use super::Ports;
use super::aead::Place;
use super::error::exact;
use super::index::Index;
use super::keys::{KeyRing, Purpose};
use super::steady::Moment;
use crate::error::AgentError;

/// One use of the store: a read, or what happens inside one transaction.
pub(super) struct Session<'a> {
    pub(super) sql: &'a Connection,
    pub(super) ring: &'a KeyRing,
    pub(super) ports: &'a Ports,
    pub(super) facts: Facts,
    pub(super) now: Moment,
    pub(super) last_id: Cell<i64>,
}

/// What is known of the open store.
#[derive(Clone, Copy)]
pub(super) struct Facts {
    /// Part of the aliases of its hardware keys.
    pub(super) name: [u8; 8],
    /// The row of the current epoch.
    pub(super) row: i64,
    /// The current epoch.
    pub(super) epoch: Epoch,
}

/// How far an id is shifted behind its milliseconds: room for 4,096 ids in each, and for the
/// latest wall time there is.
const ID_SHIFT: u32 = 12;

impl Session<'_> {
    /// A prepared statement.
    pub(super) fn prepare(&self, text: &str) -> Result<CachedStatement<'_>, AgentError> {
        Ok(self.sql.prepare_cached(text)?)
    }

    /// The next id: of the present millisecond, and greater than every id before it whatever the
    /// clock says.
    pub(super) fn next_id(&self) -> i64 {
        let timed = self.now.wall.max(0) << ID_SHIFT;
        let id = self.last_id.get().saturating_add(1).max(timed);
        self.last_id.set(id);
        id
    }

    /// The keyed hashes.
    pub(super) const fn index(&self) -> &Index {
        self.ring.index()
    }

    /// Seals a value of the store's own.
    pub(super) fn seal(&self, place: Place<'_>, plain: &[u8]) -> Result<Vec<u8>, AgentError> {
        let sealed = self.ring.seal(&*self.ports.random, (Purpose::Store, place), plain)?;
        Ok(sealed.1)
    }

    /// Seals a record's body under the key of the day. Names the key.
    pub(super) fn seal_body(&self, row: i64, plain: &[u8]) -> Result<(u32, Vec<u8>), AgentError> {
        self.seal_day(Place { table: "records", column: "body", row }, plain)
    }

    /// Seals a value under the key of the day. Names the key.
    pub(super) fn seal_day(
        &self,
        place: Place<'_>,
        plain: &[u8],
    ) -> Result<(u32, Vec<u8>), AgentError> {
        self.ring.seal(&*self.ports.random, (Purpose::Day(self.day()), place), plain)
    }

    /// Opens a value in its place.
    pub(super) fn open(
        &self,
        place: Place<'_>,
        value: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, AgentError> {
        self.ring.open(place, value)
    }

    /// The day of the wall clock, counted from 1970, UTC.
    pub(super) const fn day(&self) -> i64 {
        day(self.now.wall)
    }
}

/// The day of a wall time, counted from 1970, UTC.
pub(super) const fn day(wall: i64) -> i64 {
    wall.div_euclid(86_400_000)
}

/// A chat's id as it was stored.
pub(super) fn chat_id(bytes: &[u8]) -> Result<ChatId, AgentError> {
    Ok(ChatId::from_bytes(exact(bytes)?))
}
