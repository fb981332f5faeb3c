//! An order as clients see it.

use std::collections::BTreeMap;

use kernel::{
    Cursor, LineId, Money, OrderId, Page, PostalAddress, ProductId, Quantity, Timestamp, UserId,
    VariantId,
};
use platform_http::MetadataJson;
use serde::Serialize;
use store::StoreResult;
use utoipa::ToSchema;

use super::fulfilment_json::{FulfilmentJson, SellerJson, total_of_line};
use crate::app::Audience;
use crate::domain::{
    FulfilmentsStatus, Order, OrderLine, OrderState, PaymentStatus, Reason, Timing,
};

/// One line of an order.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrderItem<'a> {
    /// The line's id.
    line_id: LineId,
    /// The product.
    product_id: ProductId,
    /// The variant, unless it is the product's default one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    variant_id: Option<VariantId>,
    /// The variant's options at the time of the order, by name, if it has any.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false, example = json!({"Colour": "Brass"}))]
    options: &'a BTreeMap<String, String>,
    /// The seller.
    seller_id: UserId,
    /// Who that was at the time of the order.
    seller: SellerJson<'a>,
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

/// An order. A seller sees their own lines and their own part only, and the total of those.
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
    /// Its parts: one for each seller.
    fulfilments: Vec<FulfilmentJson<'a>>,
    /// How far its parts are together.
    fulfilment_status: FulfilmentsStatus,
    /// What became of what the buyer paid.
    payment_status: PaymentStatus,
    /// Where it is shipped to, if anything in it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    shipping_address: Option<&'a PostalAddress>,
    /// What the buyer said with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 2000)]
    note: Option<&'a str>,
    /// What the buyer keeps with it. The buyer and operators see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    metadata: Option<MetadataJson>,
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

impl<'a> OrderJson<'a> {
    /// The order, which is cut down for `audience` already.
    ///
    /// # Errors
    /// Corrupt if the total of a line overflows.
    pub(super) fn of(order: &'a Order, audience: Audience, timing: &Timing) -> StoreResult<Self> {
        let name_of = |seller| {
            let part = order.fulfilments.iter().find(|part| part.seller == seller);
            part.and_then(|part| part.seller_name.as_deref())
        };
        let item = |line: &'a OrderLine| {
            Ok(OrderItem {
                seller: SellerJson {
                    id: line.seller,
                    name: name_of(line.seller),
                },
                line_id: line.id,
                product_id: line.product,
                variant_id: line.variant,
                options: &line.options,
                seller_id: line.seller,
                name: &line.name,
                unit_price: line.unit_price,
                quantity: line.quantity,
                line_total: total_of_line(order, line)?,
            })
        };
        let part = |part| FulfilmentJson::of(order, part, audience, timing);
        Ok(Self {
            id: order.id,
            buyer_id: order.buyer,
            status: order.state,
            items: order.lines.iter().map(item).collect::<StoreResult<_>>()?,
            total: order.total,
            fulfilments: order
                .fulfilments
                .iter()
                .map(part)
                .collect::<StoreResult<_>>()?,
            fulfilment_status: order.fulfilments_status(),
            payment_status: order.payment_status(),
            shipping_address: order.address.as_ref(),
            note: order.note.as_deref(),
            metadata: order
                .metadata
                .clone()
                .filter(|_| audience.sees_metadata())
                .map(MetadataJson::from),
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

impl<'a> OrderPage<'a> {
    /// The page, for an audience that sees all of each order.
    ///
    /// # Errors
    /// As [`OrderJson::of`].
    pub(super) fn of(
        page: &'a Page<Order>,
        audience: Audience,
        timing: &Timing,
    ) -> StoreResult<Self> {
        let order = |order| OrderJson::of(order, audience, timing);
        let items: StoreResult<_> = page.items.iter().map(order).collect();
        Ok(Self {
            items: items?,
            next_cursor: page.next_cursor.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use kernel::{Currency, SystemIds};
    use store::StoreError;

    use super::*;
    use crate::testing::{TIMING, lines_of, new_order};

    #[test]
    fn a_line_whose_total_overflows_is_an_error_and_no_other_amount_stands_in_for_it() {
        let ids = SystemIds::default();
        let mut lines = lines_of(&ids, &[UserId::new(&ids)]);
        lines[0].unit_price = Money::new(i64::MAX, Currency::USD);
        let new = new_order(&ids, UserId::new(&ids), lines);
        let order = Order::place(new, Timestamp::from_millis(0), &TIMING);
        let shown = OrderJson::of(&order, Audience::Buyer, &TIMING);
        assert!(matches!(shown, Err(StoreError::Corrupt(_))));
    }

    #[test]
    fn an_order_shows_its_address_and_note_and_its_debug_output_does_not_show_the_address() {
        let ids = SystemIds::default();
        let lines = lines_of(&ids, &[UserId::new(&ids)]);
        let mut new = new_order(&ids, UserId::new(&ids), lines);
        new.note = Some("Ring twice".to_owned());
        let order = Order::place(new, Timestamp::from_millis(0), &TIMING);
        let json = OrderJson::of(&order, Audience::Buyer, &TIMING).unwrap();
        for printed in [format!("{json:?}"), format!("{order:?}")] {
            assert!(!printed.contains("Square"), "{printed}");
        }
        let json = serde_json::to_value(&json).unwrap();
        assert_eq!(json["shippingAddress"]["line1"], "12 St James's Square");
        assert_eq!(json["note"], "Ring twice");
        let words = (&json["fulfilmentStatus"], &json["paymentStatus"]);
        assert_eq!(words, (&"unfulfilled".into(), &"unpaid".into()));
    }
}
