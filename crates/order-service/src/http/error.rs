//! The order service's refusals.

use contracts::reservations::{Refusal, Shortage};
use kernel::ProductId;
use platform_http::{FieldError, Problem, ProblemType};
use serde::Serialize;

use crate::app::CreateRefusal;
use crate::reservations::ReservationRefusal;

/// 402.
pub(super) const INSUFFICIENT_FUNDS: ProblemType = ProblemType {
    code: "insufficient_funds",
    status: 402,
    title: "The wallet holds too little",
};
/// 402.
pub(super) const PAYMENT_DECLINED: ProblemType = ProblemType {
    code: "payment_declined",
    status: 402,
    title: "The wallet declined the payment",
};
/// 404.
pub(super) const ORDER_NOT_FOUND: ProblemType = ProblemType {
    code: "order_not_found",
    status: 404,
    title: "There is no such order",
};
/// 409.
pub(super) const OUT_OF_STOCK: ProblemType = ProblemType {
    code: "out_of_stock",
    status: 409,
    title: "There is not enough stock",
};
/// 409.
pub(super) const ORDER_CANCELLED: ProblemType = ProblemType {
    code: "order_cancelled",
    status: 409,
    title: "The order was not paid in time and is cancelled",
};
/// 409.
pub(super) const NOT_POSSIBLE_NOW: ProblemType = ProblemType {
    code: "not_possible_in_this_state",
    status: 409,
    title: "The order's state does not allow this",
};
/// 422.
pub(super) const UNKNOWN_PRODUCT: ProblemType = ProblemType {
    code: "unknown_product",
    status: 422,
    title: "There is no such product",
};
/// 422.
pub(super) const OWN_PRODUCT: ProblemType = ProblemType {
    code: "own_product",
    status: 422,
    title: "Nobody can buy their own product",
};
/// 422.
pub(super) const MIXED_CURRENCIES: ProblemType = ProblemType {
    code: "mixed_currencies",
    status: 422,
    title: "An order is in one currency",
};
/// 422.
pub(super) const TOTAL_TOO_LARGE: ProblemType = ProblemType {
    code: "total_too_large",
    status: 422,
    title: "The total is more than an amount can be",
};

/// This service's kinds of refusal, beside the common ones.
pub const PROBLEMS: &[&ProblemType] = &[
    &INSUFFICIENT_FUNDS,
    &PAYMENT_DECLINED,
    &ORDER_NOT_FOUND,
    &OUT_OF_STOCK,
    &ORDER_CANCELLED,
    &NOT_POSSIBLE_NOW,
    &UNKNOWN_PRODUCT,
    &OWN_PRODUCT,
    &MIXED_CURRENCIES,
    &TOTAL_TOO_LARGE,
];

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
