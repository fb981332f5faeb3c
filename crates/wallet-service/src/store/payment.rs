//! A payment's state as a store keeps it: a small integer and what goes with it.

use kernel::{Money, TransactionId};
use store::StoreResult;

use super::codec::{corrupt, money};
use crate::domain::{Debit, PaymentState};

/// The fields of a payment's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StateFields {
    /// 0 declined, 1 cancelled, 2 debited, 3 reversed, 4 refunded, 5 released.
    pub(super) state: i32,
    /// Amount and currency; all states have them but the cancelled one.
    pub(super) total: Option<(i64, String)>,
    /// The transaction that debited, from 2 on.
    pub(super) debit: Option<TransactionId>,
    /// The transaction that reversed, refunded or released, from 3 on.
    pub(super) settlement: Option<TransactionId>,
}

impl StateFields {
    /// Reads a state.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`](store::StoreError::Corrupt) if it is none, or lacks what belongs to it.
    pub(super) fn decode(self) -> StoreResult<PaymentState> {
        let total: Option<Money> = self
            .total
            .map(|(amount, currency)| money(amount, &currency))
            .transpose()?;
        let debit = total
            .zip(self.debit)
            .map(|(total, transaction)| Debit { total, transaction });
        let settled = debit.zip(self.settlement);
        let state = match self.state {
            0 => total.map(|total| PaymentState::Declined { total }),
            1 => Some(PaymentState::Cancelled),
            2 => debit.map(PaymentState::Debited),
            3 => settled.map(|(debit, by)| PaymentState::Reversed { debit, by }),
            4 => settled.map(|(debit, by)| PaymentState::Refunded { debit, by }),
            5 => settled.map(|(debit, by)| PaymentState::Released { debit, by }),
            _ => None,
        };
        state.ok_or_else(|| corrupt(format!("a payment in state {} is incomplete", self.state)))
    }

    /// Writes a state.
    pub(super) fn encode(state: &PaymentState) -> Self {
        let (code, total, debit, settlement) = match *state {
            PaymentState::Declined { total } => (0, Some(total), None, None),
            PaymentState::Cancelled => (1, None, None, None),
            PaymentState::Debited(debit) => (2, Some(debit.total), Some(debit), None),
            PaymentState::Reversed { debit, by } => (3, Some(debit.total), Some(debit), Some(by)),
            PaymentState::Refunded { debit, by } => (4, Some(debit.total), Some(debit), Some(by)),
            PaymentState::Released { debit, by } => (5, Some(debit.total), Some(debit), Some(by)),
        };
        Self {
            state: code,
            total: total.map(|total| (total.amount, total.currency.as_str().to_owned())),
            debit: debit.map(|debit| debit.transaction),
            settlement,
        }
    }
}
