//! What an engine reads for the audit, and the audit of it.

use std::collections::BTreeMap;

use super::accounts::{Account, Name};
use super::payments::Order;
use super::transactions::Transaction;
use super::{AuditReport, Invariant, PaymentStatus};
use crate::domain::{Bucket, SystemAccount};
use crate::store::codec::{bucket_code, status_code, system_code};

/// The bytes of an id. They are as stored: a damaged row may hold anything.
pub(super) type Id = Vec<u8>;

/// One thing that is stored, as it is stored.
///
/// The facts about one transaction, account or order follow each other: a transaction's row before its lines, an account's postings
/// by time and number before its balances, and an order's payment before its steps.
pub(super) enum Fact {
    /// A transaction's row in the journal: its id and kind.
    Transaction(Id, i32),
    /// A line of a transaction.
    Line(Line),
    /// A line on a user's account.
    Posted(Posted),
    /// What a user's account holds of a currency.
    Held(Held),
    /// Earnings that wait to be paid out.
    Waits(Waits),
    /// An order's payment.
    Paid(Paid),
    /// A payment, refund or release of an order: the order, the transaction and its kind.
    Step(Option<Id>, Id, i32),
    /// A line on escrow: the order and the amount.
    Escrow(Option<Id>, i64),
}

pub(super) struct Line {
    pub(super) transaction: Id,
    /// Its transaction's kind, if the store repeats it in the line.
    pub(super) kind: Option<i32>,
    /// Its account, if that is the system's.
    pub(super) account: Option<i32>,
    pub(super) currency: String,
    pub(super) amount: i64,
}

pub(super) struct Posted {
    pub(super) account: Name,
    pub(super) sequence: i64,
    pub(super) currency: String,
    pub(super) amount: i64,
    /// What the account held of the currency afterwards.
    pub(super) after: i64,
}

pub(super) struct Held {
    pub(super) account: Name,
    /// Number of the last posting in the currency.
    pub(super) sequence: i64,
    pub(super) currency: String,
    pub(super) balance: i64,
}

pub(super) struct Waits {
    pub(super) seller: Id,
    pub(super) currency: String,
    pub(super) amount: i64,
}

pub(super) struct Paid {
    pub(super) order: Id,
    pub(super) state: i32,
    pub(super) amount: Option<i64>,
    pub(super) currency: Option<String>,
    pub(super) debit: Option<Id>,
    pub(super) settlement: Option<Id>,
}

/// What the facts are about, while they are read.
pub(super) trait Subject: Default {
    type Id: PartialEq + Clone;

    /// Reports what is wrong with it, now that all of it is read.
    fn close(self, id: Self::Id, report: &mut AuditReport);
}

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
    order: Reading<Order>,
    /// Of the system's lines, by account and currency.
    system: BTreeMap<(i32, String), i128>,
    /// Of the payments that are paid and not settled, by currency.
    owed: BTreeMap<String, i128>,
    /// By seller and currency: what is pending, and what waits to be paid out.
    earned: BTreeMap<(Id, String), (i128, i128)>,
}

impl Audit {
    /// Checks the next fact.
    pub(super) fn take(&mut self, fact: Fact) {
        let report = &mut self.report;
        match fact {
            Fact::Transaction(id, kind) => {
                report.transactions += 1;
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
                self.account
                    .of(&held.account, report)
                    .balance(&held, report);
                if held.account.bucket == bucket_code(Bucket::Pending) && held.balance != 0 {
                    let earned = self.earned.entry((held.account.owner, held.currency));
                    earned.or_default().0 += i128::from(held.balance);
                }
            }
            Fact::Waits(waits) => {
                let earned = self.earned.entry((waits.seller, waits.currency));
                earned.or_default().1 += i128::from(waits.amount);
            }
            Fact::Paid(paid) => {
                report.payments += 1;
                if paid.state == status_code(PaymentStatus::Debited)
                    && let Some((amount, currency)) = paid.amount.zip(paid.currency.clone())
                {
                    *self.owed.entry(currency).or_default() += i128::from(amount);
                }
                self.order
                    .of(&Some(paid.order.clone()), report)
                    .payment(paid);
            }
            Fact::Step(order, transaction, kind) => {
                self.order.of(&order, report).step(&transaction, kind);
            }
            Fact::Escrow(order, amount) => self.order.of(&order, report).escrow(amount),
        }
    }

    /// Ends the audit: all facts are read.
    pub(super) fn end(mut self) -> AuditReport {
        self.transaction.close(&mut self.report);
        self.account.close(&mut self.report);
        self.order.close(&mut self.report);
        self.earnings();
        self.system();
        self.report
    }

    /// Invariant 2, of pending balances: they are the outstanding payouts.
    fn earnings(&mut self) {
        for ((owner, currency), (held, waits)) in std::mem::take(&mut self.earned) {
            if held != waits {
                let bucket = bucket_code(Bucket::Pending);
                let name = Name { owner, bucket };
                self.report.found(
                    Invariant::BalancesArePostings,
                    format!("{name}: holds {held} {currency}, {waits} wait to be paid out"),
                );
            }
        }
    }

    /// Invariants 3 and 4, of the system's accounts: escrow and fees are not negative, and escrow is what debited orders paid.
    fn system(&mut self) {
        let escrow = system_code(SystemAccount::Escrow);
        for currency in self.owed.keys() {
            self.system.entry((escrow, currency.clone())).or_default();
        }
        for ((account, currency), sum) in &self.system {
            let name = match *account {
                code if code == escrow => "escrow",
                code if code == system_code(SystemAccount::PlatformFees) => "platform:fees",
                _ => continue,
            };
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
                    format!("{name}: is {sum} {currency}, the orders that are paid and not settled sum to {paid}"),
                );
            }
        }
    }
}
