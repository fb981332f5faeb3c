//! The order service's refusals.

use contracts::reservations::{Article, CurrentPrice, Refusal, Shortage};
use kernel::{Invalid, Money, ProductId, VariantId};
use platform_http::{BrokenRules, FieldError, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use super::order_json::OrderJson;
use crate::app::CreateRefusal;
use crate::domain::MoveName;
use crate::reservations::ReservationRefusal;

platform_http::problems! {
    pub PROBLEMS:
    INSUFFICIENT_FUNDS "insufficient_funds" 402 "The wallet holds too little" (UnpaidOrder<'static>)
    PAYMENT_DECLINED "payment_declined" 402 "The wallet declined the payment" (UnpaidOrder<'static>)
    ORDER_NOT_FOUND "order_not_found" 404 "There is no such order"
    FULFILMENT_NOT_FOUND "fulfilment_not_found" 404 "The order has no such part"
    SHIPMENT_NOT_FOUND "shipment_not_found" 404 "The part has no such package"
    RETURN_NOT_FOUND "return_not_found" 404 "The order has no such return"
    DISPUTE_NOT_FOUND "dispute_not_found" 404 "The order has no such dispute"
    OUT_OF_STOCK "out_of_stock" 409 "There is not enough stock" (ShortLines)
    PRICE_CHANGED "price_changed" 409 "A price is not the one that you agreed to" (ChangedPrices)
    SELLER_SUSPENDED "seller_suspended" 409 "The seller sells nothing at the moment" (SuspendedLines)
    ORDER_CANCELLED "order_cancelled" 409 "The order was not paid in time and is cancelled" (UnpaidOrder<'static>)
    NOT_POSSIBLE_NOW "not_possible_in_this_state" 409 "The order's state does not allow this"
    MOVE_NOT_ALLOWED "move_not_allowed" 409 "This cannot be done now" (NotAllowedNow)
    REFUND_EXCEEDS "refund_exceeds" 409 "Less than that is left to refund" (RefundLeft)
    ORDER_NOT_READY "order_not_ready" 409 "The order is not ready for this yet"
    LIMIT_REACHED "limit_reached" 409 "There can be no more of this"
    UNKNOWN_PRODUCT "unknown_product" 422 "There is no such product" (BrokenRules)
    UNKNOWN_VARIANT "unknown_variant" 422 "The product has no such variant" (BrokenRules)
    OWN_PRODUCT "own_product" 422 "Nobody can buy their own product" (BrokenRules)
    MIXED_CURRENCIES "mixed_currencies" 422 "An order is in one currency"
    TOTAL_TOO_LARGE "total_too_large" 422 "The total is more than an amount can be"
}

/// 404 for an order that is not there, or not for the caller's eyes.
pub(super) fn order_not_found() -> Problem {
    Problem::new(
        &ORDER_NOT_FOUND,
        "There is no order with this id that you may see.",
    )
}

/// The order that was not paid.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"order": {"id": "0199f3a0-6b1c-7c3e-9d52-6f0c1a2b3c4d", "buyerId": "0199f3a0-4a11-7b2d-8c41-5e9b0d1c2f3a",
    "status": "declined", "items": [{"lineId": "0199f3a0-7b1c-7c3e-9d52-6f0c1a2b3c4d", "productId": "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d",
    "sellerId": "0199f3a0-4b11-7b2d-8c41-5e9b0d1c2f3a", "seller": {"id": "0199f3a0-4b11-7b2d-8c41-5e9b0d1c2f3a", "name": "Grace Hopper"},
    "name": "Desk lamp", "unitPrice": {"amount": 1299, "currency": "USD"},
    "quantity": 2, "lineTotal": {"amount": 2598, "currency": "USD"}}], "total": {"amount": 2598, "currency": "USD"},
    "fulfilments": [{"id": "0199f3a0-8b1c-7c3e-9d52-6f0c1a2b3c4d", "seller": {"id": "0199f3a0-4b11-7b2d-8c41-5e9b0d1c2f3a", "name": "Grace Hopper"},
    "status": "open", "version": 1, "items": [{"lineId": "0199f3a0-7b1c-7c3e-9d52-6f0c1a2b3c4d", "productId": "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d",
    "name": "Desk lamp", "unitPrice": {"amount": 1299, "currency": "USD"}, "quantity": 2, "delivery": "shipped", "shipped": 0, "cancelled": 0, "returned": 0,
    "refunded": 0, "refundedAmount": {"amount": 0, "currency": "USD"}, "lineTotal": {"amount": 2598, "currency": "USD"}}],
    "subtotal": {"amount": 2598, "currency": "USD"}, "shipping": {"amount": 0, "currency": "USD"},
    "refunded": {"amount": 0, "currency": "USD"}, "shipments": [], "returns": [], "disputes": []}], "fulfilmentStatus": "cancelled", "paymentStatus": "unpaid",
    "reason": "insufficient_funds", "createdAt": "2026-01-31T12:00:00.000Z", "updatedAt": "2026-01-31T12:00:00.000Z", "version": 2}}))]
pub(super) struct UnpaidOrder<'a> {
    /// The order.
    pub(super) order: OrderJson<'a>,
}

/// What the caller may do now.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"allowed": ["refund"]}))]
pub(super) struct NotAllowedNow {
    /// Each move.
    pub(super) allowed: Vec<MoveName>,
}

/// What is left to refund.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"left": {"amount": 1299, "currency": "USD"}}))]
pub(super) struct RefundLeft {
    /// Of the part.
    pub(super) left: Money,
}

/// The lines that there is not enough stock for.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"lines": [{"productId": "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d", "requested": 2, "available": 1}]}))]
struct ShortLines {
    /// Each of them.
    lines: Vec<ShortLine>,
}

/// A line that there is not enough stock for.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ShortLine {
    /// The product.
    product_id: ProductId,
    /// The variant, unless it is the default one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    variant_id: Option<VariantId>,
    /// The quantity that was asked for.
    #[schema(minimum = 1)]
    requested: i64,
    /// The quantity that can be ordered now.
    #[schema(minimum = 0)]
    available: i64,
}

impl From<&Shortage> for ShortLine {
    fn from(short: &Shortage) -> Self {
        Self {
            product_id: short.product,
            variant_id: short.variant,
            requested: short.requested,
            available: short.available,
        }
    }
}

/// The products of suspended sellers.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"lines": [{"productId": "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d"}]}))]
struct SuspendedLines {
    /// Each of them.
    lines: Vec<SuspendedLine>,
}

/// A product of a suspended seller.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SuspendedLine {
    /// The product.
    product_id: ProductId,
}

impl From<ProductId> for SuspendedLine {
    fn from(product_id: ProductId) -> Self {
        Self { product_id }
    }
}

/// What the products cost that are not on the terms that the buyer agreed to.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"lines": [{"productId": "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d",
    "unitPrice": {"amount": 1399, "currency": "USD"}, "version": 4}], "total": {"amount": 2798, "currency": "USD"}}))]
struct ChangedPrices {
    /// Each of them.
    lines: Vec<ChangedLine>,
    /// The order's total now, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    total: Option<Money>,
}

/// A product that is not on the terms that the buyer agreed to.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ChangedLine {
    /// The product.
    product_id: ProductId,
    /// The variant, unless it is the default one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    variant_id: Option<VariantId>,
    /// What one costs now.
    unit_price: Money,
    /// Its version now.
    #[schema(minimum = 1)]
    version: i64,
}

impl From<&CurrentPrice> for ChangedLine {
    fn from(current: &CurrentPrice) -> Self {
        Self {
            product_id: current.product,
            variant_id: current.variant,
            unit_price: current.unit_price,
            version: current.version,
        }
    }
}

/// Where in a request each article stands.
pub(super) type Places = Vec<(Article, String)>;

/// A refusal of the product service. `places` tells where its articles stand in the request.
pub(super) fn reservation_problem(refusal: &ReservationRefusal, places: &Places) -> Problem {
    let faults =
        |is_meant: &dyn Fn(&Article) -> bool, field: &str, code: &'static str, detail: &str| {
            let places = places.iter().filter(|(article, _)| is_meant(article));
            let errors = places.map(|(_, line)| FieldError {
                pointer: format!("{line}/{field}"),
                code,
                detail: detail.to_owned(),
            });
            BrokenRules {
                errors: errors.collect(),
            }
        };
    let of_products = |products: &[ProductId], code: &'static str, detail: &str| {
        let is_meant = |article: &Article| products.contains(&article.product);
        faults(&is_meant, "productId", code, detail)
    };
    let refused = match refusal {
        ReservationRefusal::Refused(refused) => refused,
        ReservationRefusal::Unavailable(cause) => return Problem::unavailable(cause),
        ReservationRefusal::Failed(cause) => return Problem::internal(cause),
    };
    match refused {
        Refusal::OutOfStock(lines) => {
            let lines = lines.iter().map(ShortLine::from).collect();
            let detail = "Order less, or come back later.";
            Problem::new(&OUT_OF_STOCK, detail).with(&ShortLines { lines })
        }
        Refusal::PriceChanged(now) => {
            let detail = "Nothing was ordered. See lines for what they cost now.";
            Problem::new(&PRICE_CHANGED, detail).with(&ChangedPrices {
                lines: now.lines.iter().map(ChangedLine::from).collect(),
                total: now.total,
            })
        }
        Refusal::UnknownProducts(products) => Problem::new(
            &UNKNOWN_PRODUCT,
            "Check the product ids; a removed product cannot be ordered.",
        )
        .with(&of_products(
            products,
            "unknown_product",
            "is no product that can be ordered",
        )),
        Refusal::UnknownVariants(articles) => {
            let is_meant = |article: &Article| articles.contains(article);
            let detail = "is no variant of this product, or was removed";
            Problem::new(&UNKNOWN_VARIANT, "Check the variant ids.").with(&faults(
                &is_meant,
                "variantId",
                "unknown_variant",
                detail,
            ))
        }
        Refusal::SellerSuspended(products) => Problem::new(
            &SELLER_SUSPENDED,
            "An operator has suspended the seller. Order the rest without these products.",
        )
        .with(&SuspendedLines {
            lines: products.iter().copied().map(SuspendedLine::from).collect(),
        }),
        Refusal::OwnProducts(products) => Problem::new(
            &OWN_PRODUCT,
            "You sell this product yourself.",
        )
        .with(&of_products(products, "own_product", "is your own product")),
        Refusal::MixedCurrencies => {
            Problem::new(&MIXED_CURRENCIES, "Place one order for each currency.")
        }
        Refusal::TotalTooLarge => Problem::new(&TOTAL_TOO_LARGE, "Order less."),
        // Its key is free again: the next try is a new order.
        Refusal::Over => Problem::unavailable(refused),
    }
}

/// A refusal to place an order.
pub(super) fn create_problem(refusal: CreateRefusal, places: &Places) -> Problem {
    match refusal {
        CreateRefusal::Reservation(refusal) => reservation_problem(&refusal, places),
        CreateRefusal::AddressRequired => {
            let detail = "is required, since something in the order is shipped";
            let invalid = Invalid::new("required", detail);
            Problem::validation(vec![FieldError::new("/shippingAddress", invalid)])
        }
        CreateRefusal::Store(error) => error.into(),
    }
}
