//! How the user service asks the order and the wallet service what a user has still to settle. The services use this type, in one process
//! and over HTTP.
//!
//! `GET` [`path`] on a service's internal port answers 200 with [`Dealings`], of which it fills in its own part. As with messages, fields
//! are only added and readers ignore unknown fields.

use kernel::{Money, OrderId, UserId};
use serde::{Deserialize, Serialize};

/// The pattern of the path of the endpoint.
pub const PATH: &str = "/internal/users/{id}/dealings";

/// The path of the endpoint for `user`.
#[must_use]
pub fn path(user: UserId) -> String {
    PATH.replace("{id}", &user.to_string())
}

/// What a user has still to settle.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Dealings {
    /// Orders of theirs that are not over, at most [`Dealings::MOST`].
    pub orders: Vec<OrderId>,
    /// Orders in which they have a sale that is not over, at most [`Dealings::MOST`].
    pub sales: Vec<OrderId>,
    /// What they have, earn or owe, one amount a currency and kind. A debt is negative.
    pub balances: Vec<Money>,
}

impl Dealings {
    /// Most orders that are named.
    pub const MOST: usize = 10;

    /// Whether nothing is left to settle.
    #[must_use]
    pub fn are_none(&self) -> bool {
        self.orders.is_empty() && self.sales.is_empty() && self.balances.is_empty()
    }

    /// Both together.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.orders.extend(other.orders);
        self.sales.extend(other.sales);
        self.balances.extend(other.balances);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::SystemIds;

    #[test]
    fn a_reader_takes_what_it_knows() {
        let order = OrderId::new(&SystemIds::default());
        let json = format!(r#"{{"orders": ["{order}"], "somethingNew": 1}}"#);
        let read: Dealings = serde_json::from_str(&json).unwrap();
        assert_eq!(read.orders, [order]);
        assert!(!read.are_none());
        assert!(Dealings::default().and(Dealings::default()).are_none());
    }
}
