//! Invariant 5, the wallet's half: every order's payment has exactly the transactions that its state asks for. And what the
//! composition root gets for the other half.

use kernel::{Money, OrderId, UserId};
use store::StoreResult;

use super::{AuditReport, Invariant, shown};
use crate::store::codec::{corrupt, money};

/// How far the payment of an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentStatus {
    /// The buyer had too little; nothing was posted.
    Declined,
    /// Nothing was debited, and nothing will be.
    Cancelled,
    /// The total is in escrow.
    Debited,
    /// It was, and went back at the payment's deadline.
    Reversed,
    /// It was, and went back later.
    Refunded,
    /// It was, and went to the sellers.
    Released,
}

impl PaymentStatus {
    const fn of(code: i32) -> Option<Self> {
        match code {
            0 => Some(Self::Declined),
            1 => Some(Self::Cancelled),
            2 => Some(Self::Debited),
            3 => Some(Self::Reversed),
            4 => Some(Self::Refunded),
            5 => Some(Self::Released),
            _ => None,
        }
    }
}

/// An order's payment, as the wallet knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaymentRecord {
    /// The order.
    pub order: OrderId,
    /// Who pays.
    pub buyer: UserId,
    /// How far it is.
    pub status: PaymentStatus,
    /// The total; none for a cancelled payment, of which no debit was ever asked.
    pub total: Option<Money>,
}

impl PaymentRecord {
    /// Reads a payment's fields.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`](store::StoreError::Corrupt) if they are no payment.
    pub(super) fn read(
        order: OrderId,
        buyer: UserId,
        state: i32,
        total: Option<(i64, String)>,
    ) -> StoreResult<Self> {
        Ok(Self {
            order,
            buyer,
            status: PaymentStatus::of(state)
                .ok_or_else(|| corrupt(format!("{state} is no state of a payment")))?,
            total: total
                .map(|(amount, currency)| money(amount, &currency))
                .transpose()?,
        })
    }
}

/// What the wallet has of an order: its payment's state and amount, how many transactions of each kind it has, what they moved
/// into and out of escrow, and how many of them the payment names.
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
    /// Whether they fit: what came in is the amount once debited, what went out is the amount once settled, and the transactions
    /// are those that the payment names.
    fn fit(&self) -> bool {
        let Some(state) = self.state else {
            return false;
        };
        let (debited, settled) = (state >= 2, state >= 3);
        let amount = self.amount.map(i128::from);
        let moved = |when: bool| if when { amount } else { Some(0) };
        self.paid == i64::from(debited)
            && self.refunded == i64::from(matches!(state, 3 | 4))
            && self.released == i64::from(state == 5)
            && moved(debited) == Some(self.came_in)
            && moved(settled) == Some(self.went_out)
            && self.named == i64::from(debited) + i64::from(settled)
    }

    /// Judges them.
    pub(super) fn judge(&self, report: &mut AuditReport) {
        if self.fit() {
            return;
        }
        let order = self
            .order
            .as_ref()
            .map_or_else(|| "unknown".to_owned(), |order| shown(order));
        let state = self.state.map_or_else(
            || "unknown".to_owned(),
            |code| {
                PaymentStatus::of(code).map_or_else(
                    || format!("in state {code}"),
                    |status| format!("{status:?}").to_lowercase(),
                )
            },
        );
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
