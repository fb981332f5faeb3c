//! A part of an order as clients see it.

use std::collections::BTreeMap;

use kernel::{
    FulfilmentId, LineId, Money, ProductId, Quantity, ShipmentId, Timestamp, UserId, VariantId,
};
use serde::Serialize;
use store::{StoreError, StoreResult};
use utoipa::ToSchema;

use super::case_json::{DisputeJson, ReturnJson};
use crate::app::Audience;
use crate::domain::{
    Fulfilment, FulfilmentStatus, Order, OrderLine, Shipment, ShippedLine, Timing,
};

/// Who sells a part of an order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SellerJson<'a> {
    /// The seller.
    pub(super) id: UserId,
    /// What they were called when it was ordered, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Grace Hopper")]
    pub(super) name: Option<&'a str>,
}

impl<'a> SellerJson<'a> {
    /// The seller of a part.
    pub(super) fn of(part: &'a Fulfilment) -> Self {
        Self {
            id: part.seller,
            name: part.seller_name.as_deref(),
        }
    }
}

/// A line of a part, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FulfilmentItem<'a> {
    /// The line.
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
    /// Its name at the time of the order.
    #[schema(example = "Desk lamp, brass")]
    name: &'a str,
    /// Unit price at the time of the order.
    unit_price: Money,
    /// How many were ordered.
    quantity: Quantity,
    /// `shipped`, or `none` for what needs no package.
    #[schema(example = "shipped")]
    delivery: &'static str,
    /// How many are in packages.
    shipped: u32,
    /// How many are cancelled.
    cancelled: u32,
    /// How many came back.
    returned: u32,
    /// How many are refunded as items, the cancelled ones included.
    refunded: u32,
    /// What is refunded of the line, refunds under way included.
    refunded_amount: Money,
    /// Unit price times quantity.
    line_total: Money,
}

/// A part of an order: what one seller ships and is paid for.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Fulfilment)]
pub(crate) struct FulfilmentJson<'a> {
    /// Its id.
    id: FulfilmentId,
    /// Who sells it.
    seller: SellerJson<'a>,
    /// Where it is.
    status: FulfilmentStatus,
    /// Rises with every change of it. Moves take it in `If-Match`.
    #[schema(example = 1, minimum = 1)]
    version: i64,
    /// Its lines.
    items: Vec<FulfilmentItem<'a>>,
    /// Sum of its lines.
    subtotal: Money,
    /// What its shipping costs.
    shipping: Money,
    /// What is refunded of it, refunds under way included.
    refunded: Money,
    /// What the platform takes of it, less what refunds gave back. Sellers and operators see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    commission: Option<Money>,
    /// Its packages, the oldest first.
    shipments: Vec<ShipmentJson<'a>>,
    /// What the buyer sends back, the oldest first.
    returns: Vec<ReturnJson<'a>>,
    /// What an operator has decided or has to decide, the oldest first.
    disputes: Vec<DisputeJson<'a>>,
    /// When what is not shipped by then is cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    ship_by: Option<Timestamp>,
    /// When its seller is paid, once the buyer has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    release_at: Option<Timestamp>,
}

impl<'a> FulfilmentJson<'a> {
    /// A part of `order`.
    ///
    /// # Errors
    /// Corrupt if the total of a line overflows.
    pub(super) fn of(
        order: &'a Order,
        part: &'a Fulfilment,
        audience: Audience,
        timing: &Timing,
    ) -> StoreResult<Self> {
        let money = |amount| Money::new(amount, order.total.currency);
        let items = order.lines_of(part).map(|(line, touched)| {
            Ok(FulfilmentItem {
                line_id: line.id,
                product_id: line.product,
                variant_id: line.variant,
                options: &line.options,
                name: &line.name,
                unit_price: line.unit_price,
                quantity: line.quantity,
                delivery: line.delivery.as_str(),
                shipped: touched.shipped,
                cancelled: touched.cancelled,
                returned: touched.returned,
                refunded: touched.refunded,
                refunded_amount: money(touched.refunded_amount),
                line_total: total_of_line(order, line)?,
            })
        });
        let overflow = || StoreError::Corrupt(format!("the lines of order {} overflow", order.id));
        Ok(Self {
            id: part.id,
            seller: SellerJson::of(part),
            status: part.status,
            version: part.version,
            items: items.collect::<StoreResult<_>>()?,
            subtotal: order.subtotal(part).ok_or_else(overflow)?,
            shipping: money(0),
            refunded: money(part.refunded()),
            commission: audience.sees_commission().then(|| money(part.commission())),
            shipments: part.shipments.iter().map(ShipmentJson::from).collect(),
            returns: part
                .returns
                .iter()
                .map(|back| ReturnJson::of(order, back))
                .collect::<StoreResult<_>>()?,
            disputes: part
                .disputes
                .iter()
                .map(|dispute| DisputeJson::of(order, dispute))
                .collect(),
            ship_by: part
                .ship_by
                .filter(|_| part.status == FulfilmentStatus::Open),
            release_at: order.release_at(part, timing),
        })
    }
}

/// Items of a line in a package.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ShipmentItem {
    /// The line.
    line_id: LineId,
    /// How many.
    quantity: Quantity,
}

impl From<&ShippedLine> for ShipmentItem {
    fn from(line: &ShippedLine) -> Self {
        Self {
            line_id: line.line,
            quantity: line.quantity,
        }
    }
}

/// A package.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Shipment)]
pub(crate) struct ShipmentJson<'a> {
    /// Its id.
    id: ShipmentId,
    /// What is in it.
    items: Vec<ShipmentItem>,
    /// Who carries it.
    #[schema(example = "UPS")]
    carrier: &'a str,
    /// The carrier's number for it.
    #[schema(example = "1Z999AA10123456784")]
    tracking_number: &'a str,
    /// Where it can be followed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        nullable = false,
        format = "uri",
        example = "https://example.com/track/1Z999AA10123456784"
    )]
    tracking_url: Option<&'a str>,
    /// When the seller shipped it.
    shipped_at: Timestamp,
    /// When it arrived, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    delivered_at: Option<Timestamp>,
}

impl<'a> From<&'a Shipment> for ShipmentJson<'a> {
    fn from(package: &'a Shipment) -> Self {
        Self {
            id: package.id,
            items: package.lines.iter().map(ShipmentItem::from).collect(),
            carrier: &package.parcel.carrier,
            tracking_number: &package.parcel.tracking_number,
            tracking_url: package.parcel.tracking_url.as_deref(),
            shipped_at: package.shipped_at,
            delivered_at: package.delivered_at,
        }
    }
}

/// The total of a line. Corrupt if it overflows: the reservation has ruled that out, so the stored order is damaged.
pub(super) fn total_of_line(order: &Order, line: &OrderLine) -> StoreResult<Money> {
    let overflow = || {
        StoreError::Corrupt(format!(
            "the total of a line of order {} overflows",
            order.id
        ))
    };
    line.total().ok_or_else(overflow)
}

#[cfg(test)]
mod tests {
    use kernel::SystemIds;

    use super::*;
    use crate::testing::{TIMING, lines_of, new_order};

    #[test]
    fn a_part_shows_its_commission_to_its_seller_and_to_operators_and_not_to_the_buyer() {
        let ids = SystemIds::default();
        let seller = UserId::new(&ids);
        let new = new_order(&ids, UserId::new(&ids), lines_of(&ids, &[seller]));
        let mut order = Order::place(new, Timestamp::from_millis(0), &TIMING);
        let line = &mut order.fulfilments[0].lines[0];
        (line.commission, line.reversed) = (140, 40);
        let shown = |audience| {
            let part = FulfilmentJson::of(&order, &order.fulfilments[0], audience, &TIMING);
            serde_json::to_value(part.unwrap()).unwrap()
        };
        for audience in [Audience::Seller(seller), Audience::Operator] {
            assert_eq!(shown(audience)["commission"]["amount"], 100, "{audience:?}");
        }
        assert_eq!(shown(Audience::Buyer).get("commission"), None);
    }
}
