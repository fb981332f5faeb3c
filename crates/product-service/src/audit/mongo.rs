//! The audit of a MongoDB database.

use kernel::OrderId;
use serde::Deserialize;
use store::StoreResult;
use store_mongo::bson::{Document, Uuid as BsonUuid, doc};
use store_mongo::mongodb::Database;
use store_mongo::{Snapshot, from_id, id_bson};

use super::{StockAudit, Sums};
use crate::domain::ReservationState;
use crate::store::mongo::{PRODUCTS, RESERVATIONS, STOCK_ENTRIES};
use crate::store::state;

/// One product's sums over the three collections.
#[derive(Deserialize)]
struct Row {
    #[serde(rename = "_id")]
    product: BsonUuid,
    /// 1 if the product exists, else 0.
    known: i64,
    available: i64,
    entries: i64,
    booked: i64,
    lines: i64,
    held: i64,
    sold: i64,
}

#[derive(Deserialize)]
struct Count {
    count: i64,
}

#[derive(Deserialize)]
struct StateRow {
    #[serde(rename = "_id")]
    order: BsonUuid,
    state: String,
}

/// Audits a snapshot of the product service's database. Only reads.
///
/// # Errors
/// A store error if the documents cannot be read at all.
pub async fn audit(database: &Database) -> StoreResult<StockAudit> {
    let mut snapshot = Snapshot::open(database).await?;
    let mut audit = StockAudit::default();
    let (mut lost_books, mut lost_lines) = (0, 0);
    let mut rows = snapshot.aggregate::<Row>(PRODUCTS, sums()).await?;
    while let Some(row) = rows.next(&mut snapshot).await? {
        if row.known == 0 {
            lost_books += row.entries.min(1);
            lost_lines += row.lines;
            continue;
        }
        audit.check(&Sums {
            product: from_id(row.product),
            available: row.available,
            booked: row.booked,
            held: row.held,
            sold: row.sold,
        });
    }
    audit.note(lost_books, "products in the stock book that are not there");
    audit.note(lost_lines, "reservation lines without a product");
    let mut empty = snapshot.aggregate::<Count>(RESERVATIONS, empty()).await?;
    while let Some(Count { count }) = empty.next(&mut snapshot).await? {
        audit.note(count, "reservations without lines");
    }
    Ok(audit)
}

/// Adds up the three collections by product. A missing field counts as 0.
fn sums() -> Vec<Document> {
    let of = |state: &str| doc! { "$cond": [ { "$eq": [ "$state", state ] }, "$lines.quantity", 0_i64 ] };
    let entries = vec![
        doc! { "$project": { "_id": "$_id.product", "entries": { "$literal": 1_i64 }, "booked": "$delta" } },
    ];
    let lines = vec![
        doc! { "$unwind": "$lines" },
        doc! { "$project": {
            "_id": "$lines.product", "lines": { "$literal": 1_i64 }, "held": of("held"), "sold": of("sold"),
        } },
    ];
    let mut sums = doc! { "_id": "$_id" };
    for field in [
        "known",
        "available",
        "entries",
        "booked",
        "lines",
        "held",
        "sold",
    ] {
        sums.insert(field, doc! { "$sum": format!("${field}") });
    }
    vec![
        doc! { "$project": { "known": { "$literal": 1_i64 }, "available": 1 } },
        doc! { "$unionWith": { "coll": STOCK_ENTRIES, "pipeline": entries } },
        doc! { "$unionWith": { "coll": RESERVATIONS, "pipeline": lines } },
        doc! { "$group": sums },
    ]
}

fn empty() -> Vec<Document> {
    vec![
        doc! { "$match": { "lines": { "$size": 0 } } },
        doc! { "$count": "count" },
    ]
}

/// Calls `each` for every reservation in a snapshot, or only for that of `order`, sorted by order id.
///
/// # Errors
/// A store error.
pub async fn reservation_states(
    database: &Database,
    order: Option<OrderId>,
    mut each: impl FnMut(OrderId, ReservationState) + Send,
) -> StoreResult<()> {
    let mut snapshot = Snapshot::open(database).await?;
    let filter = order.map_or_else(Document::new, |order| doc! { "_id": id_bson(order) });
    let stages = vec![
        doc! { "$match": filter },
        doc! { "$sort": { "_id": 1 } },
        doc! { "$project": { "state": 1 } },
    ];
    let mut rows = snapshot.aggregate::<StateRow>(RESERVATIONS, stages).await?;
    while let Some(row) = rows.next(&mut snapshot).await? {
        each(from_id(row.order), state(&row.state)?);
    }
    Ok(())
}
