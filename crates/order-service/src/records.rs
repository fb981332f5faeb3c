//! What use cases load and save: orders, as they are. Both engines keep one row or document each.

use kernel::OrderId;
use store::{Plain, Record};

use crate::domain::Order;

impl Record for Order {
    const NAME: &'static str = "order";
    type Key = OrderId;

    fn key(&self) -> OrderId {
        self.id
    }
}

impl Plain for Order {
    const TABLE: &'static str = "orders";
}
