//! The wallet's refusals.

use kernel::Money;
use platform_http::{FieldError, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::audit::AuditReport;
use crate::domain::{TopupRefusal, TransferRefusal};

platform_http::problems! {
    pub PROBLEMS:
    INSUFFICIENT_FUNDS "insufficient_funds" 402 "The wallet holds too little" (Available)
    BALANCE_LIMIT "balance_limit" 422 "The wallet would hold more than it can"
    TOPUPS_NOT_ALLOWED "topups_not_allowed" 403 "You may not credit this wallet"
    LEDGER_VIOLATION "ledger_violation" 409 "The ledger breaks an invariant" (Findings<'static>)
}

/// What a wallet holds.
#[derive(Serialize, ToSchema)]
#[schema(as = AvailableBalance, example = json!({"available": {"amount": 1200, "currency": "USD"}}))]
struct Available {
    /// What can be spent.
    available: Money,
}

/// What an audit found.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditFindings, example = json!({"findings": ["journal: transaction 0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d does not balance"]}))]
struct Findings<'a> {
    /// A sentence for each.
    findings: Vec<&'a str>,
}

/// Says why a transfer was refused.
pub(super) fn transfer_refused(refusal: TransferRefusal) -> Problem {
    match refusal {
        TransferRefusal::InsufficientFunds { available } => Problem::new(
            &INSUFFICIENT_FUNDS,
            format!(
                "It holds {} minor units of {}.",
                available.amount, available.currency
            ),
        )
        .with(&Available { available }),
        TransferRefusal::BalanceLimit => Problem::new(
            &BALANCE_LIMIT,
            format!("It can hold up to {} of one currency.", Money::MAX_AMOUNT),
        ),
    }
}

/// Says why a top-up was refused.
pub(super) fn topup_refused(refusal: TopupRefusal) -> Problem {
    match refusal {
        TopupRefusal::NotAllowed(why) => Problem::new(&TOPUPS_NOT_ALLOWED, why),
        TopupRefusal::Unnamed(invalid) => {
            Problem::validation(vec![FieldError::new("/userId", invalid)])
        }
    }
}

/// Says what an audit found.
pub(super) fn ledger_violation(report: &AuditReport) -> Problem {
    let found = report.findings();
    Problem::new(
        &LEDGER_VIOLATION,
        format!("{found} findings; see findings."),
    )
    .with(&Findings {
        findings: report.details(),
    })
}
