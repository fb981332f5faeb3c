//! Users' accounts.

use kernel::{Timestamp, UserId};
use serde::{Deserialize, Serialize};
use store::StoreResult;
use store_mongo::bson::raw::{RawDocument, RawDocumentBuf};
use store_mongo::bson::{Binary, Bson, Document, doc};
use store_mongo::{Mongo, MongoRecord, binary, decode, encode};
use uuid::Uuid;

use crate::domain::{Account, AccountKey, Line};
use crate::store::codec::{bucket, bucket_code, corrupt, currency};

/// A user's account.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct AccountRow {
    /// The owner's 16 bytes and the bucket's one.
    #[serde(rename = "_id")]
    pub(crate) id: Binary,
    pub(crate) balances: Vec<BalanceRow>,
    /// Number of the last posting in any currency.
    last_sequence: i64,
    /// Its time.
    last_at: i64,
}

/// What it holds of one currency.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct BalanceRow {
    pub(crate) currency: String,
    pub(crate) balance: i64,
    pub(crate) sequence: i64,
}

impl MongoRecord for Account {
    const COLLECTION: &'static str = "accounts";

    fn id(key: &AccountKey) -> Bson {
        Bson::Binary(account_id(*key))
    }

    fn encode(&self) -> StoreResult<RawDocumentBuf> {
        let balances = self.lines.iter().map(|line| BalanceRow {
            currency: line.currency.as_str().to_owned(),
            balance: line.balance,
            sequence: line.sequence,
        });
        encode(&AccountRow {
            id: account_id(self.key),
            balances: balances.collect(),
            last_sequence: self.last_sequence,
            last_at: self.last_at.map_or(0, Timestamp::as_millis),
        })
    }

    fn decode(document: &RawDocument) -> StoreResult<Self> {
        decode::<AccountRow>(Self::COLLECTION, document)?.account()
    }
}

impl AccountRow {
    fn account(self) -> StoreResult<Account> {
        let lines = self.balances.iter().map(|row| {
            Ok(Line {
                currency: currency(&row.currency)?,
                balance: row.balance,
                sequence: row.sequence,
            })
        });
        let key = self.id.bytes.split_last().and_then(|(code, owner)| {
            let owner = Uuid::from_slice(owner).ok()?.into();
            let bucket = bucket(i32::from(*code)).ok()?;
            Some(AccountKey { owner, bucket })
        });
        Ok(Account {
            key: key.ok_or_else(|| corrupt("a user's account names no user"))?,
            lines: lines.collect::<StoreResult<_>>()?,
            last_sequence: self.last_sequence,
            last_at: Some(Timestamp::from_millis(self.last_at)),
        })
    }
}

pub(crate) fn account_id(key: AccountKey) -> Binary {
    let [bucket, ..] = bucket_code(key.bucket).to_le_bytes();
    let owner = key.owner.as_uuid().into_bytes().into_iter();
    binary(owner.chain([bucket]).collect::<Vec<u8>>())
}

/// Those of `owner`'s accounts that exist.
pub(super) async fn of(db: &Mongo, owner: UserId) -> StoreResult<Vec<Account>> {
    let (filter, any_order) = (filter(owner), Document::new());
    let rows: Vec<AccountRow> = db.find(Account::COLLECTION, filter, any_order, 2).await?;
    rows.into_iter().map(AccountRow::account).collect()
}

pub(super) fn filter(owner: UserId) -> Document {
    let accounts = [AccountKey::available(owner), AccountKey::pending(owner)].map(account_id);
    doc! { "_id": { "$in": accounts.to_vec() } }
}
