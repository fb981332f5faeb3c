//! GET /api/orders/disputes.

use actix_web::{HttpResponse, web};
use auth::Listing;
use kernel::{Cursor, DisputeId, FulfilmentId, Limit, OrderId};
use platform_http::{Problem, Query, QueryParams, QueryReader};
use serde::Serialize;
use store::StoreResult;
use utoipa::ToSchema;

use super::case_json::DisputeJson;
use super::case_lists::{CaseParams, within};
use super::fulfilment_json::SellerJson;
use crate::app::{App, FoundCase, Party};
use crate::domain::DisputeStatus;
use crate::records::CaseState;

/// The query of the disputes.
pub(crate) struct DisputeParams(CaseParams);

impl QueryReader for DisputeParams {
    fn read(params: &mut QueryParams) -> Option<Self> {
        let all = DisputeStatus::ALL.map(CaseState::Dispute);
        CaseParams::read(params, "disputes", all).map(Self)
    }
}

/// A dispute in the list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ListedDispute)]
struct ListedDisputeJson<'a> {
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
    /// The dispute.
    dispute: DisputeJson<'a>,
}

/// A page of disputes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DisputePage<'a> {
    /// The disputes.
    items: Vec<ListedDisputeJson<'a>>,
    /// Send it as `cursor` to get the next page; null on the last page.
    #[schema(value_type = Option<String>, required = true)]
    next_cursor: Option<Cursor>,
}

impl<'a> ListedDisputeJson<'a> {
    fn of(found: &'a FoundCase) -> StoreResult<Self> {
        let id = DisputeId::from_uuid(found.id);
        let (part, dispute) = within(found, |part| {
            let mut disputes = part.disputes.iter();
            disputes.find(|dispute| dispute.id == id)
        })?;
        Ok(Self {
            order_id: found.order.id,
            fulfilment_id: part.id,
            seller: SellerJson::of(part),
            buyer_name: found.order.buyer_name.as_deref(),
            dispute: DisputeJson::of(&found.order, dispute),
        })
    }
}

/// List disputes
///
/// The newest first: those of the parts that the caller sells and of the orders that they placed; for operators, all.
#[utoipa::path(get, path = "/api/orders/disputes", tag = "orders", operation_id = "listDisputes", security(("bearer" = [])),
    params(
        ("status" = Option<DisputeStatus>, Query, description = "Only disputes in this status"),
        ("role" = inline(Option<Party>), Query, description = "Only disputes in which the caller is this party"),
        ("limit" = inline(Option<Limit>), Query, description = "Most disputes on the page"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the previous page, with the same filters"),
    ),
    responses(
        (status = 200, description = "A page of disputes", body = DisputePage<'static>),
    ))]
pub(crate) async fn disputes(
    app: web::Data<App>,
    Listing(caller): Listing,
    query: Query<DisputeParams>,
) -> Result<HttpResponse, Problem> {
    let page = query.0.0.list(&app, &caller).await?;
    let items = page.items.iter().map(ListedDisputeJson::of);
    Ok(HttpResponse::Ok().json(DisputePage {
        items: items.collect::<StoreResult<_>>()?,
        next_cursor: page.next_cursor.clone(),
    }))
}
