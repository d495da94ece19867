//! Screening: what labels a message gets from the policy's lexicons.
//!
//! Pure, on the phone, and only for messages that are business already. A label decides nothing
//! about a chat or a person; a [suspicion](fenming_wire::screening::LabelKind::is_suspicion) seals
//! the message to counsel alone.

mod explain;
mod fold;
mod lexicon;
mod numbers;
mod starter;
mod warn;

pub use explain::explain_label;
pub use lexicon::Screen;
pub use numbers::{is_bank_card, is_resident_id};
pub use starter::{STARTER_VERSION, starter};
pub use warn::{Warning, WarningKind, Warnings};
