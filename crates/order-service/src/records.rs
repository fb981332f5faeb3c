//! What use cases load and save: orders, as they are. Both engines keep one row or document each.

use kernel::OrderId;
use serde::Serialize;
use store::{Record, Row, StoreResult};

use crate::domain::Order;

impl Record for Order {
    const NAME: &'static str = "order";
    type Key = OrderId;

    fn key(&self) -> OrderId {
        self.id
    }
}

impl Row for Order {
    const TABLE: &'static str = "orders";

    type Id = OrderId;
    type Fields = Self;

    fn id(order: &OrderId) -> OrderId {
        *order
    }

    fn fields(&self) -> impl Serialize {
        self
    }

    fn from_fields(order: Self) -> StoreResult<Self> {
        Ok(order)
    }
}
