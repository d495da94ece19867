//! What can be wrong with a document.

use crate::id::KeyId;

/// Why a document was refused. No variant holds content.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// A field is missing, unknown, of the wrong type or out of its range.
    #[error("field `{path}`: {reason}")]
    Field {
        /// Where the field stands, such as `schedule.windows[0].from`.
        path: String,
        /// What is wrong, in words that hold no value of the document.
        reason: &'static str,
    },
    /// The text is no JSON at all.
    #[error("not JSON: line {line}, column {column}")]
    NotJson {
        /// Line of the text, from 1.
        line: usize,
        /// Column of the text, from 1.
        column: usize,
    },
    /// The document is larger than its kind allows.
    #[error("larger than the {limit} bytes that such a document may have")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The envelope holds another kind of document than was asked for.
    #[error("another kind of document: expected `{expected}`")]
    WrongType {
        /// The media type that was expected.
        expected: &'static str,
    },
    /// None of the signatures was made by a key that may sign this document.
    #[error("not signed by a key that may sign it")]
    UntrustedKey,
    /// A signature by the named key does not fit the bytes.
    #[error("the signature by key {0} does not fit the document")]
    BadSignature(KeyId),
    /// A key is malformed.
    #[error("not a valid key of the kind `{0}`")]
    BadKey(&'static str),
    /// The port that signs did not sign.
    #[error("the device key could not sign")]
    SignerFailed,
    /// Sealed bytes cannot be opened: wrong key, or bytes changed.
    #[error("cannot be opened: wrong key, or the bytes were changed")]
    Unopenable,
    /// What was decompressed is larger than a batch may be.
    #[error("decompresses to more than {limit} bytes")]
    Bomb {
        /// The limit in bytes.
        limit: usize,
    },
    /// The ledger's chain, range or books do not add up.
    #[error("ledger broken at sequence {seq}: {reason}")]
    Ledger {
        /// The sequence where it broke.
        seq: u64,
        /// What does not fit.
        reason: &'static str,
    },
}

impl WireError {
    /// A field that is out of its range.
    pub fn field(path: impl Into<String>, reason: &'static str) -> Self {
        Self::Field { path: path.into(), reason }
    }
}
