//! GET /api/orders/sales/summary.

use std::time::Duration;

use actix_web::{HttpResponse, web};
use auth::Listing;
use kernel::{Invalid, Money, Timestamp};
use platform_http::{FieldError, Problem, Query, QueryParams, QueryReader, TimeOrDate};
use serde::Serialize;
use utoipa::ToSchema;

use super::span::span;
use crate::app::{App, sum_sales};
use crate::store::{SalesDay, Span, Summary};

const DAY: Duration = Duration::from_hours(24);

/// Days of a summary if the client names no span.
const DAYS: u32 = 30;

/// Most days of a summary.
const MOST_DAYS: u32 = 366;

/// The span of a summary.
pub(crate) struct SummaryParams(Span);

impl QueryReader for SummaryParams {
    fn read(params: &mut QueryParams) -> Option<Self> {
        span(params).map(Self)
    }
}

/// What was sold on a day, in one currency.
#[derive(Serialize, ToSchema)]
#[schema(as = SalesDay)]
struct SalesDayJson {
    /// The day, in UTC.
    #[schema(format = Date, example = "2026-01-31")]
    date: String,
    /// How many parts of orders were paid on it.
    sales: u32,
    /// What they cost.
    sold: Money,
    /// What of that was refunded, whenever that was; refunds under way are included.
    refunded: Money,
    /// The platform's commission on the rest.
    fees: Money,
    /// What of the rest the seller will still get.
    pending: Money,
}

impl From<SalesDay> for SalesDayJson {
    fn from(day: SalesDay) -> Self {
        Self {
            date: date_of(day.day),
            sales: day.sales,
            sold: day.sold,
            refunded: day.refunded,
            fees: day.fees,
            pending: day.pending,
        }
    }
}

/// The caller's sales by day.
#[derive(Serialize, ToSchema)]
#[schema(as = SalesSummary)]
pub(crate) struct SummaryJson {
    /// Start of the span.
    from: Timestamp,
    /// End of the span, not included.
    to: Timestamp,
    /// The days that have sales, the earliest first. A day has a row for each currency.
    days: Vec<SalesDayJson>,
}

/// Sum the caller's sales by day
///
/// By the day of payment, in UTC: what was sold, what of that was refunded since, the commission, and what is still to be paid to the seller.
/// Without a span, the last 30 days; a span has at most 366 days and 100 000 sales.
#[utoipa::path(get, path = "/api/orders/sales/summary", tag = "orders", operation_id = "sumSales", security(("bearer" = [])),
    params(
        ("from" = inline(Option<TimeOrDate>), Query, description = "Paid from this on: a time (RFC 3339), or a date such as 2026-01-31, which is the start of that day in UTC", example = "2026-01-01"),
        ("to" = inline(Option<TimeOrDate>), Query, description = "Paid before this: a time (RFC 3339), or a date such as 2026-01-31, the whole of which is included", example = "2026-12-31"),
    ),
    responses(
        (status = 200, description = "The days that have sales", body = SummaryJson),
    ))]
pub(crate) async fn sales_summary(
    app: web::Data<App>,
    Listing(caller): Listing,
    query: Query<SummaryParams>,
) -> Result<HttpResponse, Problem> {
    let (from, to) = query.0.bounds(app.clock.now())?;
    let days = sum_sales(&app, caller.user, span_of(from, to)).await?;
    let days = days.ok_or_else(too_many)?;
    Ok(HttpResponse::Ok().json(SummaryJson {
        from,
        to,
        days: days.into_iter().map(SalesDayJson::from).collect(),
    }))
}

impl SummaryParams {
    /// The start and the end of the span.
    ///
    /// # Errors
    /// If it is too long.
    pub(super) fn bounds(&self, now: Timestamp) -> Result<(Timestamp, Timestamp), Problem> {
        let to = self.0.to.unwrap_or_else(|| end_of_day(now));
        let from = self.0.from.unwrap_or_else(|| to.minus(DAY * DAYS));
        if from >= to || to.since(from) > DAY * MOST_DAYS {
            let detail = format!("must be earlier than to, by at most {MOST_DAYS} days");
            return Err(fault("out_of_range", detail));
        }
        Ok((from, to))
    }
}

pub(super) const fn span_of(from: Timestamp, to: Timestamp) -> Span {
    Span {
        from: Some(from),
        to: Some(to),
    }
}

fn fault(code: &'static str, detail: String) -> Problem {
    Problem::validation(vec![FieldError::new("?from", Invalid::new(code, detail))])
}

/// The refusal of a span that has too much to sum.
pub(super) fn too_many() -> Problem {
    let detail = format!(
        "begins a span with more than {} sales, or with a day that sold for more than an amount can be",
        Summary::MOST
    );
    fault("too_many", detail)
}

/// A day as clients see it.
pub(super) fn date_of(day: Timestamp) -> String {
    let text = day.to_string();
    text.chars().take_while(|c| *c != 'T').collect()
}

/// The end of the day, in UTC.
fn end_of_day(now: Timestamp) -> Timestamp {
    let day = i64::try_from(DAY.as_millis()).unwrap_or(i64::MAX);
    let today = now.as_millis().div_euclid(day);
    Timestamp::from_millis(today.saturating_add(1).saturating_mul(day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_at_midnight_in_utc() {
        let day = 24 * 60 * 60 * 1000;
        for (now, end) in [(0, day), (day - 1, day), (day, 2 * day), (-1, 0)] {
            let now = Timestamp::from_millis(now);
            assert_eq!(end_of_day(now), Timestamp::from_millis(end));
        }
    }
}
