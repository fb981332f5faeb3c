//! What the system's accounts sum to, in slices: one for each replica, and the checkpoint.
//!
//! One row for an account of the system's would be the one row that every payment waits for. So each process adds its postings to a
//! slice of its own, which nobody else writes to, once in each transaction that it commits. A balance is the sum of all slices,
//! exactly and at any time, however many replicas write at once.
//!
//! A checkpoint folds slices into one, so that they do not become many: the process's own, and those that were not added to for
//! a while. If such a replica lives after all, it begins its slice anew.

use std::time::Duration;

use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Record, StoreResult};
use store_mongo::bson::raw::{RawDocument, RawDocumentBuf};
use store_mongo::bson::{Binary, Bson, Document, doc};
use store_mongo::{Mongo, MongoRecord, Unit, binary, decode, encode};
use uuid::Uuid;

use super::accounts::first_account_id;
use crate::audit::{SystemSums, add_to};
use crate::domain::{Account, Recorded};
use crate::store::codec::{corrupt, system_code};

/// After how long a slice that is not one's own is folded.
const IDLE: Duration = Duration::from_hours(1);

/// Slices folded at once.
const SLICES: i64 = 1000;

/// The id of the checkpoint, which is of no replica.
pub(crate) const CHECKPOINT: Uuid = Uuid::nil();

/// A part of what the system's accounts sum to.
#[derive(Debug, Clone)]
pub(crate) struct Slice {
    /// Whose slice it is, or [`CHECKPOINT`].
    pub(crate) replica: Uuid,
    /// The sums.
    pub(crate) sums: SystemSums,
    /// How many postings that is.
    pub(crate) postings: i64,
    /// The time of the last that was added.
    at: Timestamp,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SliceRow {
    #[serde(rename = "_id")]
    id: Binary,
    system: SliceBody,
}

#[derive(Debug, Serialize, Deserialize)]
struct SliceBody {
    sums: Vec<SumRow>,
    postings: i64,
    at: i64,
}

/// A sum. Decimal text: it may exceed 64 bits.
#[derive(Debug, Serialize, Deserialize)]
struct SumRow {
    account: i32,
    currency: String,
    sum: String,
}

impl Slice {
    fn new(replica: Uuid) -> Self {
        Self {
            replica,
            sums: SystemSums::new(),
            postings: 0,
            at: Timestamp::from_millis(0),
        }
    }
}

impl Record for Slice {
    const NAME: &'static str = "slice of the system's accounts";
    type Key = Uuid;

    fn key(&self) -> Uuid {
        self.replica
    }
}

impl MongoRecord for Slice {
    const COLLECTION: &'static str = <Account as MongoRecord>::COLLECTION;

    fn id(replica: &Uuid) -> Bson {
        Bson::Binary(binary(replica.into_bytes()))
    }

    fn encode(&self) -> StoreResult<RawDocumentBuf> {
        let sums = self.sums.iter().map(|((account, currency), sum)| SumRow {
            account: *account,
            currency: currency.clone(),
            sum: sum.to_string(),
        });
        encode(&SliceRow {
            id: binary(self.replica.into_bytes()),
            system: SliceBody {
                sums: sums.collect(),
                postings: self.postings,
                at: self.at.as_millis(),
            },
        })
    }

    fn decode(document: &RawDocument) -> StoreResult<Self> {
        decode::<SliceRow>(Self::COLLECTION, document)?.slice()
    }
}

impl SliceRow {
    /// The slice that it says.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`](store::StoreError::Corrupt) if it says none.
    pub(crate) fn slice(self) -> StoreResult<Slice> {
        let mut sums = SystemSums::new();
        for row in &self.system.sums {
            let sum = row.sum.parse();
            let sum = sum.map_err(|_| corrupt("a checkpoint's balance is no number"))?;
            add_to(&mut sums, row.account, &row.currency, sum);
        }
        Ok(Slice {
            replica: Uuid::from_slice(&self.id.bytes)
                .map_err(|_| corrupt("a slice of the system's accounts names no replica"))?,
            sums,
            postings: self.system.postings,
            at: Timestamp::from_millis(self.system.at),
        })
    }
}

/// The slices, the checkpoint among them.
pub(crate) fn all() -> Document {
    doc! { "_id": { "$lt": first_account_id() } }
}

/// Adds a transaction's postings to the slice of `replica`.
pub(super) fn add(unit: &mut Unit, replica: Uuid, recorded: &Recorded) -> StoreResult<()> {
    if recorded.system.is_empty() {
        return Ok(());
    }
    let mut slice = load(unit, replica)?;
    for (account, money) in &recorded.system {
        let (account, amount) = (system_code(*account), i128::from(money.amount));
        add_to(&mut slice.sums, account, money.currency.as_str(), amount);
        slice.postings += 1;
    }
    slice.at = recorded.at;
    unit.put(slice)
}

/// Folds the slice of `replica`, and those of others that are idle, into the checkpoint. Returns how many postings they had.
pub(super) async fn fold(db: &Mongo, replica: Uuid, now: Timestamp) -> StoreResult<i64> {
    let sort = doc! { "_id": 1 };
    let found: Vec<SliceRow> = db.find(Slice::COLLECTION, all(), sort, SLICES).await?;
    let found = found.into_iter().map(|row| Ok(row.slice()?.replica));
    let mut replicas = found.collect::<StoreResult<Vec<Uuid>>>()?;
    replicas.retain(|id| *id != replica && *id != CHECKPOINT);
    replicas.push(replica);
    db.work(move |unit| {
        unit.want::<Slice>(replicas.iter().copied().chain([CHECKPOINT]))?;
        let mut checkpoint = load(unit, CHECKPOINT)?;
        let before = checkpoint.postings;
        for id in &replicas {
            let Some(slice) = unit.get::<Slice>(id)? else {
                continue;
            };
            if *id != replica && slice.at > now.minus(IDLE) {
                continue;
            }
            checkpoint.postings += slice.postings;
            for ((account, currency), sum) in &slice.sums {
                add_to(&mut checkpoint.sums, *account, currency, *sum);
            }
            unit.delete::<Slice>(id)?;
        }
        let added = checkpoint.postings - before;
        if added > 0 {
            checkpoint.at = now;
            unit.put(checkpoint)?;
        }
        Ok(added)
    })
    .await
}

fn load(unit: &mut Unit, replica: Uuid) -> StoreResult<Slice> {
    let found = unit.get::<Slice>(&replica)?;
    Ok(found.map_or_else(|| Slice::new(replica), |slice| (*slice).clone()))
}
