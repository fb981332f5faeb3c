//! Checks the marketplace's invariants over the books of all services. The audit only reads, so the marketplace may be running.
//!
//! An invariant within one service is checked on one snapshot of its books. For an invariant across two services, the books are read one
//! after the other while orders continue. An apparent violation is therefore rechecked until it resolves or has lasted too long.

mod books;
mod compare;
#[cfg(feature = "distributed")]
mod databases;
mod files;
mod fits;
mod parts;
#[cfg(test)]
mod tests;

pub(crate) use books::Books;
#[cfg(feature = "distributed")]
pub(crate) use databases::Databases;
pub(crate) use files::Files;

use kernel::Findings;
use product_service::StockAudit;
use store::StoreResult;
use wallet_service::audit::{AuditReport, Invariant};

use self::compare::Compared;
use self::fits::Check;

/// The result for one group of invariants.
#[derive(Debug)]
pub(crate) struct Finding {
    /// The invariant.
    pub(crate) invariant: &'static str,
    /// What was examined.
    pub(crate) checked: String,
    /// What is wrong.
    pub(crate) violations: Findings,
}

/// Checks all invariants.
///
/// # Errors
/// If a book cannot be read.
pub(crate) async fn check(books: &dyn Books) -> StoreResult<Vec<Finding>> {
    let ledger = books.ledger().await?;
    let stock = books.stock().await?;
    let compared = compare::compare(books).await?;
    let of_ledger = Invariant::ALL.into_iter();
    let across = Check::ALL.into_iter();
    Ok(of_ledger
        .map(|invariant| in_ledger(invariant, &ledger))
        .chain(across.map(|check| across_services(check, &compared)))
        .chain([in_stock(stock)])
        .collect())
}

/// An invariant of the wallet's books.
fn in_ledger(invariant: Invariant, ledger: &AuditReport) -> Finding {
    let AuditReport {
        transactions,
        postings,
        balances,
        payments,
        refunds,
        debts,
        ..
    } = ledger;
    let of_balances = || format!("{balances} balances");
    let of_payments = || format!("{payments} payments");
    let (sentence, checked) = match invariant {
        Invariant::TransactionsBalance => (
            "every journal transaction sums to zero in each currency",
            format!("{transactions} transactions, {postings} postings"),
        ),
        Invariant::BalancesArePostings => (
            "each user balance is the sum of its postings, numbered without a gap",
            of_balances(),
        ),
        Invariant::NothingNegative => (
            "no user balance is negative but a debt, nor escrow, nor fees",
            of_balances(),
        ),
        Invariant::DebtIsTheLastResort => (
            "no user has a debt and money available",
            if debts.is_empty() {
                of_balances()
            } else {
                let debts = debts.iter();
                let debts = debts.map(|(currency, amount)| format!("{amount} {currency}"));
                let debts: Vec<String> = debts.collect();
                format!("{balances} balances, debts of {}", debts.join(", "))
            },
        ),
        Invariant::EscrowIsOwed => (
            "escrow is what was captured and not refunded of the parts that are not released",
            of_payments(),
        ),
        Invariant::PaymentsAreComplete => (
            "each payment has the transactions that its state, its refunds and its releases require",
            format!("{payments} payments, {refunds} refunds"),
        ),
        Invariant::PartsAreTheDebit => (
            "the parts of each payment captured what was debited",
            of_payments(),
        ),
        Invariant::RefundsAreWithinParts => (
            "no line is refunded beyond what it captured, and its refunds add up",
            format!("{payments} payments, {refunds} refunds"),
        ),
        Invariant::ReleasesAreWhole => (
            "each part is released once, with what was left of it",
            of_payments(),
        ),
        Invariant::CommissionsFollowRefunds => (
            "commission is given back in proportion to what is refunded of its line",
            format!("{refunds} refunds"),
        ),
        Invariant::SellersHaveTheirShare => (
            "a seller has of each part what was released, less commission and later refunds",
            of_payments(),
        ),
        Invariant::RefundedLeavesNothing => (
            "of an order that is refunded as a whole, nothing is left anywhere",
            of_payments(),
        ),
    };
    Finding {
        invariant: sentence,
        checked,
        violations: ledger.violations_of(invariant),
    }
}

/// An invariant between the order service and another one.
fn across_services(check: Check, compared: &Compared) -> Finding {
    let Compared {
        orders,
        parts,
        waiting,
        ..
    } = compared;
    let checked = match check {
        Check::Payment | Check::Stock => format!("{orders} orders"),
        Check::Parts | Check::Refunds | Check::Releases | Check::Returns => match waiting {
            0 => format!("{parts} parts"),
            _ => format!("{parts} parts, of which {waiting} wait for an answer"),
        },
    };
    Finding {
        invariant: check.invariant(),
        checked,
        violations: compared.found(check),
    }
}

/// The invariant of the stock book.
fn in_stock(stock: StockAudit) -> Finding {
    let figures = stock.figures;
    Finding {
        invariant: "of each variant of a product, what is left, held and sold, less what came back into stock, is what was put in",
        checked: format!(
            "{} products: {} available, {} held, {} sold, of which {} returned and {} written off",
            stock.products,
            figures.available,
            figures.held,
            figures.sold,
            figures.returned,
            figures.written_off
        ),
        violations: stock.violations,
    }
}
