//! The order routes, one endpoint a file.

mod by_user;
mod create;
mod error;
mod order_json;
mod review;
mod show;

pub use error::PROBLEMS;

use actix_web::web::{self, ServiceConfig};
use platform_http::{Fragment, Paths, Routes};
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
pub fn openapi() -> Fragment {
    Fragment {
        operations: Document::openapi(),
        problems: PROBLEMS,
    }
}

/// Declares the routes.
pub(crate) fn routes(app: Arc<App>, verifier: auth::Verifier) -> Routes {
    let app = web::Data::from(app);
    let verifier = web::Data::new(verifier);
    Arc::new(move |config: &mut ServiceConfig| {
        config.app_data(app.clone()).app_data(verifier.clone());
        Paths::default()
            .post("/api/orders/create", create::create)
            .get("/api/orders/review", review::list)
            .get("/api/orders/{id}", show::show)
            .get("/api/orders/{id}/byUser", by_user::by_user)
            .post("/api/orders/{id}/retry", review::retry)
            .post("/api/orders/{id}/compensate", review::compensate)
            .declare(config);
    })
}
