//! Invariant 5, the wallet's half: every order's payment has exactly the transactions that its state, its refunds and its releases name,
//! and each moved what it should. `parts` checks the parts, `closing` reports. The composition root checks the other half, on each
//! [`PaymentRecord`](super::PaymentRecord).

use std::collections::BTreeMap;

use uuid::Uuid;

use super::facts::{Id, Moved, Paid, Refunded, Whose};
use super::{PaymentStatus, shown};
use crate::domain::Kind;
use crate::store::codec::{kind, kind_code, status};

/// What the wallet stores about an order: its payment, its refunds and its transactions.
#[derive(Default)]
pub(super) struct Order {
    payment: Option<Paid>,
    pub(super) refunds: Vec<Refunded>,
    pub(super) transactions: BTreeMap<Id, Transaction>,
}

/// A transaction of an order: how often the journal has it, its kind, and what it moved.
#[derive(Default)]
pub(super) struct Transaction {
    rows: i64,
    kind: i32,
    pub(super) escrow: i128,
    pub(super) fees: i128,
    /// On users' accounts, by owner. Only releases and reversals tell.
    pub(super) users: Vec<(Id, i128)>,
}

/// A transaction that a record names: its id, its kind, and what it moves into escrow.
struct Named {
    id: Id,
    kind: Kind,
    escrow: i128,
}

/// The bytes of an id that a record names.
pub(super) fn bytes(id: impl Into<Uuid>) -> Id {
    id.into().into_bytes().to_vec()
}

impl Order {
    pub(super) fn payment(&mut self, payment: Paid) {
        self.payment = Some(payment);
    }

    pub(super) fn refund(&mut self, refund: Refunded) {
        self.refunds.push(refund);
    }

    pub(super) fn step(&mut self, transaction: Id, kind: i32) {
        let transaction = self.transactions.entry(transaction).or_default();
        transaction.rows += 1;
        transaction.kind = kind;
    }

    pub(super) fn moved(&mut self, moved: Moved) {
        let transaction = self.transactions.entry(moved.transaction).or_default();
        let amount = i128::from(moved.amount);
        match moved.whose {
            Whose::Escrow => transaction.escrow += amount,
            Whose::Fees => transaction.fees += amount,
            Whose::User(owner) => transaction.users.push((owner, amount)),
        }
    }

    /// The payment's status, unless its code is unknown.
    pub(super) fn status(&self) -> Option<PaymentStatus> {
        status(self.payment.as_ref()?.state).ok()
    }

    pub(super) fn paid(&self) -> Option<&Paid> {
        self.payment.as_ref()
    }

    /// The transactions that the payment, its refunds and its parts name.
    fn named(&self) -> Vec<Named> {
        let mut all = Vec::new();
        let mut name = |id: &Id, kind, escrow| {
            let id = id.clone();
            all.push(Named { id, kind, escrow });
        };
        let refunded: i128 = self.refunds.iter().map(|one| i128::from(one.amount)).sum();
        if let Some(payment) = &self.payment {
            let total = i128::from(payment.amount.unwrap_or(0));
            if let Some(debit) = &payment.debit {
                name(debit, Kind::OrderPayment, total);
            }
            if let Some(reversal) = &payment.reversal {
                name(reversal, Kind::OrderRefund, refunded - total);
            }
            let releases = payment.parts.iter().filter_map(|part| part.released);
            for release in releases {
                if let Some(transaction) = release.transaction {
                    let amount = -i128::from(release.amount);
                    name(&bytes(transaction), Kind::OrderRelease, amount);
                }
            }
        }
        for refund in &self.refunds {
            let amount = i128::from(refund.amount);
            name(&refund.transaction, Kind::OrderRefund, -amount);
            if let Some(reversal) = &refund.reversal {
                name(reversal, Kind::EarningReversal, amount);
            }
        }
        all
    }

    /// Why the transactions are not those that the records name. None if they are.
    pub(super) fn misfit(&self) -> Option<String> {
        let Some(status) = self.status() else {
            return Some("no payment explains them".to_owned());
        };
        if self.payment.as_ref()?.debit.is_some() != status.is_debited() {
            return Some("it does not name its debit as its state requires".to_owned());
        }
        let named = self.named();
        for Named { id, kind, escrow } in &named {
            let found = self.transactions.get(id);
            let id = shown(id);
            let Some(found) = found.filter(|found| found.rows > 0) else {
                return Some(format!("{} {id} is not in the journal", kind.as_str()));
            };
            if found.rows != 1 || found.kind != kind_code(*kind) {
                return Some(format!("{id} is not one {}", kind.as_str()));
            }
            if found.escrow != *escrow {
                return Some(format!(
                    "{} {id} should move {escrow} into escrow and moves {}",
                    kind.as_str(),
                    found.escrow
                ));
            }
        }
        let stray = self
            .transactions
            .keys()
            .find(|id| !named.iter().any(|named| named.id == **id));
        if let Some(stray) = stray {
            return Some(format!("no record names {}", shown(stray)));
        }
        let is_twice = named.len() > self.transactions.len();
        is_twice.then(|| "two records name one transaction".to_owned())
    }

    /// How often the journal has a transaction of this kind.
    pub(super) fn count(&self, of: Kind) -> i64 {
        let all = self.transactions.values();
        all.filter(|one| kind(one.kind) == Ok(of))
            .map(|one| one.rows)
            .sum()
    }

    pub(super) fn escrow(&self, moved: impl Fn(i128) -> i128) -> i128 {
        let all = self.transactions.values();
        all.map(|one| moved(one.escrow)).sum()
    }
}
