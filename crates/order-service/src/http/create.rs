//! POST /api/orders/create.

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use auth::Caller;
use contracts::reservations::Refusal;
use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use kernel::{ProductId, Quantity};
use platform_http::{
    Body, Faults, Prefer, Problem, answer_repeat, etag, json_answer, prefer, problem_answer,
    send_stored,
};
use store::StoreResult;
use store::idempotency::{Earlier, StoredAnswer};
use telemetry::current_request_id;
use utoipa::ToSchema;

use super::error::{
    INSUFFICIENT_FUNDS, ORDER_CANCELLED, PAYMENT_DECLINED, Places, create_problem,
    reservation_problem,
};
use super::order_json::OrderJson;
use crate::app::{App, Created, Once, Wait, create_order};
use crate::domain::{Order, OrderState, Reason, Wanted};
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
    /// The quantity.
    quantity: Quantity,
}

/// The order: `items`, or a single product.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields, rename_all = camelCase)]
#[schema(rename_all = "camelCase")]
pub(crate) struct CreateOrderRequest {
    /// 1 to 100 lines; lines for the same product are summed.
    #[schema(required = false, min_items = 1, max_items = 100)]
    items: Vec<OrderLineRequest>,
    /// Short form: the product.
    #[deserr(skip)]
    #[schema(value_type = ProductId, required = false)]
    #[expect(dead_code, reason = "documented here, read as an `OrderLineRequest`")]
    product_id: Option<ProductId>,
    /// Short form: its quantity.
    #[deserr(skip)]
    #[schema(value_type = Quantity, required = false)]
    #[expect(dead_code, reason = "documented here, read as an `OrderLineRequest`")]
    quantity: Option<Quantity>,
}

/// The request, read: what is wanted, and where in the body each product stands.
pub(crate) struct CreateOrder {
    wanted: Wanted,
    places: Places,
}

impl Deserr<Faults> for CreateOrder {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        place: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        let body = serde_json::Value::from(value);
        let has = |member: &str| body.get(member).is_some();
        let (items, at) = if !has("items") && (has("productId") || has("quantity")) {
            let line = OrderLineRequest::deserialize_from_value(body.into_value(), place)?;
            (vec![line], place)
        } else {
            let request = CreateOrderRequest::deserialize_from_value(body.into_value(), place)?;
            (request.items, place.push_key("items"))
        };
        let places = items
            .iter()
            .enumerate()
            .map(|(index, line)| {
                let pointer = if at.is_origin() {
                    "/productId".to_owned()
                } else {
                    format!("/items/{index}/productId")
                };
                (line.product_id, pointer)
            })
            .collect();
        let lines = items
            .into_iter()
            .map(|line| (line.product_id, line.quantity))
            .collect();
        let wanted = Wanted::new(lines).map_err(|invalid| Faults::at(at, invalid))?;
        Ok(Self { wanted, places })
    }
}

/// Place an order
///
/// Holds the stock of every line (all or none), debits the buyer's wallet into escrow, and answers when that is settled: by
/// default within two seconds, else with 202 and the pending order. `Prefer: wait=N` waits up to N seconds (at most 30),
/// `Prefer: respond-async` does not wait. Send an `Idempotency-Key` so that a repeated request orders once.
#[utoipa::path(post, path = "/api/orders/create", tag = "orders", operation_id = "createOrder", security(("bearer" = [])),
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters. The answer is repeated for 48 hours"),
        ("Prefer" = Option<String>, Header, description = "`wait=N` or `respond-async` (RFC 7240)", example = "wait=5"),
    ),
    request_body(content = CreateOrderRequest, example = json!({"items": [{"productId": "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d", "quantity": 2}]})),
    responses(
        (status = 201, description = "Paid", body = OrderJson<'static>, headers(("Location" = String, description = "The order"), ("ETag" = String, description = "Its version"), ("Idempotency-Replayed" = Option<String>, description = "`true` if this repeats the answer to an earlier request"))),
        (status = 202, description = "Pending: poll Location until the order is settled", body = OrderJson<'static>, headers(("Location" = String, description = "The order"), ("Preference-Applied" = Option<String>, description = "`respond-async`, if it was requested"))),
        (status = 402, description = "`insufficient_funds`: declined, with the order in `order`"),
        (status = 409, description = "`out_of_stock`, with which lines in `lines`; `request_running`; `order_cancelled`"),
    ))]
pub(crate) async fn create(
    app: web::Data<App>,
    caller: Caller,
    request: HttpRequest,
    body: Body<CreateOrder>,
) -> Result<HttpResponse, Problem> {
    let key = body.once_key(&request, caller.user, ROUTE)?;
    let once = key.map(|key| Once {
        key,
        request: current_request_id(),
    });
    let preference = prefer(&request);
    let wait = match preference {
        Prefer::Default => Wait::AtMost(app.default_wait),
        Prefer::RespondAsync => Wait::No,
        Prefer::Wait(limit) => Wait::AtMost(limit),
    };
    let CreateOrder { wanted, places } = body.into_inner();
    let created = create_order(&app, caller.user, wanted, once, wait, render_refusal)
        .await
        .map_err(|refusal| create_problem(refusal, &places))?;
    let mut response = match created {
        Created::Placed(order) => send_stored(render(&order)?),
        Created::Refused(answer) => send_stored(answer),
        Created::Repeated(order) => return answer_repeat(Earlier::Answered(render(&order)?)),
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

fn unpaid(order: &Order) -> StoreResult<Problem> {
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
    Ok(problem.with("order", &OrderJson::try_from(order)?))
}

/// The answer to the request that made `order`, as far as the saga has come. A repeat of a request with a key gets the same answer.
fn render(order: &Order) -> StoreResult<StoredAnswer> {
    let status = match order.state {
        OrderState::Paid | OrderState::Refunding | OrderState::Refunded => 201,
        OrderState::Pending | OrderState::Cancelling => 202,
        OrderState::Declined | OrderState::Cancelled => {
            let problem = unpaid(order)?;
            return problem_answer(&match &order.request {
                Some(request) => problem.instance(request.clone()),
                None => problem,
            });
        }
    };
    Ok(StoredAnswer {
        location: Some(format!("/api/orders/{}", order.id)),
        etag: Some(etag(order.version).to_string()),
        ..json_answer(status, &OrderJson::try_from(order)?)?
    })
}

/// Of the refusals of the product service, only that there is not enough stock is remembered.
fn render_refusal(refusal: &ReservationRefusal) -> StoreResult<Option<StoredAnswer>> {
    match refusal {
        ReservationRefusal::Refused(Refusal::OutOfStock(_)) => {
            problem_answer(&reservation_problem(refusal, &Places::new())).map(Some)
        }
        ReservationRefusal::Refused(_)
        | ReservationRefusal::Unavailable(_)
        | ReservationRefusal::Failed(_) => Ok(None),
    }
}
