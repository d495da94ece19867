//! The profile: the small flat configuration that MDM or a QR code gives the phone.
//!
//! Every key is optional text to the platforms, so parsing accepts strings throughout and says of
//! every key that it refuses which one and why.

use std::collections::{BTreeMap, BTreeSet};

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::error::WireError;
use crate::id::{Digest, RuleId, TenantId};
use crate::key::Ed25519Key;
use crate::range::AddressRange;

/// What a phone must know before it can reach anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The tenant.
    pub tenant: TenantId,
    /// The endpoint, `https` and without a path.
    pub endpoint: Endpoint,
    /// The custodian's root key.
    pub root_key: Ed25519Key,
    /// SHA-256 digests of the SubjectPublicKeyInfo of acceptable endpoint keys, the current one
    /// and at least one backup, unless a private CA is given.
    pub tls_pins: Vec<Digest>,
    /// A private CA certificate (DER) that the endpoint's certificate must chain to.
    pub tls_ca: Option<Vec<u8>>,
    /// Addresses that may be connected to. At least one.
    pub address_ranges: Vec<AddressRange>,
    /// An export route of the trust document, where the ranges lie outside mainland China.
    pub export_route: Option<RuleId>,
}

/// The endpoint's address: host and port of an `https` URL.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Endpoint(Url);

/// Why a key of the profile was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefusedKey {
    /// The key's name.
    pub key: String,
    /// What is wrong and what to do, without the value.
    pub reason: String,
}

/// What became of a profile: what can be used, the one-time token, and every refused key.
pub struct Parsed {
    /// The profile, where all required keys were good.
    pub profile: Option<Profile>,
    /// The one-time enrolment token, where one was given. Use it, then forget it.
    pub enrolment_token: Option<EnrolmentToken>,
    /// Keys that were refused or are missing.
    pub refused: Vec<RefusedKey>,
}

/// A one-time secret that lets one device enrol. At least 128 bits of base32 or base64 text.
#[derive(
    Clone, PartialEq, Eq, Serialize, Deserialize, zeroize::Zeroize, zeroize::ZeroizeOnDrop,
)]
#[serde(try_from = "String", into = "String")]
pub struct EnrolmentToken(String);

/// The keys of the flat profile.
pub const KEYS: [&str; 8] = [
    "tenant",
    "endpoint",
    "root_key",
    "tls_pins",
    "tls_ca",
    "address_ranges",
    "export_route",
    "enrolment_token",
];

/// Longest value of a key in bytes; a CA certificate is the largest, at about 2 KiB.
pub const MAX_VALUE_BYTES: usize = 16 * 1024;

/// Parses the flat map of strings that a platform or a QR code delivers.
#[must_use]
pub fn parse(map: &BTreeMap<String, String>) -> Parsed {
    let mut reader = Reader { map, refused: Vec::new() };
    for key in map.keys().filter(|key| !KEYS.contains(&key.as_str())) {
        reader.refuse(key, "is not known");
    }
    let tenant = reader.required("tenant", |t| t.parse().ok());
    let endpoint = reader.required("endpoint", |t| t.parse().ok());
    let root_key = reader.required("root_key", |t| t.parse().ok());
    let tls_pins = reader.optional("tls_pins", parse_pins);
    let tls_ca = reader.optional("tls_ca", parse_certificate);
    let address_ranges = reader.required("address_ranges", parse_ranges);
    let export_route = reader.optional("export_route", |t| t.parse().ok());
    let enrolment_token = reader.optional("enrolment_token", |t| t.to_owned().try_into().ok());
    let pins = tls_pins.unwrap_or_default();
    let distinct: BTreeSet<&Digest> = pins.iter().collect();
    let anchored = tls_ca.is_some() || distinct.len() >= 2;
    if !anchored {
        reader.refuse(
            "tls_pins",
            "needs two different pins (one as backup), or `tls_ca` must be given",
        );
    }
    let profile = match (tenant, endpoint, root_key, address_ranges) {
        (Some(tenant), Some(endpoint), Some(root_key), Some(address_ranges)) if anchored => {
            Some(Profile {
                tenant,
                endpoint,
                root_key,
                tls_pins: pins,
                tls_ca,
                address_ranges,
                export_route,
            })
        }
        _ => None,
    };
    Parsed { profile, enrolment_token, refused: reader.refused }
}

impl Profile {
    /// The profile as the flat map that [`parse`] reads, without a token.
    #[must_use]
    pub fn to_map(&self) -> BTreeMap<String, String> {
        let list = |items: Vec<String>| items.join(",");
        let mut map = BTreeMap::from([
            ("tenant".to_owned(), self.tenant.to_string()),
            ("endpoint".to_owned(), self.endpoint.to_string()),
            ("root_key".to_owned(), self.root_key.to_string()),
            (
                "address_ranges".to_owned(),
                list(self.address_ranges.iter().map(ToString::to_string).collect()),
            ),
        ]);
        if !self.tls_pins.is_empty() {
            let pins = self.tls_pins.iter().map(|pin| BASE64.encode(pin.as_bytes())).collect();
            map.insert("tls_pins".to_owned(), list(pins));
        }
        if let Some(ca) = &self.tls_ca {
            map.insert("tls_ca".to_owned(), BASE64.encode(ca));
        }
        if let Some(route) = &self.export_route {
            map.insert("export_route".to_owned(), route.to_string());
        }
        map
    }
}

impl Endpoint {
    /// The host name or IP literal.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// The port, 443 where none is named.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or(443)
    }

    /// The authority as it stands in a request: host, and the port where it is not 443.
    #[must_use]
    pub fn authority(&self) -> String {
        match self.0.port() {
            Some(port) => format!("{}:{port}", self.host()),
            None => self.host().to_owned(),
        }
    }

    /// The address of a path below the endpoint; the path begins with `/`.
    #[must_use]
    pub fn url(&self, path_and_query: &str) -> String {
        format!("https://{}{path_and_query}", self.authority())
    }
}

struct Reader<'a> {
    map: &'a BTreeMap<String, String>,
    refused: Vec<RefusedKey>,
}

impl Reader<'_> {
    fn refuse(&mut self, key: &str, reason: &str) {
        let key = key.chars().take(64).collect();
        self.refused.push(RefusedKey { key, reason: reason.to_owned() });
    }

    fn required<T>(&mut self, key: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        if self.map.get(key).is_none_or(|value| value.trim().is_empty()) {
            self.refuse(key, "is missing");
            return None;
        }
        self.optional(key, read)
    }

    fn optional<T>(&mut self, key: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let value = self.map.get(key)?.trim();
        if value.is_empty() {
            return None;
        }
        let read = (value.len() <= MAX_VALUE_BYTES).then(|| read(value)).flatten();
        if read.is_none() {
            self.refuse(key, expectation(key));
        }
        read
    }
}

fn expectation(key: &str) -> &'static str {
    match key {
        "tenant" => "must be 1 to 64 of a-z 0-9 - _ .",
        "endpoint" => "must be an https address without path, user or query",
        "root_key" => "must be an Ed25519 public key, 32 bytes in base64",
        "tls_pins" => "must be SHA-256 digests of public keys in base64, separated by commas",
        "tls_ca" => "must be a CA certificate in PEM, or its DER in base64",
        "address_ranges" => "must be ranges such as 203.0.113.0/24, separated by commas",
        "export_route" => "must be the id of a route of the trust document",
        _ => "must be the token as IT gave it",
    }
}

fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ' ', '\n']).map(str::trim).filter(|item| !item.is_empty())
}

fn parse_pins(text: &str) -> Option<Vec<Digest>> {
    items(text)
        .map(|pin| {
            let bytes = BASE64.decode(pin.trim_start_matches("sha256/").as_bytes()).ok()?;
            Some(Digest::from_bytes(bytes.try_into().ok()?))
        })
        .collect()
}

fn parse_ranges(text: &str) -> Option<Vec<AddressRange>> {
    let ranges: Option<Vec<AddressRange>> = items(text).map(|item| item.parse().ok()).collect();
    ranges.filter(|ranges| !ranges.is_empty())
}

fn parse_certificate(text: &str) -> Option<Vec<u8>> {
    let body: String = text
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .flat_map(str::chars)
        .filter(|c| !c.is_whitespace())
        .collect();
    let der = BASE64.decode(body.as_bytes()).ok()?;
    (der.first() == Some(&0x30)).then_some(der)
}

impl TryFrom<String> for Endpoint {
    type Error = WireError;
    fn try_from(text: String) -> Result<Self, WireError> {
        text.parse()
    }
}

impl std::str::FromStr for Endpoint {
    type Err = WireError;
    fn from_str(text: &str) -> Result<Self, WireError> {
        let wrong = || WireError::field("endpoint", expectation("endpoint"));
        let url: Url = text.parse().map_err(|_| wrong())?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let anonymous = url.username().is_empty() && url.password().is_none();
        let hosted = url.host_str().is_some_and(|host| !host.is_empty());
        if url.scheme() == "https" && bare && anonymous && hosted {
            Ok(Self(url))
        } else {
            Err(wrong())
        }
    }
}

impl From<Endpoint> for String {
    fn from(endpoint: Endpoint) -> Self {
        endpoint.to_string()
    }
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "https://{}", self.authority())
    }
}

impl EnrolmentToken {
    /// The token, for the one request that uses it and for the digest that the endpoint keeps.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What the endpoint keeps instead of the token.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(self.0.as_bytes())
    }
}

impl TryFrom<String> for EnrolmentToken {
    type Error = WireError;
    fn try_from(text: String) -> Result<Self, WireError> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_+/=".contains(&b);
        if (22..=128).contains(&text.len()) && text.bytes().all(plain) {
            Ok(Self(text))
        } else {
            Err(WireError::field("enrolment_token", "is no token (22 to 128 letters and digits)"))
        }
    }
}

impl From<EnrolmentToken> for String {
    fn from(token: EnrolmentToken) -> Self {
        token.0.clone()
    }
}

#[cfg(test)]
mod tests;
