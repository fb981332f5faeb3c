//! The wallet's routes: one endpoint a file, refusals in `error.rs`, shapes that several share in `shapes.rs`.

mod audit;
mod balance;
mod credit;
mod debit;
mod error;
mod shapes;
mod transactions;
mod transfer;

use std::sync::Arc;

use actix_web::web;
use auth::Verifier;
use platform_http::{Routes, endpoint};
use utoipa::OpenApi;

use crate::app::App;

pub use error::PROBLEMS;

/// Declares the wallet's paths.
pub(crate) fn routes(app: App, verifier: Verifier) -> Routes {
    let (app, verifier) = (web::Data::new(app), web::Data::new(verifier));
    Arc::new(move |config| {
        config
            .app_data(app.clone())
            .app_data(verifier.clone())
            .service(endpoint("/api/wallet/credit").post(credit::credit).done())
            .service(endpoint("/api/wallet/debit").post(debit::debit).done())
            .service(endpoint("/api/wallet/balance").get(balance::balance).done())
            .service(
                endpoint("/api/wallet/transaction")
                    .get(transactions::transactions)
                    .done(),
            )
            .service(endpoint("/api/wallet/audit").get(audit::audit).done());
    })
}

#[derive(OpenApi)]
#[openapi(
    paths(credit::credit, debit::debit, balance::balance, transactions::transactions, audit::audit),
    tags((name = "wallet", description = "What a user has, and every movement of it"))
)]
struct Document;

/// Describes the wallet's paths.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}
