//! What is open, for the metrics: a walk of the index of the unsettled orders, named lest the server take another.

use kernel::Timestamp;
use serde::Deserialize;
use store::StoreResult;
use store_mongo::bson::raw::RawDocumentBuf;
use store_mongo::bson::{Document, doc};
use store_mongo::mongodb::options::{Hint, ReadConcern};
use store_mongo::{Mongo, READ_LIMIT, Row, corrupt, decode};
use telemetry::metrics::Read;

use super::row::OrderRow;
use super::schema::UNSETTLED;
use crate::store::Unsettled;
use crate::store::codes::state_of;

#[derive(Deserialize)]
struct Group {
    #[serde(rename = "_id")]
    state: i32,
    count: i64,
    since: i64,
}

/// The stages of the question.
pub(super) fn stages() -> Vec<Document> {
    vec![
        doc! { "$match": { "state": { "$in": [0, 3, 5] } } },
        doc! { "$limit": Unsettled::LOOKED_AT },
        doc! { "$group": {
            "_id": "$state",
            "count": { "$sum": 1_i64 },
            "since": { "$min": "$state_since" },
        } },
    ]
}

/// Asks it.
pub(super) async fn look(db: &Mongo) -> StoreResult<Unsettled> {
    let _timed = db.reading(Read::List);
    let mut groups = db
        .database()
        .await?
        .collection::<RawDocumentBuf>(OrderRow::COLLECTION)
        .aggregate(stages())
        .hint(Hint::Name(UNSETTLED.to_owned()))
        .read_concern(ReadConcern::majority())
        .max_time(READ_LIMIT)
        .await?;
    let mut unsettled = Unsettled::NONE;
    while groups.advance().await? {
        let group: Group = decode(OrderRow::COLLECTION, groups.current())?;
        let state = state_of(group.state)
            .ok_or_else(|| corrupt(format!("{} is no state of an order", group.state)))?;
        unsettled.add(state, group.count, Timestamp::from_millis(group.since));
    }
    Ok(unsettled)
}
