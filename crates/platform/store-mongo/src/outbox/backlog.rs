//! A glance at what waits, for metrics: a count from the collection's own bookkeeping, one document through the index of the leases,
//! and what this replica holds in memory.

use kernel::Timestamp;

use super::row::OutboxRow;
use super::{MongoOutbox, due};
use crate::record::Document;
use store::StoreResult;
use store::outbox::Backlog;
use telemetry::metrics::Read;

impl MongoOutbox {
    /// What nobody holds any more is in the order of its leases that of its commits; what is held is known to whoever holds it. So
    /// the oldest message of all is what one of the replicas says.
    pub(super) async fn look(&self, now: Timestamp) -> StoreResult<Backlog> {
        let held = self.queue.lock().oldest();
        let _timed = self.store.reading(Read::Sweep);
        let db = self.store.database().await?;
        let rows = db
            .collection::<OutboxRow>(OutboxRow::COLLECTION)
            .estimated_document_count()
            .await?;
        // From where the relay's own sweeps begin: before that lie the entries of what was deleted.
        let left = due(&db, self.queue.horizon.from(now), now, 1).await?;
        let left = left.iter().filter_map(OutboxRow::oldest);
        Ok(Backlog {
            rows,
            oldest: left.chain(held).min(),
        })
    }
}
