//! The wallet's refusals.

use platform_http::{FieldError, Problem};

use crate::audit::AuditReport;
use crate::domain::{TopupRefusal, TransferRefusal};

platform_http::problems! {
    pub PROBLEMS:
    INSUFFICIENT_FUNDS "insufficient_funds" 402 "The wallet holds too little"
    BALANCE_LIMIT "balance_limit" 422 "The wallet would hold more than it can"
    TOPUPS_NOT_ALLOWED "topups_not_allowed" 403 "You may not credit this wallet"
    LEDGER_VIOLATION "ledger_violation" 409 "The ledger breaks an invariant"
}

/// Says why a transfer was refused.
pub(super) fn transfer_refused(refusal: TransferRefusal) -> Problem {
    match refusal {
        TransferRefusal::InsufficientFunds { available } => {
            Problem::new(&INSUFFICIENT_FUNDS, format!("It holds {available}."))
                .with("available", &available)
        }
        TransferRefusal::BalanceLimit => Problem::new(
            &BALANCE_LIMIT,
            format!(
                "It can hold up to {} of one currency.",
                kernel::Money::MAX_AMOUNT
            ),
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
    .with("findings", &report.details())
}
