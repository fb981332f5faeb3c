//! What became of reservations, for the audit of the whole marketplace.

use kernel::OrderId;
use serde::Deserialize;
use store::StoreResult;
use store_mongo::bson::raw::RawDocumentBuf;
use store_mongo::bson::{Uuid as BsonUuid, doc};
use store_mongo::mongodb::Database;
use store_mongo::mongodb::options::ReadConcern;
use store_mongo::{READ_LIMIT, Snapshot, decode, from_id, id_bson};

use super::held::state;
use super::schema::RESERVATIONS;
use crate::domain::ReservationState;

#[derive(Deserialize)]
struct StateRow {
    #[serde(rename = "_id")]
    order: BsonUuid,
    state: String,
}

/// What became of the reservation of `order`. None if none was ever made.
///
/// # Errors
/// A store error.
pub async fn reservation_state(
    database: &Database,
    order: OrderId,
) -> StoreResult<Option<ReservationState>> {
    let found = database
        .collection::<RawDocumentBuf>(RESERVATIONS)
        .find_one(doc! { "_id": id_bson(order) })
        .projection(doc! { "state": 1 })
        .read_concern(ReadConcern::majority())
        .max_time(READ_LIMIT)
        .await?;
    let row: Option<StateRow> = found.map(|row| decode(RESERVATIONS, &row)).transpose()?;
    row.map(|row| state(&row.state)).transpose()
}

/// Calls `each` for every reservation, in the order of their orders' ids, one at a time and all as they were at one moment.
///
/// # Errors
/// A store error.
pub async fn reservation_states(
    database: &Database,
    mut each: impl FnMut(OrderId, ReservationState) + Send,
) -> StoreResult<()> {
    let mut snapshot = Snapshot::open(database).await?;
    let stages = vec![
        doc! { "$sort": { "_id": 1 } },
        doc! { "$project": { "state": 1 } },
    ];
    let mut rows = snapshot.aggregate::<StateRow>(RESERVATIONS, stages).await?;
    while let Some(row) = rows.next(&mut snapshot).await? {
        each(from_id(row.order), state(&row.state)?);
    }
    Ok(())
}
