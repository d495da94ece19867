//! One-time tokens and the devices that used them.

use fenming_wire::id::{DeviceId, Digest, PersonId};
use fenming_wire::key::DeviceKey;
use fenming_wire::time::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction};

use super::{Store, StoreError, nonces};

/// A device as it is enrolled.
pub(crate) struct DeviceRow {
    pub(crate) device: DeviceId,
    pub(crate) key: DeviceKey,
    pub(crate) person: PersonId,
    pub(crate) enrolled: Timestamp,
    pub(crate) blocked: Option<Timestamp>,
}

/// An enrolment whose signature was checked.
pub(crate) struct Registered<'a> {
    pub(crate) token: Digest,
    pub(crate) key: DeviceKey,
    pub(crate) nonce: &'a str,
    pub(crate) created: Timestamp,
    pub(crate) now: Timestamp,
}

/// Why a device was not enrolled.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EnrolRefused {
    #[error("the token is unknown, used or too old")]
    Token,
    #[error("the device was blocked")]
    Blocked,
    #[error("the request was seen before")]
    Replayed,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for EnrolRefused {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl Store {
    /// Keeps a token's digest. The token itself is nowhere on the disk.
    pub(crate) fn add_token(
        &self,
        token: Digest,
        person: &PersonId,
        expires: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO tokens (digest, person, expires) VALUES (?1, ?2, ?3)",
                (token.as_bytes(), person.as_str(), expires.millis()),
            )?;
            Ok(())
        })
    }

    /// Enrols a device, or says again for whom it was enrolled with this very token.
    pub(crate) fn enrol(&self, request: &Registered<'_>) -> Result<PersonId, EnrolRefused> {
        let device = request.key.device_id();
        self.write(|transaction| {
            let person = usable(transaction, request, device)?;
            let known = find(transaction, device)?;
            if let Some(row) = &known {
                if row.blocked.is_some() {
                    return Err(EnrolRefused::Blocked);
                }
                if row.person != person {
                    return Err(EnrolRefused::Token);
                }
            }
            let Registered { nonce, created, now, .. } = *request;
            if !nonces::remember(transaction, device, nonce, created, now)? {
                return Err(EnrolRefused::Replayed);
            }
            if known.is_none() {
                transaction.execute(
                    "INSERT INTO devices (device, key, person, enrolled) VALUES (?1, ?2, ?3, ?4)",
                    (device.as_bytes(), request.key.as_point(), person.as_str(), now.millis()),
                )?;
            }
            transaction.execute(
                "UPDATE tokens SET device = ?2 WHERE digest = ?1",
                (request.token.as_bytes(), device.as_bytes()),
            )?;
            Ok(person)
        })
    }

    /// The device of this name.
    pub(crate) fn device(&self, device: DeviceId) -> Result<Option<DeviceRow>, StoreError> {
        self.read(|transaction| find(transaction, device))
    }

    /// All devices in the order of their enrolment.
    pub(crate) fn devices(&self) -> Result<Vec<DeviceRow>, StoreError> {
        self.read(|transaction| {
            let mut all = transaction.prepare(
                "SELECT device, key, person, enrolled, blocked FROM devices
                 ORDER BY enrolled, device",
            )?;
            let rows = all.query_map([], |row| Ok(parse(row)))?;
            rows.map(|row| row?).collect()
        })
    }

    /// Blocks a device, or lets it in again; `false` where there is none of this name.
    pub(crate) fn set_blocked(
        &self,
        device: DeviceId,
        since: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        self.write(|transaction| {
            let changed = transaction.execute(
                "UPDATE devices SET blocked = ?2 WHERE device = ?1",
                (device.as_bytes(), since.map(Timestamp::millis)),
            )?;
            Ok(changed == 1)
        })
    }
}

/// The person of a token that this device may use now.
fn usable(
    transaction: &Transaction<'_>,
    request: &Registered<'_>,
    device: DeviceId,
) -> Result<PersonId, EnrolRefused> {
    let token = transaction
        .query_row(
            "SELECT person, expires, device FROM tokens WHERE digest = ?1",
            [request.token.as_bytes()],
            |row| {
                let used_by: Option<[u8; 16]> = row.get(2)?;
                Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, used_by))
            },
        )
        .optional()?;
    let Some((person, expires, used_by)) = token else {
        return Err(EnrolRefused::Token);
    };
    let usable = match used_by {
        Some(used_by) => DeviceId::from_bytes(used_by) == device,
        None => request.now.millis() < expires,
    };
    if usable {
        person.parse().map_err(|_| StoreError::Damaged.into())
    } else {
        Err(EnrolRefused::Token)
    }
}

fn find(transaction: &Transaction<'_>, device: DeviceId) -> Result<Option<DeviceRow>, StoreError> {
    transaction
        .query_row(
            "SELECT device, key, person, enrolled, blocked FROM devices WHERE device = ?1",
            [device.as_bytes()],
            |row| Ok(parse(row)),
        )
        .optional()?
        .transpose()
}

fn parse(row: &Row<'_>) -> Result<DeviceRow, StoreError> {
    let key: Vec<u8> = row.get(1)?;
    let person: String = row.get(2)?;
    let blocked: Option<i64> = row.get(4)?;
    Ok(DeviceRow {
        device: DeviceId::from_bytes(row.get(0)?),
        key: DeviceKey::from_point(&key).map_err(|_| StoreError::Damaged)?,
        person: person.parse().map_err(|_| StoreError::Damaged)?,
        enrolled: Timestamp::from_millis(row.get(3)?),
        blocked: blocked.map(Timestamp::from_millis),
    })
}
