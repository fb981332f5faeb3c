//! The wallet's refusals.

use platform_http::{FieldError, Problem, ProblemType};

use crate::audit::AuditReport;
use crate::domain::{TopupRefusal, TransferRefusal};

/// The wallet holds less than was asked for.
pub(crate) const INSUFFICIENT_FUNDS: ProblemType = ProblemType {
    code: "insufficient_funds",
    status: 402,
    title: "The wallet holds too little",
};

/// The wallet would hold more than it can.
pub(crate) const BALANCE_LIMIT: ProblemType = ProblemType {
    code: "balance_limit",
    status: 422,
    title: "The wallet would hold more than it can",
};

/// The caller may not credit this wallet.
pub(crate) const TOPUPS_NOT_ALLOWED: ProblemType = ProblemType {
    code: "topups_not_allowed",
    status: 403,
    title: "You may not credit this wallet",
};

/// The audit found something.
pub(crate) const LEDGER_VIOLATION: ProblemType = ProblemType {
    code: "ledger_violation",
    status: 409,
    title: "The ledger breaks an invariant",
};

/// This service's kinds of refusal, beside the common ones.
pub const PROBLEMS: &[&ProblemType] = &[
    &INSUFFICIENT_FUNDS,
    &BALANCE_LIMIT,
    &TOPUPS_NOT_ALLOWED,
    &LEDGER_VIOLATION,
];

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
        TopupRefusal::Unnamed(invalid) => Problem::validation(vec![FieldError {
            pointer: "/userId".to_owned(),
            code: invalid.code,
            detail: invalid.detail,
        }]),
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
