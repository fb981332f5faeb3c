//! Leases on work that one replica at a time should do (sweepers). The lease saves the other replicas the work. A late holder is
//! harmless, because each swept row is decided again in its own transaction, whichever replica sweeps (the row's state is the fence).

use std::time::Duration;

use async_trait::async_trait;
use kernel::Timestamp;
use mongodb::bson::{Bson, Document, doc};
use uuid::Uuid;

use super::codec::bson_of;
use super::mongo::Mongo;
use store::Leases;
use store::{StoreError, StoreResult};

/// The collection.
const LEASES: &str = "leases";

/// The leases of one service's replicas.
pub struct MongoLeases {
    store: Mongo,
    replica: Bson,
}

impl MongoLeases {
    /// The leases in `store`, for a replica that takes a new name at each start.
    #[must_use]
    pub fn new(store: Mongo) -> Self {
        Self {
            store,
            replica: bson_of(&Uuid::new_v4()),
        }
    }
}

#[async_trait]
impl Leases for MongoLeases {
    async fn hold(&self, work: &str, now: Timestamp, lease: Duration) -> StoreResult<bool> {
        let (now, until) = (now.as_millis(), now.plus(lease).as_millis());
        let leases = self.store.database().await?.collection::<Document>(LEASES);
        let free = doc! { "_id": work, "$or": [ { "owner": &self.replica }, { "until": { "$lte": now } } ] };
        // The fence rises with every change of holder; it is informational for readers of the collection.
        let rises = doc! { "$add": [
            { "$ifNull": [ "$fence", 0_i64 ] },
            { "$cond": [ { "$eq": [ "$owner", &self.replica ] }, 0_i64, 1_i64 ] },
        ] };
        let take =
            vec![doc! { "$set": { "fence": rises, "owner": &self.replica, "until": until } }];
        match leases.update_one(free, take).upsert(true).await {
            Ok(done) => Ok(done.matched_count > 0 || done.upserted_id.is_some()),
            Err(error) => {
                let error = StoreError::from(error);
                // The lease exists and another replica holds it.
                if matches!(error, StoreError::Duplicate(_)) {
                    Ok(false)
                } else {
                    Err(error)
                }
            }
        }
    }
}
