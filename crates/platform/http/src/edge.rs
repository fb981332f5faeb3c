//! What the edge of a server needs, whatever is served.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use async_trait::async_trait;
use kernel::IdSource;
use telemetry::metrics::Metrics;

use super::connections::most_connections;
use super::cors::Cors;
use super::limits::Limits;

/// Time limit for receiving a body. A request occupies a slot meanwhile, so a slow client must not keep one indefinitely.
pub(super) const BODY_TIME: Duration = Duration::from_secs(10);

/// Time limit for a client to take what was written to it at once, some 64 KiB. nginx gives as much (`send_timeout`).
pub(super) const WRITE_TIME: Duration = Duration::from_secs(30);

/// Longest path and query, in bytes. The gateway's limit for the request line (deploy/nginx), and so is the next one.
pub(super) const MAX_URI: usize = 16 * 1024;

/// Longest value of a header, in bytes.
pub(super) const MAX_HEADER: usize = 16 * 1024;

/// A dependency that a service needs in order to answer.
#[async_trait]
pub trait Readiness: Send + Sync {
    /// Its name in the answer of `/readyz`.
    fn name(&self) -> &str;
    /// Checks whether it is available.
    ///
    /// # Errors
    /// What is missing, in a few words. `/readyz` is public, so the text must contain no addresses and no secrets.
    async fn check(&self) -> Result<(), String>;
}

/// Who reaches a port.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Port {
    /// Everybody: it is the only port of its process.
    Only,
    /// Strangers, who must not see `/metrics`.
    Public,
    /// The marketplace's own processes and operators. A request is traced if its caller traces it.
    Internal,
}

/// What the edge itself needs.
#[derive(Clone)]
pub struct Edge {
    /// Makes request ids.
    pub ids: Arc<dyn IdSource>,
    /// Counts requests.
    pub metrics: Metrics,
    /// Checked by `/readyz`.
    pub readiness: Vec<Arc<dyn Readiness>>,
    /// The origins whose pages may use the API.
    pub cors: Cors,
    /// What one client may ask for.
    pub limits: Arc<Limits>,
    /// How many connections there may be.
    pub connections: usize,
    pub(super) write_time: Duration,
    pub(super) body_time: Duration,
    pub(super) port: Port,
    pub(super) in_flight: Arc<AtomicUsize>,
}

impl Edge {
    /// An edge with no requests in flight, the usual limits, and for no pages of other origins.
    #[must_use]
    pub fn new(
        port: Port,
        ids: Arc<dyn IdSource>,
        metrics: Metrics,
        readiness: Vec<Arc<dyn Readiness>>,
    ) -> Self {
        Self {
            limits: Arc::new(Limits::usual(metrics.http.clone())),
            connections: most_connections(),
            write_time: WRITE_TIME,
            ids,
            metrics,
            readiness,
            cors: Cors::default(),
            body_time: BODY_TIME,
            port,
            in_flight: Arc::default(),
        }
    }
}
