//! All orders, as much of each as the audit compares with the wallet and the stock.

use kernel::{Currency, Money, OrderId};
use serde::Deserialize;
use store::StoreResult;
use store_mongo::bson::{Uuid as BsonUuid, doc};
use store_mongo::mongodb::Database;
use store_mongo::{Row, Snapshot, corrupt, from_id, id_bson};

use super::row::OrderRow;
use crate::audit::AuditedOrder;
use crate::store::codes::{escrow_of, state_of};

#[derive(Deserialize)]
struct AuditRow {
    #[serde(rename = "_id")]
    id: BsonUuid,
    state: i32,
    escrow: i32,
    total: i64,
    currency: Currency,
    confirmed: bool,
}

impl AuditRow {
    fn order(&self) -> StoreResult<AuditedOrder> {
        let wrong = |what: &str| corrupt(format!("order {}: {what}", self.id));
        Ok(AuditedOrder {
            id: from_id(self.id),
            state: state_of(self.state).ok_or_else(|| wrong("state"))?,
            escrow: escrow_of(self.escrow).ok_or_else(|| wrong("escrow"))?,
            total: Money::new(self.total, self.currency),
            confirmed: self.confirmed,
        })
    }
}

/// Reads all orders, or only the one asked for, from one snapshot of the database.
pub(crate) async fn orders_in_mongo(
    database: &Database,
    only: Option<OrderId>,
    mut each: impl FnMut(AuditedOrder),
) -> StoreResult<()> {
    let mut snapshot = Snapshot::open(database).await?;
    let asked_for = only.map_or_else(|| doc! {}, |order| doc! { "_id": id_bson(order) });
    let fields = doc! { "state": 1, "escrow": 1, "total": 1, "currency": 1, "confirmed": 1 };
    let pipeline = vec![doc! { "$match": asked_for }, doc! { "$project": fields }];
    let mut rows = snapshot
        .aggregate::<AuditRow>(OrderRow::COLLECTION, pipeline)
        .await?;
    while let Some(row) = rows.next(&mut snapshot).await? {
        each(row.order()?);
    }
    Ok(())
}
