//! The product routes, one endpoint a file.

mod add_image;
mod add_variant;
mod adjust_stock;
mod attributes_json;
mod category;
mod category_json;
mod change;
mod create;
mod create_category;
mod edit_images;
mod edit_variant;
mod error;
mod facets_json;
mod image_json;
mod internal;
mod list;
mod list_categories;
mod own_products;
mod picture;
mod product_json;
mod publish;
mod reader;
mod remove;
mod remove_variant;
mod seller;
mod seller_json;
mod show;
mod stock_history;
mod stock_json;
mod takedown;
mod taken_down;
mod unpublish;
mod update;
mod variant_json;

pub use error::PROBLEMS;
pub(crate) use internal::internal_routes;

use std::sync::Arc;

use actix_web::web::{self, ServiceConfig};
use host::letters::describe;
use platform_http::{Fragment, Paths, Routes};
use utoipa::OpenApi;
use utoipa::openapi::security::SecurityRequirement;

use crate::app::App;
use crate::config::Config;

#[derive(OpenApi)]
#[openapi(
    paths(
        create::create, update::update, remove::remove, list::list, own_products::list_own, show::show,
        publish::publish, unpublish::unpublish, takedown::take_down_product, takedown::reinstate_product,
        taken_down::list_taken_down,
        add_variant::add, edit_variant::edit, remove_variant::remove, stock_history::history, adjust_stock::adjust,
        seller::show,
        add_image::add, edit_images::arrange, edit_images::remove, picture::show,
        list_categories::list, category::show, create_category::create, category::edit, category::shift, category::retire,
        category::reinstate,
    ),
    tags(
        (name = "products", description = "The catalogue: listing, searching and selling products"),
        (name = "categories", description = "The tree of categories, and what their products say of themselves"),
    )
)]
struct Document;

/// What needs no token where the catalogue is public.
const OPEN_READS: [&str; 2] = ["/api/products", "/api/products/{id}"];

/// The OpenAPI fragment of these routes, in a marketplace with these settings.
#[must_use]
pub fn openapi(config: &Config) -> Fragment {
    let mut operations = describe(Document::openapi(), "/api/products", "products");
    if config.public {
        let paths = operations.paths.paths.iter_mut();
        let open = paths.filter(|(path, _)| OPEN_READS.contains(&path.as_str()));
        for read in open.filter_map(|(_, item)| item.get.as_mut()) {
            let security = read.security.get_or_insert_default();
            if !security.contains(&SecurityRequirement::default()) {
                security.insert(0, SecurityRequirement::default());
            }
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
    let pages = web::Data::new(list::Pages::default());
    Arc::new(move |config: &mut ServiceConfig| {
        config
            .app_data(app.clone())
            .app_data(verifier.clone())
            .app_data(pages.clone());
        Paths::default()
            .owns("/api/products")
            .owns("/api/categories")
            .get("/api/products", list::list)
            .post("/api/products/create", create::create)
            .put("/api/products/update", update::update)
            .patch("/api/products/remove", remove::remove)
            .get("/api/products/mine", own_products::list_own)
            .get("/api/products/taken-down", taken_down::list_taken_down)
            .get("/api/products/{id}", show::show)
            .post("/api/products/{id}/publish", publish::publish)
            .post("/api/products/{id}/unpublish", unpublish::unpublish)
            .post("/api/products/{id}/takedown", takedown::take_down_product)
            .post("/api/products/{id}/reinstate", takedown::reinstate_product)
            .post("/api/products/{id}/variants", add_variant::add)
            .patch("/api/products/{id}/variants/{vid}", edit_variant::edit)
            .delete("/api/products/{id}/variants/{vid}", remove_variant::remove)
            .get("/api/products/{id}/stock", stock_history::history)
            .post("/api/products/{id}/stock", adjust_stock::adjust)
            .get("/api/sellers/{id}", seller::show)
            .post("/api/products/{id}/images", add_image::add)
            .put("/api/products/{id}/images", edit_images::arrange)
            .delete("/api/products/{id}/images/{image}", edit_images::remove)
            .get("/images/{name}", picture::show)
            .get("/api/categories", list_categories::list)
            .post("/api/categories", create_category::create)
            .get("/api/categories/{id}", category::show)
            .patch("/api/categories/{id}", category::edit)
            .post("/api/categories/{id}/move", category::shift)
            .post("/api/categories/{id}/retire", category::retire)
            .post("/api/categories/{id}/reinstate", category::reinstate)
            .declare(config);
    })
}
