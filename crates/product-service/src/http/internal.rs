//! POST /internal/reservations: the order service holds stock. Only on the internal port; whoever reaches it is trusted.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::{self, ServiceConfig};
use contracts::reservations::{self as wire, PATH, Refusal, ReserveAnswer};
use kernel::Invalid;
use platform_http::{Body, FromJson, Problem, Reader, Routes, endpoint};
use serde::Deserialize as _;
use serde_json::Value;

use crate::app::{App, reserve};
use crate::domain::{LineRequest, ReserveRefusal, ReserveRequest, ReservedLine, Shortage};
use crate::store::ReserveError;

/// Declares the routes of the internal port.
pub(crate) fn internal_routes(app: Arc<App>) -> Routes {
    let app = web::Data::from(app);
    Arc::new(move |config: &mut ServiceConfig| {
        config
            .app_data(app.clone())
            .service(endpoint(PATH).post(hold).done());
    })
}

/// Holds stock for an order. The answer says what is held or why nothing is; a store that cannot answer is a 503.
async fn hold(app: web::Data<App>, body: Body<Request>) -> Result<HttpResponse, Problem> {
    let Request(request) = body.into_inner();
    match reserve(&app, request).await {
        Ok(made) => {
            let lines = made.lines.into_iter().map(line).collect();
            Ok(HttpResponse::Ok().json(ReserveAnswer::Reserved(lines)))
        }
        Err(ReserveError::Refused(why)) => {
            Ok(HttpResponse::Conflict().json(ReserveAnswer::Refused(refusal(why))))
        }
        Err(ReserveError::Store(error)) => Err(error.into()),
    }
}

struct Request(ReserveRequest);

impl FromJson for Request {
    fn from_json(value: Value, pointer: &str, reader: &mut Reader) -> Option<Self> {
        // The other side is one of ours and shares the types: one fault is enough to say that it is not.
        let read = wire::ReserveRequest::deserialize(value)
            .map_err(|error| Invalid::new("invalid_type", error.to_string()));
        let request = reader.check(pointer, read)?;
        let lines = request.lines.into_iter().map(|line| LineRequest {
            product: line.product,
            quantity: line.quantity,
        });
        Some(Self(ReserveRequest {
            order: request.order,
            buyer: request.buyer,
            lines: lines.collect(),
        }))
    }
}

fn line(line: ReservedLine) -> wire::ReservedLine {
    wire::ReservedLine {
        product: line.product,
        seller: line.seller,
        name: line.name,
        unit_price: line.unit_price,
        quantity: line.quantity,
    }
}

fn refusal(refusal: ReserveRefusal) -> Refusal {
    let shortage = |line: Shortage| wire::Shortage {
        product: line.product,
        requested: line.requested,
        available: line.available,
    };
    match refusal {
        ReserveRefusal::OutOfStock(lines) => {
            Refusal::OutOfStock(lines.into_iter().map(shortage).collect())
        }
        ReserveRefusal::UnknownProducts(products) => Refusal::UnknownProducts(products),
        ReserveRefusal::OwnProducts(products) => Refusal::OwnProducts(products),
        ReserveRefusal::MixedCurrencies => Refusal::MixedCurrencies,
        ReserveRefusal::TotalTooLarge => Refusal::TotalTooLarge,
        ReserveRefusal::Over(_) => Refusal::Over,
    }
}
