//! Text that people wrote, or that names them.
//!
//! [`Content`] has no `Debug` and no `Display`, so it cannot reach a log line or an error text by
//! accident; the compiler refuses. It is overwritten with zeros when dropped, as far as Rust
//! allows (copies made by a serialiser are outside its reach; see the threat model).

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A piece of text that must never be logged: a message, a name, a title.
#[derive(
    Clone,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    Zeroize,
    ZeroizeOnDrop,
)]
#[serde(transparent)]
pub struct Content(String);

impl Content {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Reads the text. The caller must not log it, nor put it into an error.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is no text at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The length in bytes of UTF-8.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// Marks a type whose `Display` may stand in a log: numbers, codes, opaque identifiers.
///
/// Implement it only for types that can hold neither content nor a name. [`Content`] has no
/// `Display`, so it can never qualify.
pub trait Loggable: std::fmt::Display {}

macro_rules! loggable {
    ($($kind:ty),* $(,)?) => { $(impl Loggable for $kind {})* };
}
loggable!(bool, i32, i64, u16, u32, u64, usize);

/// Names a constant of the program, the only kind of string that a log may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code(pub &'static str);

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl Loggable for Code {}

#[cfg(test)]
mod tests;
