//! Reservations as documents, and the query for leases that have run out.

use contracts::reservations::ReservedLine;
use kernel::{OrderId, Quantity, Timestamp};
use serde::{Deserialize, Serialize};
use store::StoreResult;
use store_mongo::bson::raw::{RawDocument, RawDocumentBuf};
use store_mongo::bson::{Bson, Document, Uuid as BsonUuid, doc};
use store_mongo::mongodb::options::{FindOptions, Hint};
use store_mongo::{Mongo, MongoRecord, decode, encode, from_id, id, id_bson};
use telemetry::metrics::Read;

use super::schema::{BY_LEASE, RESERVATIONS};
use crate::domain::Reservation;
use crate::store::{Lease, corrupt, money, state};

#[derive(Serialize, Deserialize)]
struct ReservationRow {
    #[serde(rename = "_id")]
    order: BsonUuid,
    buyer: BsonUuid,
    state: String,
    lease_until: i64,
    created_at: i64,
    lines: Vec<LineRow>,
}

#[derive(Serialize, Deserialize)]
struct LineRow {
    product: BsonUuid,
    seller: BsonUuid,
    name: String,
    unit_price: i64,
    currency: String,
    quantity: i64,
}

impl From<&ReservedLine> for LineRow {
    fn from(line: &ReservedLine) -> Self {
        Self {
            product: id(line.product),
            seller: id(line.seller),
            name: line.name.clone(),
            unit_price: line.unit_price.amount,
            currency: line.unit_price.currency.to_string(),
            quantity: line.quantity.into(),
        }
    }
}

impl TryFrom<LineRow> for ReservedLine {
    type Error = store::StoreError;

    fn try_from(row: LineRow) -> StoreResult<Self> {
        Ok(Self {
            product: from_id(row.product),
            seller: from_id(row.seller),
            name: row.name,
            unit_price: money(row.unit_price, &row.currency)?,
            quantity: Quantity::new(row.quantity)
                .map_err(|invalid| corrupt(format!("quantity {}: {invalid}", row.quantity)))?,
        })
    }
}

impl MongoRecord for Reservation {
    const COLLECTION: &'static str = RESERVATIONS;

    fn id(key: &OrderId) -> Bson {
        id_bson(*key)
    }

    fn encode(&self) -> StoreResult<RawDocumentBuf> {
        encode(&ReservationRow {
            order: id(self.order),
            buyer: id(self.buyer),
            state: self.state.as_str().to_owned(),
            lease_until: self.lease_until.as_millis(),
            created_at: self.created_at.as_millis(),
            lines: self.lines.iter().map(LineRow::from).collect(),
        })
    }

    fn decode(document: &RawDocument) -> StoreResult<Self> {
        let row: ReservationRow = decode(RESERVATIONS, document)?;
        let lines = row.lines.into_iter().map(ReservedLine::try_from);
        Ok(Self {
            order: from_id(row.order),
            buyer: from_id(row.buyer),
            state: state(&row.state)?,
            lease_until: Timestamp::from_millis(row.lease_until),
            created_at: Timestamp::from_millis(row.created_at),
            lines: lines.collect::<StoreResult<_>>()?,
        })
    }
}

#[derive(Deserialize)]
struct LeaseRow {
    #[serde(rename = "_id")]
    order: BsonUuid,
    lease_until: i64,
}

/// The filter, and the range of the index.
pub(super) fn due(now: Timestamp, after: Option<Lease>) -> [Document; 3] {
    let (mut filter, mut min) = (
        doc! { "state": "held" },
        doc! { "lease_until": Bson::MinKey, "_id": Bson::MinKey },
    );
    if let Some(lease) = after {
        let order = id_bson(lease.order);
        min = doc! { "lease_until": lease.until.as_millis(), "_id": &order };
        // The range includes it.
        filter.insert("_id", doc! { "$ne": order });
    }
    let max = doc! { "lease_until": now.as_millis(), "_id": Bson::MaxKey };
    [filter, min, max]
}

pub(super) async fn leases_due(
    store: &Mongo,
    now: Timestamp,
    after: Option<Lease>,
    limit: usize,
) -> StoreResult<Vec<Lease>> {
    // Leases are sorted by their end: none after this one is due.
    if limit == 0 || after.is_some_and(|lease| lease.until > now) {
        return Ok(Vec::new());
    }
    let [filter, min, max] = due(now, after);
    let options = FindOptions::builder()
        .hint(Hint::Name(BY_LEASE.to_owned()))
        .min(min)
        .max(max)
        .sort(doc! { "lease_until": 1, "_id": 1 })
        .projection(doc! { "lease_until": 1 })
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .build();
    let read = |document: &RawDocument| {
        let row: LeaseRow = decode(RESERVATIONS, document)?;
        Ok(Lease {
            until: Timestamp::from_millis(row.lease_until),
            order: from_id(row.order),
        })
    };
    store
        .find_with(Read::Sweep, RESERVATIONS, filter, options, read)
        .await
}
