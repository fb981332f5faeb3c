//! The audit: reads a wallet's file and says where the ledger breaks its invariants (`docs` and ledger.md number them). It
//! writes nothing and needs no running service, so an operator can run it on a live file, a stopped one, or a copy.
//!
//! Everything is read in one transaction and as a stream in the order of an index or of one sort, so a million postings take
//! seconds and little memory. What belongs to other services (is every paid order an order?) is left to the composition
//! root, which gets [`payments()`] for it.

mod accounts;
mod payments;
mod system;
#[cfg(test)]
mod tests;
mod transactions;

pub use payments::{PaymentRecord, PaymentStatus, payment, payments};

use chassis::store::StoreResult;
use rusqlite::Connection;

/// Findings that are spelt out; the rest is counted.
const SPELT_OUT: usize = 200;

/// What an audit looked at and what it found.
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
    /// What is wrong, a sentence each. Empty: all invariants hold.
    pub violations: Vec<String>,
    /// Findings beyond those in `violations`.
    pub more_violations: u64,
}

impl AuditReport {
    /// Whether all invariants hold.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.violations.is_empty()
    }

    fn found(&mut self, violation: String) {
        if self.violations.len() < SPELT_OUT {
            self.violations.push(violation);
        } else {
            self.more_violations += 1;
        }
    }
}

/// Checks the invariants on one snapshot of the wallet's file.
///
/// # Errors
/// A store error if the file cannot be read. A broken invariant is no error but a finding.
pub fn audit(connection: &Connection) -> StoreResult<AuditReport> {
    let snapshot = connection.unchecked_transaction()?;
    let mut report = AuditReport::default();
    transactions::check(&snapshot, &mut report)?;
    accounts::check(&snapshot, &mut report)?;
    system::check(&snapshot, &mut report)?;
    payments::check(&snapshot, &mut report)?;
    Ok(report)
}

/// An id as people write it, or its bytes if it is none.
fn shown(id: &[u8]) -> String {
    uuid::Uuid::from_slice(id).map_or_else(|_| format!("{id:02x?}"), |id| id.to_string())
}
