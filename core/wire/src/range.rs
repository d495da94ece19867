//! Address ranges that the agent may connect to.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::error::WireError;

/// A range of IP addresses in CIDR notation, such as `203.0.113.0/24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AddressRange(IpNet);

impl AddressRange {
    /// Whether the address is in the range. What counts of a mapped or NAT64 address is the IPv4
    /// address inside, for that is where the bytes go.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&embedded(address))
    }

    /// Whether the whole of another range lies in this one.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.0.contains(&other.0)
    }

    /// The network.
    #[must_use]
    pub const fn network(&self) -> IpNet {
        self.0
    }
}

/// The IPv4 address that an IPv6 address carries inside (mapped `::ffff:0:0/96`, NAT64
/// `64:ff9b::/96` of RFC 6052), else the address itself.
#[must_use]
pub fn embedded(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else {
        return address;
    };
    if let Some(v4) = v6.to_ipv4_mapped() {
        return IpAddr::V4(v4);
    }
    let nat64 = Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0).segments();
    let segments = v6.segments();
    if segments.iter().zip(nat64).take(6).all(|(a, b)| *a == b) {
        let bits = u128::from(v6) & u128::from(u32::MAX);
        return u32::try_from(bits).map_or(address, |b| IpAddr::V4(Ipv4Addr::from(b)));
    }
    address
}

impl TryFrom<String> for AddressRange {
    type Error = WireError;
    fn try_from(text: String) -> Result<Self, WireError> {
        text.parse()
    }
}

impl std::str::FromStr for AddressRange {
    type Err = WireError;
    fn from_str(text: &str) -> Result<Self, WireError> {
        let wrong = || WireError::field("", "is no address range such as 203.0.113.0/24");
        let net: IpNet = text.trim().parse().map_err(|_| wrong())?;
        if net.prefix_len() == 0 { Err(wrong()) } else { Ok(Self(net.trunc())) }
    }
}

impl From<AddressRange> for String {
    fn from(range: AddressRange) -> Self {
        range.to_string()
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests;
