//! The product routes, one endpoint a file.

mod create;
mod error;
mod internal;
mod list;
mod price;
mod product_json;
mod reader;
mod remove;
mod show;
mod update;

pub use error::PROBLEMS;
pub(crate) use internal::internal_routes;

use std::sync::Arc;

use actix_web::web::{self, ServiceConfig};
use platform_http::{Routes, endpoint};
use utoipa::OpenApi;

use crate::app::App;

#[derive(OpenApi)]
#[openapi(
    paths(create::create, update::update, remove::remove, list::list, show::show),
    tags((name = "products", description = "The catalogue: listing, searching and selling products"))
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
            .service(endpoint("/api/products").get(list::list).done())
            .service(endpoint("/api/products/create").post(create::create).done())
            .service(endpoint("/api/products/update").put(update::update).done())
            .service(
                endpoint("/api/products/remove")
                    .patch(remove::remove)
                    .done(),
            )
            .service(endpoint("/api/products/{id}").get(show::show).done());
    })
}
