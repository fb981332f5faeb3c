//! Invariant 5, the wallet's half: every order's payment has exactly the transactions that its state requires. The composition
//! root checks the other half on each [`PaymentRecord`].

use kernel::{Money, OrderId, UserId};

use super::{AuditReport, Invariant, PaymentStatus, shown};
use crate::domain::Payment;
use crate::store::codec::status;

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

/// What the wallet stores about an order: its payment's state and amount, the number of transactions of each kind, the amounts
/// they moved into and out of escrow, and how many of them the payment names.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) order: Option<Vec<u8>>,
    pub(super) state: Option<i32>,
    pub(super) amount: Option<i64>,
    pub(super) paid: i64,
    pub(super) refunded: i64,
    pub(super) released: i64,
    pub(super) came_in: i128,
    pub(super) went_out: i128,
    pub(super) named: i64,
}

impl Facts {
    /// The payment's status, unless its code is unknown.
    pub(super) fn status(&self) -> Option<PaymentStatus> {
        status(self.state?).ok()
    }

    /// Whether they are consistent. A debited payment moved its amount into escrow, a settled one moved it out, and the transactions
    /// are those that the payment names.
    fn fit(&self) -> bool {
        use PaymentStatus::{Refunded, Released, Reversed};
        let Some(status) = self.status() else {
            return false;
        };
        let (is_debited, is_settled) = (status.is_debited(), status.is_settled());
        let amount = self.amount.map(i128::from);
        let moved = |when: bool| if when { amount } else { Some(0) };
        self.paid == i64::from(is_debited)
            && self.refunded == i64::from(matches!(status, Reversed | Refunded))
            && self.released == i64::from(status == Released)
            && moved(is_debited) == Some(self.came_in)
            && moved(is_settled) == Some(self.went_out)
            && self.named == i64::from(is_debited) + i64::from(is_settled)
    }

    /// Reports a finding if they are inconsistent.
    pub(super) fn judge(&self, report: &mut AuditReport) {
        if self.fit() {
            return;
        }
        let order = self
            .order
            .as_ref()
            .map_or_else(|| "unknown".to_owned(), |order| shown(order));
        let state = match (self.status(), self.state) {
            (Some(status), _) => format!("{status:?}").to_lowercase(),
            (None, Some(code)) => format!("in state {code}"),
            (None, None) => "unknown".to_owned(),
        };
        let amount = self
            .amount
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
