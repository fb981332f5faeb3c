//! Invariants 2 and 3: each user balance is the sum of its postings, each posting records the balance after it, numbers have no
//! gap, time does not decrease, and nothing is negative.

use std::collections::BTreeMap;

use super::facts::{Held, Name, Posted, Subject};
use super::{AuditReport, Invariant};

/// Running totals over the postings of an account.
#[derive(Default)]
pub(super) struct Account {
    /// Number of the last posting.
    last: Option<i64>,
    /// Per currency: sum and last number.
    lines: BTreeMap<String, (i128, i64)>,
}

impl Account {
    pub(super) fn posting(&mut self, posted: Posted, report: &mut AuditReport) {
        let Posted {
            account: name,
            sequence,
            currency,
            amount,
            after,
        } = posted;
        let mut found = |what| report.found(Invariant::BalancesArePostings, what);
        let last = self.last.replace(sequence).unwrap_or(0);
        if sequence != last + 1 {
            found(format!("{name}: posting {sequence} follows posting {last}"));
        }
        let line = self.lines.entry(currency).or_default();
        let sum = line.0 + i128::from(amount);
        if sum != i128::from(after) {
            found(format!(
                "{name}: posting {sequence} says {after} remain, the postings say {sum}"
            ));
        }
        // Continue from the recorded balance, so that one wrong posting is one finding.
        *line = (i128::from(after), sequence);
    }

    pub(super) fn balance(&mut self, held: &Held, report: &mut AuditReport) {
        let Held {
            account: name,
            sequence,
            currency,
            balance,
        } = held;
        let mut found = |what| report.found(Invariant::BalancesArePostings, what);
        if self.last.is_none() {
            found(format!(
                "{name}: holds {balance} {currency} and has no posting"
            ));
            return;
        }
        let (sum, last) = self.lines.remove(currency).unwrap_or_default();
        if i128::from(*balance) != sum {
            found(format!(
                "{name}: holds {balance} {currency}, its postings sum to {sum}"
            ));
        }
        if *sequence != last {
            found(format!(
                "{name}: its last posting in {currency} is {last}, the balance says {sequence}"
            ));
        }
        if *balance < 0 {
            report.found(
                Invariant::NothingNegative,
                format!("{name}: holds {balance} {currency}, which is negative"),
            );
        }
    }
}

impl Subject for Account {
    type Id = Name;

    fn close(self, name: Name, report: &mut AuditReport) {
        for (currency, (sum, _)) in self.lines {
            report.found(
                Invariant::BalancesArePostings,
                format!("{name}: has postings of {sum} {currency} and no balance"),
            );
        }
    }
}
