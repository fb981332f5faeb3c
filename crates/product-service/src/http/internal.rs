//! POST /internal/reservations: the order service holds stock. Only on the internal port, whose callers are trusted.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::{self, ServiceConfig};
use contracts::reservations::{PATH, ReserveAnswer, ReserveRequest};
use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use kernel::Invalid;
use platform_http::{Body, Faults, Paths, Problem, Routes};
use serde::Deserialize as _;

use crate::app::{App, reserve};

/// Declares the routes of the internal port.
pub(crate) fn internal_routes(app: Arc<App>) -> Routes {
    let app = web::Data::from(app);
    Arc::new(move |config: &mut ServiceConfig| {
        config.app_data(app.clone());
        Paths::default().post(PATH, hold).declare(config);
    })
}

/// Holds stock for an order. The answer says what is held or why nothing is; a store that cannot answer is a 503.
async fn hold(app: web::Data<App>, body: Body<Request>) -> Result<HttpResponse, Problem> {
    let Request(request) = body.into_inner();
    match reserve(&app, request).await? {
        Ok(lines) => Ok(HttpResponse::Ok().json(ReserveAnswer::Reserved(lines))),
        Err(why) => Ok(HttpResponse::Conflict().json(ReserveAnswer::Refused(why))),
    }
}

struct Request(ReserveRequest);

impl Deserr<Faults> for Request {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        place: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        // The order service shares this type: one fault is enough to say that the two do not fit.
        ReserveRequest::deserialize(serde_json::Value::from(value))
            .map(Self)
            .map_err(|error| Faults::at(place, Invalid::new("invalid_type", error.to_string())))
    }
}
