//! One MongoDB database as a service's store, shared by any number of replicas: group commit of multi-document transactions, the
//! outbox with leases, the inbox, idempotency keys.
//!
//! Durability: transactions commit with `w: majority, j: true`, so an answered write survives the loss of a minority of members.
//! Isolation: a transaction reads one majority-committed snapshot and loses against whoever changed what it writes; it then runs
//! again. Reads outside of one name their read concern.
//!
//! Adapters of the services declare their documents as [`Row`]s and decide in closures over a [`Unit`]; this module knows none of
//! their collections, only those that all services share, each in a file of its own.

mod change;
mod codec;
mod commit;
mod dead_letters;
mod failure;
mod gather;
mod horizon;
mod idempotency;
mod inbox;
mod leases;
mod link;
mod locks;
mod outbox;
mod parked;
mod row;
mod schema;
mod snapshot;
mod table;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(all(test, feature = "testing"))]
mod tests;
mod transaction;
mod unit;
mod work;

pub use codec::{binary, corrupt, date, from_id, id, id_bson};
pub use dead_letters::{dead_letters, replay_dead_letters};
pub use horizon::Horizon;
pub use idempotency::{
    claim, expire_claim, lookup, record, record_claimed, release, unanswered, want_key,
};
pub use inbox::{is_new, want_handled, was_handled};
pub use leases::MongoLeases;
pub use mongodb::{self, bson};
pub use outbox::{MongoOutbox, enqueue};
pub use row::Row;
pub use schema::Collection;
pub use snapshot::{Rows, Snapshot};
pub use unit::Unit;

use std::sync::Arc;
use std::time::{Duration, Instant};

use kernel::Clock;
use mongodb::Database;
use mongodb::bson::raw::{RawDocument, RawDocumentBuf};
use mongodb::bson::{Document, deserialize_from_slice, doc, serialize_to_bson};
use mongodb::options::ReadConcern;
use secrecy::SecretString;
use serde::de::DeserializeOwned;

use store::{StoreError, StoreResult};
use telemetry::metrics::{Read, ReadTimes, StoreMetrics};
use telemetry::{Commit, Database as Traced};

/// How long a read outside of a transaction may take.
pub const READ_LIMIT: Duration = Duration::from_secs(2);

/// A service's database. Cheap to clone.
#[derive(Clone)]
pub struct Mongo {
    link: Arc<link::Link>,
    outbox: Arc<outbox::OutboxQueue>,
    committer: commit::Committer,
    gather: Arc<gather::Gather>,
    times: ReadTimes,
}

impl Mongo {
    /// The database `name` behind `uri`, with the service's `collections` and those that all services share. Nothing is connected
    /// yet: a server that is away is a matter of readiness. Has to be called on a tokio runtime.
    ///
    /// # Errors
    /// If the URI is none.
    pub fn open(
        uri: SecretString,
        name: &str,
        mut collections: Vec<Collection>,
        clock: Arc<dyn Clock>,
        metrics: &StoreMetrics,
    ) -> StoreResult<Self> {
        collections.extend([
            outbox::outbox_collection(),
            inbox::inbox_collection(),
            idempotency::idempotency_collection(),
            dead_letters::dead_letters_collection(),
            leases::leases_collection(),
        ]);
        let watch = metrics.of(name);
        let link = Arc::new(link::Link::new(uri, name, collections, watch.pool())?);
        let outbox = Arc::new(outbox::OutboxQueue::new(clock));
        let times = watch.reads();
        let gather = gather::Gather::new(link.clone(), watch.gets());
        let committer = commit::Committer::start(link.clone(), outbox.clone(), watch);
        Ok(Self {
            link,
            outbox,
            committer,
            gather,
            times,
        })
    }

    /// Runs `work` in a transaction and returns once a majority has it on disk. Works that wait at the same time share one
    /// transaction. `work` may run more than once, see [`Unit`]; if it fails, its changes are undone and no other caller is
    /// affected.
    ///
    /// # Errors
    /// What `work` returns; [`StoreError::Unavailable`] if there is no primary, the queue is full or it took too long.
    pub async fn write<T, E>(
        &self,
        mut work: impl FnMut(&mut Unit) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let commit = Commit::begin(Traced {
            system: "mongodb",
            name: self.link.name(),
            operation: "commitTransaction",
        });
        let carried = commit.carried();
        let written = self
            .committer
            .run(move |unit| carried.within(|| work(unit)))
            .await;
        commit.end();
        written
    }

    /// The row `key` as a majority has it: it will not be rolled back. Gets that come at the same time share a query.
    ///
    /// # Errors
    /// A store error.
    pub async fn get<R: Row>(&self, key: &R::Key) -> StoreResult<Option<R>> {
        let key = serialize_to_bson(key).map_err(|error| corrupt(error.to_string()))?;
        let _timed = self.reading(Read::Get);
        let found = self.gather.get(R::COLLECTION, key).await?;
        found.map(|row| decode(R::COLLECTION, &row)).transpose()
    }

    /// The documents of `collection` that fit `filter`, in the order of `sort`, at most `limit`, as a majority has them.
    ///
    /// # Errors
    /// A store error; [`StoreError::Unavailable`] after [`READ_LIMIT`].
    pub async fn find<T: DeserializeOwned + Send + Sync>(
        &self,
        collection: &str,
        filter: Document,
        sort: Document,
        limit: i64,
    ) -> StoreResult<Vec<T>> {
        let _timed = self.reading(Read::List);
        let mut found = self
            .database()
            .await?
            .collection::<RawDocumentBuf>(collection)
            .find(filter)
            .sort(sort)
            .limit(limit)
            .batch_size(u32::try_from(limit).unwrap_or(u32::MAX))
            .read_concern(ReadConcern::majority())
            .max_time(READ_LIMIT)
            .await?;
        let mut rows = Vec::new();
        while found.advance().await? {
            rows.push(decode(collection, found.current())?);
        }
        Ok(rows)
    }

    /// The database itself, ready, for what the methods above do not do.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if no server answers.
    pub async fn database(&self) -> StoreResult<Database> {
        self.link.database().await
    }

    /// Counts the time until what it returns is dropped as that of a read of this `kind`: for reads through [`Mongo::database`].
    #[must_use]
    pub fn reading(&self, kind: Read) -> Reading<'_> {
        Reading {
            times: &self.times,
            kind,
            begun: Instant::now(),
        }
    }

    /// Asks the primary whether it answers.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if none does.
    pub async fn ping(&self) -> StoreResult<()> {
        let _timed = self.reading(Read::Check);
        self.database()
            .await?
            .run_command(doc! { "ping": 1 })
            .await?;
        Ok(())
    }

    /// Where its messages wait for the relay of this replica.
    #[must_use]
    pub fn outbox(&self) -> MongoOutbox {
        MongoOutbox {
            store: self.clone(),
            queue: self.outbox.clone(),
        }
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

/// Reads a document; one that does not decode is an error, never skipped.
///
/// # Errors
/// [`StoreError::Corrupt`].
pub fn decode<T: DeserializeOwned>(collection: &str, document: &RawDocument) -> StoreResult<T> {
    deserialize_from_slice(document.as_bytes())
        .map_err(|error| corrupt(format!("{collection}: {error}")))
}
