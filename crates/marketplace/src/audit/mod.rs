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

pub(crate) use books::Books;
#[cfg(feature = "distributed")]
pub(crate) use databases::Databases;
pub(crate) use files::Files;

use kernel::Findings;
use store::StoreResult;
use wallet_service::audit::Invariant;

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
    let broken = |invariant| ledger.violations_of(invariant);
    let figures = stock.figures;
    Ok(vec![
        Finding {
            invariant: "every journal transaction sums to zero in each currency",
            checked: format!(
                "{} transactions, {} postings",
                ledger.transactions, ledger.postings
            ),
            violations: broken(Invariant::TransactionsBalance),
        },
        Finding {
            invariant: "each user balance is the sum of its postings, numbered without a gap",
            checked: format!("{} balances", ledger.balances),
            violations: broken(Invariant::BalancesArePostings),
        },
        Finding {
            invariant: "no user balance is negative, nor escrow, nor fees",
            checked: format!("{} balances", ledger.balances),
            violations: broken(Invariant::NothingNegative),
        },
        Finding {
            invariant: "escrow is the sum of the orders that are paid and neither released nor refunded",
            checked: format!("{} payments", ledger.payments),
            violations: broken(Invariant::EscrowIsOwed),
        },
        Finding {
            invariant: "each payment has the transactions that its state requires",
            checked: format!("{} payments", ledger.payments),
            violations: broken(Invariant::PaymentsAreComplete),
        },
        Finding {
            invariant: "each order was debited once or not at all, as its state says",
            checked: format!("{} orders, {} payments", compared.orders, ledger.payments),
            violations: compared.payments,
        },
        Finding {
            invariant: "the stock of each paid order is sold, and of no order that came to nothing",
            checked: format!("{} orders", compared.orders),
            violations: compared.stock,
        },
        Finding {
            invariant: "of each product, what is left, held and sold, less what came back into stock, is what was put in",
            checked: format!(
                "{} products, with {} units available, {} held, {} sold, {} returned and {} written off",
                stock.products,
                figures.available,
                figures.held,
                figures.sold,
                figures.returned,
                figures.written_off
            ),
            violations: stock.violations,
        },
    ])
}
