//! Reads users' accounts alongside their postings, and pending earnings alongside the outstanding payouts.

use std::collections::BTreeMap;

use serde::Deserialize;
use store::StoreResult;
use store_mongo::bson::{Document, doc};
use store_mongo::{MongoRecord, Rows, Snapshot};

use super::super::AuditReport;
use super::super::accounts::{Accounts, Held, Name, Posted, pending};
use crate::domain::{Account, Bucket, Payout, Recorded};
use crate::store::codec::{bucket_code, corrupt};
use crate::store::mongo::accounts::{AccountRow, UserBody, first_account_id};
use crate::store::mongo::journal::LineRow;
use crate::store::mongo::payouts::PayoutRow;

/// A line on a user's account, with its account's bucket.
#[derive(Deserialize)]
struct PostedRow {
    bucket: i32,
    line: LineRow,
}

const PENDING: i32 = bucket_code(Bucket::Pending);

/// All lines on users' accounts, ordered by account, then by time and number.
fn lines() -> Vec<Document> {
    let (spendable, pending) = (
        doc! { "bucket": bucket_code(Bucket::Available), "line": "$line" },
        doc! { "bucket": PENDING, "line": "$$this" },
    );
    vec![
        doc! { "$project": { "_id": 0, "at": 1, "lines": { "$concatArrays": [
            { "$cond": [{ "$gt": ["$line", null] }, [spendable], []] },
            { "$map": { "input": { "$ifNull": ["$pending", []] }, "in": pending } },
        ] } } },
        doc! { "$unwind": "$lines" },
        doc! { "$project": { "at": 1, "bucket": "$lines.bucket", "line": "$lines.line" } },
        doc! { "$sort": { "line.owner": 1, "bucket": 1, "at": 1, "line.sequence": 1 } },
    ]
}

type Postings = Rows<PostedRow>;
type Holders = Rows<AccountRow>;

pub(super) async fn check(snapshot: &mut Snapshot, report: &mut AuditReport) -> StoreResult<()> {
    let mut postings: Postings = snapshot.aggregate(Recorded::COLLECTION, lines()).await?;
    let mut holders = holders(snapshot).await?;
    let mut accounts = Accounts::default();
    let mut posted = next_posted(&mut postings, snapshot).await?;
    let mut held = next_held(&mut holders, snapshot).await?;
    loop {
        let comes_first = match (&posted, &held) {
            (Some((posting, _)), Some((holder, _))) => posting <= holder,
            (posted, _) => posted.is_some(),
        };
        if comes_first && let Some((name, line)) = posted {
            accounts.posted(name, line, report);
            posted = next_posted(&mut postings, snapshot).await?;
        } else if let Some((name, body)) = held {
            for balance in balances(body) {
                accounts.held(&name, &balance, report);
            }
            held = next_held(&mut holders, snapshot).await?;
        } else {
            break;
        }
    }
    accounts.end(report);
    Ok(())
}

async fn holders(snapshot: &mut Snapshot) -> StoreResult<Holders> {
    let users = doc! { "_id": { "$gte": first_account_id() } };
    let sort = doc! { "_id": 1 };
    snapshot.find(Account::COLLECTION, users, sort).await
}

async fn next_posted(
    rows: &mut Postings,
    snapshot: &mut Snapshot,
) -> StoreResult<Option<(Name, Posted)>> {
    Ok(rows.next(snapshot).await?.map(|row| {
        let line = row.line;
        let name = Name {
            owner: line.owner.bytes().to_vec(),
            bucket: row.bucket,
        };
        let posted = Posted {
            sequence: line.sequence,
            currency: line.currency,
            amount: line.amount,
            after: line.balance,
        };
        (name, posted)
    }))
}

async fn next_held(
    rows: &mut Holders,
    snapshot: &mut Snapshot,
) -> StoreResult<Option<(Name, UserBody)>> {
    let Some(row) = rows.next(snapshot).await? else {
        return Ok(None);
    };
    let (bucket, owner) = row
        .id
        .bytes
        .split_last()
        .ok_or_else(|| corrupt("a user's account names no user"))?;
    let name = Name {
        owner: owner.to_vec(),
        bucket: i32::from(*bucket),
    };
    Ok(Some((name, row.user)))
}

fn balances(body: UserBody) -> impl Iterator<Item = Held> {
    body.balances.into_iter().map(|row| Held {
        currency: row.currency,
        balance: row.balance,
        sequence: row.sequence,
    })
}

/// Compares sellers' pending balances with their outstanding payouts, both ordered by seller.
pub(super) async fn earnings(snapshot: &mut Snapshot, report: &mut AuditReport) -> StoreResult<()> {
    let mut holders = holders(snapshot).await?;
    let by_seller = vec![doc! { "$sort": { "_id.seller": 1 } }];
    let mut payouts: Rows<PayoutRow> = snapshot.aggregate(Payout::COLLECTION, by_seller).await?;
    let mut seller = Earnings::default();
    let mut held = next_pending(&mut holders, snapshot).await?;
    let mut waits = next_payout(&mut payouts, snapshot).await?;
    loop {
        let comes_first = match (&held, &waits) {
            (Some((holder, _)), Some((owner, _))) => holder <= owner,
            (held, _) => held.is_some(),
        };
        if comes_first && let Some((owner, body)) = held {
            seller.turn_to(owner, report);
            for balance in balances(body) {
                seller.of(balance.currency).0 += i128::from(balance.balance);
            }
            held = next_pending(&mut holders, snapshot).await?;
        } else if let Some((owner, row)) = waits {
            seller.turn_to(owner, report);
            seller.of(row.currency).1 += i128::from(row.amount);
            waits = next_payout(&mut payouts, snapshot).await?;
        } else {
            break;
        }
    }
    seller.turn_to(Vec::new(), report);
    Ok(())
}

/// One seller's pending balance and outstanding payouts, by currency.
#[derive(Default)]
struct Earnings {
    owner: Vec<u8>,
    sums: BTreeMap<String, (i128, i128)>,
}

impl Earnings {
    fn turn_to(&mut self, owner: Vec<u8>, report: &mut AuditReport) {
        if self.owner == owner {
            return;
        }
        for (currency, (held, waits)) in std::mem::take(&mut self.sums) {
            pending(self.owner.clone(), &currency, held, waits, report);
        }
        self.owner = owner;
    }

    fn of(&mut self, currency: String) -> &mut (i128, i128) {
        self.sums.entry(currency).or_default()
    }
}

async fn next_pending(
    rows: &mut Holders,
    snapshot: &mut Snapshot,
) -> StoreResult<Option<(Vec<u8>, UserBody)>> {
    while let Some((name, body)) = next_held(rows, snapshot).await? {
        if name.bucket == PENDING {
            return Ok(Some((name.owner, body)));
        }
    }
    Ok(None)
}

async fn next_payout(
    rows: &mut Rows<PayoutRow>,
    snapshot: &mut Snapshot,
) -> StoreResult<Option<(Vec<u8>, PayoutRow)>> {
    let row = rows.next(snapshot).await?;
    Ok(row.map(|row| (row.id.seller.bytes().to_vec(), row)))
}
