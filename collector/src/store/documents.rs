//! Which documents were served: a version only grows.

use fenming_wire::id::Digest;
use fenming_wire::trust::Freshness;
use rusqlite::OptionalExtension;

use super::{Store, StoreError, integer, natural};
use crate::config::{ConfigError, Kind, Published};

impl Store {
    /// Notes what is about to be served, or refuses what is older than what was served.
    pub(crate) fn publish(&self, published: &Published) -> Result<(), PublishRefused> {
        self.write(|transaction| {
            for kind in [Kind::Trust, Kind::Policy] {
                let (version, digest) = published.version(kind);
                let known = transaction
                    .query_row(
                        "SELECT version, digest FROM documents WHERE kind = ?1
                         ORDER BY version DESC LIMIT 1",
                        [kind.word()],
                        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 32]>(1)?)),
                    )
                    .optional()
                    .map_err(StoreError::from)?;
                if let Some((served, bytes)) = known {
                    let served = natural(served)?;
                    let known = (served, Digest::from_bytes(bytes));
                    if Freshness::of((version, digest), known) == Freshness::Rollback {
                        return Err(ConfigError::Rollback { kind, offered: version, served }.into());
                    }
                }
                transaction
                    .execute(
                        "INSERT OR IGNORE INTO documents (kind, version, digest)
                         VALUES (?1, ?2, ?3)",
                        (kind.word(), integer(version)?, digest.as_bytes()),
                    )
                    .map_err(StoreError::from)?;
            }
            Ok(())
        })
    }
}

/// Why documents cannot be served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PublishRefused {
    #[error(transparent)]
    Rollback(#[from] ConfigError),
    #[error(transparent)]
    Store(#[from] StoreError),
}
