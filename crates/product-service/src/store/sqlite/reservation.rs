//! Reservations: one row each. The lines are a JSON column, because they never change and are read only with their reservation.

use kernel::{OrderId, Timestamp};
use rusqlite::types::Value;
use rusqlite::{Connection, Row};
use store::StoreResult;
use store_sqlite::{blob, id};

use crate::domain::Reservation;
use crate::store::{Lease, corrupt, state};

store_sqlite::old_row!(Reservation);

impl store_sqlite::Row for Reservation {
    const TABLE: &'static str = "reservations";
    const COLUMNS: &'static [&'static str] = &[
        "order_id",
        "buyer",
        "state",
        "lease_until",
        "created_at",
        "lines",
    ];

    fn key_values(key: &OrderId) -> Vec<Value> {
        vec![blob(key.as_bytes())]
    }

    fn values(&self) -> Vec<Value> {
        vec![
            blob(self.order.as_bytes()),
            blob(self.buyer.as_bytes()),
            self.state.as_str().to_owned().into(),
            self.lease_until.as_millis().into(),
            self.created_at.as_millis().into(),
            // Lines always serialise. The schema refuses NULL.
            serde_json::to_string(&self.lines).map_or(Value::Null, Value::Text),
        ]
    }

    fn read(row: &Row<'_>) -> StoreResult<Self> {
        let (word, lines): (String, String) = (row.get(2)?, row.get(5)?);
        Ok(Self {
            order: id(row, 0)?,
            buyer: id(row, 1)?,
            state: state(&word)?,
            lease_until: Timestamp::from_millis(row.get(3)?),
            created_at: Timestamp::from_millis(row.get(4)?),
            lines: serde_json::from_str(&lines)
                .map_err(|error| corrupt(format!("lines of a reservation: {error}")))?,
        })
    }
}

pub(super) fn leases_due(
    tx: &Connection,
    now: Timestamp,
    after: Option<Lease>,
    limit: usize,
) -> StoreResult<Vec<Lease>> {
    let until = after.map_or(i64::MIN, |lease| lease.until.as_millis());
    let order = after.map_or([0; 16], |lease| *lease.order.as_bytes());
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let due = tx
        .prepare_cached(
            "SELECT lease_until, order_id FROM reservations
             WHERE state = 'held' AND lease_until <= ?1 AND (lease_until, order_id) > (?2, ?3)
             ORDER BY lease_until, order_id LIMIT ?4",
        )?
        .query_map((now.as_millis(), until, order, limit), |row| {
            Ok(Lease {
                until: Timestamp::from_millis(row.get(0)?),
                order: id(row, 1)?,
            })
        })?
        .collect::<rusqlite::Result<Vec<Lease>>>()?;
    Ok(due)
}
