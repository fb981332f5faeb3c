//! The audit of a MongoDB database.

use futures_util::{Stream, TryStreamExt as _};
use kernel::OrderId;
use store::{Row as _, StoreResult};
use store_mongo::bson::{Document, doc};
use store_mongo::mongodb::Database;
use store_mongo::{Snapshot, bson_of, walk};

use super::{AuditedReservation, Auditor, ReservationRow, StockAudit, Sums};
use crate::domain::{Product, Reservation};
use crate::records::{StockEntry, StockReturn};

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

/// Adds up variants, entries, lines and returns by variant. A missing field counts as 0. The default variant has the product's id.
fn sums() -> Vec<Document> {
    let one = doc! { "$literal": 1_i64 };
    let of = |state: &str| doc! { "$cond": [ { "$eq": [ "$state", state ] }, "$lines.quantity", 0_i64 ] };
    let is_empty =
        doc! { "$cond": [ { "$eq": [ { "$type": "$lines" }, "missing" ] }, 1_i64, 0_i64 ] };
    let is_line = doc! { "$subtract": [ 1_i64, &is_empty ] };
    let entries = vec![
        doc! { "$project": { "product": "$_id.product", "variant": "$_id.variant", "entries": &one, "booked": "$delta" } },
    ];
    let lines = vec![
        doc! { "$unwind": { "path": "$lines", "preserveNullAndEmptyArrays": true } },
        doc! { "$project": {
            "product": "$lines.product", "variant": variant("$lines"), "lines": is_line, "empty": is_empty, "held": of("held"), "sold": of("sold"),
        } },
    ];
    let returned = vec![
        doc! { "$unwind": "$returned" },
        doc! { "$project": {
            "product": "$returned.product", "variant": variant("$returned"), "restocked": "$returned.restocked", "written_off": "$returned.written_off",
            "exceeded": exceeded(),
        } },
    ];
    let returns = vec![
        doc! { "$unwind": "$lines" },
        doc! { "$project": {
            "product": "$lines.product",
            "variant": variant("$lines"),
            "restocked_by_returns": "$lines.restocked",
            "written_off_by_returns": "$lines.written_off",
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
        "restocked",
        "written_off",
        "exceeded",
        "restocked_by_returns",
        "written_off_by_returns",
    ];
    let mut sums = doc! { "_id": { "product": "$product", "variant": "$variant" } };
    sums.extend(fields.map(|field| {
        (
            field.to_owned(),
            doc! { "$sum": format!("${field}") }.into(),
        )
    }));
    let further = vec![
        doc! { "$unwind": { "path": "$variants", "includeArrayIndex": "at" } },
        doc! { "$project": {
            "product": "$_id",
            "variant": "$variants.id",
            "known": &one,
            "available": { "$arrayElemAt": [ "$variant_stock", "$at" ] },
        } },
    ];
    vec![
        doc! { "$project": { "product": "$_id", "variant": "$_id", "known": one, "available": 1 } },
        doc! { "$unionWith": { "coll": Product::TABLE, "pipeline": further } },
        doc! { "$unionWith": { "coll": StockEntry::TABLE, "pipeline": entries } },
        doc! { "$unionWith": { "coll": Reservation::TABLE, "pipeline": lines } },
        doc! { "$unionWith": { "coll": Reservation::TABLE, "pipeline": returned } },
        doc! { "$unionWith": { "coll": StockReturn::TABLE, "pipeline": returns } },
        doc! { "$group": sums },
    ]
}

/// The id of the variant that `line` names.
fn variant(line: &str) -> Document {
    doc! { "$ifNull": [ format!("{line}.variant"), format!("{line}.product") ] }
}

/// 1 if more came back of the article of `$returned` than was sold of it, else 0.
fn exceeded() -> Document {
    let of_article = doc! { "$filter": {
        "input": "$lines", "as": "line", "cond": { "$and": [
            { "$eq": [ "$$line.product", "$returned.product" ] },
            { "$eq": [ variant("$$line"), variant("$returned") ] },
        ] },
    } };
    let sold =
        doc! { "$sum": { "$map": { "input": of_article, "as": "line", "in": "$$line.quantity" } } };
    let back = doc! { "$add": [ "$returned.restocked", "$returned.written_off" ] };
    let fits = doc! { "$and": [
        { "$eq": [ "$state", "sold" ] },
        { "$gte": [ "$returned.restocked", 0_i64 ] },
        { "$gte": [ "$returned.written_off", 0_i64 ] },
        { "$lte": [ back, sold ] },
    ] };
    doc! { "$cond": [ fits, 0_i64, 1_i64 ] }
}

/// Every reservation, or only that of the order asked for, sorted by order id.
///
/// # Errors
/// A store error.
pub async fn audited_reservations(
    database: &Database,
    only: Option<OrderId>,
) -> StoreResult<impl Stream<Item = StoreResult<AuditedReservation>> + use<>> {
    let only = only.map(|order| bson_of(&order));
    let rows = walk::<ReservationRow>(database, Reservation::TABLE, only).await?;
    Ok(rows.map_ok(Into::into))
}
