//! POST /api/orders/create.

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use auth::Creating;
use contracts::reservations::{Agreed, Article, Refusal, RequestedLine};
use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use kernel::{Currency, Invalid, PostalAddress, ProductId, Quantity, VariantId};
use platform_http::{
    Body, Faults, FieldError, MetadataJson, Prefer, Price, Problem, answer_repeat, etag,
    json_answer, once_key, prefer, problem_answer, read_by_rule, send_stored, to_the_end,
};
use store::StoreResult;
use store::idempotency::{Earlier, StoredAnswer};
use telemetry::current_request_id;
use utoipa::ToSchema;

use super::error::{
    INSUFFICIENT_FUNDS, ORDER_CANCELLED, PAYMENT_DECLINED, Places, UnpaidOrder, create_problem,
    reservation_problem,
};
use super::fields::Comment;
use super::moves::wait_of;
use super::order_json::OrderJson;
use crate::app::{App, Audience, Basket, Created, Once, create_order};
use crate::domain::{Order, OrderState, Reason, Timing, Wanted};
use crate::reservations::ReservationRefusal;

/// Scope of idempotency keys.
const ROUTE: &str = "POST /api/orders/create";

/// One line of a request.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields, rename_all = camelCase)]
#[schema(rename_all = "camelCase")]
struct OrderLineRequest {
    /// The product.
    product_id: ProductId,
    /// The variant. Without it, the product's default variant, whose id is the product's.
    #[deserr(default)]
    variant_id: Option<VariantId>,
    /// The quantity.
    quantity: Quantity,
    /// The most that the buyer pays for one. If the product costs more now, or is in another currency: 409 `price_changed`. If it costs
    /// less, the lower price is charged.
    #[deserr(default)]
    unit_price: Option<Price>,
    /// The product's version, which changes with every edit and with the stock of any of its variants. If it is another now: 409 `price_changed`.
    #[deserr(default)]
    #[schema(value_type = Option<i64>, minimum = 1)]
    version: Option<Version>,
}

/// Several lines.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields, rename_all = camelCase)]
#[schema(rename_all = "camelCase")]
pub(crate) struct OrderOfLines {
    /// 1 to 100 lines; lines for the same variant of a product are summed.
    #[schema(min_items = 1, max_items = 100)]
    items: Vec<OrderLineRequest>,
    /// The total that the buyer agreed to. If it is another now, higher or lower: 409 `price_changed`.
    #[deserr(default)]
    expected_total: Option<Price>,
    /// Where it is shipped to. Required if any of the products is shipped.
    #[deserr(default)]
    shipping_address: Option<PostalAddress>,
    /// What the buyer says with it. The sellers see it.
    #[deserr(default)]
    note: Option<Comment>,
    /// Kept with the order. The buyer and operators see it, the sellers do not.
    #[deserr(default)]
    metadata: Option<MetadataJson>,
}

/// Short form: a single product.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields, rename_all = camelCase)]
#[schema(rename_all = "camelCase")]
pub(crate) struct OrderOfOneProduct {
    /// The product.
    product_id: ProductId,
    /// As in `items`.
    #[deserr(default)]
    variant_id: Option<VariantId>,
    /// Its quantity.
    quantity: Quantity,
    /// As in `items`.
    #[deserr(default)]
    unit_price: Option<Price>,
    /// As in `items`.
    #[deserr(default)]
    #[schema(value_type = Option<i64>, minimum = 1)]
    version: Option<Version>,
    /// As with `items`.
    #[deserr(default)]
    expected_total: Option<Price>,
    /// As with `items`.
    #[deserr(default)]
    shipping_address: Option<PostalAddress>,
    /// As with `items`.
    #[deserr(default)]
    note: Option<Comment>,
    /// As with `items`.
    #[deserr(default)]
    metadata: Option<MetadataJson>,
}

/// The order: `items`, or a single product.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum CreateOrderRequest {
    /// Several lines.
    Lines(OrderOfLines),
    /// A single product.
    One(OrderOfOneProduct),
}

/// A version of a product.
struct Version(i64);

impl Version {
    fn new(version: i64) -> Result<Self, Invalid> {
        let invalid = || Invalid::new("out_of_range", "must be at least 1");
        (version >= 1).then_some(Self(version)).ok_or_else(invalid)
    }
}

read_by_rule! {
    Version: i64 => Self::new;
}

impl Deserr<Faults> for CreateOrderRequest {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        place: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        let body = serde_json::Value::from(value);
        let has = |member: &str| body.get(member).is_some();
        if !has("items") && (has("productId") || has("quantity")) {
            OrderOfOneProduct::deserialize_from_value(body.into_value(), place).map(Self::One)
        } else {
            OrderOfLines::deserialize_from_value(body.into_value(), place).map(Self::Lines)
        }
    }
}

impl CreateOrderRequest {
    /// What is ordered, and where in the body each article stands. Amounts that name no currency are in `currency`.
    fn read(self, currency: Currency) -> Result<(Basket, Places), Problem> {
        let (order, at) = match self {
            Self::Lines(order) => (order, "/items"),
            Self::One(order) => {
                let line = OrderLineRequest {
                    product_id: order.product_id,
                    variant_id: order.variant_id,
                    quantity: order.quantity,
                    unit_price: order.unit_price,
                    version: order.version,
                };
                let order = OrderOfLines {
                    items: vec![line],
                    expected_total: order.expected_total,
                    shipping_address: order.shipping_address,
                    note: order.note,
                    metadata: order.metadata,
                };
                (order, "")
            }
        };
        let place = |index: usize| match at {
            "" => String::new(),
            at => format!("{at}/{index}"),
        };
        let places = order.items.iter().enumerate();
        let article = |line: &OrderLineRequest| Article::new(line.product_id, line.variant_id);
        let places = places.map(|(index, line)| (article(line), place(index)));
        let places = places.collect();
        let lines = order.items.into_iter().map(|line| RequestedLine {
            product: line.product_id,
            variant: line.variant_id,
            quantity: line.quantity,
            agreed: Agreed {
                unit_price: line.unit_price.map(|price| price.in_currency(currency)),
                version: line.version.map(|Version(version)| version),
            },
        });
        let expected_total = order
            .expected_total
            .map(|total| total.in_currency(currency));
        let wanted = Wanted::new(lines.collect(), expected_total)
            .map_err(|invalid| Problem::validation(vec![FieldError::new(at, invalid)]))?;
        let basket = Basket {
            wanted,
            address: order.shipping_address,
            note: order.note.map(Comment::into_string),
            metadata: order.metadata.map(MetadataJson::into_inner),
        };
        Ok((basket, places))
    }
}

/// Place an order
///
/// Holds the stock of every line (all or none), debits the buyer's wallet into escrow, and answers when that is settled: by
/// default within two seconds, else with 202 and the pending order. `Prefer: wait=N` waits up to N seconds (at most 30),
/// `Prefer: respond-async` does not wait. Send an `Idempotency-Key` so that a repeated request orders once.
///
/// A price may change between the moment when the buyer sees it and the order. To pay no more than what was seen, send `unitPrice` with
/// each line; to order exactly what was seen, its `version`; to pay exactly one total, not even a lower one, `expectedTotal`. If they do
/// not hold, the answer is 409 `price_changed` with what each such product costs now, and nothing is held. Without them the current
/// prices are charged.
#[utoipa::path(post, path = "/api/orders/create", tag = "orders", operation_id = "createOrder", security(("bearer" = [])),
    params(
        ("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$", description = "The answer is repeated for 48 hours"),
        ("Prefer" = Option<String>, Header, description = "`wait=N` or `respond-async` (RFC 7240)", example = "wait=5"),
    ),
    request_body(content = CreateOrderRequest, example = json!({"items": [{"productId": "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4e", "quantity": 2}]})),
    responses(
        (status = 201, description = "Paid", body = OrderJson<'static>, headers(("Location" = String, description = "The order"), ("ETag" = String, description = "Its version"), ("Idempotency-Replayed" = String, description = "`true` if this repeats the answer to an earlier request"))),
        (status = 202, description = "Pending: poll Location until the order is settled", body = OrderJson<'static>, headers(("Location" = String, description = "The order"), ("Preference-Applied" = String, description = "`respond-async`, if it was requested"))),
        (status = 402, description = "`insufficient_funds` or `payment_declined`: nothing was debited; the declined order is in `order`"),
        (status = 409, description = "`out_of_stock`: the short lines are in `lines`; `price_changed`: nothing is held; what each product that differs costs now is in `lines`, the order's total now in `total`; `seller_suspended`: the products of suspended sellers are in `lines`; `order_cancelled`: not paid in time, nothing was debited; the order is in `order`"),
        (status = 412, description = "`precondition_failed`: an order that does not exist yet matches no `If-Match`; name the agreed price in the body"),
        (status = 422, description = "`unknown_product`: it does not exist or was removed; `unknown_variant`: the product has no such variant; `own_product`: the buyer sells it; `mixed_currencies`; `total_too_large`; `validation_failed`: also if something is shipped and there is no `shippingAddress`"),
    ))]
pub(crate) async fn create(
    app: web::Data<App>,
    Creating(caller): Creating,
    request: HttpRequest,
    body: Body<CreateOrderRequest>,
) -> Result<HttpResponse, Problem> {
    let (basket, places) = body.into_inner().read(app.currency)?;
    let key = once_key(&request, caller.user, ROUTE, &basket)?;
    let once = key.map(|key| Once {
        key,
        request: current_request_id(),
    });
    let preference = prefer(&request);
    let (wait, timing) = (wait_of(&app, preference), app.timing);
    let app = app.into_inner();
    // Without its order, stock would be held until the lease ends.
    let created = to_the_end(async move {
        create_order(&app, caller.user, basket, once, wait, render_refusal).await
    })
    .await?
    .map_err(|refusal| create_problem(refusal, &places))?;
    let mut response = match created {
        Created::Placed(order) => send_stored(render(&order, &timing)?),
        Created::Refused(answer) => send_stored(answer),
        Created::Repeated(order) => {
            return answer_repeat(Earlier::Answered(render(&order, &timing)?));
        }
        Created::Before(earlier) => return answer_repeat(earlier),
    };
    if preference == Prefer::RespondAsync {
        response.headers_mut().insert(
            header::HeaderName::from_static("preference-applied"),
            HeaderValue::from_static("respond-async"),
        );
    }
    Ok(response)
}

fn unpaid(order: &Order, timing: &Timing) -> StoreResult<Problem> {
    let problem = match (order.state, order.reason) {
        (OrderState::Cancelled, _) => {
            Problem::new(&ORDER_CANCELLED, "Nothing was debited; order again.")
        }
        (_, Some(Reason::InsufficientFunds)) => Problem::new(
            &INSUFFICIENT_FUNDS,
            "Nothing was debited; top up the wallet and order again.",
        ),
        (_, _) => Problem::new(&PAYMENT_DECLINED, "Nothing was debited."),
    };
    let order = OrderJson::of(order, Audience::Buyer, timing)?;
    Ok(problem.with(&UnpaidOrder { order }))
}

/// The answer to the request that made `order`, as far as the saga has come. A repeat of a request with a key gets the same answer.
fn render(order: &Order, timing: &Timing) -> StoreResult<StoredAnswer> {
    let status = match order.state {
        OrderState::Paid | OrderState::Refunding | OrderState::Refunded => 201,
        OrderState::Pending | OrderState::Cancelling => 202,
        OrderState::Declined | OrderState::Cancelled => {
            let problem = unpaid(order, timing)?;
            return problem_answer(&match &order.request {
                Some(request) => problem.instance(request.clone()),
                None => problem,
            });
        }
    };
    let json = OrderJson::of(order, Audience::Buyer, timing)?;
    Ok(StoredAnswer {
        location: Some(format!("/api/orders/{}", order.id)),
        etag: Some(etag(order.version).to_string()),
        ..json_answer(status, &json)?
    })
}

/// Of the refusals of the product service, those are remembered that depend on the moment: too little stock, another price, and a seller who is
/// suspended.
fn render_refusal(refusal: &ReservationRefusal) -> StoreResult<Option<StoredAnswer>> {
    match refusal {
        ReservationRefusal::Refused(
            Refusal::OutOfStock(_) | Refusal::PriceChanged(_) | Refusal::SellerSuspended(_),
        ) => problem_answer(&reservation_problem(refusal, &Places::new())).map(Some),
        ReservationRefusal::Refused(_)
        | ReservationRefusal::Unavailable(_)
        | ReservationRefusal::Failed(_) => Ok(None),
    }
}
