//! Orders in SQLite: the mapping, and queries that no key answers.

mod record;

use std::path::Path;

use async_trait::async_trait;
use kernel::{Limit, OrderId, Timestamp, UserId};
use rusqlite::{Connection, Params, params};
use store::StoreResult;
use store_sqlite::{Records, Row, Sqlite, corrupt, id};
use telemetry::metrics::{Read, StoreMetrics};

use super::codes::{NOT_PAID, UNSETTLED, state_code, state_of};
use super::{OrderQueries, Unsettled};
use crate::audit::AuditedOrder;
use crate::domain::{Order, OrderState};
use crate::records::OrderRecord;

/// Opens the file at `path`.
///
/// # Errors
/// As [`Sqlite::open`].
pub(crate) fn open_sqlite(path: &Path, metrics: &StoreMetrics) -> StoreResult<Sqlite> {
    let migrations = [include_str!("../../migrations/sqlite/0001_init.sql")];
    let records = Records::default().with::<OrderRecord>();
    Sqlite::open(path, &migrations, records, metrics)
}

/// The condition that a state is one of `states`, as the partial index of them has it.
fn is_one_of(states: [OrderState; 3]) -> String {
    let codes = states.map(|state| state_code(state).to_string());
    format!("state IN ({})", codes.join(", "))
}

/// The query of a buyer's list. It names the index, since SQLite would scan the buyer's whole list for a state.
fn list_sql(state: Option<OrderState>) -> String {
    let partial = |states| format!("state = ?2 AND {}", is_one_of(states));
    let (index, condition) = match state {
        None => ("orders_by_buyer", "?2 IS NULL".to_owned()),
        Some(state) if UNSETTLED.contains(&state) => ("orders_unsettled", partial(UNSETTLED)),
        Some(state) if NOT_PAID.contains(&state) => ("orders_not_paid", partial(NOT_PAID)),
        Some(_) => ("orders_by_buyer", "state = ?2".to_owned()),
    };
    format!(
        "SELECT {} FROM orders INDEXED BY {index}
         WHERE buyer_id = ?1 AND {condition} AND id < ?3 ORDER BY id DESC LIMIT ?4",
        OrderRecord::COLUMNS.join(", ")
    )
}

/// The query of the unsettled orders by state. It names their index, since SQLite would read the whole table.
fn unsettled_sql() -> String {
    format!(
        "SELECT state, count(*), min(state_since)
         FROM (SELECT state, state_since FROM orders INDEXED BY orders_unsettled WHERE {} LIMIT ?1) GROUP BY state",
        is_one_of(UNSETTLED)
    )
}

fn orders(db: &Connection, sql: &str, params: impl Params) -> StoreResult<Vec<Order>> {
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut orders = Vec::new();
    while let Some(row) = rows.next()? {
        orders.push(OrderRecord::read(row)?.order);
    }
    Ok(orders)
}

#[async_trait]
impl OrderQueries for Sqlite {
    async fn due(&self, now: Timestamp, limit: usize) -> StoreResult<Vec<OrderId>> {
        let values = (now.as_millis(), i64::try_from(limit).unwrap_or(i64::MAX));
        self.read(Read::Sweep, move |db| {
            let sql = "SELECT id FROM orders WHERE due_at <= ?1 ORDER BY due_at LIMIT ?2";
            let mut statement = db.prepare_cached(sql)?;
            let rows = statement.query_map(values, |row| id(row, 0))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    async fn orders_of(
        &self,
        buyer: UserId,
        state: Option<OrderState>,
        after: Option<OrderId>,
        limit: Limit,
    ) -> StoreResult<Vec<Order>> {
        let after = after.map_or([0xff; 16], |order| *order.as_bytes());
        self.read(Read::List, move |db| {
            let (buyer, code) = (buyer.as_bytes(), state.map(state_code));
            orders(
                db,
                &list_sql(state),
                params![buyer, code, after, limit.and_one()],
            )
        })
        .await
    }

    async fn to_review(&self, after: Option<OrderId>, limit: Limit) -> StoreResult<Vec<Order>> {
        let after = after.map_or([0; 16], |order| *order.as_bytes());
        self.read(Read::List, move |db| {
            let sql = format!(
                "SELECT {} FROM orders WHERE needs_review = 1 AND id > ?1 ORDER BY id LIMIT ?2",
                OrderRecord::COLUMNS.join(", ")
            );
            orders(db, &sql, (after, limit.and_one()))
        })
        .await
    }

    async fn count_to_review(&self) -> StoreResult<i64> {
        self.read(Read::List, |db| {
            let sql = "SELECT count(*) FROM orders WHERE needs_review = 1";
            Ok(db.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
        })
        .await
    }

    async fn unsettled(&self) -> StoreResult<Unsettled> {
        self.read(Read::List, |db| {
            let mut statement = db.prepare_cached(&unsettled_sql())?;
            let mut rows = statement.query([Unsettled::LOOKED_AT])?;
            let mut unsettled = Unsettled::none();
            while let Some(row) = rows.next()? {
                let code: i32 = row.get(0)?;
                let state = state_of(code).ok_or_else(|| corrupt(format!("{code} is no state")))?;
                let since = Timestamp::from_millis(row.get(2)?);
                unsettled.add(state, row.get(1)?, since);
            }
            Ok(unsettled)
        })
        .await
    }
}

/// All orders (or the one asked for), as much of each as the audit compares with the wallet.
pub(crate) fn orders_to_audit(
    db: &Connection,
    only: Option<OrderId>,
    mut each: impl FnMut(AuditedOrder),
) -> StoreResult<()> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT {} FROM orders WHERE ?1 IS NULL OR id = ?1",
        OrderRecord::COLUMNS.join(", ")
    ))?;
    let mut rows = statement.query([only.map(|order| *order.as_bytes())])?;
    while let Some(row) = rows.next()? {
        each(AuditedOrder::of(&OrderRecord::read(row)?.order));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::StoreError;

    fn opened() -> (tempfile::TempDir, Sqlite) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("orders.db");
        let db = open_sqlite(&path, &StoreMetrics::default()).unwrap();
        (dir, db)
    }

    async fn plan(db: &Sqlite, sql: &str, params: impl Params + Send + 'static) -> Vec<String> {
        let sql = format!("EXPLAIN QUERY PLAN {sql}");
        db.read(Read::List, move |db| {
            let mut statement = db.prepare(&sql)?;
            let rows = statement.query_map(params, |row| row.get(3))?;
            Ok::<_, StoreError>(rows.collect::<rusqlite::Result<_>>()?)
        })
        .await
        .unwrap()
    }

    #[tokio::test]
    async fn the_unsettled_orders_are_counted_through_their_own_index() {
        let (_dir, db) = opened();
        let plan = plan(&db, &unsettled_sql(), [10]).await;
        let scan = "SCAN orders USING INDEX orders_unsettled".to_owned();
        assert!(plan.contains(&scan), "{plan:?}");
    }

    #[tokio::test]
    async fn a_buyers_list_is_a_walk_of_an_index_in_every_state() {
        let (_dir, db) = opened();
        for state in OrderState::ALL.into_iter().map(Some).chain([None]) {
            let values = ([0u8; 16], state.map(state_code), [0u8; 16], 10);
            let plan = plan(&db, &list_sql(state), values).await;
            assert!(
                plan.len() == 1 && plan[0].starts_with("SEARCH orders USING INDEX"),
                "{state:?}: {plan:?}"
            );
        }
    }
}
