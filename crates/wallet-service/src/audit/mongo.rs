//! Reads a wallet's database for the audit, on a [`Snapshot`], which blocks no writes. The server sorts where the stored order
//! differs from the required one, on disk if necessary.

use kernel::OrderId;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use store::{Row as _, StoreResult};
use store_mongo::bson::{Document, doc};
use store_mongo::mongodb::Database;
use store_mongo::{MongoRecord, Rows, Snapshot, bson_of};
use uuid::Uuid;

use super::check::Audit;
use super::facts::{Fact, Held, Id, Line, Name, Paid, Posted, Waits};
use super::{AuditReport, PaymentRecord};
use crate::domain::{Account, Bucket, Kind, Payment, Payout, Recorded, SystemAccount};
use crate::store::codec::{bucket_code, kind_code, system_code};
use crate::store::mongo::accounts::AccountRow;
use crate::store::mongo::journal::{JournalRow, LineRow};
use crate::store::rows::{PaymentFields, PayoutFields};

/// Checks the invariants on one snapshot of the wallet's database. Needs no running service and changes nothing.
///
/// # Errors
/// A store error if the database cannot be read. A broken invariant is a finding, not an error.
pub async fn audit(database: &Database) -> StoreResult<AuditReport> {
    let mut snapshot = Snapshot::open(database).await?;
    let (all, by_id) = (Document::new(), doc! { "_id": 1 });
    let mut audit = Audit::default();

    let mut journal: Rows<JournalRow> = snapshot
        .find(Recorded::COLLECTION, all.clone(), all.clone())
        .await?;
    while let Some(row) = journal.next(&mut snapshot).await? {
        transaction(row, &mut audit);
    }

    let postings: Rows<PostedRow> = snapshot.aggregate(Recorded::COLLECTION, postings()).await?;
    let accounts: Rows<AccountRow> = snapshot
        .find(Account::COLLECTION, all.clone(), by_id.clone())
        .await?;
    merge(&mut snapshot, postings, accounts, &mut audit).await?;

    let mut payouts: Rows<PayoutFields> = snapshot
        .find(Payout::TABLE, all.clone(), all.clone())
        .await?;
    while let Some(row) = payouts.next(&mut snapshot).await? {
        audit.take(Fact::Waits(Waits {
            seller: bytes(row.id.seller),
            currency: row.currency,
            amount: row.amount,
        }));
    }

    let payments: Rows<PaymentFields> = snapshot.find(Payment::TABLE, all, by_id).await?;
    let steps: Rows<JournalRow> = snapshot.aggregate(Recorded::COLLECTION, steps()).await?;
    merge(&mut snapshot, payments, steps, &mut audit).await?;
    Ok(audit.end())
}

/// Passes each payment to `each`, ordered by order id, from one snapshot.
///
/// # Errors
/// A store error.
pub async fn payments(
    database: &Database,
    each: impl FnMut(PaymentRecord) + Send,
) -> StoreResult<()> {
    payments_that(database, Document::new(), each).await
}

/// The payment of `order`, if the wallet ever received a command for it.
///
/// # Errors
/// A store error.
pub async fn payment(database: &Database, order: OrderId) -> StoreResult<Option<PaymentRecord>> {
    let mut found = None;
    let filter = doc! { "_id": bson_of(&order) };
    payments_that(database, filter, |payment| found = Some(payment)).await?;
    Ok(found)
}

async fn payments_that(
    database: &Database,
    filter: Document,
    mut each: impl FnMut(PaymentRecord) + Send,
) -> StoreResult<()> {
    let mut snapshot = Snapshot::open(database).await?;
    let by_id = doc! { "_id": 1 };
    let mut rows: Rows<PaymentFields> = snapshot.find(Payment::TABLE, filter, by_id).await?;
    while let Some(row) = rows.next(&mut snapshot).await? {
        each(Payment::from_fields(row)?.into());
    }
    Ok(())
}

/// A row of a stream that is sorted by what its rows are about.
trait About: DeserializeOwned {
    /// What that is, in the order of the stream.
    type Subject: Ord;

    fn subject(&self) -> Self::Subject;

    /// Tells what it says of its subject.
    fn tell(self, audit: &mut Audit);
}

/// Tells what two streams say of each subject: first the one, then the other.
async fn merge<A: About, B: About<Subject = A::Subject>>(
    snapshot: &mut Snapshot,
    mut first: Rows<A>,
    mut second: Rows<B>,
    audit: &mut Audit,
) -> StoreResult<()> {
    let (mut one, mut other) = (first.next(snapshot).await?, second.next(snapshot).await?);
    loop {
        let comes_first = match (&one, &other) {
            (Some(one), Some(other)) => one.subject() <= other.subject(),
            (one, _) => one.is_some(),
        };
        if comes_first && let Some(row) = one {
            row.tell(audit);
            one = first.next(snapshot).await?;
        } else if let Some(row) = other {
            row.tell(audit);
            other = second.next(snapshot).await?;
        } else {
            return Ok(());
        }
    }
}

/// A document holds a whole transaction.
fn transaction(row: JournalRow, audit: &mut Audit) {
    let id = bytes(row.id);
    audit.take(Fact::Transaction(id.clone(), row.kind));
    let users = row.line.into_iter().chain(row.pending);
    let users = users.map(|line| (None, line.currency, line.amount));
    let system = row.system.into_iter();
    let system = system.map(|line| (Some(line.account), line.currency, line.amount));
    for (account, currency, amount) in users.chain(system) {
        audit.take(Fact::Line(Line {
            transaction: id.clone(),
            kind: None,
            account,
            currency,
            amount,
        }));
    }
}

/// All lines on users' accounts, ordered by account, then by time and number.
fn postings() -> Vec<Document> {
    let (available, pending) = (
        doc! { "bucket": bucket_code(Bucket::Available), "line": "$line" },
        doc! { "bucket": bucket_code(Bucket::Pending), "line": "$$this" },
    );
    vec![
        doc! { "$project": { "_id": 0, "at": 1, "lines": { "$concatArrays": [
            { "$cond": [{ "$gt": ["$line", null] }, [available], []] },
            { "$map": { "input": { "$ifNull": ["$pending", []] }, "in": pending } },
        ] } } },
        doc! { "$unwind": "$lines" },
        doc! { "$project": { "at": 1, "bucket": "$lines.bucket", "line": "$lines.line" } },
        doc! { "$sort": { "line.owner": 1, "bucket": 1, "at": 1, "line.sequence": 1 } },
    ]
}

/// A line on a user's account, with its account's bucket.
#[derive(Deserialize)]
struct PostedRow {
    bucket: i32,
    line: LineRow,
}

impl About for PostedRow {
    type Subject = Name;

    fn subject(&self) -> Name {
        Name {
            owner: bytes(self.line.owner),
            bucket: self.bucket,
        }
    }

    fn tell(self, audit: &mut Audit) {
        audit.take(Fact::Posted(Posted {
            account: self.subject(),
            sequence: self.line.sequence,
            currency: self.line.currency,
            amount: self.line.amount,
            after: self.line.balance,
        }));
    }
}

impl About for AccountRow {
    type Subject = Name;

    fn subject(&self) -> Name {
        Name {
            owner: bytes(self.id.owner),
            bucket: self.id.bucket,
        }
    }

    fn tell(self, audit: &mut Audit) {
        let account = self.subject();
        for row in self.balances {
            audit.take(Fact::Held(Held {
                account: account.clone(),
                sequence: row.sequence,
                currency: row.currency,
                balance: row.balance,
            }));
        }
    }
}

/// All transactions for orders or on escrow, ordered by order. Transactions without an order come first.
fn steps() -> Vec<Document> {
    let kinds = [Kind::OrderPayment, Kind::OrderRefund, Kind::OrderRelease].map(kind_code);
    vec![
        doc! { "$match": { "$or": [
            { "kind": { "$in": kinds.to_vec() } },
            { "system.account": system_code(SystemAccount::Escrow) },
        ] } },
        doc! { "$project": { "line": 0, "pending": 0, "reference": 0 } },
        doc! { "$sort": { "order": 1 } },
    ]
}

impl About for PaymentFields {
    type Subject = Option<Id>;

    fn subject(&self) -> Option<Id> {
        Some(bytes(self.order))
    }

    fn tell(self, audit: &mut Audit) {
        audit.take(Fact::Paid(Paid {
            order: bytes(self.order),
            state: self.state,
            amount: self.amount,
            currency: self.currency,
            debit: self.debit.map(bytes),
            settlement: self.settlement.map(bytes),
        }));
    }
}

impl About for JournalRow {
    type Subject = Option<Id>;

    fn subject(&self) -> Option<Id> {
        self.order.map(bytes)
    }

    fn tell(self, audit: &mut Audit) {
        let order = self.subject();
        audit.take(Fact::Step(order.clone(), bytes(self.id), self.kind));
        let escrow = system_code(SystemAccount::Escrow);
        for line in self.system.iter().filter(|line| line.account == escrow) {
            audit.take(Fact::Escrow(order.clone(), line.amount));
        }
    }
}

fn bytes(id: impl Into<Uuid>) -> Id {
    id.into().into_bytes().to_vec()
}
