//! The order service's refusals.

use contracts::reservations::{CurrentPrice, Refusal, Shortage};
use kernel::{Money, ProductId};
use platform_http::{FieldError, Problem};
use serde::Serialize;

use crate::app::CreateRefusal;
use crate::reservations::ReservationRefusal;

platform_http::problems! {
    pub PROBLEMS:
    INSUFFICIENT_FUNDS "insufficient_funds" 402 "The wallet holds too little"
    PAYMENT_DECLINED "payment_declined" 402 "The wallet declined the payment"
    ORDER_NOT_FOUND "order_not_found" 404 "There is no such order"
    OUT_OF_STOCK "out_of_stock" 409 "There is not enough stock"
    PRICE_CHANGED "price_changed" 409 "A price is not the one that you agreed to"
    ORDER_CANCELLED "order_cancelled" 409 "The order was not paid in time and is cancelled"
    NOT_POSSIBLE_NOW "not_possible_in_this_state" 409 "The order's state does not allow this"
    UNKNOWN_PRODUCT "unknown_product" 422 "There is no such product"
    OWN_PRODUCT "own_product" 422 "Nobody can buy their own product"
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

/// A line that there is not enough stock for, in the member `lines`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShortLine {
    product_id: ProductId,
    requested: i64,
    available: i64,
}

impl From<&Shortage> for ShortLine {
    fn from(short: &Shortage) -> Self {
        Self {
            product_id: short.product,
            requested: short.requested,
            available: short.available,
        }
    }
}

/// A line that is not on the terms that the buyer agreed to, in the member `lines`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChangedLine {
    product_id: ProductId,
    unit_price: Money,
    version: i64,
}

impl From<&CurrentPrice> for ChangedLine {
    fn from(current: &CurrentPrice) -> Self {
        Self {
            product_id: current.product,
            unit_price: current.unit_price,
            version: current.version,
        }
    }
}

/// Where in a request each product stands.
pub(super) type Places = Vec<(ProductId, String)>;

/// A refusal of the product service. `places` tells where its products stand in the request.
pub(super) fn reservation_problem(refusal: &ReservationRefusal, places: &Places) -> Problem {
    let faults = |products: &[ProductId], code: &'static str, detail: &str| -> Vec<FieldError> {
        places
            .iter()
            .filter(|(product, _)| products.contains(product))
            .map(|(_, pointer)| FieldError {
                pointer: pointer.clone(),
                code,
                detail: detail.to_owned(),
            })
            .collect()
    };
    let refused = match refusal {
        ReservationRefusal::Refused(refused) => refused,
        ReservationRefusal::Unavailable(cause) => return Problem::unavailable(cause),
        ReservationRefusal::Failed(cause) => return Problem::internal(cause),
    };
    match refused {
        Refusal::OutOfStock(lines) => {
            let lines: Vec<ShortLine> = lines.iter().map(ShortLine::from).collect();
            Problem::new(&OUT_OF_STOCK, "Order less, or come back later.").with("lines", &lines)
        }
        Refusal::PriceChanged(now) => {
            let lines: Vec<ChangedLine> = now.lines.iter().map(ChangedLine::from).collect();
            let detail = "Nothing was ordered. See lines for what they cost now.";
            let problem = Problem::new(&PRICE_CHANGED, detail).with("lines", &lines);
            match now.total {
                Some(total) => problem.with("total", &total),
                None => problem,
            }
        }
        Refusal::UnknownProducts(products) => Problem::new(
            &UNKNOWN_PRODUCT,
            "Check the product ids; a removed product cannot be ordered.",
        )
        .with(
            "errors",
            &faults(
                products,
                "unknown_product",
                "is no product that can be ordered",
            ),
        ),
        Refusal::OwnProducts(products) => {
            Problem::new(&OWN_PRODUCT, "You sell this product yourself.").with(
                "errors",
                &faults(products, "own_product", "is your own product"),
            )
        }
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
        CreateRefusal::Store(error) => error.into(),
    }
}
