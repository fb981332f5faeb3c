//! GET /api/orders/{id}/timeline.

use actix_web::{HttpResponse, web};
use auth::{Caller, Role};
use kernel::{
    Currency, Cursor, DisputeId, FulfilmentId, Limit, Money, OrderId, RefundId, ReturnId,
    ShipmentId, Timestamp,
};
use platform_http::{Problem, Query, QueryParams, QueryReader};
use serde::Serialize;
use utoipa::ToSchema;

use super::error::order_not_found;
use crate::app::{App, Timeline, show_timeline, timeline_scope};
use crate::domain::{Actor, Details, Fact, FactItem, Happened};

/// Place of a page.
pub(crate) struct TimelineParams {
    limit: Limit,
    after: Option<u32>,
}

impl QueryReader for TimelineParams {
    fn read(params: &mut QueryParams) -> Option<Self> {
        let limit = params.limit();
        let after = params.cursor::<i64>(timeline_scope());
        Some(Self {
            limit: limit?,
            // A cursor that names no number of a fact was not made here: nothing comes after it.
            after: after?.map(|number| u32::try_from(number).unwrap_or(u32::MAX)),
        })
    }
}

/// Something that happened to an order.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Fact)]
struct FactJson<'a> {
    /// When.
    at: Timestamp,
    /// Who did it. Timers and the saga are no users.
    actor: Actor,
    /// What happened.
    r#move: Happened,
    /// What they said about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 2000)]
    note: Option<&'a str>,
    /// To which part. Absent if to the whole order.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    fulfilment_id: Option<FulfilmentId>,
    /// More about it.
    details: DetailsJson<'a>,
}

/// More about something that happened.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FactDetails)]
struct DetailsJson<'a> {
    /// The items.
    #[serde(skip_serializing_if = "<[FactItem]>::is_empty")]
    #[schema(required = false)]
    items: &'a [FactItem],
    /// The package.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    shipment_id: Option<ShipmentId>,
    /// The return.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    return_id: Option<ReturnId>,
    /// The dispute.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    dispute_id: Option<DisputeId>,
    /// The refund.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    refund_id: Option<RefundId>,
    /// The amount of the refund.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    amount: Option<Money>,
    /// The commission that the refund gave back. Sellers and operators see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    commission_reversed: Option<Money>,
    /// How many of the items go back into stock.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    restocked: Option<u32>,
}

impl<'a> FactJson<'a> {
    fn of(fact: &'a Fact, currency: Currency, sees_commission: bool) -> Self {
        let money = |amount| Money::new(amount, currency);
        let details: &Details = &fact.details;
        Self {
            at: fact.at,
            actor: fact.actor,
            r#move: fact.what,
            note: fact.note.as_deref(),
            fulfilment_id: fact.fulfilment,
            details: DetailsJson {
                items: &details.items,
                shipment_id: details.shipment_id,
                return_id: details.return_id,
                dispute_id: details.dispute_id,
                refund_id: details.refund_id,
                amount: details.amount.map(money),
                commission_reversed: details
                    .commission_reversed
                    .filter(|_| sees_commission)
                    .map(money),
                restocked: details.restocked,
            },
        }
    }
}

/// A page of a timeline.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TimelinePage<'a> {
    /// What happened, the oldest first.
    items: Vec<FactJson<'a>>,
    /// Send it as `cursor` to get the next page; null on the last page.
    #[schema(value_type = Option<String>, required = true)]
    next_cursor: Option<Cursor>,
}

impl<'a> TimelinePage<'a> {
    fn of(timeline: &'a Timeline) -> Self {
        let sees_commission = timeline.audience.sees_commission();
        let fact = |fact| FactJson::of(fact, timeline.currency, sees_commission);
        Self {
            items: timeline.page.items.iter().map(fact).collect(),
            next_cursor: timeline.page.next_cursor.clone(),
        }
    }
}

/// Show what happened to an order
///
/// Oldest first: every move with who made it, when, and what they said about it. The buyer sees all of it, a seller what concerns their own
/// part or the whole order.
#[utoipa::path(get, path = "/api/orders/{id}/timeline", tag = "orders", operation_id = "showTimeline", security(("bearer" = [])),
    params(
        ("id" = OrderId, Path, description = "The order's id"),
        ("limit" = inline(Option<Limit>), Query, description = "Most facts on the page"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the previous page"),
    ),
    responses(
        (status = 200, description = "A page of facts", body = TimelinePage<'static>),
        (status = 404, description = "`order_not_found`: it does not exist, or the caller has no part in it"),
    ))]
pub(crate) async fn timeline(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<String>,
    query: Query<TimelineParams>,
) -> Result<HttpResponse, Problem> {
    let id = id.parse().map_err(|_| order_not_found())?;
    let TimelineParams { limit, after } = query.0;
    let viewer = (caller.user, caller.has(Role::Admin));
    let timeline = show_timeline(&app, id, viewer, after, limit)
        .await?
        .ok_or_else(order_not_found)?;
    Ok(HttpResponse::Ok().json(TimelinePage::of(&timeline)))
}
