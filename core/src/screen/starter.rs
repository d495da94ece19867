//! The lexicons that a new policy starts from: written for this project, to be read and changed by
//! whoever answers for the policy.

use fenming_wire::screening::Lexicon;

use crate::error::AgentError;

/// Version of the starter lexicons as a whole; `docs/screening.md` has the figures of each.
pub const STARTER_VERSION: u32 = 1;

/// One file a lexicon.
const FILES: [&str; 10] = [
    include_str!("lexicons/orders-zh.json"),
    include_str!("lexicons/orders-en.json"),
    include_str!("lexicons/sensitive-zh.json"),
    include_str!("lexicons/sensitive-en.json"),
    include_str!("lexicons/secrets-zh.json"),
    include_str!("lexicons/secrets-en.json"),
    include_str!("lexicons/important-zh.json"),
    include_str!("lexicons/important-en.json"),
    include_str!("lexicons/unacceptable-zh.json"),
    include_str!("lexicons/unacceptable-en.json"),
];

/// The starter lexicons.
///
/// # Errors
/// [`AgentError::Internal`] where a file of this build cannot be read.
pub fn starter() -> Result<Vec<Lexicon>, AgentError> {
    let read = |text: &&str| serde_json::from_str(text);
    let lexicons = FILES.iter().map(read).collect::<Result<_, _>>();
    lexicons.map_err(|_| AgentError::Internal("a starter lexicon"))
}

#[cfg(test)]
mod tests;
