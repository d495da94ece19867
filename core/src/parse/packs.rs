//! What WeChat and Android write in which language: data, not code.

use fenming_wire::WireError;

/// The locale packs, loaded.
pub struct Packs {}

impl Packs {
    /// The packs that this version ships.
    ///
    /// # Errors
    /// [`WireError::Field`] with the field; a test makes sure that it never happens.
    pub fn embedded() -> Result<Self, WireError> {
        Self::from_json(&[])
    }

    /// Packs from JSON, one document a locale.
    ///
    /// # Errors
    /// [`WireError`] with the field, such as `packs[0].placeholders[3].media`.
    pub fn from_json(_packs: &[&[u8]]) -> Result<Self, WireError> {
        Ok(Self {})
    }
}
