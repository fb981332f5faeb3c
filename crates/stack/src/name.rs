//! The names of a stack's processes: `mongo-0`, `epmd`, `rabbit`, `gateway`, `wallet-1`.

use std::fmt;

/// One of the four services, or the console, which runs as they do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Accounts, sessions, keys.
    User,
    /// Catalogue and stock.
    Product,
    /// Orders and their saga.
    Order,
    /// Balances and the journal.
    Wallet,
    /// The pages.
    Console,
}

impl Service {
    /// All five.
    pub const ALL: [Self; 5] = [
        Self::User,
        Self::Product,
        Self::Order,
        Self::Wallet,
        Self::Console,
    ];

    /// The name of its binary.
    #[must_use]
    pub fn binary(self) -> &'static str {
        match self {
            Self::User => "user-service",
            Self::Product => "product-service",
            Self::Order => "order-service",
            Self::Wallet => "wallet-service",
            Self::Console => "console-service",
        }
    }

    /// The word used in the names of its processes.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.binary().trim_end_matches("-service")
    }

    /// The name of its upstream in the gateway's configuration.
    #[must_use]
    pub fn upstream(self) -> &'static str {
        match self {
            Self::User => "users",
            Self::Product => "products",
            Self::Order => "orders",
            Self::Wallet => "wallet",
            Self::Console => "console",
        }
    }
}

/// One process of a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
