//! Clients that leave before their answer. Their request's future is dropped where it waits, as if it had never been made: a place in a
//! queue is free again, and what has not begun costs nothing.

use std::time::Instant;

use telemetry::metrics::HttpMetrics;
use telemetry::{Answering, RequestId};
use tracing::Instrument as _;
use tracing::instrument::Instrumented;

use super::problem::Problem;

/// The status under which a request is counted whose client has left. It is never sent; nginx uses the same.
const GONE: u16 = 499;

/// Counts a request once: when it is answered, or when its client has left.
pub(super) struct Count {
    pub(super) metrics: HttpMetrics,
    pub(super) route: String,
    pub(super) method: &'static str,
    pub(super) started: Instant,
    /// None once it has been counted.
    pub(super) answering: Option<Answering>,
}

impl Count {
    /// Runs the work that answers the request within its span.
    pub(super) fn scope<F: Future>(&self, work: F) -> Instrumented<F> {
        match &self.answering {
            Some(answering) => answering.scope(work),
            None => Answering::untraced().scope(work),
        }
    }

    /// The request was answered with `status`.
    pub(super) fn end(mut self, status: u16) {
        self.count(status);
    }

    fn count(&mut self, status: u16) {
        if let Some(answering) = self.answering.take() {
            let took = self.started.elapsed();
            self.metrics
                .answered(&self.route, self.method, status, took);
            answering.end(status);
        }
    }
}

impl Drop for Count {
    fn drop(&mut self) {
        self.count(GONE);
    }
}

/// Runs `work` to its end even if the client disconnects. For work of several steps whose first step alone would leave something behind.
///
/// # Errors
/// If `work` panicked.
pub async fn to_the_end<F>(work: F) -> Result<F::Output, Problem>
where
    F: Future<Output: Send> + Send + 'static,
{
    let work = work.in_current_span();
    let task = match RequestId::current() {
        Some(id) => tokio::spawn(id.scope(work)),
        None => tokio::spawn(work),
    };
    task.await.map_err(Problem::internal)
}
