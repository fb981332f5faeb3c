//! The wallet's routes: one endpoint a file, refusals in `error.rs`, shapes that several share in `shapes.rs`.

mod audit;
mod balance;
mod credit;
mod debit;
mod error;
mod internal;
mod shapes;
mod transactions;
mod transfer;

use std::sync::Arc;

use actix_web::web;
use auth::Verifier;
use host::letters::describe;
use platform_http::{Fragment, Paths, Routes};
use utoipa::OpenApi;

use crate::app::App;

pub use error::PROBLEMS;
pub(crate) use internal::internal_routes;

/// Declares the wallet's paths.
pub(crate) fn routes(app: App, verifier: Verifier) -> Routes {
    let (app, verifier) = (web::Data::new(app), web::Data::new(verifier));
    Arc::new(move |config| {
        config.app_data(app.clone()).app_data(verifier.clone());
        Paths::default()
            .owns("/api/wallet")
            .post("/api/wallet/credit", credit::credit)
            .post("/api/wallet/debit", debit::debit)
            .get("/api/wallet/balance", balance::balance)
            .get("/api/wallet/transaction", transactions::transactions)
            .get("/api/wallet/audit", audit::audit)
            .declare(config);
    })
}

#[derive(OpenApi)]
#[openapi(
    paths(credit::credit, debit::debit, balance::balance, transactions::transactions, audit::audit),
    tags((name = "wallet", description = "Balances, and every movement of money"))
)]
struct Document;

/// Describes the wallet's paths.
#[must_use]
pub fn openapi() -> Fragment {
    Fragment {
        operations: describe(Document::openapi(), "/api/wallet", "wallet"),
        problems: PROBLEMS,
    }
}
