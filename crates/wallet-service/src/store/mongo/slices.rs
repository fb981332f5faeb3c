//! What the system's accounts sum to, in slices: one for each replica, and the checkpoint.
//!
//! A single row for a system account would be the row that every payment waits for. So each process adds its postings to a slice of
//! its own, once in each transaction that it commits. No other process writes to it. A balance is the exact sum of all slices at any
//! time, however many replicas write at once.
//!
//! A checkpoint folds slices into one, so that their number stays small: the process's own, and idle ones, whose replica has probably
//! stopped. A replica whose slice was folded begins a new one.

use std::time::Duration;

use kernel::{Money, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Record, StoreResult};
use store_mongo::bson::raw::{RawDocument, RawDocumentBuf};
use store_mongo::bson::{Binary, Bson, Document, doc};
use store_mongo::{Mongo, MongoRecord, Unit, binary, decode, encode};

use super::accounts::first_account_id;
use crate::audit::{SystemSums, add_to};
use crate::domain::{Account, Recorded};
use crate::store::codec::{corrupt, system_code};

/// A slice of another replica is idle if nothing was added to it for so long.
const IDLE: Duration = Duration::from_hours(1);

/// Most slices that are folded at once.
const SLICES: i64 = 1000;

/// The id of the checkpoint, which belongs to no replica.
const CHECKPOINT: [u8; 16] = [0; 16];

/// A part of what the system's accounts sum to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Slice {
    /// Its replica's 16 bytes.
    #[serde(rename = "_id")]
    id: Binary,
    system: Body,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Body {
    sums: Vec<SumRow>,
    /// How many postings that is.
    postings: i64,
    /// The time of the last one.
    at: i64,
}

/// A sum. Decimal text: it may exceed 64 bits.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct SumRow {
    account: i32,
    currency: String,
    sum: String,
}

impl Record for Slice {
    const NAME: &'static str = "slice of the system's accounts";
    type Key = Vec<u8>;

    fn key(&self) -> Vec<u8> {
        self.id.bytes.clone()
    }
}

impl MongoRecord for Slice {
    const COLLECTION: &'static str = <Account as MongoRecord>::COLLECTION;

    fn id(key: &Vec<u8>) -> Bson {
        Bson::Binary(binary(key.clone()))
    }

    fn encode(&self) -> StoreResult<RawDocumentBuf> {
        encode(self)
    }

    fn decode(document: &RawDocument) -> StoreResult<Self> {
        decode(Self::COLLECTION, document)
    }
}

impl Slice {
    /// Whether it is the checkpoint.
    pub(crate) fn is_checkpoint(&self) -> bool {
        self.id.bytes == CHECKPOINT
    }

    /// How many postings it sums.
    pub(crate) const fn postings(&self) -> i64 {
        self.system.postings
    }

    /// Adds its sums to `sums`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`](store::StoreError::Corrupt) for a sum that is not a number.
    pub(crate) fn add_to(&self, sums: &mut SystemSums) -> StoreResult<()> {
        for row in &self.system.sums {
            let sum = row.sum.parse();
            let sum = sum.map_err(|_| corrupt("a checkpoint's balance is not a number"))?;
            add_to(sums, row.account, &row.currency, sum);
        }
        Ok(())
    }

    /// Saves the slice `id` with the sums that `change` makes of its own, and with `postings` more postings.
    fn changed(
        unit: &mut Unit,
        id: [u8; 16],
        postings: i64,
        at: Timestamp,
        change: impl FnOnce(&mut SystemSums) -> StoreResult<()>,
    ) -> StoreResult<()> {
        let before = unit.get::<Self>(&id.to_vec())?;
        let mut sums = SystemSums::new();
        if let Some(before) = &before {
            before.add_to(&mut sums)?;
        }
        change(&mut sums)?;
        let sums = sums.into_iter().map(|((account, currency), sum)| SumRow {
            account,
            currency,
            sum: sum.to_string(),
        });
        let system = Body {
            sums: sums.collect(),
            postings: before.map_or(0, |before| before.postings()) + postings,
            at: at.as_millis(),
        };
        unit.put(Self {
            id: binary(id),
            system,
        })
    }
}

/// The slices, the checkpoint among them.
pub(crate) fn all() -> Document {
    doc! { "_id": { "$lt": first_account_id() } }
}

/// Adds a transaction's postings to the slice of `replica`.
pub(super) fn add(unit: &mut Unit, replica: [u8; 16], recorded: &Recorded) -> StoreResult<()> {
    let lines = &recorded.system;
    let count = i64::try_from(lines.len()).unwrap_or(i64::MAX);
    if count == 0 {
        return Ok(());
    }
    Slice::changed(unit, replica, count, recorded.at, |sums| {
        for (account, Money { amount, currency }) in lines {
            add_to(
                sums,
                system_code(*account),
                currency.as_str(),
                i128::from(*amount),
            );
        }
        Ok(())
    })
}

/// Folds the slice of `replica`, and those of others that are idle, into the checkpoint. Returns how many postings they had.
pub(super) async fn fold(db: &Mongo, replica: [u8; 16], now: Timestamp) -> StoreResult<i64> {
    let sort = doc! { "_id": 1 };
    let found: Vec<Slice> = db.find(Slice::COLLECTION, all(), sort, SLICES).await?;
    let mut ids: Vec<Vec<u8>> = found.iter().map(Slice::key).collect();
    ids.retain(|id| *id != CHECKPOINT && *id != replica);
    ids.push(replica.to_vec());
    db.work(move |unit| {
        unit.want::<Slice>(ids.iter().cloned().chain([CHECKPOINT.to_vec()]))?;
        let mut folded = Vec::new();
        for id in &ids {
            let slice = unit.get::<Slice>(id)?;
            let is_idle = |slice: &Slice| slice.system.at <= now.minus(IDLE).as_millis();
            folded.extend(slice.filter(|slice| *id == replica || is_idle(slice)));
        }
        let added = folded.iter().map(|slice| slice.postings()).sum();
        if added > 0 {
            Slice::changed(unit, CHECKPOINT, added, now, |sums| {
                folded.iter().try_for_each(|slice| slice.add_to(sums))
            })?;
        }
        folded
            .iter()
            .try_for_each(|slice| unit.delete::<Slice>(&slice.key()))?;
        Ok(added)
    })
    .await
}
