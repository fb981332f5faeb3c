//! The ledger's documents. Few and small: what belongs to one thing is one document. Their rules and indexes are in `schema`.

use serde::{Deserialize, Serialize};
use store_mongo::bson::{Binary, Uuid as BsonUuid};
use store_mongo::{Row, binary};

use crate::domain::{AccountKey, Bucket};

/// An account: a user's, or one replica's slice of the system's. They share a collection so that one command reads both and one
/// writes both.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AccountRow {
    /// See [`account_id`]; a slice has the 16 bytes of its replica.
    #[serde(rename = "_id")]
    pub(crate) id: Binary,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<UserBody>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) system: Option<SliceBody>,
}

/// What a user's account holds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct UserBody {
    pub(crate) balances: Vec<BalanceRow>,
    /// Number of the last posting in any currency.
    pub(crate) last_sequence: i64,
    /// Its time.
    pub(crate) last_at: i64,
}

/// What it holds of one currency.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BalanceRow {
    pub(crate) currency: String,
    pub(crate) balance: i64,
    pub(crate) sequence: i64,
}

/// A part of what the system's accounts sum to, see `slices`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct SliceBody {
    pub(crate) sums: Vec<SumRow>,
    /// How many postings that is.
    pub(crate) postings: i64,
    /// When the last was added.
    pub(crate) at: i64,
}

/// A sum. Decimal text: it may exceed 64 bits.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SumRow {
    pub(crate) account: i32,
    pub(crate) currency: String,
    pub(crate) sum: String,
}

impl Row for AccountRow {
    const COLLECTION: &'static str = "accounts";
    type Key = Binary;

    fn key(&self) -> Binary {
        self.id.clone()
    }
}

/// The `_id` of a user's account: the owner's 16 bytes and the bucket's one.
pub(crate) fn account_id(key: AccountKey) -> Binary {
    let bucket = match key.bucket {
        Bucket::Available => 0,
        Bucket::Pending => 1,
    };
    let mut bytes = key.owner.as_bytes().to_vec();
    bytes.push(bucket);
    binary(bytes)
}

/// Before every user's account and after every slice: MongoDB compares binaries by length first.
pub(crate) fn first_account_id() -> Binary {
    binary(vec![0; 17])
}

/// A journal transaction with all its lines, never changed. `_id` is the operation, so the same thing cannot be done twice, ever.
///
/// It is also the row of a statement: of all kinds of transaction none has more than one line on what somebody can spend, so an
/// index on that line is the statement, and nothing has to be said twice.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct JournalRow {
    #[serde(rename = "_id")]
    pub(crate) operation: BsonUuid,
    pub(crate) id: BsonUuid,
    pub(crate) kind: i32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) order: Option<BsonUuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reference: Option<String>,
    pub(crate) at: i64,
    /// On what a user can spend.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<LineRow>,
    /// On what users have earned and cannot spend yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) pending: Vec<LineRow>,
    /// On the system's accounts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) system: Vec<SystemLineRow>,
}

/// A line on a user's account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LineRow {
    pub(crate) owner: BsonUuid,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    /// What the account held of the currency afterwards.
    pub(crate) balance: i64,
    pub(crate) sequence: i64,
}

/// A line on an account of the system's.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SystemLineRow {
    pub(crate) account: i32,
    pub(crate) amount: i64,
    pub(crate) currency: String,
}

impl Row for JournalRow {
    const COLLECTION: &'static str = "journal";
    type Key = BsonUuid;

    fn key(&self) -> BsonUuid {
        self.operation
    }
}

/// What became of an order's payment. `_id` is the order. The state's fields are those of `store::payment`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PaymentRow {
    #[serde(rename = "_id")]
    pub(crate) order: BsonUuid,
    pub(crate) buyer: BsonUuid,
    pub(crate) state: i32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) amount: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) currency: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) debit: Option<BsonUuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) settlement: Option<BsonUuid>,
    /// When it came to this state.
    pub(crate) at: i64,
}

impl Row for PaymentRow {
    const COLLECTION: &'static str = "payments";
    type Key = BsonUuid;

    fn key(&self) -> BsonUuid {
        self.order
    }
}

/// Earnings that wait in a seller's pending bucket. `_id` is the seller's 16 bytes and the order's: those of one seller lie together,
/// next to nobody else's, which is the order in which an audit compares them with what the seller has pending.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PayoutRow {
    #[serde(rename = "_id")]
    pub(crate) id: Binary,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) available_at: i64,
}

impl Row for PayoutRow {
    const COLLECTION: &'static str = "payouts";
    type Key = Binary;

    fn key(&self) -> Binary {
        self.id.clone()
    }
}
