//! Users' accounts.

use kernel::{Timestamp, UserId};
use serde::{Deserialize, Serialize};
use store::StoreResult;
use store_mongo::bson::Bson;
use store_mongo::bson::raw::{RawDocument, RawDocumentBuf};
use store_mongo::{MongoRecord, bson_of, decode, encode};

use crate::domain::{Account, AccountKey, Line};
use crate::store::codec::{bucket, bucket_code, currency};

/// An account's `_id`. MongoDB compares its fields one after the other.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct AccountId {
    pub(crate) owner: UserId,
    pub(crate) bucket: i32,
}

impl From<AccountKey> for AccountId {
    fn from(key: AccountKey) -> Self {
        Self {
            owner: key.owner,
            bucket: bucket_code(key.bucket),
        }
    }
}

/// A user's account.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct AccountRow {
    #[serde(rename = "_id")]
    pub(crate) id: AccountId,
    pub(crate) balances: Vec<BalanceRow>,
    /// Number of the last posting in any currency.
    last_sequence: i64,
    /// Its time.
    last_at: Timestamp,
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
        bson_of(&AccountId::from(*key))
    }

    fn encode(&self) -> StoreResult<RawDocumentBuf> {
        let balances = self.lines.iter().map(|line| BalanceRow {
            currency: line.currency.into(),
            balance: line.balance,
            sequence: line.sequence,
        });
        encode(&AccountRow {
            id: self.key.into(),
            balances: balances.collect(),
            last_sequence: self.last_sequence,
            last_at: self.last_at.unwrap_or_default(),
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
        let key = AccountKey {
            owner: self.id.owner,
            bucket: bucket(self.id.bucket)?,
        };
        Ok(Account {
            key,
            lines: lines.collect::<StoreResult<_>>()?,
            last_sequence: self.last_sequence,
            last_at: Some(self.last_at),
        })
    }
}
