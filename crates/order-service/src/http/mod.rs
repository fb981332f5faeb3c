//! The order routes, one endpoint a file.

mod by_user;
mod create;
mod error;
mod order_json;
mod review;
mod show;

pub use error::PROBLEMS;

use actix_web::web::{self, ServiceConfig};
use platform_http::{Routes, endpoint};
use std::sync::Arc;
use utoipa::OpenApi;

use crate::app::App;

#[derive(OpenApi)]
#[openapi(
    paths(create::create, show::show, by_user::by_user, review::list, review::retry, review::compensate),
    tags((name = "orders", description = "Buying: from the reservation of stock to a paid order"))
)]
struct Document;

/// The OpenAPI fragment of these routes.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// Declares the routes.
pub(crate) fn routes(app: Arc<App>, verifier: auth::Verifier) -> Routes {
    let app = web::Data::from(app);
    let verifier = web::Data::new(verifier);
    Arc::new(move |config: &mut ServiceConfig| {
        config
            .app_data(app.clone())
            .app_data(verifier.clone())
            .service(endpoint("/api/orders/create").post(create::create).done())
            .service(endpoint("/api/orders/review").get(review::list).done())
            .service(endpoint("/api/orders/{id}").get(show::show).done())
            .service(
                endpoint("/api/orders/{id}/byUser")
                    .get(by_user::by_user)
                    .done(),
            )
            .service(
                endpoint("/api/orders/{id}/retry")
                    .post(review::retry)
                    .done(),
            )
            .service(
                endpoint("/api/orders/{id}/compensate")
                    .post(review::compensate)
                    .done(),
            );
    })
}
