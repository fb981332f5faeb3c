//! Invariants 2 and 3: each user balance is the sum of its postings, each posting records the balance after it, numbers have no
//! gap, time does not decrease, nothing but a debt is negative, and what is pending waits as earnings.

use std::collections::BTreeMap;

use super::facts::{Held, Id, Name, Posted, Subject, Waits};
use super::{AuditReport, Invariant};
use crate::domain::Bucket;
use crate::store::codec::bucket_code;

/// Running totals over the postings of an account.
#[derive(Default)]
pub(super) struct Account {
    /// Number of the last posting.
    last: Option<i64>,
    /// Per currency: sum and last number.
    lines: BTreeMap<String, (i128, i64)>,
    /// Per currency: what is pending, and what waits to become available.
    earned: BTreeMap<String, (i128, i128)>,
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
        if last.checked_add(1) != Some(sequence) {
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

    pub(super) fn balance(&mut self, held: Held, report: &mut AuditReport) {
        let Held {
            account: name,
            sequence,
            currency,
            balance,
        } = held;
        let mut found = |what| report.found(Invariant::BalancesArePostings, what);
        let (sum, last) = self.lines.remove(&currency).unwrap_or_default();
        if self.last.is_none() {
            found(format!(
                "{name}: holds {balance} {currency} and has no posting"
            ));
        } else if i128::from(balance) != sum {
            found(format!(
                "{name}: holds {balance} {currency}, its postings sum to {sum}"
            ));
        }
        if self.last.is_some() && sequence != last {
            found(format!(
                "{name}: its last posting in {currency} is {last}, the balance says {sequence}"
            ));
        }
        let is_debt = name.bucket == bucket_code(Bucket::Debt);
        let wrong = match is_debt {
            false if balance < 0 => Some("negative"),
            true if balance > 0 => Some("positive"),
            false | true => None,
        };
        if let Some(wrong) = wrong {
            let what = format!("{name}: holds {balance} {currency}, which is {wrong}");
            report.found(Invariant::NothingNegative, what);
        }
        if is_debt {
            *report.debts.entry(currency.clone()).or_default() -= i128::from(balance);
        }
        if name.bucket == bucket_code(Bucket::Pending) {
            self.earned.entry(currency).or_default().0 += i128::from(balance);
        }
    }

    pub(super) fn waits(&mut self, waits: Waits) {
        self.earned.entry(waits.currency).or_default().1 += i128::from(waits.amount);
    }
}

impl Subject for Account {
    type Id = Name;

    fn close(self, name: Name, report: &mut AuditReport) {
        let mut found = |what| report.found(Invariant::BalancesArePostings, what);
        for (currency, (sum, _)) in self.lines {
            found(format!(
                "{name}: has postings of {sum} {currency} and no balance"
            ));
        }
        for (currency, (held, waits)) in self.earned {
            if held != waits {
                found(format!(
                    "{name}: holds {held} {currency}, earnings of {waits} wait"
                ));
            }
        }
    }
}

/// What the user whose accounts are read has available, to compare with what they owe.
#[derive(Default)]
pub(super) struct Spendable {
    owner: Id,
    amounts: BTreeMap<String, i64>,
}

impl Spendable {
    /// Compares a debt with what its owner has available, which is read before it.
    pub(super) fn balance(&mut self, held: &Held, report: &mut AuditReport) {
        let Name { owner, bucket } = &held.account;
        if self.owner != *owner {
            self.owner.clone_from(owner);
            self.amounts.clear();
        }
        if *bucket == bucket_code(Bucket::Available) {
            self.amounts.insert(held.currency.clone(), held.balance);
        }
        let available = self.amounts.get(&held.currency).copied().unwrap_or(0);
        if *bucket == bucket_code(Bucket::Debt) && held.balance < 0 && available > 0 {
            let what = format!(
                "{}: holds {} {} while {available} are available",
                held.account, held.balance, held.currency
            );
            report.found(Invariant::DebtIsTheLastResort, what);
        }
    }
}
