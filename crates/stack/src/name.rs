//! The names of a stack's processes: `mongo-0`, `epmd`, `rabbit`, `gateway`, `wallet-1`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One of the four services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Accounts, sessions, keys.
    User,
    /// Catalogue and stock.
    Product,
    /// Orders and their saga.
    Order,
    /// Balances and the journal.
    Wallet,
}

impl Service {
    /// All four.
    pub const ALL: [Self; 4] = [Self::User, Self::Product, Self::Order, Self::Wallet];

    /// The word used in process names.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Product => "product",
            Self::Order => "order",
            Self::Wallet => "wallet",
        }
    }

    /// The name of its binary.
    #[must_use]
    pub fn binary(self) -> &'static str {
        match self {
            Self::User => "user-service",
            Self::Product => "product-service",
            Self::Order => "order-service",
            Self::Wallet => "wallet-service",
        }
    }

    /// The name of its upstream in the gateway's configuration.
    #[must_use]
    pub fn upstream(self) -> &'static str {
        match self {
            Self::User => "users",
            Self::Product => "products",
            Self::Order => "orders",
            Self::Wallet => "wallet",
        }
    }
}

/// One process of a stack, ordered by start order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Name {
    /// A member of the replica set, counted from 0.
    Mongo(usize),
    /// The name server that RabbitMQ's node registers with.
    Epmd,
    /// RabbitMQ.
    Rabbit,
    /// A replica of a service, counted from 0.
    Service(Service, usize),
    /// nginx.
    Gateway,
}

/// A string that names no process.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} names no process; names are mongo-0, epmd, rabbit, gateway, user-0, product-0, order-0, wallet-0"
)]
pub struct NoSuchName(String);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mongo(member) => write!(f, "mongo-{member}"),
            Self::Epmd => f.write_str("epmd"),
            Self::Rabbit => f.write_str("rabbit"),
            Self::Service(service, replica) => write!(f, "{}-{replica}", service.word()),
            Self::Gateway => f.write_str("gateway"),
        }
    }
}

impl FromStr for Name {
    type Err = NoSuchName;

    fn from_str(text: &str) -> Result<Self, NoSuchName> {
        let unknown = || NoSuchName(text.to_owned());
        let Some((word, number)) = text.rsplit_once('-') else {
            return match text {
                "epmd" => Ok(Self::Epmd),
                "rabbit" => Ok(Self::Rabbit),
                "gateway" => Ok(Self::Gateway),
                _ => Err(unknown()),
            };
        };
        let number = number.parse().map_err(|_| unknown())?;
        if word == "mongo" {
            return Ok(Self::Mongo(number));
        }
        let service = Service::ALL
            .into_iter()
            .find(|service| service.word() == word);
        service
            .map(|service| Self::Service(service, number))
            .ok_or_else(unknown)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.to_string()
    }
}

impl TryFrom<String> for Name {
    type Error = NoSuchName;

    fn try_from(text: String) -> Result<Self, NoSuchName> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_as_it_is_written() {
        let services = Service::ALL.map(|service| Name::Service(service, 3));
        let others = [Name::Mongo(2), Name::Epmd, Name::Rabbit, Name::Gateway];
        for name in services.into_iter().chain(others) {
            assert_eq!(name.to_string().parse(), Ok(name));
        }
        for wrong in ["", "mongo", "wallet", "wallet-x", "purse-0", "rabbit-0"] {
            assert!(wrong.parse::<Name>().is_err(), "{wrong}");
        }
    }
}
