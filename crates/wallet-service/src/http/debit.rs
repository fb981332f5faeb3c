//! `POST /api/wallet/debit`.

use actix_web::{HttpRequest, HttpResponse, web};
use auth::Creating;
use deserr::Deserr;
use kernel::{Currency, Money};
use platform_http::{Amount, Body, Faults, Problem};
use utoipa::ToSchema;

use super::shapes::TransactionBody;
use super::transfer::transfer;
use crate::app::App;
use crate::domain::{Direction, Movement, Reference};

/// A debit of the caller's wallet.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schema(as = DebitWallet, example = json!({"amount": 1500, "currency": "USD", "reference": "To my bank"}))]
pub(super) struct DebitWallet {
    /// Minor units.
    amount: Amount,
    /// Defaults to the marketplace's currency.
    #[deserr(default)]
    currency: Option<Currency>,
    /// Free text, shown in the statement.
    #[deserr(default)]
    reference: Option<Reference>,
}

/// Take money out of the caller's wallet
///
/// Debits at most the balance. Otherwise the answer is 402 `insufficient_funds` with the balance in `available`, and nothing
/// is posted. With an `Idempotency-Key`, a repeat gets the first answer, including a 402, and posts nothing.
#[utoipa::path(
    post, path = "/api/wallet/debit", tag = "wallet", operation_id = "debitWallet", security(("bearer" = [])),
    params(("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$", description = "The answer is repeated for 48 hours; the transfer is applied at most once, permanently")),
    request_body(content = DebitWallet, content_type = "application/json",
        example = json!({"amount": 1500, "currency": "USD", "reference": "To my bank"})),
    responses(
        (status = 201, description = "Debited", body = TransactionBody,
            headers(("Idempotency-Replayed" = String, description = "`true` if this repeats the answer to an earlier request")),
            example = json!({"id": "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d", "type": "debit", "amount": -1500, "currency": "USD",
                "balanceAfter": 10500, "sequence": 8, "reference": "To my bank", "createdAt": "2026-01-31T12:00:00.000Z"})),
        (status = 402, description = "`insufficient_funds`: nothing was posted; what there is is in `available`"),
    )
)]
pub(super) async fn debit(
    app: web::Data<App>,
    Creating(caller): Creating,
    request: HttpRequest,
    body: Body<DebitWallet>,
) -> Result<HttpResponse, Problem> {
    let input = body.into_inner();
    let currency = input.currency.unwrap_or(app.currency);
    let movement = Movement {
        direction: Direction::Debit,
        owner: caller.user,
        money: Money::new(input.amount.get(), currency),
        reference: input.reference,
    };
    let route = "POST /api/wallet/debit";
    transfer(&app, &request, caller.user, route, movement).await
}
