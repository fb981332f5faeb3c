//! Earnings that wait for their time.

use kernel::{OrderId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use store::StoreResult;
use store_mongo::bson::raw::{RawDocument, RawDocumentBuf};
use store_mongo::bson::{Bson, Document, Uuid as BsonUuid, doc};
use store_mongo::{Mongo, MongoRecord, decode, encode, from_id, id};

use crate::domain::Payout;
use crate::store::DuePayout;
use crate::store::codec::money;

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PayoutRow {
    #[serde(rename = "_id")]
    pub(crate) id: PayoutKey,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    available_at: i64,
}

/// MongoDB compares documents field by field, so payouts have the order of [`DuePayout`] on the index of `available_at` and `_id`.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PayoutKey {
    order: BsonUuid,
    pub(crate) seller: BsonUuid,
}

impl MongoRecord for Payout {
    const COLLECTION: &'static str = "payouts";

    fn id((order, seller): &(OrderId, UserId)) -> Bson {
        Bson::Document(doc! { "order": id(*order), "seller": id(*seller) })
    }

    fn encode(&self) -> StoreResult<RawDocumentBuf> {
        encode(&PayoutRow {
            id: PayoutKey {
                order: id(self.order),
                seller: id(self.seller),
            },
            amount: self.money.amount,
            currency: self.money.currency.as_str().to_owned(),
            available_at: self.available_at.as_millis(),
        })
    }

    fn decode(document: &RawDocument) -> StoreResult<Self> {
        let row: PayoutRow = decode(Self::COLLECTION, document)?;
        Ok(Self {
            order: from_id(row.id.order),
            seller: from_id(row.id.seller),
            money: money(row.amount, &row.currency)?,
            available_at: Timestamp::from_millis(row.available_at),
        })
    }
}

/// The payouts that are due after `after`.
pub(super) async fn due(
    db: &Mongo,
    now: Timestamp,
    after: Option<DuePayout>,
    limit: usize,
) -> StoreResult<Vec<DuePayout>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let filter = due_filter(now, after);
    let rows: Vec<PayoutRow> = db
        .find(Payout::COLLECTION, filter, due_sort(), limit)
        .await?;
    let due = rows.into_iter().map(|row| DuePayout {
        available_at: Timestamp::from_millis(row.available_at),
        order: from_id(row.id.order),
        seller: from_id(row.id.seller),
    });
    Ok(due.collect())
}

pub(super) fn due_filter(now: Timestamp, after: Option<DuePayout>) -> Document {
    let now = now.as_millis();
    let Some(after) = after else {
        return doc! { "available_at": { "$lte": now } };
    };
    let at = after.available_at.as_millis();
    doc! { "$or": [
        { "available_at": at, "_id": { "$gt": Payout::id(&after.key()) } },
        { "available_at": { "$gt": at, "$lte": now } },
    ] }
}

pub(super) fn due_sort() -> Document {
    doc! { "available_at": 1, "_id": 1 }
}
