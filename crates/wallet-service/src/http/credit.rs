//! `POST /api/wallet/credit`.

use actix_web::{HttpRequest, HttpResponse, web};
use auth::{Creating, Role};
use deserr::Deserr;
use kernel::{Currency, Money, UserId};
use platform_http::{Amount, Body, Faults, Problem};
use utoipa::ToSchema;

use super::error::topup_refused;
use super::shapes::TransactionBody;
use super::transfer::transfer;
use crate::app::App;
use crate::domain::{Direction, Movement, Reference};

/// A credit to a wallet.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields, rename_all = camelCase)]
#[schema(as = CreditWallet, example = json!({"amount": 5000, "currency": "USD", "reference": "March salary"}))]
#[schema(rename_all = "camelCase")]
pub(super) struct CreditWallet {
    /// Minor units.
    amount: Amount,
    /// Defaults to the marketplace's currency.
    #[deserr(default)]
    currency: Option<Currency>,
    /// Free text, shown in the statement.
    #[deserr(default)]
    reference: Option<Reference>,
    /// The wallet's owner. Required from the treasury; other callers may only name themselves.
    #[deserr(default)]
    user_id: Option<UserId>,
}

/// Put money into a wallet
///
/// Credits the caller's own wallet (`wallet.topups = "self-service"`), or, for the role `treasury`, the named user's
/// (`wallet.topups = "trusted"`). With an `Idempotency-Key`, a repeat gets the first answer and posts nothing.
#[utoipa::path(
    post, path = "/api/wallet/credit", tag = "wallet", operation_id = "creditWallet", security(("bearer" = [])),
    params(("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$", description = "The answer is repeated for 48 hours; the transfer is applied at most once, permanently")),
    request_body(content = CreditWallet, content_type = "application/json",
        example = json!({"amount": 5000, "currency": "USD", "reference": "March salary"})),
    responses(
        (status = 201, description = "Credited", body = TransactionBody,
            headers(("Idempotency-Replayed" = String, description = "`true` if this repeats the answer to an earlier request")),
            example = json!({"id": "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d", "type": "credit", "amount": 5000, "currency": "USD",
                "balanceAfter": 12000, "sequence": 7, "reference": "March salary", "createdAt": "2026-01-31T12:00:00.000Z"})),
        (status = 403, description = "`topups_not_allowed`: the caller may not credit this wallet"),
        (status = 422, description = "`balance_limit`: the wallet would hold more than it can"),
    )
)]
pub(super) async fn credit(
    app: web::Data<App>,
    Creating(caller): Creating,
    request: HttpRequest,
    body: Body<CreditWallet>,
) -> Result<HttpResponse, Problem> {
    let input = body.into_inner();
    let owner = app
        .topups
        .payee(caller.user, caller.has(Role::Treasury), input.user_id)
        .map_err(topup_refused)?;
    let currency = input.currency.unwrap_or(app.currency);
    let movement = Movement {
        direction: Direction::Credit,
        owner,
        money: Money::new(input.amount.get(), currency),
        reference: input.reference,
    };
    let route = "POST /api/wallet/credit";
    transfer(&app, &request, caller.user, route, movement).await
}
