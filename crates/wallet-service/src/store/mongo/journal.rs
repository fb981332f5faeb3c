//! Journal transactions, each a document with all its lines. `_id` is the operation, so the same thing cannot be done twice, ever.
//!
//! A document is also the row of a statement: a transaction has at most one line on an available account, so an index on that line
//! is the statement.

use kernel::{OrderId, Timestamp, TransactionId, UserId};
use serde::{Deserialize, Serialize};
use store::StoreResult;
use store_mongo::bson::Bson;
use store_mongo::bson::raw::{RawDocument, RawDocumentBuf};
use store_mongo::{MongoRecord, bson_of, decode, encode};

use crate::domain::{AccountKey, Bucket, Header, OperationId, Recorded, RecordedEntry, Reference};
use crate::store::codec::{corrupt, kind, kind_code, money, reference, system, system_code};

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct JournalRow {
    #[serde(rename = "_id")]
    operation: OperationId,
    pub(crate) id: TransactionId,
    pub(crate) kind: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) order: Option<OrderId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    at: Timestamp,
    /// On a user's available account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<LineRow>,
    /// On users' pending accounts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) pending: Vec<LineRow>,
    /// On a user's debt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) debt: Option<LineRow>,
    /// On the system's accounts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) system: Vec<SystemLineRow>,
}

/// A line on a user's account.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct LineRow {
    pub(crate) owner: UserId,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    /// What the account held of the currency afterwards.
    pub(crate) balance: i64,
    pub(crate) sequence: i64,
}

/// A line on an account of the system's.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SystemLineRow {
    pub(crate) account: i32,
    pub(crate) amount: i64,
    pub(crate) currency: String,
}

impl MongoRecord for Recorded {
    const COLLECTION: &'static str = "journal";

    fn id(operation: &OperationId) -> Bson {
        bson_of(operation)
    }

    fn encode(&self) -> StoreResult<RawDocumentBuf> {
        let header = &self.header;
        let (mut line, mut pending, mut debt) = (None, Vec::new(), None);
        for recorded in &self.entries {
            let row = LineRow {
                owner: recorded.account.owner,
                amount: recorded.money.amount,
                currency: recorded.money.currency.into(),
                balance: recorded.balance_after,
                sequence: recorded.sequence,
            };
            match recorded.account.bucket {
                Bucket::Pending => pending.push(row),
                Bucket::Available if line.is_none() => line = Some(row),
                Bucket::Debt if debt.is_none() => debt = Some(row),
                Bucket::Available | Bucket::Debt => {
                    let what = "a transaction with two lines on available accounts or debts";
                    return Err(corrupt(what));
                }
            }
        }
        let system = self.system.iter().map(|(account, money)| SystemLineRow {
            account: system_code(*account),
            amount: money.amount,
            currency: money.currency.into(),
        });
        let reference = header.reference.as_ref().map(Reference::as_str);
        encode(&JournalRow {
            operation: header.operation,
            id: header.id,
            kind: kind_code(header.kind),
            order: header.order,
            reference: reference.map(str::to_owned),
            at: self.at,
            line,
            pending,
            debt,
            system: system.collect(),
        })
    }

    fn decode(document: &RawDocument) -> StoreResult<Self> {
        decode::<JournalRow>(Self::COLLECTION, document)?.recorded()
    }
}

impl JournalRow {
    /// The transaction in it.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`](store::StoreError::Corrupt) if a field breaks its rule.
    pub(crate) fn recorded(self) -> StoreResult<Recorded> {
        let spendable = self.line.map(|line| (Bucket::Available, line));
        let pending = self.pending.into_iter().map(|line| (Bucket::Pending, line));
        let debt = self.debt.map(|line| (Bucket::Debt, line));
        let lines = spendable.into_iter().chain(pending).chain(debt);
        let entries = lines.map(|(bucket, line)| {
            Ok(RecordedEntry {
                account: AccountKey {
                    owner: line.owner,
                    bucket,
                },
                money: money(line.amount, &line.currency)?,
                balance_after: line.balance,
                sequence: line.sequence,
            })
        });
        let system = self.system.iter().map(|line| {
            let money = money(line.amount, &line.currency)?;
            Ok((system(line.account)?, money))
        });
        Ok(Recorded {
            header: Header {
                id: self.id,
                kind: kind(self.kind)?,
                operation: self.operation,
                order: self.order,
                reference: reference(self.reference.as_deref())?,
            },
            at: self.at,
            entries: entries.collect::<StoreResult<_>>()?,
            system: system.collect::<StoreResult<_>>()?,
        })
    }
}
