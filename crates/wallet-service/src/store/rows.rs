//! The records that both engines keep in the same way: one row each. Amounts are in minor units, currencies are text, states are codes.

use kernel::{FulfilmentId, OrderId, RefundId, Timestamp, TransactionId, UserId};
use serde::{Deserialize, Serialize};
use store::{Plain, Record, Register, Row, StoreResult};

use super::codec::{corrupt, money, status, status_code};
use crate::domain::{
    Earning, PartLine, PartRefund, Payment, PaymentPart, PaymentState, RefundedLine, Seller,
};

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
    pub(crate) reversal: Option<TransactionId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) parts: Vec<PaymentPart>,
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
            reversal: self.state.reversal(),
            parts: self.parts.clone(),
        }
    }

    fn from_fields(fields: PaymentFields) -> StoreResult<Self> {
        let total = fields.amount.zip(fields.currency);
        let total = total.map(|(amount, currency)| money(amount, &currency));
        let (status, total) = (status(fields.state)?, total.transpose()?);
        let state = PaymentState::of(status, total, fields.debit, fields.reversal);
        let incomplete = || corrupt(format!("a payment in state {} is incomplete", fields.state));
        let mut lines = fields.parts.iter().flat_map(|part| &part.lines);
        if !lines.all(PartLine::is_sound) {
            return Err(corrupt("a line of a payment has an impossible amount"));
        }
        Ok(Self {
            order: fields.order,
            buyer: fields.buyer,
            state: state.ok_or_else(incomplete)?,
            parts: fields.parts,
        })
    }
}

/// A refund of a part.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct RefundFields {
    #[serde(rename = "_id")]
    pub(crate) id: RefundId,
    pub(crate) order_id: OrderId,
    pub(crate) fulfilment: FulfilmentId,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) lines: Vec<RefundedLine>,
    pub(crate) journal_id: TransactionId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reversal: Option<TransactionId>,
}

impl Row for PartRefund {
    const TABLE: &'static str = "refunds";

    type Id = RefundId;
    type Fields = RefundFields;

    fn id(refund: &RefundId) -> RefundId {
        *refund
    }

    fn fields(&self) -> impl Serialize {
        RefundFields {
            id: self.id,
            order_id: self.order,
            fulfilment: self.fulfilment,
            amount: self.money.amount,
            currency: self.money.currency.into(),
            lines: self.lines.clone(),
            journal_id: self.transaction,
            reversal: self.reversal,
        }
    }

    fn from_fields(fields: RefundFields) -> StoreResult<Self> {
        Ok(Self {
            id: fields.id,
            order: fields.order_id,
            fulfilment: fields.fulfilment,
            money: money(fields.amount, &fields.currency)?,
            lines: fields.lines,
            transaction: fields.journal_id,
            reversal: fields.reversal,
        })
    }
}

/// The key of earnings. Both engines compare its fields one after the other.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct EarningId {
    pub(crate) order_id: OrderId,
    pub(crate) fulfilment: FulfilmentId,
}

/// Earnings that wait for their time.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct EarningFields {
    #[serde(rename = "_id")]
    pub(crate) id: EarningId,
    pub(crate) seller: UserId,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) available_at: Timestamp,
}

impl Row for Earning {
    const TABLE: &'static str = "earnings";
    const KEY: &'static [&'static str] = &["order_id", "fulfilment"];

    type Id = EarningId;
    type Fields = EarningFields;

    fn id(&(order_id, fulfilment): &(OrderId, FulfilmentId)) -> EarningId {
        EarningId {
            order_id,
            fulfilment,
        }
    }

    fn fields(&self) -> impl Serialize {
        EarningFields {
            id: Self::id(&self.key()),
            seller: self.seller,
            amount: self.money.amount,
            currency: self.money.currency.into(),
            available_at: self.available_at,
        }
    }

    fn from_fields(fields: EarningFields) -> StoreResult<Self> {
        Ok(Self {
            order: fields.id.order_id,
            fulfilment: fields.id.fulfilment,
            seller: fields.seller,
            money: money(fields.amount, &fields.currency)?,
            available_at: fields.available_at,
        })
    }
}

impl Plain for Seller {
    const TABLE: &'static str = "sellers";
}

/// Lists the rows for an engine.
pub(crate) fn rows<R: Register>(records: R) -> R {
    records
        .row::<Payment>()
        .row::<PartRefund>()
        .row::<Earning>()
        .row::<Seller>()
}
