//! Names of tenants, people, devices, epochs, keys and digests.
//!
//! All of them are opaque: none holds a person's name or number, so all may stand in a log.

use std::fmt;

use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use crate::content::Loggable;

/// Says that an identifier has the wrong length or a character that is not allowed.
#[derive(Debug, thiserror::Error)]
#[error("not a valid {0}")]
pub struct NotAnId(&'static str);

macro_rules! fixed_hex {
    ($(#[$doc:meta])* $name:ident, $bytes:expr, $label:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name([u8; $bytes]);

        impl $name {
            /// From the bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; $bytes]) -> Self {
                Self(bytes)
            }

            /// The bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $bytes] {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAnId;
            fn try_from(text: String) -> Result<Self, NotAnId> {
                text.parse()
            }
        }

        impl std::str::FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| NotAnId($label))?;
                Ok(Self(bytes.try_into().map_err(|_| NotAnId($label))?))
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&HEXLOWER.encode(&self.0))
            }
        }

        impl Loggable for $name {}
    };
}

fixed_hex!(
    /// A SHA-256 digest, 64 lower-case hexadecimal digits.
    Digest, 32, "SHA-256 digest (64 lower-case hexadecimal digits)"
);
fixed_hex!(
    /// A device: the first 16 bytes of the SHA-256 digest of its public key, so that a device
    /// cannot take another's name. 32 hexadecimal digits.
    DeviceId, 16, "device id (32 lower-case hexadecimal digits)"
);
fixed_hex!(
    /// One life of a device's store: 8 random bytes. A new or restored store starts a new epoch.
    Epoch, 8, "epoch (16 lower-case hexadecimal digits)"
);
fixed_hex!(
    /// A signing key: the first 8 bytes of the SHA-256 digest of the public key.
    KeyId, 8, "key id (16 lower-case hexadecimal digits)"
);
fixed_hex!(
    /// An item that was sealed to counsel: 16 random bytes, which say nothing of it.
    ItemId, 16, "item id (32 lower-case hexadecimal digits)"
);
fixed_hex!(
    /// A chat as one store names it: 10 bytes of a keyed hash, meaningless outside that store.
    ChatId, 10, "chat id (20 lower-case hexadecimal digits)"
);

impl KeyId {
    /// The key as people compare it: 16 hexadecimal digits in groups of four.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let groups: Vec<String> = self.0.chunks(2).map(|pair| HEXLOWER.encode(pair)).collect();
        groups.join(" ")
    }
}

impl Digest {
    /// The SHA-256 digest of the bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut out = [0; 32];
        out.copy_from_slice(digest(&SHA256, bytes).as_ref());
        Self(out)
    }

    /// The first `N` bytes, for shorter names; `N` is at most 32.
    #[must_use]
    pub(crate) fn prefix<const N: usize>(&self) -> [u8; N] {
        let mut out = [0; N];
        for (to, from) in out.iter_mut().zip(self.0) {
            *to = from;
        }
        out
    }
}

macro_rules! short_name {
    ($(#[$doc:meta])* $name:ident, $label:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAnId;
            fn try_from(text: String) -> Result<Self, NotAnId> {
                let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b);
                if (1..=MAX_NAME_BYTES).contains(&text.len()) && text.bytes().all(plain) {
                    Ok(Self(text))
                } else {
                    Err(NotAnId($label))
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                text.to_owned().try_into()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Loggable for $name {}
    };
}

/// Longest tenant, person, rule or class name in bytes: fits a database key and a file name.
pub const MAX_NAME_BYTES: usize = 64;

short_name!(
    /// A tenant, that is one employer: 1 to 64 of `a-z 0-9 - _ .`.
    TenantId, "tenant id (1 to 64 of a-z 0-9 - _ .)"
);
short_name!(
    /// An employee by pseudonym; one person may have several devices.
    PersonId, "person id (1 to 64 of a-z 0-9 - _ .)"
);
short_name!(
    /// A rule of the policy (directory entry, group rule, text rule).
    RuleId, "rule id (1 to 64 of a-z 0-9 - _ .)"
);
short_name!(
    /// A retention class: all records of a batch are kept equally long.
    RetentionClass, "retention class (1 to 64 of a-z 0-9 - _ .)"
);
short_name!(
    /// A purpose of processing, as a code that policy and consent share.
    PurposeCode, "purpose code (1 to 64 of a-z 0-9 - _ .)"
);

#[cfg(test)]
mod tests;
