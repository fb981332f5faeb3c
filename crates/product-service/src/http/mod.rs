//! The product routes, one endpoint a file.

mod create;
mod error;
mod internal;
mod list;
mod product_json;
mod reader;
mod remove;
mod show;
mod update;

pub use error::PROBLEMS;
pub(crate) use internal::internal_routes;

use std::sync::Arc;

use actix_web::web::{self, ServiceConfig};
use platform_http::{Fragment, Paths, Routes};
use utoipa::OpenApi;
use utoipa::openapi::security::SecurityRequirement;

use crate::app::App;
use crate::config::Config;

#[derive(OpenApi)]
#[openapi(
    paths(create::create, update::update, remove::remove, list::list, show::show),
    tags((name = "products", description = "The catalogue: listing, searching and selling products"))
)]
struct Document;

/// The OpenAPI fragment of these routes, in a marketplace with these settings.
#[must_use]
pub fn openapi(config: &Config) -> Fragment {
    let mut operations = Document::openapi();
    if config.public {
        // The reads are the operations with GET.
        let reads = operations.paths.paths.values_mut();
        for read in reads.filter_map(|item| item.get.as_mut()) {
            let security = read.security.get_or_insert_default();
            security.insert(0, SecurityRequirement::default());
        }
    }
    Fragment {
        operations,
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
            .get("/api/products", list::list)
            .post("/api/products/create", create::create)
            .put("/api/products/update", update::update)
            .patch("/api/products/remove", remove::remove)
            .get("/api/products/{id}", show::show)
            .declare(config);
    })
}
