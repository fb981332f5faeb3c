//! An order as a row.

use kernel::{MessageId, Money, OrderId, Timestamp};
use rusqlite::types::Value;
use store::{StoreError, StoreResult};
use store_sqlite::{Row, blob, corrupt, id, unsigned};
use uuid::Uuid;

use crate::domain::{Order, Reason};
use crate::records::{Answered, OrderRecord};
use crate::store::codes::{escrow_code, escrow_of, reason_of, state_code, state_of};

store_sqlite::old_row!(OrderRecord);

impl Row for OrderRecord {
    const TABLE: &'static str = "orders";
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "buyer_id",
        "lines",
        "total",
        "currency",
        "state",
        "reason",
        "escrow",
        "confirmed",
        "needs_review",
        "request_id",
        "resends",
        "version",
        "created_at",
        "updated_at",
        "state_since",
        "due_at",
        "handled",
        "answered_state",
        "answered_reason",
        "answered_version",
        "answered_at",
    ];

    fn key_values(order: &OrderId) -> Vec<Value> {
        vec![blob(order.as_bytes())]
    }

    fn values(&self) -> Vec<Value> {
        let (order, answered) = (&self.order, self.answered);
        let handled = self.handled.iter().flat_map(MessageId::as_bytes).copied();
        vec![
            blob(order.id.as_bytes()),
            blob(order.buyer.as_bytes()),
            // Lines that cannot be written are NULL, which the column refuses.
            serde_json::to_string(&order.lines).ok().into(),
            order.total.amount.into(),
            order.total.currency.as_str().to_owned().into(),
            state_code(order.state).into(),
            word(order.reason),
            escrow_code(order.escrow).into(),
            order.confirmed.into(),
            order.needs_review.into(),
            order.request.clone().into(),
            order.resends.into(),
            order.version.into(),
            order.created_at.as_millis().into(),
            order.updated_at.as_millis().into(),
            order.state_since.as_millis().into(),
            order.due_at.map(Timestamp::as_millis).into(),
            Value::Blob(handled.collect()),
            answered.map(|answered| state_code(answered.state)).into(),
            word(answered.and_then(|answered| answered.reason)),
            answered.map(|answered| answered.version).into(),
            answered
                .map(|answered| answered.updated_at.as_millis())
                .into(),
        ]
    }

    fn read(row: &rusqlite::Row<'_>) -> StoreResult<Self> {
        let order: OrderId = id(row, 0)?;
        let wrong = |what: &str| corrupt(format!("order {order}: {what}"));
        let state = |code| state_of(code).ok_or_else(|| wrong("state"));
        let reason = |word: Option<String>| {
            word.map(|word| reason_of(&word).ok_or_else(|| wrong("reason")))
                .transpose()
        };
        let (lines, currency): (String, String) = (row.get(2)?, row.get(4)?);
        let handled: Vec<u8> = row.get(17)?;
        let (ids, rest) = handled.as_chunks::<16>();
        if !rest.is_empty() {
            return Err(wrong("handled messages"));
        }
        let answered = row.get::<_, Option<i32>>(18)?.map(|code| {
            Ok::<_, StoreError>(Answered {
                state: state(code)?,
                reason: reason(row.get(19)?)?,
                version: row.get(20)?,
                updated_at: Timestamp::from_millis(row.get(21)?),
            })
        });
        Ok(Self {
            order: Order {
                id: order,
                buyer: id(row, 1)?,
                lines: serde_json::from_str(&lines).map_err(|_| wrong("lines"))?,
                total: Money::new(
                    row.get(3)?,
                    currency.parse().map_err(|_| wrong("currency"))?,
                ),
                state: state(row.get(5)?)?,
                reason: reason(row.get(6)?)?,
                escrow: escrow_of(row.get(7)?).ok_or_else(|| wrong("escrow"))?,
                confirmed: row.get(8)?,
                needs_review: row.get(9)?,
                request: row.get(10)?,
                resends: unsigned(row, 11)?,
                version: row.get(12)?,
                created_at: Timestamp::from_millis(row.get(13)?),
                updated_at: Timestamp::from_millis(row.get(14)?),
                state_since: Timestamp::from_millis(row.get(15)?),
                due_at: row.get::<_, Option<i64>>(16)?.map(Timestamp::from_millis),
            },
            handled: ids.iter().map(|id| Uuid::from_bytes(*id).into()).collect(),
            answered: answered.transpose()?,
        })
    }
}

fn word(reason: Option<Reason>) -> Value {
    reason.map(|reason| reason.as_str().to_owned()).into()
}
