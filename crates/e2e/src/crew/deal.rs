//! An order of a client, and what the client was answered about it.

use serde_json::Value;

use crate::trade::{Part, amount};

/// Refusals of a move that comes too late, or too early. They say that nothing was done.
pub(super) const NOT_NOW: [&str; 3] = ["move_not_allowed", "refund_exceeds", "order_not_ready"];

/// An order that was accepted.
#[derive(Debug, Clone)]
pub(super) struct Deal {
    pub(super) part: Part,
    pub(super) is_shipped: bool,
    total: i64,
    /// What refunds were answered to give back.
    refunded: i64,
    is_cancelled: bool,
    pub(super) package: Option<String>,
}

impl Deal {
    pub(super) fn of(order: &Value, part: Part, is_shipped: bool) -> Self {
        Self {
            part,
            is_shipped,
            total: amount(&order["total"]),
            refunded: 0,
            is_cancelled: false,
            package: None,
        }
    }

    pub(super) fn note_refund(&mut self, refund: &Value) {
        self.refunded += amount(&refund["amount"]);
    }

    pub(super) fn note_cancellation(&mut self) {
        self.is_cancelled = true;
    }

    /// What the buyer must have got back in the end. All of an order is cancelled at once.
    fn given_back(&self) -> i64 {
        if self.is_cancelled {
            self.total
        } else {
            self.refunded
        }
    }

    /// Checks the order, as it is in the end, against the answers. `exactly`, unless others went on with it.
    pub(super) fn check(&self, order: &Value, exactly: bool) {
        let part = self.part.within(order);
        let (refunded, expected) = (amount(&part["refunded"]), self.given_back());
        let fits = if exactly {
            refunded == expected
        } else {
            refunded >= expected
        };
        assert!(
            fits,
            "{expected} were said to be refunded, not {refunded}: {order}"
        );
        let cancelled: i64 = column(part, "cancelled");
        assert!(
            cancelled == 0 || self.is_cancelled || !exactly,
            "nobody cancelled {order}"
        );
        let shipped = column(part, "shipped");
        assert!(
            self.package.is_none() || shipped > 0,
            "its package is gone: {order}"
        );
        assert!(shipped == 0 || cancelled == 0, "both: {order}");
    }
}

/// Sums a count over the items of a part.
fn column(part: &Value, name: &str) -> i64 {
    let items = part["items"].as_array().expect("items").iter();
    items
        .map(|item| item[name].as_i64().expect("a count"))
        .sum()
}

/// What of an order was sold and is not cancelled: product and quantity.
pub(super) fn sold(order: &Value) -> Vec<(String, i64)> {
    let parts = order["fulfilments"].as_array().expect("parts").iter();
    let items = parts.flat_map(|part| part["items"].as_array().expect("items"));
    items
        .map(|item| {
            let count = |name: &str| item[name].as_i64().expect("a count");
            let product = item["productId"].as_str().expect("a text").to_owned();
            (product, count("quantity") - count("cancelled"))
        })
        .collect()
}

/// What an order has cost its buyer so far: nothing, if it is not paid.
pub(super) fn spent(order: &Value) -> i64 {
    if !is_paid(order) {
        return 0;
    }
    let parts = order["fulfilments"].as_array().expect("parts").iter();
    let refunded: i64 = parts.map(|part| amount(&part["refunded"])).sum();
    amount(&order["total"]) - refunded
}

/// Whether it was paid, whatever was refunded since.
pub(super) fn is_paid(order: &Value) -> bool {
    ["paid", "refunding", "refunded"].contains(&order["status"].as_str().expect("a text"))
}
