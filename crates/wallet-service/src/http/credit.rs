//! `POST /api/wallet/credit`.

use actix_web::{HttpRequest, HttpResponse, web};
use auth::{Caller, Role};
use deserr::Deserr;
use kernel::{Currency, Money, UserId};
use platform_http::{Amount, Body, Faults, Problem, ReadProblems, WriteProblems};
use utoipa::ToSchema;

use super::error::topup_refused;
use super::shapes::TransactionBody;
use super::transfer::{once_key, transfer};
use crate::app::App;
use crate::domain::{Direction, Movement, Reference};

/// Money for a wallet.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields, rename_all = camelCase)]
#[schema(as = CreditWallet, example = json!({"amount": 5000, "currency": "USD", "reference": "March salary"}))]
#[schema(rename_all = "camelCase")]
pub(super) struct CreditWallet {
    /// Minor units.
    #[schema(value_type = i64, minimum = 1, maximum = 9_007_199_254_740_991i64)]
    amount: Amount,
    /// The marketplace's currency when left out.
    #[deserr(default, from(Currency) = Some)]
    currency: Option<Currency>,
    /// Your own words, shown in the statement.
    #[deserr(default, from(Reference) = Some)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    reference: Option<Reference>,
    /// Whose wallet. The treasury has to name it; everyone else may only name their own.
    #[deserr(default, from(UserId) = Some)]
    user_id: Option<UserId>,
}

/// Put money into a wallet
///
/// Into the caller's own (`wallet.topups = "self-service"`), or, for the role `treasury`, into the named user's
/// (`wallet.topups = "trusted"`). With an `Idempotency-Key` a repetition gets the first answer and moves nothing.
#[utoipa::path(
    post, path = "/api/wallet/credit", tag = "wallet", operation_id = "creditWallet", security(("bearer" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters; remembered for 48 hours, and the money moves once for ever")),
    request_body(content = CreditWallet, content_type = "application/json",
        example = json!({"amount": 5000, "currency": "USD", "reference": "March salary"})),
    responses(
        (status = 201, description = "It is there", body = TransactionBody,
            headers(("Idempotency-Replayed" = String, description = "`true` when this is the first answer again")),
            example = json!({"id": "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d", "type": "credit", "amount": 5000, "currency": "USD",
                "balanceAfter": 12000, "sequence": 7, "reference": "March salary", "createdAt": "2026-01-31T12:00:00.000Z"})),
        (status = 403, description = "`topups_not_allowed`: not this wallet, or not by you",
            content_type = "application/problem+json", body = platform_http::ProblemDocument<'static>),
        (status = 409, description = "`request_running`: the first request with this Idempotency-Key is still running",
            content_type = "application/problem+json", body = platform_http::ProblemDocument<'static>),
        ReadProblems, WriteProblems,
    )
)]
pub(super) async fn credit(
    app: web::Data<App>,
    caller: Caller,
    request: HttpRequest,
    body: Body<CreditWallet>,
) -> Result<HttpResponse, Problem> {
    let key = once_key(
        &request,
        caller.user,
        "POST /api/wallet/credit",
        body.fingerprint(),
    )?;
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
    transfer(&app, movement, key).await
}
