//! What became of each order's payment.

use rusqlite::types::Value;
use store::StoreResult;
use store_sqlite::{Row, blob, id};

use super::journal::optional_id;
use crate::domain::Payment;
use crate::store::codec::{payment_state, status_code};

store_sqlite::old_row!(Payment);

impl Row for Payment {
    const TABLE: &'static str = "payments";
    const COLUMNS: &'static [&'static str] = &[
        "order_id",
        "buyer",
        "state",
        "amount",
        "currency",
        "debit_id",
        "settlement_id",
    ];

    fn key_values(order: &Self::Key) -> Vec<Value> {
        vec![blob(order.as_bytes())]
    }

    fn values(&self) -> Vec<Value> {
        let (total, debit) = (self.state.total(), self.state.debit());
        let (debit, settlement) = (
            debit.map(|debit| debit.transaction),
            self.state.settlement(),
        );
        vec![
            blob(self.order.as_bytes()),
            blob(self.buyer.as_bytes()),
            status_code(self.state.status()).into(),
            total.map(|total| total.amount).into(),
            total.map(|total| total.currency.as_str().to_owned()).into(),
            debit.map_or(Value::Null, |id| blob(id.as_bytes())),
            settlement.map_or(Value::Null, |id| blob(id.as_bytes())),
        ]
    }

    fn read(row: &rusqlite::Row<'_>) -> StoreResult<Self> {
        let (amount, currency): (Option<i64>, Option<String>) = (row.get(3)?, row.get(4)?);
        let (debit, settlement) = (optional_id(row, 5)?, optional_id(row, 6)?);
        Ok(Self {
            order: id(row, 0)?,
            buyer: id(row, 1)?,
            state: payment_state(row.get(2)?, amount.zip(currency), debit, settlement)?,
        })
    }
}
