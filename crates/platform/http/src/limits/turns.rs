//! At most two lists at once for each client. More wait for their turn, in the order in which they came.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::counted::Counted;
use super::policy::Policy;

/// Lists of one client at once.
const AT_ONCE: usize = 2;

/// Lists of one client that may wait, besides those that run.
const WAITING: usize = 16;

/// How long one may wait.
const PATIENCE: Duration = Duration::from_secs(10);

/// From how many clients on those that ask for nothing are forgotten.
const MANY: usize = 10_000;

/// The limit, as clients are told of it: what may run and wait within the time that one may wait.
pub(crate) const POLICY: Policy = Policy {
    name: "lists-at-once",
    quota: 18,
    window: 10,
};

/// The lines of all clients.
pub(crate) struct Turns {
    lines: Mutex<HashMap<Counted, Weak<Line>>>,
    patience: Duration,
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            lines: Mutex::default(),
            patience: PATIENCE,
        }
    }
}

struct Line {
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

/// A turn of a client. The next one begins when it is dropped.
pub struct Turn {
    _permit: OwnedSemaphorePermit,
    /// Kept while a request has a turn or waits for one.
    _line: Arc<Line>,
}

/// What became of a wait.
pub(crate) enum Queued {
    /// It is one's turn.
    Turn(Turn),
    /// Too many wait, or it took too long.
    TooMany,
}

impl Turns {
    /// Waits for the turn of `whom`.
    pub(crate) async fn wait(&self, whom: Counted) -> Queued {
        let line = self.line(whom);
        let Ok(_place) = line.places.clone().try_acquire_owned() else {
            return Queued::TooMany;
        };
        match timeout(self.patience, line.turns.clone().acquire_owned()).await {
            Ok(Ok(permit)) => Queued::Turn(Turn {
                _permit: permit,
                _line: line,
            }),
            Ok(Err(_)) | Err(_) => Queued::TooMany,
        }
    }

    fn line(&self, whom: Counted) -> Arc<Line> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = lines.get(&whom).and_then(Weak::upgrade) {
            return line;
        }
        if lines.len() > MANY {
            lines.retain(|_, line| line.strong_count() > 0);
        }
        let line = Arc::new(Line {
            places: Arc::new(Semaphore::new(WAITING)),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
        });
        lines.insert(whom, Arc::downgrade(&line));
        line
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;
    use crate::network::Prefix;

    fn address(last: u8) -> Counted {
        Counted::Prefix(Prefix::of([192, 0, 2, last].into()))
    }

    async fn turn(turns: &Turns, whom: Counted) -> Turn {
        match turns.wait(whom).await {
            Queued::Turn(turn) => turn,
            Queued::TooMany => panic!("there was no turn"),
        }
    }

    #[tokio::test]
    async fn two_run_at_once_and_the_third_waits_for_one_of_them() {
        let turns = Turns::default();
        let first = turn(&turns, address(1)).await;
        let second = turn(&turns, address(1)).await;
        let mut third = Box::pin(turn(&turns, address(1)));
        assert!(third.as_mut().now_or_never().is_none());
        drop(turn(&turns, address(2)).await);
        drop(first);
        let third = third.await;
        let fourth = turns.wait(address(1));
        assert!(fourth.now_or_never().is_none());
        drop((second, third));
        drop(turn(&turns, address(1)).await);
    }

    #[tokio::test]
    async fn too_many_that_wait_are_refused_and_who_leaves_frees_the_place() {
        let turns = Turns::default();
        let running = [
            turn(&turns, address(1)).await,
            turn(&turns, address(1)).await,
        ];
        let mut waiting: Vec<_> = (0..WAITING)
            .map(|_| Box::pin(turns.wait(address(1))))
            .collect();
        for one in &mut waiting {
            assert!(one.as_mut().now_or_never().is_none());
        }
        assert!(matches!(turns.wait(address(1)).await, Queued::TooMany));
        waiting.pop();
        assert!(turns.wait(address(1)).now_or_never().is_none());
        drop((waiting, running));
        drop(turn(&turns, address(1)).await);
    }

    #[tokio::test]
    async fn who_waits_too_long_is_refused() {
        let turns = Turns {
            patience: Duration::ZERO,
            ..Turns::default()
        };
        let _running = [
            turn(&turns, address(1)).await,
            turn(&turns, address(1)).await,
        ];
        assert!(matches!(turns.wait(address(1)).await, Queued::TooMany));
    }
}
