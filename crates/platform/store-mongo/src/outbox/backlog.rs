//! A cheap view of the backlog, for metrics: a count from the collection's metadata, one document through the lease index, and what this
//! replica holds in memory.

use kernel::Timestamp;

use super::row::OutboxRow;
use super::{MongoOutbox, due};
use store::outbox::Backlog;
use store::{Row as _, StoreResult};
use telemetry::metrics::Read;

impl MongoOutbox {
    /// Documents without a holder have the same order by lease as by commit. Held documents are known to their holder. The oldest message
    /// overall is therefore the oldest that any replica reports.
    pub(super) async fn look(&self, now: Timestamp) -> StoreResult<Backlog> {
        let held = self.queue.lock().oldest();
        let _timed = self.store.reading(Read::Sweep);
        let db = self.store.database().await?;
        let rows = db
            .collection::<OutboxRow>(OutboxRow::TABLE)
            .estimated_document_count()
            .await?;
        // Starts where the relay's own sweeps do; before that point lie index entries of deleted documents.
        let left = due(&db, self.queue.horizon.from(now), now, 1).await?;
        let left = left.iter().filter_map(OutboxRow::oldest);
        Ok(Backlog {
            rows,
            oldest: left.chain(held).min(),
        })
    }
}
