//! GET /api/orders/returns.

use actix_web::{HttpResponse, web};
use auth::Listing;
use kernel::{Cursor, FulfilmentId, Limit, OrderId, ReturnId};
use platform_http::{Problem, Query, QueryParams, QueryReader};
use serde::Serialize;
use store::StoreResult;
use utoipa::ToSchema;

use super::case_json::ReturnJson;
use super::case_lists::{CaseParams, within};
use super::fulfilment_json::SellerJson;
use crate::app::{App, FoundCase, Party};
use crate::domain::ReturnStatus;
use crate::records::CaseState;

/// The query of the returns.
pub(crate) struct ReturnParams(CaseParams);

impl QueryReader for ReturnParams {
    fn read(params: &mut QueryParams) -> Option<Self> {
        let all = ReturnStatus::ALL.map(CaseState::Return);
        CaseParams::read(params, "returns", all).map(Self)
    }
}

/// A return in the list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ListedReturn)]
struct ListedReturnJson<'a> {
    /// The order.
    order_id: OrderId,
    /// The part.
    fulfilment_id: FulfilmentId,
    /// Who sells it.
    seller: SellerJson<'a>,
    /// What the buyer was called when they ordered, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Ada Lovelace")]
    buyer_name: Option<&'a str>,
    /// The return.
    r#return: ReturnJson<'a>,
}

/// A page of returns.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReturnPage<'a> {
    /// The returns.
    items: Vec<ListedReturnJson<'a>>,
    /// Send it as `cursor` to get the next page; null on the last page.
    #[schema(value_type = Option<String>, required = true)]
    next_cursor: Option<Cursor>,
}

impl<'a> ListedReturnJson<'a> {
    fn of(found: &'a FoundCase) -> StoreResult<Self> {
        let id = ReturnId::from_uuid(found.id);
        let (part, back) = within(found, |part| part.returns.iter().find(|back| back.id == id))?;
        Ok(Self {
            order_id: found.order.id,
            fulfilment_id: part.id,
            seller: SellerJson::of(part),
            buyer_name: found.order.buyer_name.as_deref(),
            r#return: ReturnJson::of(&found.order, back)?,
        })
    }
}

/// List returns
///
/// The newest first: those of the parts that the caller sells and of the orders that they placed; for operators, all.
#[utoipa::path(get, path = "/api/orders/returns", tag = "orders", operation_id = "listReturns", security(("bearer" = [])),
    params(
        ("status" = Option<ReturnStatus>, Query, description = "Only returns in this status"),
        ("role" = inline(Option<Party>), Query, description = "Only returns in which the caller is this party"),
        ("limit" = inline(Option<Limit>), Query, description = "Most returns on the page"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the previous page, with the same filters"),
    ),
    responses(
        (status = 200, description = "A page of returns", body = ReturnPage<'static>),
    ))]
pub(crate) async fn returns(
    app: web::Data<App>,
    Listing(caller): Listing,
    query: Query<ReturnParams>,
) -> Result<HttpResponse, Problem> {
    let page = query.0.0.list(&app, &caller).await?;
    let items = page.items.iter().map(ListedReturnJson::of);
    Ok(HttpResponse::Ok().json(ReturnPage {
        items: items.collect::<StoreResult<_>>()?,
        next_cursor: page.next_cursor.clone(),
    }))
}
