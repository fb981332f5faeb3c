//! The audit of facts: passes each to the group of invariants that it concerns, and checks those over the whole ledger.

use std::collections::BTreeMap;

use super::accounts::{Account, Spendable};
use super::facts::{Fact, Paid, Subject};
use super::orders::Order;
use super::transactions::Transaction;
use super::{AuditReport, Invariant, PaymentStatus};
use crate::domain::{PaymentPart, SystemAccount};
use crate::store::codec::{status_code, system_code};

/// The subject that is being read.
struct Reading<S: Subject>(Option<(S::Id, S)>);

impl<S: Subject> Default for Reading<S> {
    fn default() -> Self {
        Self(None)
    }
}

impl<S: Subject> Reading<S> {
    /// The subject `id`. Closes the one before it.
    fn of(&mut self, id: &S::Id, report: &mut AuditReport) -> &mut S {
        if self.0.as_ref().is_some_and(|(last, _)| last != id) {
            self.close(report);
        }
        let reading = self.0.get_or_insert_with(|| (id.clone(), S::default()));
        &mut reading.1
    }

    fn close(&mut self, report: &mut AuditReport) {
        if let Some((id, subject)) = self.0.take() {
            subject.close(id, report);
        }
    }
}

/// Checks facts. Sums are of 128 bits: that of an external account may exceed 64.
#[derive(Default)]
pub(super) struct Audit {
    report: AuditReport,
    transaction: Reading<Transaction>,
    account: Reading<Account>,
    spendable: Spendable,
    order: Reading<Order>,
    /// Of the system's lines, by account and currency.
    system: BTreeMap<(i32, String), i128>,
    /// What was captured and not refunded of the parts that are not released, by currency.
    owed: BTreeMap<String, i128>,
}

impl Audit {
    /// Checks the next fact.
    pub(super) fn take(&mut self, fact: Fact) {
        let report = &mut self.report;
        match fact {
            Fact::Transaction(id, kind) => {
                report.transactions += 1;
                // Two transactions with one id must not make up for each other.
                self.transaction.close(report);
                self.transaction.of(&id, report).row(kind);
            }
            Fact::Line(line) => {
                report.postings += 1;
                if let Some(account) = line.account {
                    let sum = self.system.entry((account, line.currency.clone()));
                    *sum.or_default() += i128::from(line.amount);
                }
                self.transaction.of(&line.transaction, report).line(line);
            }
            Fact::Posted(posted) => {
                let account = self.account.of(&posted.account, report);
                account.posting(posted, report);
            }
            Fact::Held(held) => {
                report.balances += 1;
                self.spendable.balance(&held, report);
                let account = self.account.of(&held.account, report);
                account.balance(held, report);
            }
            Fact::Waits(waits) => {
                self.account.of(&waits.account, report).waits(waits);
            }
            Fact::Paid(paid) => {
                report.payments += 1;
                owe(&paid, &mut self.owed);
                let order = Some(paid.order.clone());
                self.order.of(&order, report).payment(paid);
            }
            Fact::Refunded(refunded) => {
                report.refunds += 1;
                let order = Some(refunded.order.clone());
                self.order.of(&order, report).refund(refunded);
            }
            Fact::Step(order, transaction, kind) => {
                self.order.of(&order, report).step(transaction, kind);
            }
            Fact::Moved(order, moved) => self.order.of(&order, report).moved(moved),
        }
    }

    /// Ends the audit: all facts are read.
    pub(super) fn end(mut self) -> AuditReport {
        self.transaction.close(&mut self.report);
        self.account.close(&mut self.report);
        self.order.close(&mut self.report);
        self.system();
        self.report
    }

    /// Invariants 3 and 4, of the system's accounts: escrow and fees are not negative, and escrow is what parts that are not released have left.
    fn system(&mut self) {
        let escrow = system_code(SystemAccount::Escrow);
        for currency in self.owed.keys() {
            self.system.entry((escrow, currency.clone())).or_default();
        }
        for ((account, currency), sum) in &self.system {
            let (name, sums) = match *account {
                code if code == escrow => ("escrow", &mut self.report.escrow),
                code if code == system_code(SystemAccount::PlatformFees) => {
                    ("platform:fees", &mut self.report.fees)
                }
                _ => continue,
            };
            sums.insert(currency.clone(), *sum);
            if *sum < 0 {
                self.report.found(
                    Invariant::NothingNegative,
                    format!("{name}: is {sum} {currency}, which is negative"),
                );
            }
            let paid = self.owed.get(currency).copied().unwrap_or_default();
            if *account == escrow && *sum != paid {
                self.report.found(
                    Invariant::EscrowIsOwed,
                    format!("{name}: is {sum} {currency}, the parts that are not released have {paid} left"),
                );
            }
        }
    }
}

/// Adds to `owed` what the parts of a payment have left in escrow.
fn owe(paid: &Paid, owed: &mut BTreeMap<String, i128>) {
    if paid.state != status_code(PaymentStatus::Debited) {
        return;
    }
    let unreleased = paid.parts.iter().filter(|part| part.released.is_none());
    let left: i128 = unreleased.map(PaymentPart::left).sum();
    if let Some(currency) = paid.currency.clone() {
        *owed.entry(currency).or_default() += left;
    }
}
