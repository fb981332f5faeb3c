//! An order as clients see it.

use kernel::{Money, OrderId, ProductId, Quantity, Timestamp, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::Order;

/// One line of an order.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrderItem<'a> {
    /// The product.
    product_id: ProductId,
    /// Who sells it.
    seller_id: UserId,
    /// Its name when it was ordered.
    #[schema(example = "Desk lamp, brass")]
    name: &'a str,
    /// Price of one, when it was ordered.
    unit_price: Money,
    /// How many.
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
    /// Who buys.
    buyer_id: UserId,
    /// `pending`, `paid`, `declined`, `cancelling`, `cancelled`, `refunding` or `refunded`.
    #[schema(example = "paid")]
    status: &'static str,
    /// What was ordered.
    items: Vec<OrderItem<'a>>,
    /// Sum of the lines.
    total: Money,
    /// Why it is not paid, once it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "insufficient_funds")]
    reason: Option<&'static str>,
    /// When it was made.
    created_at: Timestamp,
    /// When it last changed.
    updated_at: Timestamp,
    /// Rises with every change.
    #[schema(example = 2)]
    version: i64,
}

impl<'a> From<&'a Order> for OrderJson<'a> {
    fn from(order: &'a Order) -> Self {
        let items = order
            .lines
            .iter()
            .map(|line| OrderItem {
                product_id: line.product,
                seller_id: line.seller,
                name: &line.name,
                unit_price: line.unit_price,
                quantity: line.quantity,
                // The reservation has ruled out that a line overflows.
                line_total: line.total().unwrap_or(line.unit_price),
            })
            .collect();
        Self {
            id: order.id,
            buyer_id: order.buyer,
            status: order.state.as_str(),
            items,
            total: order.total,
            reason: order.reason.map(crate::domain::Reason::as_str),
            created_at: order.created_at,
            updated_at: order.updated_at,
            version: order.version,
        }
    }
}

/// A page of orders.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrderPage<'a> {
    /// The orders.
    pub(crate) items: Vec<OrderJson<'a>>,
    /// Give it as `cursor` to get the next page; null on the last one.
    #[schema(required = true)]
    pub(crate) next_cursor: Option<String>,
}

impl<'a> From<&'a kernel::Page<Order>> for OrderPage<'a> {
    fn from(page: &'a kernel::Page<Order>) -> Self {
        Self {
            items: page.items.iter().map(OrderJson::from).collect(),
            next_cursor: page
                .next_cursor
                .as_ref()
                .map(|cursor| cursor.as_str().to_owned()),
        }
    }
}
