//! Leases that decide which of a service's replicas does a piece of work.

use std::time::Duration;

use async_trait::async_trait;
use kernel::Timestamp;

use crate::StoreResult;

/// Leases on work that one of a service's replicas at a time should do.
#[async_trait]
pub trait Leases: Send + Sync {
    /// Takes or renews the lease on `work` for `lease` from `now` on. Returns false if another replica holds it.
    async fn hold(&self, work: &str, now: Timestamp, lease: Duration) -> StoreResult<bool>;
}
