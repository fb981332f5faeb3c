//! The order routes, one endpoint a file.

mod by_user;
mod cancel;
mod cancel_part;
mod create;
mod deliver;
mod error;
mod fields;
mod fulfilment_json;
mod list;
mod moves;
mod order_json;
mod refunds;
mod review;
mod sales;
mod sales_summary;
mod ship;
mod show;
mod span;
mod timeline;

pub use error::PROBLEMS;

use actix_web::web::{self, ServiceConfig};
use platform_http::{Fragment, Paths, Routes};
use std::sync::Arc;
use utoipa::OpenApi;

use crate::app::App;

#[derive(OpenApi)]
#[openapi(
    paths(
        create::create, show::show, by_user::by_user, list::list, timeline::timeline,
        sales::sales, sales_summary::sales_summary,
        cancel::cancel, cancel_part::cancel_part, ship::ship, deliver::deliver, refunds::refund,
        review::list, review::retry, review::compensate
    ),
    tags((name = "orders", description = "Buying and selling: from the reservation of stock to the delivery and the seller's money"))
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
            .get("/api/orders", list::list)
            .post("/api/orders/create", create::create)
            .get("/api/orders/review", review::list)
            .get("/api/orders/sales", sales::sales)
            .get("/api/orders/sales/summary", sales_summary::sales_summary)
            .get("/api/orders/{id}", show::show)
            .get("/api/orders/{id}/byUser", by_user::by_user)
            .get("/api/orders/{id}/timeline", timeline::timeline)
            .post("/api/orders/{id}/cancel", cancel::cancel)
            .post("/api/orders/{id}/refunds", refunds::refund)
            .post(
                "/api/orders/{id}/fulfilments/{fid}/cancel",
                cancel_part::cancel_part,
            )
            .post("/api/orders/{id}/fulfilments/{fid}/shipments", ship::ship)
            .post(
                "/api/orders/{id}/fulfilments/{fid}/shipments/{sid}/deliver",
                deliver::deliver,
            )
            .post("/api/orders/{id}/retry", review::retry)
            .post("/api/orders/{id}/compensate", review::compensate)
            .declare(config);
    })
}
