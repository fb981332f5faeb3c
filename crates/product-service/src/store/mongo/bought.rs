//! The query for the products that a user has bought.

use kernel::{ProductId, UserId};
use store::{Row as _, StoreResult};
use store_mongo::bson::{Document, doc};
use store_mongo::mongodb::options::Hint;
use store_mongo::{Mongo, READ_LIMIT, bson_of};
use telemetry::metrics::Read;

use crate::domain::Reservation;

/// The index that answers it.
pub(super) const INDEX: &str = "by_buyer";

pub(super) fn filter(buyer: UserId, product: ProductId) -> Document {
    doc! { "state": "sold", "buyer": bson_of(&buyer), "lines.product": bson_of(&product) }
}

pub(super) async fn has(store: &Mongo, buyer: UserId, product: ProductId) -> StoreResult<bool> {
    let _timed = store.reading(Read::Get);
    let sales = store
        .database()
        .await?
        .collection::<Document>(Reservation::TABLE);
    let found = sales
        .find_one(filter(buyer, product))
        .hint(Hint::Name(INDEX.to_owned()))
        .projection(doc! { "_id": 1 })
        .max_time(READ_LIMIT)
        .await?;
    Ok(found.is_some())
}
