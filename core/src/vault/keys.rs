//! The keys of the store.
//!
//! ```text
//! hardware key (alias)
//!   └─ root                  the only key that hardware unwraps when the store is opened
//!        ├─ index, pseudonym  keyed hashes
//!        ├─ store             documents, chats, batches
//!        └─ day …             records, one key for each UTC day of the wall clock
//! hardware key (alias) ─ one held item, each (see `holds`)
//! ```
//!
//! Shredding re-wraps what survives under a new root and a new hardware key and destroys the old
//! one: a deleted wrapped key may survive in flash, in the WAL and in old images, a destroyed
//! hardware key does not.

use std::cell::Cell;
use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use rusqlite::{Connection, TransactionBehavior, params};
use zeroize::Zeroizing;

use super::Ports;
use super::aead::{DataKey, MAX_VALUES_PER_KEY, Place, key_of};
use super::index::Index;
use crate::error::AgentError;
use crate::ports::{KeyError, KeyVault, Random};

/// Values are counted against a key's limit in blocks of this many, so that the count costs one
/// write for a thousand values. What is left of a block is lost with the process.
const BLOCK: i64 = 1_024;

/// A caller that asks for much asks again: so many of its units are counted at once.
const AHEAD: i64 = 8;

/// What the root's plaintext begins with when hardware wraps it.
const ROOT_LABEL: &[u8] = b"fenming.root.v1";

/// The number under which values name the root.
const ROOT: u32 = 0;

/// What a key is for. The root, code 0, wraps them all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Keyed hashes that stay inside.
    Index,
    /// Pseudonyms, which leave the phone.
    Pseudonym,
    /// Documents, chats, batches.
    Store,
    /// Records of a day, counted from 1970.
    Day(i64),
}

/// The open keys. They are forgotten when it is dropped, as far as Rust and `ring` allow.
pub(super) struct KeyRing {
    root: DataKey,
    keys: BTreeMap<u32, OpenKey>,
    index: Index,
}

struct OpenKey {
    purpose: Purpose,
    key: DataKey,
    used: i64,
    left: Cell<i64>,
}

impl Purpose {
    const fn code(self) -> i64 {
        match self {
            Self::Index => 1,
            Self::Pseudonym => 2,
            Self::Store => 3,
            Self::Day(_) => 4,
        }
    }

    const fn day(self) -> Option<i64> {
        match self {
            Self::Day(day) => Some(day),
            Self::Index | Self::Pseudonym | Self::Store => None,
        }
    }

    const fn of(code: i64, day: Option<i64>) -> Option<Self> {
        match (code, day) {
            (1, None) => Some(Self::Index),
            (2, None) => Some(Self::Pseudonym),
            (3, None) => Some(Self::Store),
            (4, Some(day)) => Some(Self::Day(day)),
            _ => None,
        }
    }

    /// What a wrapped key begins with, so that no key passes for one of another purpose.
    fn label(self) -> [u8; 9] {
        let mut label = [0; 9];
        let (code, day) = label.split_at_mut(1);
        code.copy_from_slice(&[u8::try_from(self.code()).unwrap_or(u8::MAX)]);
        day.copy_from_slice(&self.day().unwrap_or(0).to_be_bytes());
        label
    }
}

impl KeyRing {
    /// Makes the keys of a new store.
    pub(super) fn create(
        sql: &Connection,
        (keys, random): (&dyn KeyVault, &dyn Random),
        name: [u8; 8],
    ) -> Result<(), AgentError> {
        let root = fresh(random)?;
        put_root(sql, (keys, random), name, &root)?;
        let root = DataKey::new(&*root)?;
        for purpose in [Purpose::Index, Purpose::Pseudonym, Purpose::Store] {
            insert(sql, (&root, random), purpose, &*fresh(random)?)?;
        }
        Ok(())
    }

    /// Opens the keys of a store. [`KeyError::Lost`] is for the caller to tell from the rest.
    pub(super) fn load(
        sql: &Connection,
        keys: &dyn KeyVault,
        name: [u8; 8],
    ) -> Result<Result<Self, KeyError>, AgentError> {
        let root = match root(sql, keys, name)? {
            Ok(root) => root,
            Err(error) => return Ok(Err(error)),
        };
        let mut open = BTreeMap::new();
        let (mut index, mut pseudonym) = (None, None);
        for row in rows(sql)? {
            let bytes = row.unwrap_with(&root)?;
            match row.purpose {
                Purpose::Index => index = Some(bytes),
                Purpose::Pseudonym => pseudonym = Some(bytes),
                Purpose::Store | Purpose::Day(_) => {
                    let key = DataKey::new(&bytes)?;
                    let (purpose, used) = (row.purpose, row.used);
                    open.insert(row.id, OpenKey { purpose, key, used, left: Cell::new(0) });
                }
            }
        }
        let (Some(index), Some(pseudonym)) = (index, pseudonym) else {
            return Err(AgentError::StoreDamaged);
        };
        Ok(Ok(Self { root, keys: open, index: Index::new(&index, &pseudonym) }))
    }

    /// The keyed hashes.
    pub(super) const fn index(&self) -> &Index {
        &self.index
    }

    /// Makes sure that so many values can be sealed for the store and for this day. Done before
    /// the transaction that seals them: a key that is rolled back must not have been used.
    pub(super) fn ready(
        &mut self,
        sql: &mut Connection,
        random: &dyn Random,
        (day, values): (i64, i64),
    ) -> Result<(), AgentError> {
        let wanted = [Purpose::Store, Purpose::Day(day)];
        let room = |purpose: &Purpose| {
            self.current(*purpose).is_some_and(|(_, key)| key.left.get() >= values)
        };
        if wanted.iter().all(room) {
            return Ok(());
        }
        let block = values.saturating_mul(AHEAD).min(MAX_VALUES_PER_KEY).max(values).max(BLOCK);
        let transaction = sql.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut reserved = Vec::new();
        for purpose in wanted.into_iter().filter(|purpose| !room(purpose)) {
            reserved.push(self.reserve(&transaction, random, (purpose, block))?);
        }
        transaction.commit()?;
        for (id, new) in reserved {
            if let Some(key) = new {
                self.keys.insert(id, key);
            }
            if let Some(key) = self.keys.get_mut(&id) {
                key.used = key.used.saturating_add(block);
                key.left.set(key.left.get().saturating_add(block));
            }
        }
        Ok(())
    }

    /// Seals a value under the current key of a purpose.
    pub(super) fn seal(
        &self,
        random: &dyn Random,
        (purpose, place): (Purpose, Place<'_>),
        plain: &[u8],
    ) -> Result<(u32, Vec<u8>), AgentError> {
        let (id, key) = self.current(purpose).ok_or(NOT_READY)?;
        let left = key.left.get().checked_sub(1).filter(|left| *left >= 0).ok_or(NOT_READY)?;
        key.left.set(left);
        Ok((id, key.key.seal_value(random, (id, place), plain)?))
    }

    /// Opens a value in its place.
    pub(super) fn open(
        &self,
        place: Place<'_>,
        value: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, AgentError> {
        let id = key_of(value).map_err(|_| AgentError::StoreDamaged)?;
        let key = self.keys.get(&id).ok_or(AgentError::StoreDamaged)?;
        key.key.open_value(place, value).map_err(|_| AgentError::StoreDamaged)
    }

    /// Wraps what is left of the keys under a new root and a new hardware key. The ring must be
    /// loaded anew once the transaction is through.
    pub(super) fn rewrap(
        &self,
        sql: &Connection,
        ports: &Ports,
        name: [u8; 8],
    ) -> Result<(), AgentError> {
        let random = &*ports.random;
        let bytes = fresh(random)?;
        let root = DataKey::new(&*bytes)?;
        for row in rows(sql)? {
            let key = row.unwrap_with(&self.root)?;
            let wrapped = wrap(&root, random, (row.id, row.purpose), &key)?;
            sql.prepare_cached("UPDATE keys SET wrapped = ?2 WHERE id = ?1")?
                .execute(params![row.id, wrapped])?;
        }
        put_root(sql, (&*ports.keys, random), name, &bytes)
    }

    /// The newest key of a purpose.
    fn current(&self, purpose: Purpose) -> Option<(u32, &OpenKey)> {
        let newest = self.keys.iter().rev().find(|(_, key)| key.purpose == purpose);
        newest.map(|(id, key)| (*id, key))
    }

    /// Takes a block of the current key, or makes a new key where it has none left.
    fn reserve(
        &self,
        sql: &Connection,
        random: &dyn Random,
        (purpose, block): (Purpose, i64),
    ) -> Result<(u32, Option<OpenKey>), AgentError> {
        if let Some((id, key)) = self.current(purpose)
            && key.used.saturating_add(block) <= MAX_VALUES_PER_KEY
        {
            sql.prepare_cached("UPDATE keys SET used = used + ?2 WHERE id = ?1")?
                .execute(params![id, block])?;
            return Ok((id, None));
        }
        let bytes = fresh(random)?;
        let id = insert(sql, (&self.root, random), purpose, &bytes)?;
        sql.execute("UPDATE keys SET used = ?2 WHERE id = ?1", params![id, block])?;
        let key = DataKey::new(&*bytes)?;
        Ok((id, Some(OpenKey { purpose, key, used: 0, left: Cell::new(0) })))
    }
}

/// The alias of a new hardware key for the root. Each has a random part: a key that was destroyed
/// never comes back under the same name.
pub(super) fn root_alias(name: [u8; 8], random: &dyn Random) -> Result<String, KeyError> {
    let mut part = [0; 8];
    random.fill(&mut part)?;
    Ok(format!("fenming.store.{}.{}", HEXLOWER.encode(&name), HEXLOWER.encode(&part)))
}

/// A new key.
pub(super) fn fresh(random: &dyn Random) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let mut bytes = Zeroizing::new([0; 32]);
    random.fill(&mut *bytes)?;
    Ok(bytes)
}

const NOT_READY: AgentError = AgentError::Internal("no key was made ready");

struct KeyRow {
    id: u32,
    purpose: Purpose,
    used: i64,
    wrapped: Vec<u8>,
}

impl KeyRow {
    fn unwrap_with(&self, root: &DataKey) -> Result<Zeroizing<Vec<u8>>, AgentError> {
        let named = key_of(&self.wrapped).map_err(|_| AgentError::StoreDamaged)?;
        let opened = root.open_value(place(self.id), &self.wrapped);
        let plain = opened.map_err(|_| AgentError::StoreDamaged)?;
        let key = plain.strip_prefix(self.purpose.label().as_slice());
        match key {
            Some(key) if key.len() == 32 && named == ROOT => Ok(Zeroizing::new(key.to_vec())),
            _ => Err(AgentError::StoreDamaged),
        }
    }
}

fn place(id: u32) -> Place<'static> {
    Place { table: "keys", column: "wrapped", row: i64::from(id) }
}

fn rows(sql: &Connection) -> Result<Vec<KeyRow>, AgentError> {
    let mut statement =
        sql.prepare("SELECT id, purpose, day, used, wrapped FROM keys WHERE purpose <> 0")?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let purpose = Purpose::of(row.get(1)?, row.get(2)?).ok_or(AgentError::StoreDamaged)?;
        found.push(KeyRow { id: row.get(0)?, purpose, used: row.get(3)?, wrapped: row.get(4)? });
    }
    Ok(found)
}

fn insert(
    sql: &Connection,
    (root, random): (&DataKey, &dyn Random),
    purpose: Purpose,
    key: &[u8; 32],
) -> Result<u32, AgentError> {
    let next = "SELECT coalesce(max(id), 0) + 1 FROM keys";
    let id: u32 = sql.query_row(next, [], |row| row.get(0))?;
    let wrapped = wrap(root, random, (id, purpose), key)?;
    sql.execute(
        "INSERT INTO keys (id, purpose, day, wrapped) VALUES (?1, ?2, ?3, ?4)",
        params![id, purpose.code(), purpose.day(), wrapped],
    )?;
    Ok(id)
}

fn wrap(
    root: &DataKey,
    random: &dyn Random,
    (id, purpose): (u32, Purpose),
    key: &[u8],
) -> Result<Vec<u8>, KeyError> {
    let plain = Zeroizing::new([purpose.label().as_slice(), key].concat());
    root.seal_value(random, (ROOT, place(id)), &plain)
}

/// Wraps a root under a new hardware key and puts it in its row.
fn put_root(
    sql: &Connection,
    (keys, random): (&dyn KeyVault, &dyn Random),
    name: [u8; 8],
    root: &[u8; 32],
) -> Result<(), AgentError> {
    let alias = root_alias(name, random)?;
    keys.create(&alias)?;
    let plain = Zeroizing::new([ROOT_LABEL, &name, root].concat());
    let wrapped = keys.wrap(&alias, &plain)?;
    sql.execute(
        "INSERT OR REPLACE INTO keys (id, purpose, alias, wrapped)
         VALUES ((SELECT coalesce(min(id), 1) FROM keys WHERE purpose = 0), 0, ?1, ?2)",
        params![alias, wrapped],
    )?;
    Ok(())
}

fn root(
    sql: &Connection,
    keys: &dyn KeyVault,
    name: [u8; 8],
) -> Result<Result<DataKey, KeyError>, AgentError> {
    let (alias, wrapped): (String, Vec<u8>) =
        sql.query_row("SELECT alias, wrapped FROM keys WHERE purpose = 0", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let plain = match keys.unwrap(&alias, &wrapped) {
        Ok(plain) => plain,
        Err(error) => return Ok(Err(error)),
    };
    let label = [ROOT_LABEL, &name].concat();
    let key = plain.strip_prefix(label.as_slice()).ok_or(AgentError::StoreDamaged)?;
    Ok(Ok(DataKey::new(key).map_err(|_| AgentError::StoreDamaged)?))
}

#[cfg(test)]
mod tests;
