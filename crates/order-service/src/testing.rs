//! What unit tests of all layers need: orders to work on.

use std::collections::BTreeMap;

use std::time::Duration;

use contracts::reservations::Delivery;
use kernel::{
    Currency, FulfilmentId, LineId, Money, OrderId, PostalAddress, ProductId, Quantity, SystemIds,
    UserId,
};

use crate::domain::{NewOrder, OrderLine, SellerThen, Timing, fulfilments_of};

const DAY: u64 = 24 * 60 * 60;

/// The defaults.
pub(crate) const TIMING: Timing = Timing {
    payment_deadline: Duration::from_secs(120),
    resend_after: Duration::from_secs(10),
    review_after: Duration::from_secs(900),
    release_after: Duration::from_secs(DAY),
    ship_within: Duration::from_secs(14 * DAY),
    deliver_after: Duration::from_secs(14 * DAY),
    return_window: Duration::from_secs(14 * DAY),
    return_expires: Duration::from_secs(14 * DAY),
    dispute_window: Duration::from_secs(3 * DAY),
    buyer_may_cancel: true,
};

/// A line of each of `sellers`: 2 lamps at 7.00 that are shipped.
pub(crate) fn lines_of(ids: &SystemIds, sellers: &[UserId]) -> Vec<OrderLine> {
    let line = |seller: &UserId| OrderLine {
        id: LineId::new(ids),
        product: ProductId::new(ids),
        variant: None,
        options: BTreeMap::new(),
        seller: *seller,
        name: "Lamp".to_owned(),
        category: "Light".to_owned(),
        delivery: Delivery::Shipped,
        unit_price: Money::new(700, Currency::USD),
        quantity: Quantity::new(2).unwrap(),
    };
    sellers.iter().map(line).collect()
}

/// An order of `lines` to be placed, with an address.
pub(crate) fn new_order(ids: &SystemIds, buyer: UserId, lines: Vec<OrderLine>) -> NewOrder {
    let address = r#"{"name": "Ada Lovelace", "line1": "12 St James's Square", "city": "London", "postalCode": "SW1Y 4JH", "country": "GB"}"#;
    let address: PostalAddress = serde_json::from_str(address).unwrap();
    let total = lines.iter().filter_map(OrderLine::total);
    let total = total.map(|total| total.amount).fold(0, i64::saturating_add);
    NewOrder {
        id: OrderId::new(ids),
        buyer,
        buyer_name: Some("Ada".to_owned()),
        fulfilments: fulfilments_of(
            &lines,
            |_| SellerThen {
                name: Some("Sam".to_owned()),
                ..SellerThen::default()
            },
            || FulfilmentId::new(ids),
        ),
        lines,
        total: Money::new(total, Currency::USD),
        address: Some(address),
        note: None,
        metadata: None,
        request: None,
    }
}
