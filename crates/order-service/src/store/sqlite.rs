//! Orders in SQLite.

mod cases;
mod order;
mod sales;

use std::path::Path;

use async_trait::async_trait;
use kernel::{Limit, OrderId, Timestamp, UserId};
use rusqlite::{Connection, Params};
use store::StoreResult;
use store_sqlite::{Records, Sqlite, corrupt, id, rows, walk};
use telemetry::metrics::{Read, StoreMetrics};
use uuid::Uuid;

use super::{
    CasesQuery, Due, Listed, OpenOrders, OrderQueries, SalePlace, SalesDay, SalesQuery, Span,
    Undecided,
};
use crate::audit::AuditedOrder;
use crate::domain::{Fact, Order, OrderState};
use crate::records::{self, CaseRecord, ORDERS, OrderFact};

/// Opens the file at `path`.
///
/// # Errors
/// As [`Sqlite::open`].
pub(crate) fn open_sqlite(path: &Path, metrics: &StoreMetrics) -> StoreResult<Sqlite> {
    let migrations = [include_str!("../../migrations/sqlite/0001_init.sql")];
    let records = records::rows(Records::default().with::<Order>());
    Sqlite::open(path, &migrations, records, metrics)
}

/// The query of a list. It names the index, since SQLite would scan too much for a state. The state is a literal, since SQLite has to see
/// that its index holds it.
fn list_sql(listed: Listed) -> String {
    let index = match listed.index() {
        Some(index) => format!("INDEXED BY {index}"),
        None => "NOT INDEXED".to_owned(),
    };
    let whose = match listed {
        Listed::OfBuyer(..) => "AND buyer = ?3",
        Listed::ToReview => "AND needs_review = 1",
        Listed::Disputed => "AND disputed = 1",
        Listed::All | Listed::InState(_) => "",
    };
    let state = listed.state().map_or_else(String::new, |state| {
        format!("AND state = '{}'", state.as_str())
    });
    format!("SELECT * FROM orders {index} WHERE id < ?1 {whose} {state} ORDER BY id DESC LIMIT ?2")
}

/// The query of the unsettled orders by state. It names their index, since SQLite would read the whole table.
const UNSETTLED_SQL: &str = "SELECT state, count(*), min(state_since)
     FROM (SELECT state, state_since FROM orders INDEXED BY unsettled
           WHERE state = 'pending' OR state = 'cancelling' OR state = 'refunding' LIMIT ?1) GROUP BY state";

/// The orders that `sql`, a `SELECT * FROM orders`, finds.
fn orders(db: &Connection, sql: &str, values: impl Params) -> StoreResult<Vec<Order>> {
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(values)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(order::read(row)?);
    }
    Ok(found)
}

#[async_trait]
impl OrderQueries for Sqlite {
    async fn due(&self, now: Timestamp, limit: usize) -> StoreResult<Vec<Due>> {
        let values = (now.as_millis(), i64::try_from(limit).unwrap_or(i64::MAX));
        self.read(Read::Sweep, move |db| {
            let sql = "SELECT id, due_at FROM orders WHERE due_at <= ?1 ORDER BY due_at LIMIT ?2";
            let mut statement = db.prepare_cached(sql)?;
            let rows = statement.query_map(values, |row| {
                Ok(Due {
                    order: id(row, 0)?,
                    since: Timestamp::from_millis(row.get(1)?),
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    async fn list(
        &self,
        listed: Listed,
        after: Option<OrderId>,
        most: i64,
    ) -> StoreResult<Vec<Order>> {
        let after = after.map_or([0xff; 16], |order| *order.as_bytes());
        self.read(Read::List, move |db| {
            let sql = list_sql(listed);
            match listed {
                Listed::OfBuyer(buyer, _) => orders(db, &sql, (after, most, buyer.as_bytes())),
                Listed::All | Listed::InState(_) | Listed::ToReview | Listed::Disputed => {
                    orders(db, &sql, (after, most))
                }
            }
        })
        .await
    }

    async fn to_review(&self, after: Option<OrderId>, limit: Limit) -> StoreResult<Vec<Order>> {
        let after = after.map_or([0; 16], |order| *order.as_bytes());
        self.read(Read::List, move |db| {
            let sql =
                "SELECT * FROM orders WHERE needs_review = 1 AND id > ?1 ORDER BY id LIMIT ?2";
            orders(db, sql, (after, limit.and_one()))
        })
        .await
    }

    async fn cases(
        &self,
        query: &CasesQuery,
        after: Option<Uuid>,
        most: i64,
    ) -> StoreResult<Vec<CaseRecord>> {
        let query = query.clone();
        self.read(Read::List, move |db| cases::list(db, &query, after, most))
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
            for (undecided, state) in open.undecided.iter_mut().zip(Undecided::STATES) {
                *undecided = cases::undecided(db, state)?;
            }
            Ok(open)
        })
        .await
    }

    async fn sales(
        &self,
        query: &SalesQuery,
        after: Option<SalePlace>,
        most: i64,
    ) -> StoreResult<Vec<Order>> {
        let query = *query;
        self.read(Read::List, move |db| sales::list(db, &query, after, most))
            .await
    }

    async fn sold(&self, seller: Option<UserId>, span: Span) -> StoreResult<Option<Vec<SalesDay>>> {
        self.read(Read::List, move |db| sales::sold(db, seller, span))
            .await
    }

    async fn facts(&self, order: OrderId, from: u32, most: i64) -> StoreResult<Vec<Fact>> {
        self.read(Read::List, move |db| {
            let sql =
                "SELECT * FROM facts WHERE order_id = ?1 AND number >= ?2 ORDER BY number LIMIT ?3";
            let found: Vec<OrderFact> = rows(db, sql, (order.as_bytes(), from, most))?;
            Ok(found.into_iter().map(|found| found.fact).collect())
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
    walk(db, "*", ORDERS, only, |row| {
        Ok(AuditedOrder::from(order::read(row)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Whose;
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
        let walk = "SEARCH orders USING INDEX unsettled (state=?)".to_owned();
        assert!(plan.contains(&walk), "{plan:?}");
    }

    #[tokio::test]
    async fn every_list_is_a_walk_of_an_index_in_its_order() {
        let (_dir, db) = opened();
        let buyer = UserId::new(&kernel::SystemIds::default());
        let mut lists = vec![
            Listed::All,
            Listed::ToReview,
            Listed::Disputed,
            Listed::OfBuyer(buyer, None),
        ];
        for state in OrderState::ALL {
            lists.extend([Listed::InState(state), Listed::OfBuyer(buyer, Some(state))]);
        }
        for listed in lists {
            let sql = list_sql(listed);
            let plan = match listed {
                Listed::OfBuyer(..) => plan(&db, &sql, ([0u8; 16], 10, [0u8; 16])).await,
                Listed::All | Listed::InState(_) | Listed::ToReview | Listed::Disputed => {
                    plan(&db, &sql, ([0u8; 16], 10)).await
                }
            };
            let walk = match listed.index() {
                Some(index) => format!("SEARCH orders USING INDEX {index} "),
                None => "SEARCH orders USING PRIMARY KEY ".to_owned(),
            };
            assert!(
                plan.len() == 1 && plan[0].starts_with(&walk),
                "{listed:?}: {plan:?}"
            );
        }
    }

    #[tokio::test]
    async fn sales_are_walks_of_their_table_without_a_sort() {
        let (_dir, db) = opened();
        let seller = [0u8; 16];
        let list = plan(&db, sales::LIST_SQL, (seller, "open", 0, 9, [0u8; 16], 10)).await;
        let money = plan(&db, sales::MONEY_SQL, (seller, "open", 0, 9, 10)).await;
        for plan in [list, money] {
            assert!(
                plan.len() == 1
                    && plan[0].starts_with(
                        "SEARCH sales USING PRIMARY KEY (seller=? AND status=? AND paid_at>"
                    ),
                "{plan:?}"
            );
        }
    }

    #[tokio::test]
    async fn the_sales_of_all_sellers_are_a_walk_by_day_without_a_sort() {
        let (_dir, db) = opened();
        let plan = plan(&db, sales::MONEY_OF_ALL_SQL, (0, 9, 10)).await;
        let walk = "SEARCH sales USING INDEX sales_by_day (paid_at>? AND paid_at<?)";
        assert_eq!(plan, [walk]);
    }

    #[tokio::test]
    async fn cases_are_walks_of_an_index_in_its_order() {
        let (_dir, db) = opened();
        let user = UserId::new(&kernel::SystemIds::default());
        let (state, before) = ("return_requested", [0u8; 16]);
        for (whose, keys) in [
            (Whose::All, "state=? AND id<?"),
            (Whose::Seller(user), "seller=? AND state=? AND id<?"),
            (Whose::Buyer(user), "buyer=? AND state=? AND id<?"),
        ] {
            let sql = cases::list_sql(whose);
            let plan = match whose {
                Whose::All => plan(&db, &sql, (state, before, 10)).await,
                Whose::Seller(_) | Whose::Buyer(_) => {
                    plan(&db, &sql, (state, before, 10, [0u8; 16])).await
                }
            };
            let walk = format!("SEARCH cases USING INDEX {} ({keys})", whose.index());
            assert_eq!(plan, [walk]);
        }
        let plan = plan(&db, cases::UNDECIDED_SQL, (state, 10)).await;
        let walk = "SEARCH cases USING INDEX cases_of_all (state=?)".to_owned();
        assert!(plan.contains(&walk), "{plan:?}");
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
                let sql = "INSERT INTO orders (id, buyer, lines, fulfilments, total, state, confirmed, needs_review, handled, resends,
                                               facts, version, created_at, updated_at, state_since)
                           VALUES (x'01', x'02', '[{}]', '[{}]', ?1, 'pending', 0, 0, '[]', 0, 2, 1, 0, 0, 0)";
                tx.execute(sql, [total])?;
                Ok(())
            });
            assert_eq!(inserted.await.is_ok(), is_right, "{total}");
        }
    }
}
