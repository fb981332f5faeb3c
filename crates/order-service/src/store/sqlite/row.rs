//! An order as a row.

use kernel::{Limit, Money, OrderId, Timestamp, UserId};
use rusqlite::{Connection, OptionalExtension, Row, params};
use store::{StoreError, StoreResult};
use store_sqlite::{corrupt, id, unsigned};

use crate::audit::AuditedOrder;
use crate::domain::{Escrow, Order, OrderState, Reason};
use crate::store::Unsettled;
use crate::store::codes::{escrow_code, escrow_of, reason_of, state_code, state_of};

const COLUMNS: &str = "id, buyer_id, lines, total, currency, state, reason, escrow, needs_review, request_id, resends, version,
     created_at, updated_at, state_since, due_at, confirmed, revision";

/// What the driver could read; the rest is decoded outside of its callbacks, where an error can say what is wrong.
struct Raw {
    order: Order,
    lines: String,
    currency: String,
    state: i32,
    reason: Option<String>,
    escrow: i32,
}

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok(Raw {
        order: Order {
            id: id(row, 0)?,
            buyer: id(row, 1)?,
            lines: Vec::new(),
            total: Money::new(row.get(3)?, kernel::Currency::USD),
            state: OrderState::Pending,
            reason: None,
            escrow: Escrow::Held,
            needs_review: row.get(8)?,
            request: row.get(9)?,
            resends: unsigned(row, 10)?,
            version: row.get(11)?,
            created_at: Timestamp::from_millis(row.get(12)?),
            updated_at: Timestamp::from_millis(row.get(13)?),
            state_since: Timestamp::from_millis(row.get(14)?),
            confirmed: row.get(16)?,
            revision: row.get(17)?,
            due_at: row.get::<_, Option<i64>>(15)?.map(Timestamp::from_millis),
        },
        lines: row.get(2)?,
        currency: row.get(4)?,
        state: row.get(5)?,
        reason: row.get(6)?,
        escrow: row.get(7)?,
    })
}

fn decode(raw: Raw) -> StoreResult<Order> {
    let Raw {
        mut order,
        lines,
        currency,
        state,
        reason,
        escrow,
    } = raw;
    let wrong = |what: &str| corrupt(format!("order {}: {what}", order.id));
    let currency = currency.parse().map_err(|_| wrong("currency"))?;
    let state = state_of(state).ok_or_else(|| wrong("state"))?;
    let reason = reason
        .map(|word| reason_of(&word).ok_or_else(|| wrong("reason")))
        .transpose()?;
    let escrow = escrow_of(escrow).ok_or_else(|| wrong("escrow"))?;
    let lines = serde_json::from_str(&lines).map_err(|_| wrong("lines"))?;
    order.total.currency = currency;
    (order.state, order.reason, order.escrow, order.lines) = (state, reason, escrow, lines);
    Ok(order)
}

pub(super) fn insert(tx: &Connection, order: &Order) -> StoreResult<()> {
    let lines = serde_json::to_string(&order.lines).map_err(|error| corrupt(error.to_string()))?;
    tx.prepare_cached(
        "INSERT INTO orders (id, buyer_id, lines, total, currency, state, reason, escrow, needs_review, request_id, resends,
           version, created_at, updated_at, state_since, due_at, revision)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
    )?
    .execute(params![
        order.id.as_bytes(),
        order.buyer.as_bytes(),
        lines,
        order.total.amount,
        order.total.currency.as_str(),
        state_code(order.state),
        order.reason.map(Reason::as_str),
        escrow_code(order.escrow),
        order.needs_review,
        order.request,
        order.resends,
        order.version,
        order.created_at.as_millis(),
        order.updated_at.as_millis(),
        order.state_since.as_millis(),
        order.due_at.map(Timestamp::as_millis),
        order.revision,
    ])?;
    Ok(())
}

/// Compare-and-set: writes `after` over `before`, or is a conflict if something else stands there.
pub(super) fn update(tx: &Connection, before: &Order, after: &Order) -> StoreResult<()> {
    let updated = tx
        .prepare_cached(
            "UPDATE orders SET state = ?4, reason = ?5, escrow = ?6, needs_review = ?7, resends = ?8, version = ?9,
               updated_at = ?10, state_since = ?11, due_at = ?12, confirmed = ?13, revision = ?14
             WHERE id = ?1 AND state = ?2 AND revision = ?3",
        )?
        .execute(params![
            before.id.as_bytes(),
            state_code(before.state),
            before.revision,
            state_code(after.state),
            after.reason.map(Reason::as_str),
            escrow_code(after.escrow),
            after.needs_review,
            after.resends,
            after.version,
            after.updated_at.as_millis(),
            after.state_since.as_millis(),
            after.due_at.map(Timestamp::as_millis),
            after.confirmed,
            after.revision,
        ])?;
    if updated == 1 {
        return Ok(());
    }
    Err(StoreError::Conflict(format!(
        "order {} is not at revision {}",
        before.id, before.revision
    )))
}

pub(super) fn select(tx: &Connection, order: OrderId) -> StoreResult<Option<Order>> {
    tx.prepare_cached(&format!("SELECT {COLUMNS} FROM orders WHERE id = ?1"))?
        .query_row([order.as_bytes()], raw)
        .optional()?
        .map(decode)
        .transpose()
}

pub(super) fn due(tx: &Connection, now: Timestamp, limit: i64) -> StoreResult<Vec<OrderId>> {
    let mut statement =
        tx.prepare_cached("SELECT id FROM orders WHERE due_at <= ?1 ORDER BY due_at LIMIT ?2")?;
    let rows = statement.query_map((now.as_millis(), limit), |row| id(row, 0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The query of a buyer's list. A state's partial index is named, for without it the list would be searched through.
fn list_sql(state: Option<OrderState>) -> String {
    let (index, condition) = match state {
        None => ("orders_by_buyer", "?2 IS NULL"),
        Some(OrderState::Paid) => ("orders_by_buyer", "state = ?2"),
        Some(OrderState::Pending | OrderState::Cancelling | OrderState::Refunding) => {
            ("orders_unsettled", "state = ?2 AND state IN (0, 3, 5)")
        }
        Some(OrderState::Declined | OrderState::Cancelled | OrderState::Refunded) => {
            ("orders_not_paid", "state = ?2 AND state IN (2, 4, 6)")
        }
    };
    format!(
        "SELECT {COLUMNS} FROM orders INDEXED BY {index}
         WHERE buyer_id = ?1 AND {condition} AND id < ?3 ORDER BY id DESC LIMIT ?4"
    )
}

pub(super) fn of_buyer(
    tx: &Connection,
    buyer: UserId,
    state: Option<OrderState>,
    after: Option<OrderId>,
    limit: Limit,
) -> StoreResult<Vec<Order>> {
    let mut statement = tx.prepare_cached(&list_sql(state))?;
    let after = after.map_or([0xff; 16], |order| *order.as_bytes());
    let rows = statement.query_map(
        params![
            buyer.as_bytes(),
            state.map(state_code),
            after,
            limit.and_one()
        ],
        raw,
    )?;
    rows.map(|row| decode(row?)).collect()
}

pub(super) fn to_review(
    tx: &Connection,
    after: Option<OrderId>,
    limit: Limit,
) -> StoreResult<Vec<Order>> {
    let mut statement = tx.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM orders WHERE needs_review = 1 AND id > ?1 ORDER BY id LIMIT ?2"
    ))?;
    let after = after.map_or([0; 16], |order| *order.as_bytes());
    let rows = statement.query_map(params![after, limit.and_one()], raw)?;
    rows.map(|row| decode(row?)).collect()
}

pub(super) fn count_to_review(tx: &Connection) -> StoreResult<i64> {
    Ok(tx
        .prepare_cached("SELECT count(*) FROM orders WHERE needs_review = 1")?
        .query_row([], |row| row.get(0))?)
}

/// The unsettled orders by state, through their own index, which is named lest the whole table be read.
const UNSETTLED: &str = "SELECT state, count(*), min(state_since)
     FROM (SELECT state, state_since FROM orders INDEXED BY orders_unsettled WHERE state IN (0, 3, 5) LIMIT ?1) GROUP BY state";

pub(super) fn unsettled(tx: &Connection) -> StoreResult<Unsettled> {
    let mut statement = tx.prepare_cached(UNSETTLED)?;
    let mut rows = statement.query([Unsettled::LOOKED_AT])?;
    let mut unsettled = Unsettled::NONE;
    while let Some(row) = rows.next()? {
        let code: i32 = row.get(0)?;
        let state = state_of(code).ok_or_else(|| corrupt(format!("{code} is no state")))?;
        let since = Timestamp::from_millis(row.get(2)?);
        unsettled.add(state, row.get(1)?, since);
    }
    Ok(unsettled)
}

/// All orders (or the one asked for), as much of each as the audit compares with the wallet.
pub(crate) fn orders_to_audit(
    connection: &Connection,
    only: Option<OrderId>,
    mut each: impl FnMut(AuditedOrder),
) -> StoreResult<()> {
    let mut statement = connection.prepare_cached(
        "SELECT id, state, escrow, total, currency, confirmed FROM orders WHERE ?1 IS NULL OR id = ?1",
    )?;
    let rows = statement.query_map([only.map(|order| *order.as_bytes())], |row| {
        Ok((
            id::<OrderId>(row, 0)?,
            row.get::<_, i32>(1)?,
            row.get::<_, i32>(2)?,
            row.get::<_, i64>(3)?,
            row.get::<_, String>(4)?,
            row.get::<_, bool>(5)?,
        ))
    })?;
    for row in rows {
        let (id, state, escrow, amount, currency, confirmed) = row?;
        let wrong = |what: &str| corrupt(format!("order {id}: {what}"));
        each(AuditedOrder {
            id,
            state: state_of(state).ok_or_else(|| wrong("state"))?,
            escrow: escrow_of(escrow).ok_or_else(|| wrong("escrow"))?,
            total: Money::new(amount, currency.parse().map_err(|_| wrong("currency"))?),
            confirmed,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MIGRATIONS;
    use store_sqlite::Sqlite;
    use telemetry::metrics::{Read, StoreMetrics};

    #[tokio::test]
    async fn the_unsettled_orders_are_counted_through_their_own_index() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("orders.db");
        let db = Sqlite::open(&path, MIGRATIONS, &StoreMetrics::default()).unwrap();
        let plan: Vec<String> = db
            .read(Read::List, |tx| {
                let mut statement = tx.prepare(&format!("EXPLAIN QUERY PLAN {UNSETTLED}"))?;
                let rows = statement.query_map([10], |row| row.get(3))?;
                Ok::<_, StoreError>(rows.collect::<rusqlite::Result<_>>()?)
            })
            .await
            .unwrap();
        let scan = "SCAN orders USING INDEX orders_unsettled".to_owned();
        assert!(plan.contains(&scan), "{plan:?}");
    }

    #[tokio::test]
    async fn a_buyers_list_is_a_walk_of_an_index_in_every_state() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("orders.db");
        let db = Sqlite::open(&path, MIGRATIONS, &StoreMetrics::default()).unwrap();
        for state in OrderState::ALL.into_iter().map(Some).chain([None]) {
            let sql = format!("EXPLAIN QUERY PLAN {}", list_sql(state));
            let plan: Vec<String> = db
                .read(Read::List, move |tx| {
                    let mut statement = tx.prepare(&sql)?;
                    let values = params![[0u8; 16], state.map(state_code), [0u8; 16], 10];
                    let rows = statement.query_map(values, |row| row.get(3))?;
                    Ok::<_, StoreError>(rows.collect::<rusqlite::Result<_>>()?)
                })
                .await
                .unwrap();
            assert!(
                plan.len() == 1 && plan[0].starts_with("SEARCH orders USING INDEX"),
                "{state:?}: {plan:?}"
            );
        }
    }
}
