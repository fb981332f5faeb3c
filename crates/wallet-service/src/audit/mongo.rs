//! Reads a wallet's database for the audit, on a [`Snapshot`], which blocks no writes. The server sorts where the stored order
//! differs from the required one, on disk if necessary.

use async_trait::async_trait;
use futures_util::{Stream, StreamExt as _};
use kernel::OrderId;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use store::{Row as _, StoreResult};
use store_mongo::bson::{Document, doc};
use store_mongo::mongodb::Database;
use store_mongo::{MongoRecord, Rows, Snapshot, bson_of, walk};
use uuid::Uuid;

use super::check::Audit;
use super::facts::{Fact, Held, Id, Line, Moved, Name, Paid, Posted, Refunded, Waits, Whose};
use super::{AuditReport, PaymentRecord};
use crate::domain::{Account, Bucket, Earning, Kind, PartRefund, Payment, Recorded, SystemAccount};
use crate::store::codec::{bucket_code, kind_code, system_code};
use crate::store::mongo::accounts::AccountRow;
use crate::store::mongo::journal::{JournalRow, LineRow};
use crate::store::rows::{EarningFields, PaymentFields, RefundFields};

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
    let earnings: Rows<EarningFields> = snapshot.aggregate(Earning::TABLE, earnings()).await?;
    let streams = [
        stream(postings, &mut snapshot).await?,
        stream(accounts, &mut snapshot).await?,
        stream(earnings, &mut snapshot).await?,
    ];
    merge(streams, &mut snapshot, &mut audit).await?;

    let payments: Rows<PaymentFields> = snapshot.find(Payment::TABLE, all, by_id).await?;
    let refunds: Rows<RefundFields> = snapshot.aggregate(PartRefund::TABLE, refunds()).await?;
    let steps: Rows<JournalRow> = snapshot.aggregate(Recorded::COLLECTION, steps()).await?;
    let streams = [
        stream(payments, &mut snapshot).await?,
        stream(refunds, &mut snapshot).await?,
        stream(steps, &mut snapshot).await?,
    ];
    merge(streams, &mut snapshot, &mut audit).await?;
    Ok(audit.end())
}

/// All payments, or only that of the order asked for, sorted by order id.
///
/// # Errors
/// A store error.
pub async fn payments(
    database: &Database,
    only: Option<OrderId>,
) -> StoreResult<impl Stream<Item = StoreResult<PaymentRecord>> + use<>> {
    let only = only.map(|order| bson_of(&order));
    let payments = walk::<PaymentFields>(database, Payment::TABLE, only).await?;
    Ok(payments.map(|fields| Ok(Payment::from_fields(fields?)?.into())))
}

/// A row of a stream that is sorted by what its rows are about.
trait About: DeserializeOwned + Send {
    /// What that is, in the order of the stream.
    type Subject: Ord + Send;

    fn subject(&self) -> Self::Subject;

    /// Tells what it says of its subject.
    fn tell(self, audit: &mut Audit);
}

/// A stream and its next row.
struct Ahead<R: About> {
    rows: Rows<R>,
    next: Option<(R::Subject, R)>,
}

impl<R: About> Ahead<R> {
    async fn advance(&mut self, snapshot: &mut Snapshot) -> StoreResult<()> {
        let next = self.rows.next(snapshot).await?;
        self.next = next.map(|row| (row.subject(), row));
        Ok(())
    }
}

/// A stream of rows about subjects `S`, whatever its rows are.
#[async_trait]
trait Source<S>: Send {
    /// What the next row is about.
    fn subject(&self) -> Option<&S>;

    /// Tells the next row.
    async fn tell(&mut self, snapshot: &mut Snapshot, audit: &mut Audit) -> StoreResult<()>;
}

#[async_trait]
impl<R: About> Source<R::Subject> for Ahead<R> {
    fn subject(&self) -> Option<&R::Subject> {
        self.next.as_ref().map(|(subject, _)| subject)
    }

    async fn tell(&mut self, snapshot: &mut Snapshot, audit: &mut Audit) -> StoreResult<()> {
        if let Some((_, row)) = self.next.take() {
            row.tell(audit);
        }
        self.advance(snapshot).await
    }
}

async fn stream<R: About + 'static>(
    rows: Rows<R>,
    snapshot: &mut Snapshot,
) -> StoreResult<Box<dyn Source<R::Subject>>> {
    let mut ahead = Ahead { rows, next: None };
    ahead.advance(snapshot).await?;
    Ok(Box::new(ahead))
}

/// Tells what the streams say of each subject, one stream after the other.
async fn merge<S: Ord, const STREAMS: usize>(
    mut streams: [Box<dyn Source<S>>; STREAMS],
    snapshot: &mut Snapshot,
    audit: &mut Audit,
) -> StoreResult<()> {
    while let Some(first) = streams
        .iter_mut()
        .filter(|stream| stream.subject().is_some())
        .min_by(|one, other| one.subject().cmp(&other.subject()))
    {
        first.tell(snapshot, audit).await?;
    }
    Ok(())
}

/// A document holds a whole transaction.
fn transaction(row: JournalRow, audit: &mut Audit) {
    let id = bytes(row.id);
    audit.take(Fact::Transaction(id.clone(), row.kind));
    let users = row.line.into_iter().chain(row.pending).chain(row.debt);
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
    let of = |bucket, line: &str| doc! { "bucket": bucket_code(bucket), "line": line };
    let (available, pending, debt) = (
        of(Bucket::Available, "$line"),
        of(Bucket::Pending, "$$this"),
        of(Bucket::Debt, "$debt"),
    );
    vec![
        doc! { "$project": { "_id": 0, "at": 1, "lines": { "$concatArrays": [
            { "$cond": [{ "$gt": ["$line", null] }, [available], []] },
            { "$map": { "input": { "$ifNull": ["$pending", []] }, "in": pending } },
            { "$cond": [{ "$gt": ["$debt", null] }, [debt], []] },
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

/// All earnings, ordered by the seller's account.
fn earnings() -> Vec<Document> {
    vec![doc! { "$sort": { "seller": 1 } }]
}

impl About for EarningFields {
    type Subject = Name;

    fn subject(&self) -> Name {
        Name {
            owner: bytes(self.seller),
            bucket: bucket_code(Bucket::Pending),
        }
    }

    fn tell(self, audit: &mut Audit) {
        audit.take(Fact::Waits(Waits {
            account: self.subject(),
            currency: self.currency,
            amount: self.amount,
        }));
    }
}

/// All refunds, ordered by order.
fn refunds() -> Vec<Document> {
    vec![doc! { "$sort": { "order_id": 1 } }]
}

/// The kinds of transactions that a payment, a refund or a release names.
const STEPS: [Kind; 4] = [
    Kind::OrderPayment,
    Kind::OrderRefund,
    Kind::OrderRelease,
    Kind::EarningReversal,
];

/// All transactions of orders, on escrow or on fees, ordered by order. Transactions without an order come first.
fn steps() -> Vec<Document> {
    let accounts = [SystemAccount::Escrow, SystemAccount::PlatformFees].map(system_code);
    vec![
        doc! { "$match": { "$or": [
            { "kind": { "$in": STEPS.map(kind_code).to_vec() } },
            { "system.account": { "$in": accounts.to_vec() } },
        ] } },
        doc! { "$project": { "reference": 0 } },
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
            reversal: self.reversal.map(bytes),
            parts: self.parts,
        }));
    }
}

impl About for RefundFields {
    type Subject = Option<Id>;

    fn subject(&self) -> Option<Id> {
        Some(bytes(self.order_id))
    }

    fn tell(self, audit: &mut Audit) {
        audit.take(Fact::Refunded(Refunded {
            order: bytes(self.order_id),
            refund: bytes(self.id),
            fulfilment: bytes(self.fulfilment),
            amount: self.amount,
            lines: self.lines,
            transaction: bytes(self.journal_id),
            reversal: self.reversal.map(bytes),
        }));
    }
}

impl About for JournalRow {
    type Subject = Option<Id>;

    fn subject(&self) -> Option<Id> {
        self.order.map(bytes)
    }

    fn tell(self, audit: &mut Audit) {
        let (order, transaction) = (self.subject(), bytes(self.id));
        let is = |kinds: &[Kind]| kinds.iter().any(|kind| kind_code(*kind) == self.kind);
        if is(&STEPS) {
            let step = Fact::Step(order.clone(), transaction.clone(), self.kind);
            audit.take(step);
        }
        let [escrow, fees] = [SystemAccount::Escrow, SystemAccount::PlatformFees].map(system_code);
        let system = self.system.iter().filter_map(|line| {
            let whose = match line.account {
                code if code == escrow => Whose::Escrow,
                code if code == fees => Whose::Fees,
                _ => return None,
            };
            Some((whose, line.amount))
        });
        // What these move on users' accounts is the sellers'.
        let is_of_sellers = is(&[Kind::OrderRelease, Kind::EarningReversal]);
        let users = self.line.iter().chain(&self.pending).chain(&self.debt);
        let users = users
            .filter(|_| is_of_sellers)
            .map(|line| (Whose::User(bytes(line.owner)), line.amount));
        for (whose, amount) in system.chain(users) {
            let moved = Moved {
                transaction: transaction.clone(),
                whose,
                amount,
            };
            audit.take(Fact::Moved(order.clone(), moved));
        }
    }
}

fn bytes(id: impl Into<Uuid>) -> Id {
    id.into().into_bytes().to_vec()
}
