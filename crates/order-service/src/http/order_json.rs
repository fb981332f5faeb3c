//! An order as clients see it.

use kernel::{Cursor, Money, OrderId, Page, ProductId, Quantity, Timestamp, UserId};
use serde::Serialize;
use store::{StoreError, StoreResult};
use utoipa::ToSchema;

use crate::domain::{Order, OrderLine, OrderState, Reason};

/// One line of an order.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrderItem<'a> {
    /// The product.
    product_id: ProductId,
    /// The seller.
    seller_id: UserId,
    /// Its name at the time of the order.
    #[schema(example = "Desk lamp, brass")]
    name: &'a str,
    /// Unit price at the time of the order.
    unit_price: Money,
    /// The quantity.
    quantity: Quantity,
    /// Unit price times quantity.
    line_total: Money,
}

/// An order. A seller sees their own lines only, and the total of those.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Order)]
pub(crate) struct OrderJson<'a> {
    /// The order's id.
    id: OrderId,
    /// The buyer.
    buyer_id: UserId,
    /// Where it is in its saga.
    status: OrderState,
    /// The ordered products.
    items: Vec<OrderItem<'a>>,
    /// Sum of the lines.
    total: Money,
    /// Why it is not paid, once known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reason: Option<Reason>,
    /// Time of creation.
    created_at: Timestamp,
    /// Time of the last change.
    updated_at: Timestamp,
    /// Rises with every change.
    #[schema(example = 2, minimum = 1)]
    version: i64,
}

/// Corrupt if the total of a line overflows. The reservation has ruled that out, so the stored order is damaged.
impl<'a> TryFrom<&'a Order> for OrderJson<'a> {
    type Error = StoreError;

    fn try_from(order: &'a Order) -> StoreResult<Self> {
        let overflow = || {
            StoreError::Corrupt(format!(
                "the total of a line of order {} overflows",
                order.id
            ))
        };
        let item = |line: &'a OrderLine| {
            Ok(OrderItem {
                product_id: line.product,
                seller_id: line.seller,
                name: &line.name,
                unit_price: line.unit_price,
                quantity: line.quantity,
                line_total: line.total().ok_or_else(overflow)?,
            })
        };
        Ok(Self {
            id: order.id,
            buyer_id: order.buyer,
            status: order.state,
            items: order.lines.iter().map(item).collect::<StoreResult<_>>()?,
            total: order.total,
            reason: order.reason,
            created_at: order.created_at,
            updated_at: order.updated_at,
            version: order.version,
        })
    }
}

/// A page of orders.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrderPage<'a> {
    /// The orders.
    pub(crate) items: Vec<OrderJson<'a>>,
    /// Send it as `cursor` to get the next page; null on the last page.
    #[schema(value_type = Option<String>, required = true)]
    pub(crate) next_cursor: Option<Cursor>,
}

impl<'a> TryFrom<&'a Page<Order>> for OrderPage<'a> {
    type Error = StoreError;

    fn try_from(page: &'a Page<Order>) -> StoreResult<Self> {
        let items: StoreResult<_> = page.items.iter().map(OrderJson::try_from).collect();
        Ok(Self {
            items: items?,
            next_cursor: page.next_cursor.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use kernel::{Currency, SystemIds};

    use super::*;
    use crate::domain::Timing;

    #[test]
    fn a_line_whose_total_overflows_is_an_error_and_no_other_amount_stands_in_for_it() {
        let ids = SystemIds::default();
        let line = OrderLine {
            product: ProductId::new(&ids),
            seller: UserId::new(&ids),
            name: "Lamp".to_owned(),
            unit_price: Money::new(i64::MAX, Currency::USD),
            quantity: Quantity::new(2).unwrap(),
        };
        let order = Order::place(
            OrderId::new(&ids),
            UserId::new(&ids),
            vec![line],
            Money::new(1, Currency::USD),
            None,
            Timestamp::from_millis(0),
            &Timing {
                payment_deadline: Duration::ZERO,
                resend_after: Duration::ZERO,
                review_after: Duration::ZERO,
                release_after: Duration::ZERO,
            },
        );
        assert!(matches!(
            OrderJson::try_from(&order),
            Err(StoreError::Corrupt(_))
        ));
    }
}
