//! POST /api/orders/{id}/fulfilments/{fid}/shipments.

use actix_web::{HttpResponse, web};
use deserr::Deserr;
use kernel::{FulfilmentId, OrderId, ShipmentId};
use platform_http::{Body, Faults, Problem, json_answer};
use store::idempotency::StoredAnswer;
use store::{StoreError, StoreResult};
use utoipa::ToSchema;

use super::cases::MoveHeaders;
use super::error::order_not_found;
use super::fields::{Carrier, Comment, ItemRequest, TrackingNumber, TrackingUrl, items};
use super::fulfilment_json::ShipmentJson;
use super::moves::{MoveRequest, fulfilment_not_found};
use crate::app::{Made, What};
use crate::domain::{Move, Parcel, Role};

/// A package.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields, rename_all = camelCase)]
#[schema(rename_all = "camelCase")]
pub(crate) struct ShipItems {
    /// What is in it.
    #[schema(min_items = 1, max_items = 100)]
    items: Vec<ItemRequest>,
    /// Who carries it.
    carrier: Carrier,
    /// The carrier's number for it.
    tracking_number: TrackingNumber,
    /// Where it can be followed.
    #[deserr(default)]
    tracking_url: Option<TrackingUrl>,
    /// What an operator says about it. For operators only.
    #[deserr(default)]
    note: Option<Comment>,
}

/// Ship a package
///
/// For the seller of the part, and for operators. A package has items of one part. When all that is not cancelled is shipped, the part is.
#[utoipa::path(post, path = "/api/orders/{id}/fulfilments/{fid}/shipments", tag = "orders", operation_id = "shipItems", security(("bearer" = [])),
    params(
        ("id" = OrderId, Path, description = "The order's id"),
        ("fid" = FulfilmentId, Path, description = "The part's id"),
        MoveHeaders,
    ),
    request_body(content = ShipItems, example = json!({"items": [{"lineId": "0199f3a0-7b1c-7c3e-9d52-6f0c1a2b3c4d", "quantity": 1}],
        "carrier": "UPS", "trackingNumber": "1Z999AA10123456784", "trackingUrl": "https://example.com/track/1Z999AA10123456784"})),
    responses(
        (status = 201, description = "Shipped", body = ShipmentJson<'static>, headers(("Location" = String, description = "The order"), ("Idempotency-Replayed" = String, description = "`true` if this repeats the answer to an earlier request"))),
        (status = 403, description = "`forbidden`: the buyer"),
        (status = 404, description = "`order_not_found`, `fulfilment_not_found`: it does not exist, or is another seller's"),
        (status = 409, description = "`move_not_allowed`: not now, or more than is left; see `allowed`; `order_not_ready`: not paid, or its stock is not sold yet; `limit_reached`: too many packages"),
        (status = 410, description = "`answer_erased`: a repeat; its first answer told of a person who has left"),
        (status = 412, description = "`precondition_failed`: the part has changed"),
        (status = 422, description = "`validation_failed`, also for a line of another part"),
    ))]
pub(crate) async fn ship(
    request: MoveRequest,
    path: web::Path<(String, String)>,
    body: Body<ShipItems>,
) -> Result<HttpResponse, Problem> {
    let (id, fid) = path.into_inner();
    let order: OrderId = id.parse().map_err(|_| order_not_found())?;
    let part: FulfilmentId = fid.parse().map_err(|_| fulfilment_not_found())?;
    let body = body.into_inner();
    let items = items(body.items)?;
    let note = request.note(body.note)?;
    let parcel = Parcel {
        carrier: body.carrier.into_string(),
        tracking_number: body.tracking_number.into_string(),
        tracking_url: body.tracking_url.map(TrackingUrl::into_string),
    };
    let moving = request
        .on(
            "POST /api/orders/{id}/fulfilments/{fid}/shipments",
            &[Role::Seller],
        )
        .naming(items.iter().map(|(line, _)| *line));
    let meaning = (order, part, items.clone(), parcel.clone(), note.clone());
    let package = ShipmentId::new(&*request.app.ids);
    let ship = Move::Ship {
        id: package,
        items,
        parcel,
        note,
    };
    let render = move |made: &Made, _: &_| render(made, part, package);
    let what = What::OfPart(part.into(), ship);
    moving.make(order, what, &meaning, render).await
}

fn render(made: &Made, part: FulfilmentId, package: ShipmentId) -> StoreResult<StoredAnswer> {
    let order = &made.order;
    let shipped = order
        .fulfilment(part)
        .and_then(|part| part.shipments.iter().find(|one| one.id == package));
    let lost = || StoreError::Corrupt(format!("order {} has no package {package}", order.id));
    Ok(StoredAnswer {
        location: Some(format!("/api/orders/{}", order.id)),
        ..json_answer(201, &ShipmentJson::from(shipped.ok_or_else(lost)?))?
    })
}
