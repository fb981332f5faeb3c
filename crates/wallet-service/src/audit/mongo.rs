//! Reads a wallet's database for the audit, on a [`Snapshot`], which blocks no writes. The server sorts where the stored order
//! differs from the required one, on disk if necessary.

mod accounts;
mod journal;
mod orders;

use kernel::OrderId;
use store::StoreResult;
use store_mongo::bson::{Document, doc};
use store_mongo::mongodb::Database;
use store_mongo::{MongoRecord, Snapshot, id_bson};

use super::system::{self, Checkpoint};
use super::{AuditReport, PaymentRecord, SystemSums};
use crate::domain::Payment;
use crate::store::mongo::payments::PaymentRow;
use crate::store::mongo::slices::{self, Slice};

/// Checks the invariants on one snapshot of the wallet's database. Needs no running service and changes nothing.
///
/// # Errors
/// A store error if the database cannot be read. A broken invariant is a finding, not an error.
pub async fn audit(database: &Database) -> StoreResult<AuditReport> {
    let mut snapshot = Snapshot::open(database).await?;
    let mut report = AuditReport::default();
    let sums = journal::check(&mut snapshot, &mut report).await?;
    accounts::check(&mut snapshot, &mut report).await?;
    accounts::earnings(&mut snapshot, &mut report).await?;
    let checkpoint = checkpoint(&mut snapshot).await;
    let mut misfits = AuditReport::default();
    let owed = orders::check(&mut snapshot, &mut misfits).await?;
    system::check(&sums, owed, checkpoint, &mut report);
    report.take(misfits);
    Ok(report)
}

/// Passes each payment to `each`, ordered by order id, from one snapshot.
///
/// # Errors
/// A store error.
pub async fn payments(
    database: &Database,
    mut each: impl FnMut(PaymentRecord) + Send,
) -> StoreResult<()> {
    let mut snapshot = Snapshot::open(database).await?;
    let mut rows = snapshot
        .find::<PaymentRow>(Payment::COLLECTION, Document::new(), doc! { "_id": 1 })
        .await?;
    while let Some(row) = rows.next(&mut snapshot).await? {
        each(row.payment()?.into());
    }
    Ok(())
}

/// The payment of `order`, if the wallet ever received a command for it.
///
/// # Errors
/// A store error.
pub async fn payment(database: &Database, order: OrderId) -> StoreResult<Option<PaymentRecord>> {
    let mut snapshot = Snapshot::open(database).await?;
    let filter = doc! { "_id": id_bson(order) };
    let mut rows = snapshot
        .find::<PaymentRow>(Payment::COLLECTION, filter, doc! { "_id": 1 })
        .await?;
    match rows.next(&mut snapshot).await? {
        Some(row) => Ok(Some(row.payment()?.into())),
        None => Ok(None),
    }
}

/// Reads the checkpoint, and the slices as the postings since it.
async fn checkpoint(snapshot: &mut Snapshot) -> StoreResult<Checkpoint> {
    let mut checkpoint = Checkpoint {
        up_to: 0,
        sums: SystemSums::new(),
        since: SystemSums::new(),
    };
    let mut rows = snapshot
        .find::<Slice>(Slice::COLLECTION, slices::all(), doc! { "_id": 1 })
        .await?;
    while let Some(slice) = rows.next(snapshot).await? {
        if slice.is_checkpoint() {
            checkpoint.up_to = slice.postings();
            slice.add_to(&mut checkpoint.sums)?;
        } else {
            slice.add_to(&mut checkpoint.since)?;
        }
    }
    Ok(checkpoint)
}
