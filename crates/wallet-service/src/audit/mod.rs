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
mod facts;
#[cfg(feature = "mongo")]
pub mod mongo;
mod payments;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(test)]
mod tests;
mod transactions;

pub use crate::domain::PaymentStatus;
pub use payments::PaymentRecord;
#[cfg(feature = "sqlite")]
pub use sqlite::{audit, payment, payments};

/// Maximum number of findings reported in full. The rest are only counted.
const SPELT_OUT: usize = 200;

/// An invariant of the ledger, by its number in ledger.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invariant {
    /// 1: every journal transaction sums to zero in each currency.
    TransactionsBalance,
    /// 2: each user balance is the sum of its postings, and its sequence has no gap.
    BalancesArePostings,
    /// 3: no user balance is negative, and neither are the sums of escrow and fees.
    NothingNegative,
    /// 4, the wallet's half: escrow equals the total of the debited, unsettled orders.
    EscrowIsOwed,
    /// 5, the wallet's half: each payment has the transactions that its state requires.
    PaymentsAreComplete,
}

impl Invariant {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::TransactionsBalance,
        Self::BalancesArePostings,
        Self::NothingNegative,
        Self::EscrowIsOwed,
        Self::PaymentsAreComplete,
    ];

    /// The label value in the metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TransactionsBalance => "transactions_balance",
            Self::BalancesArePostings => "balances_are_postings",
            Self::NothingNegative => "nothing_negative",
            Self::EscrowIsOwed => "escrow_is_owed",
            Self::PaymentsAreComplete => "payments_are_complete",
        }
    }
}

/// A finding: the broken invariant, and where it is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The invariant.
    pub invariant: Invariant,
    /// A sentence that names the account, transaction or order.
    pub detail: String,
}

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
    /// The findings. Empty if all invariants hold.
    pub violations: Vec<Violation>,
    /// Findings beyond those in `violations`.
    pub more_violations: u64,
}

impl AuditReport {
    /// Whether all invariants hold.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.violations.is_empty()
    }

    /// How many findings there are.
    #[must_use]
    pub fn findings(&self) -> u64 {
        let spelt_out = u64::try_from(self.violations.len()).unwrap_or(u64::MAX);
        spelt_out.saturating_add(self.more_violations)
    }

    /// The details of all violations.
    #[must_use]
    pub fn details(&self) -> Vec<&str> {
        self.violations
            .iter()
            .map(|violation| violation.detail.as_str())
            .collect()
    }

    fn found(&mut self, invariant: Invariant, detail: String) {
        if self.violations.len() < SPELT_OUT {
            self.violations.push(Violation { invariant, detail });
        } else {
            self.more_violations += 1;
        }
    }
}

/// An id in its usual form, or the raw bytes if they are not an id.
fn shown(id: &[u8]) -> String {
    uuid::Uuid::from_slice(id).map_or_else(|_| format!("{id:02x?}"), |id| id.to_string())
}
