//! The records that both engines keep in the same way: one row each. Amounts are in minor units, currencies are text, states are codes.

use kernel::{OrderId, Timestamp, TransactionId, UserId};
use serde::{Deserialize, Serialize};
use store::{Record, Register, Row, StoreResult};

use super::codec::{corrupt, money, status, status_code};
use crate::domain::{Payment, PaymentState, Payout};

/// What became of an order's payment.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PaymentFields {
    #[serde(rename = "_id")]
    pub(crate) order: OrderId,
    buyer: UserId,
    pub(crate) state: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) amount: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) currency: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) debit: Option<TransactionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) settlement: Option<TransactionId>,
}

impl Row for Payment {
    const TABLE: &'static str = "payments";

    type Id = OrderId;
    type Fields = PaymentFields;

    fn id(order: &OrderId) -> OrderId {
        *order
    }

    fn fields(&self) -> impl Serialize {
        let total = self.state.total();
        PaymentFields {
            order: self.order,
            buyer: self.buyer,
            state: status_code(self.state.status()),
            amount: total.map(|total| total.amount),
            currency: total.map(|total| total.currency.into()),
            debit: self.state.debit().map(|debit| debit.transaction),
            settlement: self.state.settlement(),
        }
    }

    fn from_fields(fields: PaymentFields) -> StoreResult<Self> {
        let total = fields.amount.zip(fields.currency);
        let total = total.map(|(amount, currency)| money(amount, &currency));
        let (status, total) = (status(fields.state)?, total.transpose()?);
        let state = PaymentState::of(status, total, fields.debit, fields.settlement);
        let incomplete = || corrupt(format!("a payment in state {} is incomplete", fields.state));
        Ok(Self {
            order: fields.order,
            buyer: fields.buyer,
            state: state.ok_or_else(incomplete)?,
        })
    }
}

/// A payout's key. Both engines compare its fields one after the other.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PayoutId {
    pub(crate) order_id: OrderId,
    pub(crate) seller: UserId,
}

/// Earnings that wait for their time.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PayoutFields {
    #[serde(rename = "_id")]
    pub(crate) id: PayoutId,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) available_at: Timestamp,
}

impl Row for Payout {
    const TABLE: &'static str = "payouts";
    const KEY: &'static [&'static str] = &["order_id", "seller"];

    type Id = PayoutId;
    type Fields = PayoutFields;

    fn id(&(order_id, seller): &(OrderId, UserId)) -> PayoutId {
        PayoutId { order_id, seller }
    }

    fn fields(&self) -> impl Serialize {
        PayoutFields {
            id: Self::id(&self.key()),
            amount: self.money.amount,
            currency: self.money.currency.into(),
            available_at: self.available_at,
        }
    }

    fn from_fields(fields: PayoutFields) -> StoreResult<Self> {
        Ok(Self {
            order: fields.id.order_id,
            seller: fields.id.seller,
            money: money(fields.amount, &fields.currency)?,
            available_at: fields.available_at,
        })
    }
}

/// Lists the rows for an engine.
pub(crate) fn rows<R: Register>(records: R) -> R {
    records.row::<Payment>().row::<Payout>()
}
