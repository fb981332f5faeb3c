//! Works whose rows another transaction holds for longer than a race lasts: what a service has open that dies is open until the server
//! ends it. They are tried again and again, in little of the time, while the works that come after them are committed.

use std::time::Duration;

use tokio::time::Instant;

use super::work::{Job, Jobs};

/// The shortest time between two rounds.
const SHORTEST_REST: Duration = Duration::from_millis(32);
/// How many times as long as a round the time after it is at least, so that rounds take a fifth of the time at most.
const REST: u32 = 4;

/// Those of one store. Who comes first is tried first; who lost again goes to the end.
pub(super) struct Parked {
    jobs: Jobs,
    /// No round begins before.
    due: Instant,
}

impl Default for Parked {
    fn default() -> Self {
        Self {
            jobs: Jobs::new(),
            due: Instant::now(),
        }
    }
}

impl Parked {
    pub(super) fn len(&self) -> usize {
        self.jobs.len()
    }

    pub(super) fn add(&mut self, job: Box<dyn Job>) {
        if self.jobs.is_empty() {
            self.due = Instant::now() + SHORTEST_REST;
        }
        self.jobs.push(job);
    }

    /// Ends when a round is due: never, if there is nothing to try.
    pub(super) fn due(&self) -> impl Future<Output = ()> + Send + use<> {
        let due = (!self.jobs.is_empty()).then_some(self.due);
        async move {
            match due {
                Some(due) => tokio::time::sleep_until(due).await,
                None => std::future::pending().await,
            }
        }
    }

    /// Those of the next round.
    pub(super) fn take(&mut self, most: usize) -> Jobs {
        self.jobs.drain(..most.min(self.jobs.len())).collect()
    }

    /// A round is over, which took so long.
    pub(super) fn rest(&mut self, took: Duration) {
        self.due = Instant::now() + (took * REST).max(SHORTEST_REST);
    }
}
