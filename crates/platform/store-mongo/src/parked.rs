//! Parked writes: another transaction holds their rows for longer than a race lasts. If a service dies, its open transactions stay open
//! until the server ends them. Parked writes are retried part of the time, while later writes are committed.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::work::{Work, Works};

/// Minimum delay between two rounds.
const SHORTEST_REST: Duration = Duration::from_millis(32);
/// Maximum delay, so that a round that ran into an outage is not followed by an equally long one.
const LONGEST_REST: Duration = Duration::from_millis(256);
/// Ratio of the delay to the length of the round before it, if all parked writes have lost alone.
const REST: u32 = 4;

/// The parked writes of one store.
pub(super) struct Parked {
    /// Writes that were not tried: their rows may be free.
    untried: VecDeque<Work>,
    /// Writes that lost alone, or need all rows of one that did. A write that loses again goes to the end.
    lost: VecDeque<Work>,
    /// Whether the last round took the untried ones.
    untried_were_last: bool,
    /// No round begins earlier.
    due: Instant,
    /// How long a write may wait.
    patience: Duration,
    count: Arc<AtomicUsize>,
}

impl Parked {
    pub(super) fn new(patience: Duration) -> Self {
        Self {
            untried: VecDeque::new(),
            lost: VecDeque::new(),
            untried_were_last: false,
            due: Instant::now(),
            patience,
            count: Arc::default(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.untried.len() + self.lost.len()
    }

    /// The number of parked writes, for metrics.
    pub(super) fn count(&self) -> Arc<AtomicUsize> {
        self.count.clone()
    }

    /// Adds writes that were not tried.
    pub(super) fn add_untried(&mut self, works: Works) {
        self.begin();
        self.untried.extend(works);
        self.counted();
    }

    /// Adds writes that lost alone, or would have.
    pub(super) fn add_lost(&mut self, works: Works) {
        self.begin();
        self.lost.extend(works);
        self.counted();
    }

    fn begin(&mut self) {
        if self.len() == 0 {
            self.due = Instant::now() + SHORTEST_REST;
        }
    }

    fn counted(&self) {
        self.count.store(self.len(), Ordering::Relaxed);
    }

    /// Resolves when there is something to do: run a round, or fail a write whose time is over. Never resolves if nothing is parked.
    pub(super) fn due(&self) -> impl Future<Output = ()> + Send + use<> {
        let all = self.untried.iter().chain(&self.lost);
        let oldest = all.map(|work| work.since + self.patience).min();
        let due = oldest.map(|over| over.min(self.due));
        async move {
            match due {
                Some(due) => tokio::time::sleep_until(due).await,
                None => std::future::pending().await,
            }
        }
    }

    /// Removes the writes whose time is over.
    pub(super) fn take_late(&mut self) -> Works {
        let mut late = Works::new();
        for queue in [&mut self.untried, &mut self.lost] {
            for work in std::mem::take(queue) {
                if work.since.elapsed() >= self.patience {
                    late.push(work);
                } else {
                    queue.push_back(work);
                }
            }
        }
        self.counted();
        late
    }

    /// Takes the writes of the next round, if it is due: up to `most` of one kind. The two kinds take turns.
    pub(super) fn take(&mut self, most: usize) -> Works {
        if Instant::now() < self.due {
            return Works::new();
        }
        let is_turn_of_lost = self.untried.is_empty() || self.untried_were_last;
        self.untried_were_last = self.lost.is_empty() || !is_turn_of_lost;
        let queue = if self.untried_were_last {
            &mut self.untried
        } else {
            &mut self.lost
        };
        let works = queue.drain(..most.min(queue.len())).collect();
        self.counted();
        works
    }

    /// Ends a round that took `took`, and schedules the next.
    pub(super) fn rest(&mut self, took: Duration) {
        let rest = if self.untried.is_empty() {
            took * REST
        } else {
            took
        };
        self.due = Instant::now() + rest.clamp(SHORTEST_REST, LONGEST_REST);
    }
}
