//! The transaction port on an open database.

use std::sync::Arc;

use async_trait::async_trait;
use kernel::Timestamp;
use mongodb::bson::{Document, doc};
use mongodb::options::FindOptions;
use store::outbox::Outbox;
use store::{AnyKey, AnyRecord, Database, Expires, Job, Kind, Leases, StoreResult, Tx, Value};
use telemetry::metrics::Read;
use telemetry::{Commit, Database as Traced};

use super::codec::bson_of;
use super::leases::MongoLeases;
use super::mongo::Mongo;
use super::work::Run;

#[async_trait]
impl Database for Mongo {
    async fn write(&self, mut job: Job) -> StoreResult<()> {
        let commit = Commit::begin(Traced {
            system: "mongodb",
            name: self.link.name(),
            operation: "commitTransaction",
        });
        let carried = commit.clone();
        let run: Run = Box::new(move |unit| carried.within(|| job(&mut Tx::new(unit))));
        let written = self.committer.run(run).await;
        commit.end();
        written
    }

    /// Reads the majority-committed record, which will not be rolled back. Concurrent gets share a query.
    async fn get(&self, kind: Kind, key: Box<AnyKey>) -> StoreResult<Option<AnyRecord>> {
        let layout = self.records.layout(kind)?;
        let id = (layout.id)(&*key)?;
        let _timed = self.reading(Read::Get);
        let found = self.gather.get(layout.collection, id).await?;
        found.map(|document| (layout.decode)(&document)).transpose()
    }

    async fn find_by(
        &self,
        kind: Kind,
        field: &'static str,
        value: Value,
        limit: usize,
    ) -> StoreResult<Vec<AnyRecord>> {
        let layout = self.records.layout(kind)?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let options = FindOptions::builder().limit(limit).build();
        let filter = doc! { field: bson_of(&value) };
        self.find_with(Read::Get, layout.collection, filter, options, layout.decode)
            .await
    }

    async fn forget(&self, now: Timestamp) -> StoreResult<bool> {
        let db = self.database().await?;
        for (collection, Expires { field, after }) in self.records.expiring() {
            let expired = doc! { field: { "$lte": now.minus(after).as_millis() } };
            db.collection::<Document>(collection)
                .delete_many(expired)
                .await?;
        }
        Ok(false)
    }

    async fn ping(&self) -> StoreResult<()> {
        let _timed = self.reading(Read::Check);
        self.database()
            .await?
            .run_command(doc! { "ping": 1 })
            .await?;
        Ok(())
    }

    fn outbox(&self) -> Arc<dyn Outbox> {
        Arc::new(Self::outbox(self))
    }

    fn leases(&self) -> Option<Arc<dyn Leases>> {
        Some(Arc::new(MongoLeases::new(self.clone())))
    }
}
