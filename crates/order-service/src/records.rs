//! What use cases load and save: orders, as they are. Both engines keep one row or document each.

use kernel::OrderId;
use store::{Plain, Record, Register};

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

/// Lists the rows for an engine.
pub(crate) fn rows<R: Register>(records: R) -> R {
    records.row::<Order>()
}
