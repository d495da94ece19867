//! The one public error, named by what the caller must do. No content, ever.

use fenming_wire::WireError;

use crate::ports::KeyError;

/// What went wrong, by what the caller must do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AgentError {
    /// Enrol the device first.
    #[error("the device is not enrolled")]
    NotEnrolled,
    /// Show the consent notice and have it answered first.
    #[error("there is no consent that covers this")]
    ConsentMissing,
    /// Wait until the phone is unlocked, then try again.
    #[error("a key cannot be used now: {0}")]
    KeyUnavailable(KeyError),
    /// Open the agent again; it sets the damaged store aside and starts a new epoch.
    #[error("the store is damaged")]
    StoreDamaged,
    /// Update the app: a newer version made the store.
    #[error("the store has schema {found}; this version knows {known}")]
    StoreTooNew {
        /// The schema found.
        found: u32,
        /// The newest that is known.
        known: u32,
    },
    /// Free space on the phone.
    #[error("the phone has no space left")]
    StoreFull,
    /// The store cannot be read or written for another reason, such as permissions.
    #[error("the store cannot be used: {0}")]
    StoreUnavailable(&'static str),
    /// Another process holds the store.
    #[error("another process has the store open")]
    StoreBusy,
    /// Resume the agent first.
    #[error("the agent is suspended")]
    Suspended,
    /// Correct the profile.
    #[error("the profile's key `{key}` {reason}")]
    ConfigInvalid {
        /// The key.
        key: String,
        /// What is wrong.
        reason: String,
    },
    /// Correct the input.
    #[error("`{field}` {reason}")]
    InputInvalid {
        /// The field.
        field: &'static str,
        /// What is wrong.
        reason: &'static str,
    },
    /// A signed document was refused; the earlier one stays in force.
    #[error("the {document} was refused: {source}")]
    DocumentRefused {
        /// Which document.
        document: &'static str,
        /// Why.
        source: WireError,
    },
    /// A signed document is older than what the device has.
    #[error("the {document} is older than the one in force")]
    Rollback {
        /// Which document.
        document: &'static str,
    },
    /// A signed document was judged before; it is obeyed once.
    #[error("the {document} was judged before")]
    Replayed {
        /// Which document.
        document: &'static str,
    },
    /// A signed document may no longer be obeyed.
    #[error("the {document} has expired")]
    Expired {
        /// Which document.
        document: &'static str,
    },
    /// A document names another tenant or device.
    #[error("the {document} is for another tenant or device")]
    WrongTenant {
        /// Which document.
        document: &'static str,
    },
    /// It is too late: the review window has passed, or the record was sealed.
    #[error("it is too late to take this back")]
    TooLate,
    /// There is no such chat, record or held item.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// Set the phone's date and time, best to automatic, then try again: by the phone's clock the
    /// endpoint's certificate is not valid, and no better time is known. Nothing was sent.
    #[error("the phone's date and time seem to be wrong: set them to automatic, then try again")]
    ClockWrong,
    /// The endpoint could not be used; the code says why.
    #[error("forwarding failed: {0}")]
    Forwarding(fenming_wire::Code),
    /// A fault of the program's own.
    #[error("internal fault: {0}")]
    Internal(&'static str),
}

impl AgentError {
    /// A code that stays the same across versions and languages.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotEnrolled => "not_enrolled",
            Self::ConsentMissing => "consent_missing",
            Self::KeyUnavailable(_) => "key_unavailable",
            Self::StoreDamaged => "store_damaged",
            Self::StoreTooNew { .. } => "store_too_new",
            Self::StoreFull => "store_full",
            Self::StoreUnavailable(_) => "store_unavailable",
            Self::StoreBusy => "store_busy",
            Self::Suspended => "suspended",
            Self::ConfigInvalid { .. } => "config_invalid",
            Self::InputInvalid { .. } => "input_invalid",
            Self::DocumentRefused { .. } => "document_refused",
            Self::Rollback { .. } => "rollback",
            Self::Replayed { .. } => "replayed",
            Self::Expired { .. } => "expired",
            Self::WrongTenant { .. } => "wrong_tenant",
            Self::TooLate => "too_late",
            Self::NotFound(_) => "not_found",
            Self::ClockWrong => "phone_clock",
            Self::Forwarding(code) => code.0,
            Self::Internal(_) => "internal",
        }
    }
}

impl From<KeyError> for AgentError {
    fn from(error: KeyError) -> Self {
        Self::KeyUnavailable(error)
    }
}
