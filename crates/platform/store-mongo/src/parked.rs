//! Works whose rows another transaction holds for longer than a race lasts: what a service has open that dies is open until the server
//! ends it. They are tried again and again, in some of the time, while the works that came after them are committed.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::work::{Work, Works};

/// The shortest time between two rounds.
const SHORTEST_REST: Duration = Duration::from_millis(32);
/// And the longest: a round that met an outage is not rested from for as long as that would be.
const LONGEST_REST: Duration = Duration::from_millis(256);
/// How many times as long as a round the time after it is, if all that wait have lost alone.
const REST: u32 = 4;

/// Those of one store.
pub(super) struct Parked {
    /// Those that nobody got to: maybe no one holds their rows.
    untried: VecDeque<Work>,
    /// Those that lost alone, or want all rows of one that did. Who lost again goes to the end.
    lost: VecDeque<Work>,
    /// Which of them had the last round.
    untried_were_last: bool,
    /// No round begins before.
    due: Instant,
    /// How long a work may wait.
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

    /// How many there are, for whoever watches.
    pub(super) fn count(&self) -> Arc<AtomicUsize> {
        self.count.clone()
    }

    /// Adds works that nobody got to.
    pub(super) fn add_untried(&mut self, works: Works) {
        self.begin();
        self.untried.extend(works);
        self.counted();
    }

    /// Adds works that lost alone, or would have.
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

    /// Ends when there is something to do: a round, or to tell a work that its time is over. Never, if nothing waits.
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

    /// Takes out those whose time is over.
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

    /// Takes those of the next round, if it is due: as many as `most` of one kind, the next time of the other.
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

    /// A round is over, which took so long.
    pub(super) fn rest(&mut self, took: Duration) {
        let rest = if self.untried.is_empty() {
            took * REST
        } else {
            took
        };
        self.due = Instant::now() + rest.clamp(SHORTEST_REST, LONGEST_REST);
    }
}
