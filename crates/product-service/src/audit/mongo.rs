//! The audit of a MongoDB database.

use futures_util::{Stream, TryStreamExt as _};
use kernel::OrderId;
use store::{Row as _, StoreResult};
use store_mongo::bson::{Document, doc};
use store_mongo::mongodb::Database;
use store_mongo::{Snapshot, bson_of, walk};

use super::{Auditor, StateRow, StockAudit, Sums};
use crate::domain::{Product, Reservation, ReservationState};
use crate::records::StockEntry;

/// Audits a snapshot of the product service's database. Only reads.
///
/// # Errors
/// A store error if the documents cannot be read at all.
pub async fn audit(database: &Database) -> StoreResult<StockAudit> {
    let mut snapshot = Snapshot::open(database).await?;
    let mut auditor = Auditor::default();
    let mut rows = snapshot.aggregate::<Sums>(Product::TABLE, sums()).await?;
    while let Some(sums) = rows.next(&mut snapshot).await? {
        auditor.check(&sums);
    }
    Ok(auditor.end())
}

/// Adds up products, entries and lines by product. A missing field counts as 0.
fn sums() -> Vec<Document> {
    let one = doc! { "$literal": 1_i64 };
    let of = |state: &str| doc! { "$cond": [ { "$eq": [ "$state", state ] }, "$lines.quantity", 0_i64 ] };
    let is_empty =
        doc! { "$cond": [ { "$eq": [ { "$type": "$lines" }, "missing" ] }, 1_i64, 0_i64 ] };
    let is_line = doc! { "$subtract": [ 1_i64, &is_empty ] };
    let entries =
        vec![doc! { "$project": { "_id": "$_id.product", "entries": &one, "booked": "$delta" } }];
    let lines = vec![
        doc! { "$unwind": { "path": "$lines", "preserveNullAndEmptyArrays": true } },
        doc! { "$project": {
            "_id": "$lines.product", "lines": is_line, "empty": is_empty, "held": of("held"), "sold": of("sold"),
        } },
    ];
    let fields = [
        "known",
        "available",
        "entries",
        "booked",
        "lines",
        "held",
        "sold",
        "empty",
    ];
    let mut sums = doc! { "_id": "$_id" };
    sums.extend(fields.map(|field| {
        (
            field.to_owned(),
            doc! { "$sum": format!("${field}") }.into(),
        )
    }));
    vec![
        doc! { "$project": { "known": one, "available": 1 } },
        doc! { "$unionWith": { "coll": StockEntry::TABLE, "pipeline": entries } },
        doc! { "$unionWith": { "coll": Reservation::TABLE, "pipeline": lines } },
        doc! { "$group": sums },
    ]
}

/// The state of every reservation, or only of that of the order asked for, sorted by order id.
///
/// # Errors
/// A store error.
pub async fn reservation_states(
    database: &Database,
    only: Option<OrderId>,
) -> StoreResult<impl Stream<Item = StoreResult<(OrderId, ReservationState)>> + use<>> {
    let only = only.map(|order| bson_of(&order));
    let rows = walk::<StateRow>(database, Reservation::TABLE, only).await?;
    Ok(rows.map_ok(|row| (row.order, row.state)))
}
