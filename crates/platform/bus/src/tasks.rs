//! Background tasks with a shutdown signal.

use std::future::Future;
use std::time::Duration;

use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The background tasks of a process.
#[derive(Clone, Default)]
pub struct Tasks {
    stop: CancellationToken,
    tracker: TaskTracker,
}

impl Tasks {
    /// No tasks yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts `task` with the token that signals shutdown.
    pub fn spawn<F>(&self, task: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.tracker.spawn(task(self.stop.clone()));
    }

    /// Starts a task that does `work` every `period`, first after one period, until shutdown.
    pub fn every<F>(&self, period: Duration, mut work: impl FnMut() -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.spawn(|stop| async move {
            while stop.run_until_cancelled(sleep(period)).await.is_some() {
                work().await;
            }
        });
    }

    /// Signals shutdown to every task and waits for them to end, at most `patience`.
    pub async fn drain(&self, patience: Duration) {
        self.stop.cancel();
        self.tracker.close();
        if timeout(patience, self.tracker.wait()).await.is_err() {
            tracing::warn!(
                left = self.tracker.len(),
                "background tasks did not stop in time"
            );
        }
    }
}
