//! A service's database, as an engine provides it. Object-safe, so that a use case is compiled once for all engines.

use std::sync::Arc;

use async_trait::async_trait;
use kernel::Timestamp;

use crate::outbox::Outbox;
use crate::record::{AnyKey, AnyRecord, Kind, Value};
use crate::{Leases, StoreResult, Tx};

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
    /// Its committed messages, for the relay.
    fn outbox(&self) -> Arc<dyn Outbox>;
    /// Leases that the service's replicas share. None if there can be only one replica.
    fn leases(&self) -> Option<Arc<dyn Leases>>;
}
