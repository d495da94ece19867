//! Which addresses may be connected to: only those inside the ranges that the profile allows, and
//! where it names an export route of the trust document, only inside that route. Pure.
//!
//! An address counts as what it reaches: a mapped or NAT64 address as the IPv4 address inside it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use fenming_wire::Code;
use fenming_wire::content::Loggable;
use fenming_wire::profile::Profile;
use fenming_wire::range::{AddressRange, embedded};
use fenming_wire::time::Timestamp;
use fenming_wire::trust::TrustDocument;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::policy::{RouteRefused, check_route};

/// The addresses that may be connected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Residency {
    ranges: Vec<AddressRange>,
}

/// Why an address, or the whole configuration of addresses, is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum AddressRefused {
    /// The address lies in no allowed range.
    #[error("the endpoint's address lies outside the allowed ranges")]
    OutOfRange,
    /// A loopback or private address that no range names on purpose.
    #[error("the endpoint's name leads to a loopback or private address")]
    Local,
    /// An address that cannot be an endpoint, or a tunnel that hides where it leads.
    #[error("the endpoint's name leads to a reserved address")]
    Reserved,
    /// A made-up address of a local proxy (198.18.0.0/15): the real peer cannot be known.
    #[error("a proxy on this phone answers with made-up addresses; exempt the endpoint from it")]
    FakeIp,
    /// The profile names an export route that the trust document lacks.
    #[error("the trust document has no such export route")]
    RouteUnknown,
    /// The export route has ended.
    #[error("the export route has ended")]
    RouteExpired,
    /// The profile allows addresses that its export route does not open.
    #[error("the profile's ranges reach beyond its export route")]
    BeyondRoute,
}

/// Where made-up addresses of local proxies come from (RFC 2544's benchmarking range).
const FAKE: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(198, 18, 0, 0), 15);

/// Blocks that mean another machine in every network. A range opens part of one only if it lies
/// wholly inside, so that no wide range opens one by accident.
const LOCAL_V4: [Ipv4Net; 6] = [
    Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8),
    Ipv4Net::new_assert(Ipv4Addr::new(10, 0, 0, 0), 8),
    Ipv4Net::new_assert(Ipv4Addr::new(172, 16, 0, 0), 12),
    Ipv4Net::new_assert(Ipv4Addr::new(192, 168, 0, 0), 16),
    Ipv4Net::new_assert(Ipv4Addr::new(169, 254, 0, 0), 16),
    Ipv4Net::new_assert(Ipv4Addr::new(100, 64, 0, 0), 10),
];

/// As [`LOCAL_V4`]: loopback, unique local, link-local, and NAT64 with a local prefix (RFC 8215),
/// whose embedded address cannot be told.
const LOCAL_V6: [Ipv6Net; 4] = [
    Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128),
    Ipv6Net::new_assert(Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7),
    Ipv6Net::new_assert(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10),
    Ipv6Net::new_assert(Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48),
];

/// Never an endpoint: this network, multicast, reserved.
const RESERVED_V4: [Ipv4Net; 3] = [
    Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, 8),
    Ipv4Net::new_assert(Ipv4Addr::new(224, 0, 0, 0), 4),
    Ipv4Net::new_assert(Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// Never an endpoint: IPv4-compatible, multicast, and the tunnels 6to4 and Teredo.
const RESERVED_V6: [Ipv6Net; 4] = [
    Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 96),
    Ipv6Net::new_assert(Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8),
    Ipv6Net::new_assert(Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    Ipv6Net::new_assert(Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 32),
];

impl Residency {
    /// For the one request that carries nothing of anybody's: the first fetch of the trust
    /// document, before a route can be looked up in it.
    #[must_use]
    pub fn before_trust(profile: &Profile) -> Self {
        Self { ranges: profile.address_ranges.clone() }
    }

    /// For everything else. An export route that the profile names must exist, must not have
    /// ended, and must open every range of the profile.
    ///
    /// # Errors
    /// [`AddressRefused::RouteUnknown`], [`AddressRefused::RouteExpired`] or
    /// [`AddressRefused::BeyondRoute`].
    pub fn new(
        profile: &Profile,
        trust: &TrustDocument,
        now: Timestamp,
    ) -> Result<Self, AddressRefused> {
        check_route(profile, trust, now)?;
        Ok(Self::before_trust(profile))
    }

    /// Whether the address may be connected to.
    ///
    /// # Errors
    /// [`AddressRefused`].
    pub fn check(&self, address: IpAddr) -> Result<(), AddressRefused> {
        let reached = embedded(address);
        let host = IpNet::from(reached);
        if IpNet::from(FAKE).contains(&host) {
            return Err(AddressRefused::FakeIp);
        }
        let mut ranges = self.ranges.iter().map(AddressRange::network);
        if let Some(block) = local().find(|block| block.contains(&host)) {
            let named = ranges.any(|range| block.contains(&range) && range.contains(&host));
            return if named { Ok(()) } else { Err(AddressRefused::Local) };
        }
        // After the local blocks, since `::1` lies in a reserved one.
        if reserved().any(|block| block.contains(&host)) {
            return Err(AddressRefused::Reserved);
        }
        if ranges.any(|range| range.contains(&host)) {
            Ok(())
        } else {
            Err(AddressRefused::OutOfRange)
        }
    }

    /// Checks a host that is an IP literal; a name is checked when it has been looked up.
    ///
    /// # Errors
    /// [`AddressRefused`].
    pub fn check_host(&self, host: &str) -> Result<(), AddressRefused> {
        let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        bare.parse().map_or(Ok(()), |address| self.check(address))
    }

    /// Those of a name's addresses that may be connected to; where none may, the reason that
    /// helps most.
    ///
    /// # Errors
    /// [`AddressRefused`]; [`AddressRefused::OutOfRange`] also where there are no addresses.
    pub fn select(&self, addresses: &[IpAddr]) -> Result<Vec<IpAddr>, AddressRefused> {
        let mut refusal = AddressRefused::OutOfRange;
        let mut good = Vec::new();
        for address in addresses {
            match self.check(*address) {
                Ok(()) => good.push(*address),
                Err(reason) => refusal = refusal.max(reason),
            }
        }
        if good.is_empty() { Err(refusal) } else { Ok(good) }
    }
}

fn local() -> impl Iterator<Item = IpNet> {
    LOCAL_V4.into_iter().map(IpNet::from).chain(LOCAL_V6.into_iter().map(IpNet::from))
}

fn reserved() -> impl Iterator<Item = IpNet> {
    RESERVED_V4.into_iter().map(IpNet::from).chain(RESERVED_V6.into_iter().map(IpNet::from))
}

impl From<RouteRefused> for AddressRefused {
    fn from(refused: RouteRefused) -> Self {
        match refused {
            RouteRefused::Unknown => Self::RouteUnknown,
            RouteRefused::Expired => Self::RouteExpired,
            RouteRefused::Exceeded => Self::BeyondRoute,
        }
    }
}

impl AddressRefused {
    /// A code that stays the same across versions and languages.
    #[must_use]
    pub const fn code(self) -> Code {
        Code(match self {
            Self::OutOfRange => "address_out_of_range",
            Self::Local => "address_local",
            Self::Reserved => "address_reserved",
            Self::FakeIp => "fake_ip",
            Self::RouteUnknown => "export_route_unknown",
            Self::RouteExpired => "export_route_expired",
            Self::BeyondRoute => "beyond_export_route",
        })
    }
}

impl Loggable for AddressRefused {}

#[cfg(test)]
mod tests;
