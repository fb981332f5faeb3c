//! A service's database, as an engine provides it. Object-safe, so that a use case is compiled once for all engines.

use std::sync::Arc;

use async_trait::async_trait;
use kernel::Timestamp;

use crate::outbox::Outbox;
use crate::record::{AnyKey, AnyRecord, Kind, Value};
use crate::{DeadLetter, DeadLetterPlace, Leases, PointInTime, Scan, StoreResult, Tx};

/// A write to run in a transaction. It may run more than once.
pub type Job = Box<dyn FnMut(&mut Tx<'_>) -> StoreResult<()> + Send>;

/// A service's database, on any engine.
#[async_trait]
pub trait Database: Send + Sync {
    /// Runs `job` in a transaction and returns once that is durable.
    async fn write(&self, job: Job) -> StoreResult<()>;
    /// Reads one committed record.
    async fn get(&self, kind: Kind, key: Box<AnyKey>) -> StoreResult<Option<AnyRecord>>;
    /// Reads at most `limit` committed records whose indexed `field` is `value`.
    async fn find_by(
        &self,
        kind: Kind,
        field: &'static str,
        value: Value,
        limit: usize,
    ) -> StoreResult<Vec<AnyRecord>>;
    /// Deletes a bounded number of records that have expired at `now`. Returns whether more may be left.
    async fn forget(&self, now: Timestamp) -> StoreResult<bool>;
    /// Whether the database answers.
    async fn ping(&self) -> StoreResult<()>;
    /// Whether it takes writes. Writes itself only if no recent write tells.
    async fn check_writes(&self) -> StoreResult<()>;
    /// At most `most` messages that the relay gave up, the oldest first, after `after`.
    async fn dead_letters(
        &self,
        after: Option<DeadLetterPlace>,
        most: usize,
    ) -> StoreResult<Vec<DeadLetter>>;
    /// Its committed messages, for the relay.
    fn outbox(&self) -> Arc<dyn Outbox>;
    /// Leases that the service's replicas share. None if there can be only one replica.
    fn leases(&self) -> Option<Arc<dyn Leases>>;
    /// The kinds of records, each after those that it refers to.
    fn kinds(&self) -> Vec<Kind>;
    /// All committed records of `kind`: at one moment, if `at` names one, else while nothing writes.
    ///
    /// # Errors
    /// That the engine does not know the kind, or cannot read at a moment.
    fn scan(&self, kind: Kind, at: Option<PointInTime>) -> StoreResult<Scan>;
    /// The present moment, for scans of this database and of others on the same servers.
    ///
    /// # Errors
    /// A store error, or that the engine cannot read at a moment.
    async fn moment(&self) -> StoreResult<PointInTime>;
    /// How the engine keeps a record as one piece. None if it does not.
    fn codec(&self) -> Option<Arc<dyn Codec>>;
    /// Opens the database for an import, even if there is an unfinished one. Call it before anything else.
    fn for_import(&self);
}

/// Turns records into bytes and back. Equal records give equal bytes.
pub trait Codec: Send + Sync {
    /// The record as bytes.
    ///
    /// # Errors
    /// That it is not of this kind.
    fn encode(&self, kind: Kind, record: &AnyRecord) -> StoreResult<Vec<u8>>;
    /// The record in `bytes`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`](crate::StoreError::Corrupt) if they hold none of this kind.
    fn decode(&self, kind: Kind, bytes: &[u8]) -> StoreResult<AnyRecord>;
}
