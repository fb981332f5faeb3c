//! `GET /api/wallet/audit`.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};
use auth::{Listing, Role};
use kernel::Money;
use platform_http::{Problem, common};
use serde::Serialize;
use utoipa::ToSchema;

use super::error::ledger_violation;
use crate::app::App;

/// What an audit checked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LedgerAudit)]
pub(super) struct AuditBody {
    /// Always `clean`; otherwise the answer is 409.
    #[schema(example = "clean")]
    status: &'static str,
    /// Journal transactions checked.
    #[schema(example = 1042)]
    transactions: u64,
    /// Postings checked.
    #[schema(example = 2084)]
    postings: u64,
    /// Balances of users checked.
    #[schema(example = 311)]
    balances: u64,
    /// Payments of orders checked.
    #[schema(example = 507)]
    payments: u64,
    /// The amounts in escrow, one for each currency in use.
    escrow: Vec<Money>,
    /// The platform's commission, one amount for each currency in use.
    fees: Vec<Money>,
    /// What users owe, in each currency in which some do.
    debts: Vec<Money>,
}

/// Sums by currency. One that is no amount has broken the ledger.
fn sums(of: &BTreeMap<String, i128>) -> Result<Vec<Money>, Problem> {
    let sums = of.iter().filter(|(_, sum)| **sum != 0);
    let sums = sums.map(|(currency, sum)| {
        let currency = currency.parse().map_err(Problem::internal)?;
        let sum = i64::try_from(*sum).map_err(Problem::internal)?;
        Ok(Money::new(sum, currency))
    });
    sums.collect()
}

/// Check the ledger
///
/// Reads the whole ledger on one snapshot and checks its invariants. For the role `admin`.
#[utoipa::path(
    get, path = "/api/wallet/audit", tag = "wallet", operation_id = "auditWallet", security(("bearer" = [])),
    responses(
        (status = 200, description = "Every invariant holds", body = AuditBody,
            example = json!({"status": "clean", "transactions": 1042, "postings": 2084, "balances": 311, "payments": 507,
                "escrow": [{"amount": 129_900, "currency": "USD"}], "fees": [{"amount": 8_400, "currency": "USD"}], "debts": []})),
        (status = 403, description = "`forbidden`: not an administrator"),
        (status = 409, description = "`ledger_violation`: what is wrong is in `findings`"),
    )
)]
pub(super) async fn audit(
    app: web::Data<App>,
    Listing(caller): Listing,
) -> Result<HttpResponse, Problem> {
    if !caller.has(Role::Admin) {
        return Err(Problem::new(
            &common::FORBIDDEN,
            "Only an administrator audits the ledger.",
        ));
    }
    let report = app.ledger.audit().await?;
    if !report.is_clean() {
        tracing::error!(
            findings = report.findings(),
            first = report.details().first(),
            "the ledger breaks an invariant"
        );
        return Err(ledger_violation(&report));
    }
    Ok(HttpResponse::Ok().json(AuditBody {
        status: "clean",
        transactions: report.transactions,
        postings: report.postings,
        balances: report.balances,
        payments: report.payments,
        escrow: sums(&report.escrow)?,
        fees: sums(&report.fees)?,
        debts: sums(&report.debts)?,
    }))
}
