//! The order routes, one endpoint a file.

mod approve_return;
mod by_user;
mod cancel;
mod cancel_part;
mod case_json;
mod case_lists;
mod cases;
mod comment_dispute;
mod comment_return;
mod create;
mod deliver;
mod deny_return;
mod error;
mod fields;
mod fulfilment_json;
mod internal;
mod list;
mod list_disputes;
mod list_returns;
mod moves;
mod open_dispute;
mod order_json;
mod receive_return;
mod refunds;
mod request_return;
mod resolve_dispute;
mod review;
mod sales;
mod sales_summary;
mod ship;
mod show;
mod span;
mod summary;
mod timeline;
mod withdraw_dispute;
mod withdraw_return;

pub use error::PROBLEMS;
pub(crate) use internal::internal_routes;

use actix_web::web::{self, ServiceConfig};
use host::letters::describe;
use platform_http::{Fragment, Paths, Routes};
use std::sync::Arc;
use utoipa::OpenApi;

use crate::app::App;

#[derive(OpenApi)]
#[openapi(
    paths(
        create::create, show::show, by_user::by_user, list::list, timeline::timeline,
        sales::sales, sales_summary::sales_summary, summary::summary,
        cancel::cancel, cancel_part::cancel_part, ship::ship, deliver::deliver, refunds::refund,
        request_return::request_return, approve_return::approve_return, deny_return::deny_return,
        receive_return::receive_return, withdraw_return::withdraw_return, comment_return::comment_return, list_returns::returns,
        open_dispute::open_dispute, resolve_dispute::resolve_dispute, withdraw_dispute::withdraw_dispute, comment_dispute::comment_dispute,
        list_disputes::disputes,
        review::list, review::retry, review::compensate
    ),
    tags((name = "orders", description = "Buying and selling: from the reservation of stock to the delivery and the seller's money"))
)]
struct Document;

/// The OpenAPI fragment of these routes.
#[must_use]
pub fn openapi() -> Fragment {
    Fragment {
        operations: describe(Document::openapi(), "/api/orders", "orders"),
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
            .owns("/api/orders")
            .get("/api/orders", list::list)
            .post("/api/orders/create", create::create)
            .get("/api/orders/review", review::list)
            .get("/api/orders/returns", list_returns::returns)
            .get("/api/orders/disputes", list_disputes::disputes)
            .get("/api/orders/sales", sales::sales)
            .get("/api/orders/sales/summary", sales_summary::sales_summary)
            .get("/api/orders/summary", summary::summary)
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
            .post("/api/orders/{id}/returns", request_return::request_return)
            .post(
                "/api/orders/{id}/returns/{rid}/approve",
                approve_return::approve_return,
            )
            .post(
                "/api/orders/{id}/returns/{rid}/deny",
                deny_return::deny_return,
            )
            .post(
                "/api/orders/{id}/returns/{rid}/receive",
                receive_return::receive_return,
            )
            .post(
                "/api/orders/{id}/returns/{rid}/withdraw",
                withdraw_return::withdraw_return,
            )
            .post(
                "/api/orders/{id}/returns/{rid}/comments",
                comment_return::comment_return,
            )
            .post("/api/orders/{id}/disputes", open_dispute::open_dispute)
            .post(
                "/api/orders/{id}/disputes/{did}/resolve",
                resolve_dispute::resolve_dispute,
            )
            .post(
                "/api/orders/{id}/disputes/{did}/withdraw",
                withdraw_dispute::withdraw_dispute,
            )
            .post(
                "/api/orders/{id}/disputes/{did}/comments",
                comment_dispute::comment_dispute,
            )
            .post("/api/orders/{id}/retry", review::retry)
            .post("/api/orders/{id}/compensate", review::compensate)
            .declare(config);
    })
}
