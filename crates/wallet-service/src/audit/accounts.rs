//! Invariants 2 and 3: each user balance is the sum of its postings, each posting records the balance after it, numbers have no
//! gap, time does not decrease, and nothing is negative. Pending balances equal the sum of outstanding payouts.

use std::collections::BTreeMap;

use super::{AuditReport, Invariant, shown};

/// A user's account as stored: its owner's bytes and its bucket's code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    pub(super) owner: Vec<u8>,
    pub(super) bucket: i32,
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bucket = if self.bucket == 0 {
            "available"
        } else {
            "pending"
        };
        write!(f, "user:{}:{bucket}", shown(&self.owner))
    }
}

/// A posting to an account.
pub(super) struct Posted {
    pub(super) sequence: i64,
    pub(super) currency: String,
    pub(super) amount: i64,
    pub(super) after: i64,
}

/// An account's balance in one currency.
pub(super) struct Held {
    pub(super) currency: String,
    pub(super) balance: i64,
    pub(super) sequence: i64,
}

/// Running totals over the postings of an account.
struct Walk {
    name: Name,
    last: i64,
    /// Per currency: sum and last number.
    lines: BTreeMap<String, (i128, i64)>,
}

/// Checks all accounts in the order of their names. Each account's postings come first, by time and number, then its balances.
#[derive(Default)]
pub(super) struct Accounts {
    walk: Option<Walk>,
}

impl Accounts {
    /// Takes the next posting.
    pub(super) fn posted(&mut self, name: Name, posted: Posted, report: &mut AuditReport) {
        if self.walk.as_ref().is_some_and(|walk| walk.name != name) {
            self.close(report);
        }
        self.walk
            .get_or_insert_with(|| Walk {
                name,
                last: 0,
                lines: BTreeMap::new(),
            })
            .step(posted, report);
    }

    /// Takes the next balance.
    pub(super) fn held(&mut self, name: &Name, held: &Held, report: &mut AuditReport) {
        report.balances += 1;
        if self.walk.as_ref().is_some_and(|walk| walk.name != *name) {
            self.close(report);
        }
        let (balance, currency) = (held.balance, &held.currency);
        let Some(walk) = &mut self.walk else {
            report.found(
                Invariant::BalancesArePostings,
                format!("{name}: holds {balance} {currency} and has no posting"),
            );
            return;
        };
        if balance < 0 {
            report.found(
                Invariant::NothingNegative,
                format!("{name}: holds {balance} {currency}, which is negative"),
            );
        }
        let (sum, sequence) = walk.lines.remove(currency).unwrap_or_default();
        if i128::from(balance) != sum {
            report.found(
                Invariant::BalancesArePostings,
                format!("{name}: holds {balance} {currency}, its postings sum to {sum}"),
            );
        }
        if held.sequence != sequence {
            report.found(
                Invariant::BalancesArePostings,
                format!(
                    "{name}: its last posting in {currency} is {sequence}, the balance says {}",
                    held.sequence
                ),
            );
        }
    }

    /// Ends the walk.
    pub(super) fn end(mut self, report: &mut AuditReport) {
        self.close(report);
    }

    fn close(&mut self, report: &mut AuditReport) {
        let Some(Walk { name, lines, .. }) = self.walk.take() else {
            return;
        };
        for (currency, (sum, _)) in lines {
            report.found(
                Invariant::BalancesArePostings,
                format!("{name}: has postings of {sum} {currency} and no balance"),
            );
        }
    }
}

impl Walk {
    fn step(&mut self, posted: Posted, report: &mut AuditReport) {
        let (name, last) = (&self.name, self.last);
        let Posted {
            sequence,
            currency,
            amount,
            after,
        } = posted;
        if sequence != last + 1 {
            report.found(
                Invariant::BalancesArePostings,
                format!("{name}: posting {sequence} follows posting {last}"),
            );
        }
        self.last = sequence;
        let line = self.lines.entry(currency).or_default();
        let sum = line.0 + i128::from(amount);
        if sum != i128::from(after) {
            report.found(
                Invariant::BalancesArePostings,
                format!("{name}: posting {sequence} says {after} remain, the postings say {sum}"),
            );
        }
        // Continue from the recorded balance, so that one wrong posting is one finding.
        *line = (i128::from(after), sequence);
    }
}

/// Compares a seller's pending balance in a currency with their outstanding payouts.
pub(super) fn pending(
    owner: Vec<u8>,
    currency: &str,
    held: i128,
    waits: i128,
    report: &mut AuditReport,
) {
    if held != waits {
        let name = Name { owner, bucket: 1 };
        report.found(
            Invariant::BalancesArePostings,
            format!("{name}: holds {held} {currency}, {waits} wait to be paid out"),
        );
    }
}
