//! Invariant 5, the wallet's half: every order's payment has exactly the transactions that its state requires. The composition
//! root checks the other half on each [`PaymentRecord`].

use kernel::{Money, OrderId, UserId};

use super::facts::{Id, Paid, Subject};
use super::{AuditReport, Invariant, PaymentStatus, shown};
use crate::domain::{Kind, Payment};
use crate::store::codec::{kind_code, status};

/// The wallet's record of an order's payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaymentRecord {
    /// The order.
    pub order: OrderId,
    /// Who pays.
    pub buyer: UserId,
    /// Its status.
    pub status: PaymentStatus,
    /// The total. None for a cancelled payment: no debit was ever requested.
    pub total: Option<Money>,
}

impl From<Payment> for PaymentRecord {
    fn from(payment: Payment) -> Self {
        Self {
            order: payment.order,
            buyer: payment.buyer,
            status: payment.state.status(),
            total: payment.state.total(),
        }
    }
}

/// What the wallet stores about an order: its payment, the number of transactions of each kind, the amounts they moved into and out of
/// escrow, and how many of them the payment names.
#[derive(Default)]
pub(super) struct Order {
    payment: Option<Paid>,
    paid: i64,
    refunded: i64,
    released: i64,
    came_in: i128,
    went_out: i128,
    named: i64,
}

impl Order {
    pub(super) fn payment(&mut self, payment: Paid) {
        self.payment = Some(payment);
    }

    pub(super) fn step(&mut self, transaction: &Id, code: i32) {
        let is = |of| i64::from(code == kind_code(of));
        let [paid, refunded, released] =
            [Kind::OrderPayment, Kind::OrderRefund, Kind::OrderRelease].map(is);
        self.paid += paid;
        self.refunded += refunded;
        self.released += released;
        let settles = if self.status() == Some(PaymentStatus::Released) {
            released
        } else {
            refunded
        };
        if let Some(payment) = &self.payment {
            let names = |named: &Option<Id>| i64::from(named.as_ref() == Some(transaction));
            self.named += names(&payment.debit) * paid + names(&payment.settlement) * settles;
        }
    }

    pub(super) fn escrow(&mut self, amount: i64) {
        self.came_in += i128::from(amount).max(0);
        self.went_out += (-i128::from(amount)).max(0);
    }

    /// The payment's status, unless its code is unknown.
    fn status(&self) -> Option<PaymentStatus> {
        status(self.payment.as_ref()?.state).ok()
    }

    fn amount(&self) -> Option<i64> {
        self.payment.as_ref()?.amount
    }

    /// Whether it is consistent. A debited payment moved its amount into escrow, a settled one moved it out, and the transactions
    /// are those that the payment names.
    fn fits(&self) -> bool {
        use PaymentStatus::{Refunded, Released, Reversed};
        let Some(status) = self.status() else {
            return false;
        };
        let (is_debited, is_settled) = (status.is_debited(), status.is_settled());
        let amount = self.amount().map(i128::from);
        let moved = |when: bool| if when { amount } else { Some(0) };
        self.paid == i64::from(is_debited)
            && self.refunded == i64::from(matches!(status, Reversed | Refunded))
            && self.released == i64::from(status == Released)
            && moved(is_debited) == Some(self.came_in)
            && moved(is_settled) == Some(self.went_out)
            && self.named == i64::from(is_debited) + i64::from(is_settled)
    }
}

impl Subject for Order {
    /// None for the transactions that name no order.
    type Id = Option<Id>;

    fn close(self, order: Option<Id>, report: &mut AuditReport) {
        // A transaction without an order is wrong only if it touches escrow.
        let touched = self.came_in != 0 || self.went_out != 0;
        if self.fits() || (order.is_none() && !touched) {
            return;
        }
        let order = order.map_or_else(|| "unknown".to_owned(), |order| shown(&order));
        let state = match (self.status(), &self.payment) {
            (Some(status), _) => format!("{status:?}").to_lowercase(),
            (None, Some(payment)) => format!("in state {}", payment.state),
            (None, None) => "unknown".to_owned(),
        };
        let amount = self
            .amount()
            .map_or_else(|| "no amount".to_owned(), |amount| amount.to_string());
        let Self {
            paid,
            refunded,
            released,
            came_in,
            went_out,
            ..
        } = self;
        report.found(Invariant::PaymentsAreComplete, format!(
            "order {order}: its payment is {state} over {amount}, but the journal has {paid} payments, {refunded} refunds and \
             {released} releases of it, {came_in} into and {went_out} out of escrow"
        ));
    }
}
