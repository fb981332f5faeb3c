//! POST /api/orders/{id}/fulfilments/{fid}/shipments/{sid}/deliver.

use actix_web::{HttpResponse, web};
use deserr::Deserr;
use kernel::{FulfilmentId, OrderId, ShipmentId};
use platform_http::{Body, Faults, Problem};
use utoipa::ToSchema;

use super::cases::MoveHeaders;
use super::error::order_not_found;
use super::fields::Comment;
use super::moves::{MoveRequest, fulfilment_not_found, order_answer, shipment_not_found};
use super::order_json::OrderJson;
use crate::app::What;
use crate::domain::{Move, Role};

/// That a package has arrived.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub(crate) struct DeliverShipment {
    /// What an operator says about it. For operators only.
    #[deserr(default)]
    note: Option<Comment>,
}

/// Say that a package has arrived
///
/// For the buyer, the seller of the part, and operators; some time after it was shipped, it counts as delivered by itself. When all
/// packages of a part have arrived and nothing is left to ship, the part is delivered.
#[utoipa::path(post, path = "/api/orders/{id}/fulfilments/{fid}/shipments/{sid}/deliver", tag = "orders", operation_id = "deliverShipment", security(("bearer" = [])),
    params(
        ("id" = OrderId, Path, description = "The order's id"),
        ("fid" = FulfilmentId, Path, description = "The part's id"),
        ("sid" = ShipmentId, Path, description = "The package's id"),
        MoveHeaders,
    ),
    request_body(content = DeliverShipment, example = json!({})),
    responses(
        (status = 200, description = "Delivered", body = OrderJson<'static>, headers(("ETag" = String, description = "Its version"), ("Idempotency-Replayed" = String, description = "`true` if this repeats the answer to an earlier request"))),
        (status = 404, description = "`order_not_found`, `fulfilment_not_found`, `shipment_not_found`: it does not exist, or is another seller's"),
        (status = 409, description = "`move_not_allowed`: it has arrived before; see `allowed`; `order_not_ready`: not paid, or its stock is not sold yet"),
        (status = 410, description = "`answer_erased`: a repeat; its first answer told of a person who has left"),
        (status = 412, description = "`precondition_failed`: the part has changed"),
    ))]
pub(crate) async fn deliver(
    request: MoveRequest,
    path: web::Path<(String, String, String)>,
    body: Body<DeliverShipment>,
) -> Result<HttpResponse, Problem> {
    let (id, fid, sid) = path.into_inner();
    let order: OrderId = id.parse().map_err(|_| order_not_found())?;
    let part: FulfilmentId = fid.parse().map_err(|_| fulfilment_not_found())?;
    let shipment: ShipmentId = sid.parse().map_err(|_| shipment_not_found())?;
    let note = request.note(body.into_inner().note)?;
    let moving = request.on(
        "POST /api/orders/{id}/fulfilments/{fid}/shipments/{sid}/deliver",
        &[Role::Seller, Role::Buyer],
    );
    let meaning = (order, part, shipment, note.clone());
    let what = What::OfPart(part.into(), Move::Deliver { shipment, note });
    moving.make(order, what, &meaning, order_answer).await
}
