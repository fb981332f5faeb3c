//! Networks: those of a setting, and the one by which a client is counted.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use serde::Deserialize;

/// A network: the addresses that begin with the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network {
    address: IpAddr,
    bits: u32,
}

impl Network {
    fn contains(self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => begins_alike(
                ours.to_bits().into(),
                theirs.to_bits().into(),
                32,
                self.bits,
            ),
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => {
                begins_alike(ours.to_bits(), theirs.to_bits(), 128, self.bits)
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

/// Whether two numbers of `width` bits have the first `bits` in common.
fn begins_alike(one: u128, other: u128, width: u32, bits: u32) -> bool {
    let rest = width.saturating_sub(bits);
    (one ^ other).checked_shr(rest).unwrap_or(0) == 0
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

impl TryFrom<String> for Network {
    type Error = String;

    /// # Errors
    /// A sentence about what is wrong.
    fn try_from(given: String) -> Result<Self, String> {
        let wrong = || {
            format!(
                "{given:?} is not a network; it must be an address, such as 127.0.0.1, or one with a number of bits, such as 10.0.0.0/8"
            )
        };
        let (address, bits) = match given.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (given.as_str(), None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(width), |bits| bits.parse().map_err(|_| wrong()))?;
        if bits > width {
            return Err(wrong());
        }
        Ok(Self { address, bits })
    }
}

/// Any of these networks; none by default.
#[derive(Debug, Clone, Default)]
pub struct Networks(Arc<[Network]>);

impl Networks {
    /// These networks.
    #[must_use]
    pub fn of(networks: &[Network]) -> Self {
        Self(networks.into())
    }

    /// Whether one of them has this address.
    #[must_use]
    pub fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }
}

/// Addresses that count as one client: one of IPv4, or the 2^64 of IPv6 that a single line is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Prefix(IpAddr);

impl Prefix {
    /// The prefix of `address`.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => address.into(),
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        })
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(address) => write!(f, "{address}"),
            IpAddr::V6(address) => write!(f, "{address}/64"),
        }
    }
}
