//! News of orders that templates are tried with: one with all that a mail may say, one with no more than it must.

use kernel::{Currency, Money, OrderId, Timestamp};
use uuid::Uuid;

use crate::domain::{OrderNews, OrderedItem};

/// The order is that of no one.
fn order() -> OrderId {
    OrderId::from_uuid(Uuid::nil())
}

/// To a seller, with all that there may be.
pub(super) fn full() -> OrderNews {
    let item = |name: &str, quantity| OrderedItem {
        name: name.to_owned(),
        quantity,
    };
    OrderNews {
        order: order(),
        as_seller: true,
        items: vec![item("Lamp", 2), item("Shade", 1)],
        amount: Some(Money::new(129_900, Currency::USD)),
        until: Some(Timestamp::from_millis(1_772_000_000_000)),
        carrier: "DHL".to_owned(),
        tracking_number: "JD014600003".to_owned(),
    }
}

/// To a buyer, with no more than there must be.
pub(super) fn bare() -> OrderNews {
    OrderNews {
        order: order(),
        as_seller: false,
        items: Vec::new(),
        amount: None,
        until: None,
        carrier: String::new(),
        tracking_number: String::new(),
    }
}
