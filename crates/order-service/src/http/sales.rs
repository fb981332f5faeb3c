//! GET /api/orders/sales.

use actix_web::{HttpResponse, web};
use auth::Listing;
use kernel::{
    Cursor, CursorScope, Limit, OrderId, Page, PostalAddress, Timestamp, UserId, one_line,
};
use platform_http::{Problem, Query, QueryParams, QueryReader, TimeOrDate};
use serde::Serialize;
use store::{StoreError, StoreResult};
use utoipa::ToSchema;
use uuid::Uuid;

use super::fulfilment_json::FulfilmentJson;
use super::span::{span, text};
use crate::app::{App, Audience, SalesFilter, list_sales};
use crate::domain::{FulfilmentStatus, Order, Timing};
use crate::store::SalePlace;

/// Filters and place of a page.
pub(crate) struct SalesParams {
    filter: SalesFilter,
    after: Option<SalePlace>,
    limit: Limit,
    scope: CursorScope,
}

impl QueryReader for SalesParams {
    fn read(params: &mut QueryParams) -> Option<Self> {
        let status = params.one_of("status", FulfilmentStatus::ALL, FulfilmentStatus::as_str);
        let span = span(params);
        let words = params.optional("q", |raw| one_line(raw, 1, 100));
        let limit = params.limit();
        let filter = match (status, span, words) {
            (Some(status), Some(span), Some(text)) => Some(SalesFilter { status, span, text }),
            _ => None,
        };
        // A cursor is good for the filters that it was made with. Without readable filters there is nothing to check it by.
        let filters = filter.as_ref().map_or_else(String::new, |filter| {
            let status = filter.status.map_or("", FulfilmentStatus::as_str);
            let words = filter.text.as_deref().unwrap_or_default();
            format!("{status}|{}|{words}", text(filter.span))
        });
        let scope = CursorScope::new("sales", &filters);
        let after = params.cursor::<(i64, Uuid)>(scope);
        let after = after?.map(|(paid_at, order)| SalePlace {
            paid_at: Timestamp::from_millis(paid_at),
            order: OrderId::from_uuid(order),
        });
        Some(Self {
            filter: filter?,
            after,
            limit: limit?,
            scope,
        })
    }
}

/// A sale: the caller's part of an order.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Sale)]
struct SaleJson<'a> {
    /// The order.
    order_id: OrderId,
    /// What the buyer was called when they ordered, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Ada Lovelace")]
    buyer_name: Option<&'a str>,
    /// When the order was paid.
    paid_at: Timestamp,
    /// The part.
    fulfilment: FulfilmentJson<'a>,
    /// Where it is shipped to, if anything in the order is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    shipping_address: Option<&'a PostalAddress>,
}

impl<'a> SaleJson<'a> {
    fn of(order: &'a Order, seller: UserId, timing: &Timing) -> StoreResult<Self> {
        let lost = || StoreError::Corrupt(format!("order {} has no part of {seller}", order.id));
        let part = order.part_of(seller).ok_or_else(lost)?;
        Ok(Self {
            order_id: order.id,
            buyer_name: order.buyer_name.as_deref(),
            paid_at: SalePlace::of(order)?.paid_at,
            fulfilment: FulfilmentJson::of(order, part, Audience::Seller(seller), timing)?,
            shipping_address: order.address.as_ref(),
        })
    }
}

/// A page of sales.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SalePage<'a> {
    /// The sales.
    items: Vec<SaleJson<'a>>,
    /// Send it as `cursor` to get the next page; null on the last page.
    #[schema(value_type = Option<String>, required = true)]
    next_cursor: Option<Cursor>,
}

impl<'a> SalePage<'a> {
    fn of(page: &'a Page<Order>, seller: UserId, timing: &Timing) -> StoreResult<Self> {
        let sale = |order| SaleJson::of(order, seller, timing);
        Ok(Self {
            items: page.items.iter().map(sale).collect::<StoreResult<_>>()?,
            next_cursor: page.next_cursor.clone(),
        })
    }
}

/// List the caller's sales
///
/// The caller's parts of the orders of others, the newest payment first. A part is listed once its stock is sold, moments after the payment.
/// A search looks at 2 000 sales at a time: its pages may hold fewer than `limit`, even none, as long as there is a `nextCursor`.
#[utoipa::path(get, path = "/api/orders/sales", tag = "orders", operation_id = "listSales", security(("bearer" = [])),
    params(
        ("status" = Option<FulfilmentStatus>, Query, description = "Only parts in this status"),
        ("from" = inline(Option<TimeOrDate>), Query, description = "Paid from this on: a time (RFC 3339), or a date such as 2026-01-31, which is the start of that day in UTC", example = "2026-01-01"),
        ("to" = inline(Option<TimeOrDate>), Query, description = "Paid before this: a time (RFC 3339), or a date such as 2026-01-31, the whole of which is included", example = "2030-12-31"),
        ("q" = Option<String>, Query, min_length = 1, max_length = 100, description = "Only sales with these words in the buyer's name, a product's name or a tracking number, or whose order's id begins with them. Upper and lower case are the same", example = "lamp"),
        ("limit" = inline(Option<Limit>), Query, description = "Most sales on the page"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the previous page, with the same filters"),
    ),
    responses(
        (status = 200, description = "A page of sales", body = SalePage<'static>),
    ))]
pub(crate) async fn sales(
    app: web::Data<App>,
    Listing(caller): Listing,
    query: Query<SalesParams>,
) -> Result<HttpResponse, Problem> {
    let SalesParams {
        filter,
        after,
        limit,
        scope,
    } = query.0;
    let page = list_sales(&app, caller.user, filter, after, limit, scope).await?;
    Ok(HttpResponse::Ok().json(SalePage::of(&page, caller.user, &app.timing)?))
}
