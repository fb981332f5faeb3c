//! Orders in SQLite.

use std::path::Path;

use async_trait::async_trait;
use kernel::{Limit, OrderId, Timestamp, UserId};
use rusqlite::Connection;
use store::{Row as _, StoreResult};
use store_sqlite::{Records, Sqlite, corrupt, id, read, rows, walk};
use telemetry::metrics::{Read, StoreMetrics};

use super::{OpenOrders, OrderQueries, list_index};
use crate::audit::AuditedOrder;
use crate::domain::{Order, OrderState};
use crate::records;

/// Opens the file at `path`.
///
/// # Errors
/// As [`Sqlite::open`].
pub(crate) fn open_sqlite(path: &Path, metrics: &StoreMetrics) -> StoreResult<Sqlite> {
    let migrations = [include_str!("../../migrations/sqlite/0001_init.sql")];
    Sqlite::open(
        path,
        &migrations,
        records::rows(Records::default()),
        metrics,
    )
}

/// The query of a buyer's list. It names the index, since SQLite would scan the buyer's whole list for a state. The state is a literal,
/// since SQLite has to see that its index holds it.
fn list_sql(state: Option<OrderState>) -> String {
    let index = list_index(state);
    let condition = state.map_or_else(String::new, |state| {
        format!("AND state = '{}'", state.as_str())
    });
    format!(
        "SELECT * FROM orders INDEXED BY {index}
         WHERE buyer = ?1 {condition} AND id < ?2 ORDER BY id DESC LIMIT ?3"
    )
}

/// The query of the unsettled orders by state. It names their index, since SQLite would read the whole table.
const UNSETTLED_SQL: &str = "SELECT state, count(*), min(state_since)
     FROM (SELECT state, state_since FROM orders INDEXED BY unsettled
           WHERE state = 'pending' OR state = 'cancelling' OR state = 'refunding' LIMIT ?1) GROUP BY state";

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
            let values = (buyer.as_bytes(), after, limit.and_one());
            rows(db, &list_sql(state), values)
        })
        .await
    }

    async fn to_review(&self, after: Option<OrderId>, limit: Limit) -> StoreResult<Vec<Order>> {
        let after = after.map_or([0; 16], |order| *order.as_bytes());
        self.read(Read::List, move |db| {
            let sql =
                "SELECT * FROM orders WHERE needs_review = 1 AND id > ?1 ORDER BY id LIMIT ?2";
            rows(db, sql, (after, limit.and_one()))
        })
        .await
    }

    async fn open(&self) -> StoreResult<OpenOrders> {
        self.read(Read::List, |db| {
            let to_review = "SELECT count(*) FROM orders WHERE needs_review = 1";
            let to_review = db
                .prepare_cached(to_review)?
                .query_row([], |row| row.get(0))?;
            let mut open = OpenOrders::new(to_review);
            let mut statement = db.prepare_cached(UNSETTLED_SQL)?;
            let mut rows = statement.query([OpenOrders::LOOKED_AT])?;
            while let Some(row) = rows.next()? {
                let word: String = row.get(0)?;
                let state = OrderState::of(&word)
                    .ok_or_else(|| corrupt(format!("{word} is no state of an order")))?;
                open.add(state, row.get(1)?, Timestamp::from_millis(row.get(2)?));
            }
            Ok(open)
        })
        .await
    }
}

/// All orders in a store's file, or only the one asked for, sorted by id.
pub fn audited_orders(
    db: &Connection,
    only: Option<OrderId>,
) -> impl Iterator<Item = StoreResult<AuditedOrder>> {
    let only = only.as_ref().map(|order| &order.as_bytes()[..]);
    walk(db, "*", Order::TABLE, only, |row| {
        Ok(AuditedOrder::from(read::<Order>(row)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Params;
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
        let plan = plan(&db, UNSETTLED_SQL, [10]).await;
        let scan = "SCAN orders USING INDEX unsettled".to_owned();
        assert!(plan.contains(&scan), "{plan:?}");
    }

    #[tokio::test]
    async fn a_buyers_list_is_a_walk_of_an_index_in_every_state() {
        let (_dir, db) = opened();
        for state in OrderState::ALL.into_iter().map(Some).chain([None]) {
            let values = ([0u8; 16], [0u8; 16], 10);
            let plan = plan(&db, &list_sql(state), values).await;
            assert!(
                plan.len() == 1 && plan[0].starts_with("SEARCH orders USING INDEX"),
                "{state:?}: {plan:?}"
            );
        }
    }

    #[tokio::test]
    async fn the_file_refuses_a_total_that_is_no_positive_amount_of_a_currency() {
        let (_dir, db) = opened();
        for (total, is_right) in [
            (r#"{"amount":5,"currency":"USD"}"#, true),
            (r#"{"amount":0,"currency":"USD"}"#, false),
            (r#"{"amount":-5,"currency":"USD"}"#, false),
            (r#"{"amount":0.5,"currency":"USD"}"#, false),
            (r#"{"amount":"abc","currency":"USD"}"#, false),
            (r#"{"amount":5}"#, false),
            ("{}", false),
        ] {
            let inserted = db.write(move |tx| {
                let sql = "INSERT INTO orders (id, buyer, lines, total, state, escrow, confirmed, needs_review, handled, resends,
                                               version, created_at, updated_at, state_since)
                           VALUES (x'01', x'02', '[{}]', ?1, 'pending', 'held', 0, 0, '[]', 0, 1, 0, 0, 0)";
                tx.execute(sql, [total])?;
                Ok(())
            });
            assert_eq!(inserted.await.is_ok(), is_right, "{total}");
        }
    }
}
