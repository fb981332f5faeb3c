//! The audit: reads a wallet's store and reports where the ledger breaks its invariants (`docs` and ledger.md number them). It
//! writes nothing and needs no running service, so an operator can run it on a live store, a stopped one, or a copy.
//!
//! `sqlite` and `mongo` only tell the facts (`facts.rs`): each reads one snapshot as a stream, ordered by an index or one sort, so a
//! million postings take seconds and little memory. The checks are the same for both: `check` passes each fact to the group of invariants
//! that it concerns, which has a file of its own.
//! The composition root checks what involves other services (does every payment belong to an order?). It receives the payments
//! for that.

mod accounts;
mod check;
mod closing;
mod facts;
#[cfg(feature = "mongo")]
pub mod mongo;
mod orders;
mod parts;
mod payments;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(test)]
mod tests;
mod transactions;

use std::collections::BTreeMap;

use kernel::Findings;

pub use crate::domain::PaymentStatus;
pub use payments::{LineRecord, PartRecord, PaymentRecord};
#[cfg(feature = "sqlite")]
pub use sqlite::{audit, payments};

/// An invariant of the ledger. Those with a number are in ledger.md; the others are what always holds of the parts of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// 1: every journal transaction sums to zero in each currency.
    TransactionsBalance,
    /// 2: each user balance is the sum of its postings, its sequence has no gap, and what is pending waits as earnings.
    BalancesArePostings,
    /// 3: no user balance is negative but a debt, which is never positive, and neither are the sums of escrow and fees.
    NothingNegative,
    /// No user has both a debt and money available in one currency.
    DebtIsTheLastResort,
    /// 4, the wallet's half: escrow equals what was captured and not refunded of the parts that are not released.
    EscrowIsOwed,
    /// 5, the wallet's half: each payment has exactly the transactions that its state, its refunds and its releases name.
    PaymentsAreComplete,
    /// The parts of a payment captured its total.
    PartsAreTheDebit,
    /// No line is refunded beyond what it captured, and its refunds add up to what it says.
    RefundsAreWithinParts,
    /// A part is released once, with what was captured and not refunded by then.
    ReleasesAreWhole,
    /// Of each line's commission the proportion is reversed that is refunded, so all of it when all is refunded.
    CommissionsFollowRefunds,
    /// A seller has of a part what was released less the commission that is left and what was refunded since.
    SellersHaveTheirShare,
    /// Of an order that is refunded as a whole, nothing is left anywhere.
    RefundedLeavesNothing,
}

kernel::words!(Invariant {
    TransactionsBalance = "transactions_balance", BalancesArePostings = "balances_are_postings",
    NothingNegative = "nothing_negative", DebtIsTheLastResort = "debt_is_the_last_resort",
    EscrowIsOwed = "escrow_is_owed", PaymentsAreComplete = "payments_are_complete",
    PartsAreTheDebit = "parts_are_the_debit", RefundsAreWithinParts = "refunds_are_within_parts",
    ReleasesAreWhole = "releases_are_whole",
    CommissionsFollowRefunds = "commissions_follow_refunds",
    SellersHaveTheirShare = "sellers_have_their_share",
    RefundedLeavesNothing = "refunded_leaves_nothing"
});

/// The result of an audit: what it read and what it found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditReport {
    /// Journal transactions read.
    pub transactions: u64,
    /// Postings read, users' and the system's.
    pub postings: u64,
    /// Users' balances read, one for each currency of an account.
    pub balances: u64,
    /// Payments of orders read.
    pub payments: u64,
    /// Refunds of parts read.
    pub refunds: u64,
    /// What users owe, by currency, in minor units.
    pub debts: BTreeMap<String, i128>,
    /// What is in escrow, by currency, in minor units.
    pub escrow: BTreeMap<String, i128>,
    /// The platform's commission, by currency, in minor units.
    pub fees: BTreeMap<String, i128>,
    /// The violations of each broken invariant. A sentence names the account, transaction or order.
    violations: BTreeMap<Invariant, Findings>,
}

impl AuditReport {
    /// Whether all invariants hold.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.violations.is_empty()
    }

    /// The violations of `invariant`.
    #[must_use]
    pub fn violations_of(&self, invariant: Invariant) -> Findings {
        self.violations.get(&invariant).cloned().unwrap_or_default()
    }

    /// How many violations there are.
    #[must_use]
    pub fn findings(&self) -> u64 {
        self.violations.values().map(Findings::count).sum()
    }

    /// The details of the violations, as far as they are kept.
    #[must_use]
    pub fn details(&self) -> Vec<&str> {
        let details = self.violations.values().flat_map(Findings::details);
        details.map(String::as_str).collect()
    }

    fn found(&mut self, invariant: Invariant, detail: String) {
        self.violations.entry(invariant).or_default().add(detail);
    }
}

/// An id in its usual form, or the raw bytes if they are not an id.
fn shown(id: &[u8]) -> String {
    uuid::Uuid::from_slice(id).map_or_else(|_| format!("{id:02x?}"), |id| id.to_string())
}
