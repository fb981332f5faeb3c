//! The database: opened once, read and written by use cases and by this engine itself.

use std::sync::Arc;
use std::time::Instant;

use kernel::{Clock, SecretUri};
use mongodb::Database;
use mongodb::bson::Document;
use mongodb::bson::raw::{RawDocument, RawDocumentBuf};
use mongodb::options::{FindOptions, ReadConcern};
use serde::de::DeserializeOwned;

use super::codec::decode;
use super::commit::Committer;
use super::gather::Gather;
use super::link::{Link, READ_LIMIT};
use super::outbox::replica::OutboxQueue;
use super::outbox::row::OutboxRow;
use super::outbox::waiting;
use super::record::MongoRecord;
use super::records::Records;
use super::schema::Collection;
use store::{DeadLetter, Handled, Idempotent, Import, Store, StoreResult, Tx, WriteHealth};
use telemetry::metrics::{Read, ReadTimes, StoreMetrics};

/// A service's database. Cheap to clone.
#[derive(Clone)]
pub struct Mongo {
    pub(super) link: Arc<Link>,
    outbox: Arc<OutboxQueue>,
    pub(super) committer: Committer,
    pub(super) gather: Arc<Gather>,
    pub(super) records: Arc<Records>,
    pub(super) health: Arc<WriteHealth>,
    times: ReadTimes,
}

impl Mongo {
    /// Opens the database `name` at `uri`, with the service's `collections` and `records` and those that all services share. Does not
    /// connect yet: an unreachable server shows in the readiness check. Must be called on a tokio runtime.
    ///
    /// # Errors
    /// If the URI is invalid.
    pub fn open(
        uri: SecretUri,
        name: &str,
        mut collections: Vec<Collection>,
        records: Records,
        clock: Arc<dyn Clock>,
        metrics: &StoreMetrics,
    ) -> StoreResult<Self> {
        collections.extend(Collection::parse(include_str!(
            "../migrations/shared.json"
        ))?);
        let watch = metrics.of(name);
        let link = Arc::new(Link::new(uri, name, collections, watch.pool())?);
        let outbox = Arc::new(OutboxQueue::new(clock));
        let times = watch.reads();
        let gather = Gather::new(link.clone(), watch.gets());
        let records = records
            .with::<Handled>()
            .with::<Idempotent>()
            .add(waiting::layout())
            .with::<OutboxRow>()
            .with::<DeadLetter>()
            .with::<Import>();
        let records = Arc::new(records);
        let health = Arc::<WriteHealth>::default();
        let committer = Committer::start(
            link.clone(),
            records.clone(),
            outbox.clone(),
            watch,
            health.clone(),
        );
        Ok(Self {
            link,
            outbox,
            committer,
            gather,
            records,
            health,
            times,
        })
    }

    /// Runs `work` in a transaction: for the engine's own writes. See [`Store::write`].
    pub(super) async fn work<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut Tx<'_>) -> StoreResult<T> + Send + 'static,
    ) -> StoreResult<T> {
        Store::new(Arc::new(self.clone())).write(work).await
    }

    /// The majority-committed records with these keys, those that exist, by one query that other gets share.
    ///
    /// # Errors
    /// A store error.
    pub async fn get_together<R: MongoRecord>(&self, keys: &[R::Key]) -> StoreResult<Vec<R>> {
        let _timed = self.reading(Read::Get);
        let ids = keys.iter().map(R::id).collect();
        let rows = self.gather.get_together(R::COLLECTION, ids).await?;
        let rows = rows.iter().flatten();
        rows.map(|row| R::decode(row)).collect()
    }

    /// The majority-committed documents of `collection` that match `filter`, sorted by `sort`, at most `limit`.
    ///
    /// # Errors
    /// A store error; [`StoreError::Unavailable`](store::StoreError::Unavailable) after [`READ_LIMIT`].
    pub async fn find<T: DeserializeOwned + Send + Sync>(
        &self,
        collection: &str,
        filter: Document,
        sort: Document,
        limit: i64,
    ) -> StoreResult<Vec<T>> {
        let options = FindOptions::builder().sort(sort).limit(limit).build();
        let read = |document: &RawDocument| decode(collection, document);
        self.find_with(Read::List, collection, filter, options, read)
            .await
    }

    /// Decodes with `read` the majority-committed documents of `collection` that match `filter`. `options` set the sort, limit,
    /// projection, and the index range to scan.
    ///
    /// # Errors
    /// What `read` returns, or as in [`Mongo::find`].
    pub async fn find_with<T>(
        &self,
        kind: Read,
        collection: &str,
        filter: Document,
        mut options: FindOptions,
        read: impl Fn(&RawDocument) -> StoreResult<T>,
    ) -> StoreResult<Vec<T>> {
        let _timed = self.reading(kind);
        // One round trip: the first batch holds all documents.
        let batch = options.limit.map(u32::try_from);
        options.batch_size = batch.map(|batch| batch.unwrap_or(u32::MAX));
        options.read_concern = Some(ReadConcern::majority());
        options.max_time = Some(READ_LIMIT);
        let mut found = self
            .database()
            .await?
            .collection::<RawDocumentBuf>(collection)
            .find(filter)
            .with_options(options)
            .await?;
        let mut rows = Vec::new();
        while found.advance().await? {
            rows.push(read(found.current())?);
        }
        Ok(rows)
    }

    /// The database itself, prepared, for what the methods above do not cover.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`](store::StoreError::Unavailable) if no server answers.
    pub async fn database(&self) -> StoreResult<Database> {
        self.link.database().await
    }

    /// Times a read of this `kind` until the returned value is dropped: for reads through [`Mongo::database`].
    #[must_use]
    pub fn reading(&self, kind: Read) -> Reading<'_> {
        Reading {
            times: &self.times,
            kind,
            begun: Instant::now(),
        }
    }

    /// This replica's queue of messages to send.
    pub(super) fn outbox_queue(&self) -> Arc<OutboxQueue> {
        self.outbox.clone()
    }
}

/// A read that is being timed.
pub struct Reading<'a> {
    times: &'a ReadTimes,
    kind: Read,
    begun: Instant,
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.times.took(self.kind, self.begun.elapsed());
    }
}
