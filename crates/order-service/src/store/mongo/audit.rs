//! All orders, as much of each as the audit compares with the wallet and the stock.

use chassis::mongo::bson::raw::RawDocumentBuf;
use chassis::mongo::bson::{Uuid as BsonUuid, doc};
use chassis::mongo::mongodb::Database;
use chassis::mongo::{Row, corrupt, decode, from_id, id_bson};
use chassis::store::StoreResult;
use kernel::{Currency, Money, OrderId};
use serde::Deserialize;

use super::row::OrderRow;
use crate::audit::AuditedOrder;
use crate::store::codes::{escrow_of, state_of};

/// Orders that come from the server together.
const TOGETHER: u32 = 5000;

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
    let mut session = database.client().start_session().snapshot(true).await?;
    let filter = only.map_or_else(|| doc! {}, |order| doc! { "_id": id_bson(order) });
    let fields = doc! { "state": 1, "escrow": 1, "total": 1, "currency": 1, "confirmed": 1 };
    let mut found = database
        .collection::<RawDocumentBuf>(OrderRow::COLLECTION)
        .find(filter)
        .projection(fields)
        .batch_size(TOGETHER)
        .session(&mut session)
        .await?;
    while found.advance(&mut session).await? {
        each(decode::<AuditRow>(OrderRow::COLLECTION, found.current())?.order()?);
    }
    Ok(())
}
