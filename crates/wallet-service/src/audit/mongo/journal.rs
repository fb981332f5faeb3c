//! Reads the journal in any order, because one document holds a whole transaction.

use store::StoreResult;
use store_mongo::bson::Document;
use store_mongo::{MongoRecord, Snapshot, from_id};
use uuid::Uuid;

use super::super::transactions::Group;
use super::super::{AuditReport, SystemSums, add_to};
use crate::domain::Recorded;
use crate::store::mongo::journal::JournalRow;

/// Checks every transaction. Returns the sums of the system's postings.
pub(super) async fn check(
    snapshot: &mut Snapshot,
    report: &mut AuditReport,
) -> StoreResult<SystemSums> {
    let mut sums = SystemSums::new();
    let mut rows = snapshot
        .find::<JournalRow>(Recorded::COLLECTION, Document::new(), Document::new())
        .await?;
    while let Some(row) = rows.next(snapshot).await? {
        let id: Uuid = from_id(row.id);
        let mut group = Group::new(id.as_bytes().to_vec());
        group.row(row.kind, report);
        for line in row.line.into_iter().chain(row.pending) {
            group.line(None, line.currency, line.amount, report);
        }
        for line in row.system {
            add_to(&mut sums, line.account, &line.currency, line.amount.into());
            group.line(None, line.currency, line.amount, report);
        }
        group.close(report);
    }
    Ok(sums)
}
