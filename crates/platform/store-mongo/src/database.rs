//! The transaction port on an open database.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use kernel::Timestamp;
use mongodb::bson::raw::RawDocument;
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::FindOptions;
use serde::Deserialize;
use store::outbox::Outbox;
use store::{
    AnyKey, AnyRecord, Codec, Database, DeadLetter, DeadLetterPlace, Expires, Import, Job, Kind,
    Leases, PointInTime, Scan, StoreError, StoreResult, Tx, Value,
};
use telemetry::metrics::Read;
use telemetry::{Commit, Database as Traced};
use tokio::time::timeout;

use super::codec::{bson_of, decode};
use super::dead_letters;
use super::leases::MongoLeases;
use super::mongo::Mongo;
use super::outbox::row::OutboxRow;
use super::scan;
use super::work::Run;

/// Longest time that the readiness check waits for a majority to commit its write.
const PROBE_LIMIT: Duration = Duration::from_secs(3);

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
        let filter = (layout.has)(field, vec![bson_of(&value)]);
        self.find_with(Read::Get, layout.collection, filter, options, layout.decode)
            .await
    }

    /// Tries every collection, even after one has failed.
    async fn forget(&self, now: Timestamp) -> StoreResult<bool> {
        let mut more = Ok(false);
        for (collection, expires) in self.records.expiring() {
            match self.forget_some(collection, expires, now).await {
                Ok(is_full) => more = more.map(|more| more || is_full),
                Err(error) => more = Err(error),
            }
        }
        more
    }

    async fn ping(&self) -> StoreResult<()> {
        let _timed = self.reading(Read::Check);
        self.database()
            .await?
            .run_command(doc! { "ping": 1 })
            .await?;
        Ok(())
    }

    async fn check_writes(&self) -> StoreResult<()> {
        if !self.health.is_doubtful() {
            return Ok(());
        }
        let probe = async {
            let db = self.database().await?;
            db.collection::<Document>("probe")
                .update_one(doc! { "_id": 1 }, doc! { "$inc": { "count": 1_i64 } })
                .upsert(true)
                .await?;
            Ok(())
        };
        let late = |_| StoreError::Unavailable("a write takes too long".to_owned());
        let proven: StoreResult<()> = timeout(PROBE_LIMIT, probe).await.map_err(late)?;
        proven?;
        self.health.proven();
        Ok(())
    }

    async fn dead_letters(
        &self,
        after: Option<DeadLetterPlace>,
        most: usize,
    ) -> StoreResult<Vec<DeadLetter>> {
        dead_letters::after(self, after, most).await
    }

    fn outbox(&self) -> Arc<dyn Outbox> {
        Arc::new(Self::outbox(self))
    }

    fn leases(&self) -> Option<Arc<dyn Leases>> {
        Some(Arc::new(MongoLeases::new(self.clone())))
    }

    /// What this engine or an import writes for itself is no record of the service.
    fn kinds(&self) -> Vec<Kind> {
        let own = [Kind::of::<OutboxRow>(), Kind::of::<Import>()];
        let kinds = self.records.kinds().iter().copied();
        kinds.filter(|kind| !own.contains(kind)).collect()
    }

    fn scan(&self, kind: Kind, at: Option<PointInTime>) -> StoreResult<Scan> {
        scan::start(self, kind, at)
    }

    async fn moment(&self) -> StoreResult<PointInTime> {
        scan::moment(&self.database().await?).await
    }

    fn codec(&self) -> Option<Arc<dyn Codec>> {
        Some(self.records.clone())
    }

    fn for_import(&self) {
        self.link.for_import();
    }
}

impl Mongo {
    /// Deletes some documents that have expired at `now`. Returns whether more may be left.
    async fn forget_some(
        &self,
        collection: &'static str,
        Expires { field, after }: Expires,
        now: Timestamp,
    ) -> StoreResult<bool> {
        #[derive(Deserialize)]
        struct Id {
            #[serde(rename = "_id")]
            id: Bson,
        }
        let limit = i64::try_from(Expires::BATCH).unwrap_or(i64::MAX);
        let options = FindOptions::builder()
            .sort(doc! { field: 1 })
            .projection(doc! { "_id": 1 })
            .limit(limit)
            .build();
        let mut expired = doc! { field: { "$lte": now.minus(after).as_millis() } };
        let id = |document: &RawDocument| Ok(decode::<Id>(collection, document)?.id);
        let ids: Vec<Bson> = self
            .find_with(Read::Sweep, collection, expired.clone(), options, id)
            .await?;
        if ids.is_empty() {
            return Ok(false);
        }
        let is_full = ids.len() == Expires::BATCH;
        // Still only what has expired: it may have been renewed meanwhile.
        expired.insert("_id", doc! { "$in": ids });
        let db = self.database().await?;
        db.collection::<Document>(collection)
            .delete_many(expired)
            .await?;
        Ok(is_full)
    }
}
