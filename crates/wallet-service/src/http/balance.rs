//! `GET /api/wallet/balance`.

use actix_web::{HttpResponse, web};
use auth::Caller;
use kernel::Currency;
use platform_http::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::{self, App};

/// A user's balance in one currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CurrencyBalance)]
struct HoldingBody {
    /// The currency.
    currency: Currency,
    /// Minor units that can be spent.
    #[schema(example = 12000, minimum = 0)]
    available: i64,
    /// Minor units earned from sales and not yet available.
    #[schema(example = 0, minimum = 0)]
    pending: i64,
    /// Minor units owed to the marketplace because earnings were refunded to a buyer after they had been spent. What comes in repays
    /// it first, so nothing is available meanwhile.
    #[schema(example = 0, minimum = 0)]
    debt: i64,
}

/// A user's balances.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WalletBalance)]
pub(super) struct BalanceBody {
    /// Minor units of the marketplace's currency that can be spent.
    #[schema(example = 12000, minimum = 0)]
    available: i64,
    /// Minor units of the marketplace's currency earned from sales and not yet available.
    #[schema(example = 0, minimum = 0)]
    pending: i64,
    /// Minor units of the marketplace's currency owed to the marketplace.
    #[schema(example = 0, minimum = 0)]
    debt: i64,
    /// The balance in each currency, the marketplace's first.
    balances: Vec<HoldingBody>,
}

/// Show the caller's balance
///
/// Returns 0 for a user who has never held money.
#[utoipa::path(
    get, path = "/api/wallet/balance", tag = "wallet", operation_id = "walletBalance", security(("bearer" = [])),
    responses(
        (status = 200, description = "The balance", body = BalanceBody,
            example = json!({"available": 12000, "pending": 0, "debt": 0, "balances": [{"currency": "USD", "available": 12000, "pending": 0, "debt": 0}]})),
    )
)]
pub(super) async fn balance(app: web::Data<App>, caller: Caller) -> Result<HttpResponse, Problem> {
    let balance = app::balance(&app, caller.user).await?;
    let balances = balance.all.into_iter();
    let balances = balances.map(|(currency, holding)| HoldingBody {
        currency,
        available: holding.available,
        pending: holding.pending,
        debt: holding.debt,
    });
    Ok(HttpResponse::Ok().json(BalanceBody {
        available: balance.own.available,
        pending: balance.own.pending,
        debt: balance.own.debt,
        balances: balances.collect(),
    }))
}
