//! GET /api/orders/summary: how the marketplace does, for operators.

use actix_web::{HttpResponse, web};
use auth::{Caller, operators_only};
use kernel::{Money, Timestamp};
use platform_http::{Problem, Query, TimeOrDate};
use serde::Serialize;
use utoipa::ToSchema;

use super::sales_summary::{SummaryParams, date_of, span_of, too_many};
use crate::app::{App, sum_up};
use crate::domain::OrderState;
use crate::store::{OpenOrders, SalesDay};

/// What was paid on a day, in one currency.
#[derive(Serialize, ToSchema)]
#[schema(as = MarketDay)]
struct DayJson {
    /// The day, in UTC.
    #[schema(format = Date, example = "2026-01-31")]
    date: String,
    /// How many orders were paid on it.
    orders: u32,
    /// How many parts they have.
    sales: u32,
    /// What they cost.
    sold: Money,
    /// What of that was refunded, whenever that was; refunds under way are included.
    refunded: Money,
    /// The platform's commission on the rest.
    fees: Money,
    /// What of the rest is in escrow: of parts that are not over.
    held: Money,
}

impl From<SalesDay> for DayJson {
    fn from(day: SalesDay) -> Self {
        Self {
            date: date_of(day.day),
            orders: day.orders,
            sales: day.sales,
            sold: day.sold,
            refunded: day.refunded,
            fees: day.fees,
            held: day.held,
        }
    }
}

/// Orders in one state of the saga.
#[derive(Serialize, ToSchema)]
#[schema(as = UnsettledOrders)]
struct UnsettledJson {
    /// The state.
    status: OrderState,
    /// How many orders are in it.
    orders: i64,
}

/// What waits for a decision.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Waiting)]
struct WaitingJson {
    /// How many.
    count: i64,
    /// Since when the oldest of them waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    oldest_since: Option<Timestamp>,
}

/// How the marketplace does.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MarketSummary)]
pub(crate) struct SummaryJson {
    /// Orders whose saga is under way, by state. At most 100 000 are counted.
    unsettled: Vec<UnsettledJson>,
    /// Since when the one of them that is longest in its state is in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    oldest_unsettled_since: Option<Timestamp>,
    /// How many orders an operator has to look at.
    to_review: i64,
    /// Returns that wait for a seller's answer. At most 100 000 are counted.
    returns: WaitingJson,
    /// Disputes that wait for an operator's decision. At most 100 000 are counted.
    disputes: WaitingJson,
    /// Start of the span of the days.
    from: Timestamp,
    /// End of it, not included.
    to: Timestamp,
    /// The days on which something was paid, the earliest first. A day has a row for each currency.
    days: Vec<DayJson>,
}

impl SummaryJson {
    fn of(open: &OpenOrders, (from, to): (Timestamp, Timestamp), days: Vec<SalesDay>) -> Self {
        let unsettled = open.unsettled.iter();
        let unsettled = unsettled.map(|(state, orders)| UnsettledJson {
            status: *state,
            orders: *orders,
        });
        let [returns, disputes] = open.undecided.map(|undecided| WaitingJson {
            count: undecided.count,
            oldest_since: undecided.oldest,
        });
        Self {
            unsettled: unsettled.collect(),
            oldest_unsettled_since: open.oldest,
            to_review: open.to_review,
            returns,
            disputes,
            from,
            to,
            days: days.into_iter().map(DayJson::from).collect(),
        }
    }
}

/// Sum up the marketplace
///
/// What is open now, and what was paid each day, in UTC. Without a span, the last 30 days; a span has at most 366 days and 100 000 parts of
/// orders. Role `admin`.
#[utoipa::path(get, path = "/api/orders/summary", tag = "orders", operation_id = "sumUp", security(("bearer" = [])),
    params(
        ("from" = inline(Option<TimeOrDate>), Query, description = "Paid from this on: a time (RFC 3339), or a date such as 2026-01-31, which is the start of that day in UTC", example = "2026-01-01"),
        ("to" = inline(Option<TimeOrDate>), Query, description = "Paid before this: a time (RFC 3339), or a date such as 2026-01-31, the whole of which is included", example = "2026-12-31"),
    ),
    responses(
        (status = 200, description = "The sums", body = SummaryJson),
        (status = 403, description = "`forbidden`: not an administrator"),
    ))]
pub(crate) async fn summary(
    app: web::Data<App>,
    caller: Caller,
    query: Query<SummaryParams>,
) -> Result<HttpResponse, Problem> {
    operators_only(&caller)?;
    let (from, to) = query.0.bounds(app.clock.now())?;
    let (open, days) = sum_up(&app, span_of(from, to)).await?;
    let days = days.ok_or_else(too_many)?;
    Ok(HttpResponse::Ok().json(SummaryJson::of(&open, (from, to), days)))
}
