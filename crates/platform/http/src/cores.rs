//! Work that occupies a core for long enough to be felt, such as hashing a password or decoding a picture. It runs on the runtime's blocking
//! threads, no more of it at once than there are threads for it, and the queue is short enough to be worked off before clients give up.

use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;

use super::problem::Problem;

/// Why work was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotDone {
    /// The queue is full: try again later.
    #[error("too much work of this kind is waiting")]
    Overloaded,
    /// It broke off.
    #[error("it broke off: {0}")]
    Failed(String),
}

impl From<NotDone> for Problem {
    fn from(error: NotDone) -> Self {
        match error {
            NotDone::Overloaded => Self::unavailable(error),
            NotDone::Failed(_) => Self::internal(error),
        }
    }
}

/// Threads for one kind of work, and the queue before them. Cheap to clone; clones share both.
#[derive(Debug, Clone)]
pub struct Cores {
    /// The free places in the queue.
    queue: Arc<Semaphore>,
    /// The free threads.
    threads: Arc<Semaphore>,
    places: usize,
}

/// A place in the queue. It is free again when dropped.
#[derive(Debug)]
pub struct Place {
    _permit: OwnedSemaphorePermit,
}

impl Cores {
    /// At most `threads` that work at once, but no more than the machine has cores, and at most `places` that wait.
    #[must_use]
    pub fn new(places: usize, threads: usize) -> Self {
        let cores = available_parallelism().map_or(1, usize::from);
        Self {
            queue: Arc::new(Semaphore::new(places)),
            threads: Arc::new(Semaphore::new(cores.min(threads))),
            places,
        }
    }

    /// A place in the queue.
    ///
    /// # Errors
    /// [`NotDone::Overloaded`] at once if there is none.
    pub fn place(&self) -> Result<Place, NotDone> {
        let place = self.queue.clone().try_acquire_owned();
        let place = place.map(|permit| Place { _permit: permit });
        place.map_err(|_| NotDone::Overloaded)
    }

    /// Does `work` when there is a thread for it. A caller that is gone by then (its connection closed) has left the queue, and no core is
    /// spent on its work.
    ///
    /// # Errors
    /// [`NotDone::Failed`] if it panicked.
    pub async fn run<T: Send + 'static>(
        &self,
        place: Place,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NotDone> {
        let failed = |error: &dyn std::fmt::Display| NotDone::Failed(error.to_string());
        let thread = self.threads.clone().acquire_owned().await;
        let thread = thread.map_err(|error| failed(&error))?;
        drop(place);
        let done = spawn_blocking(move || {
            let done = work();
            drop(thread);
            done
        });
        done.await.map_err(|error| failed(&error))
    }

    /// Tells how many places are taken, as long as there is a queue.
    pub fn waiting(&self) -> impl Fn() -> Option<usize> + Send + Sync + 'static {
        let (queue, places) = (Arc::downgrade(&self.queue), self.places);
        move || Some(places.saturating_sub(queue.upgrade()?.available_permits()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_full_queue_is_an_answer_and_not_a_wait() {
        let cores = Cores::new(2, 1);
        let (release, released) = mpsc::channel();
        let place = cores.place().unwrap();
        let busy = cores.clone();
        let running = tokio::spawn(async move { busy.run(place, move || released.recv()).await });
        let waiting = cores.waiting();
        while waiting() != Some(0) {
            tokio::task::yield_now().await;
        }
        let run = async |place| cores.run(place, || 7).await;
        let (first, second) = (cores.place().unwrap(), cores.place().unwrap());
        assert_eq!(cores.place().unwrap_err(), NotDone::Overloaded);
        assert_eq!(waiting(), Some(2));
        drop(run(first));
        assert_eq!(waiting(), Some(1), "who leaves frees the place");
        release.send(()).unwrap();
        running.await.unwrap().unwrap().unwrap();
        assert_eq!(run(second).await, Ok(7));
        assert_eq!(waiting(), Some(0));
    }

    #[tokio::test]
    async fn work_that_panics_frees_its_thread() {
        let cores = Cores::new(1, 1);
        let broken = cores.run(cores.place().unwrap(), || -> u8 {
            unreachable!("on purpose")
        });
        assert!(matches!(broken.await, Err(NotDone::Failed(_))));
        let next = cores.run(cores.place().unwrap(), || 7);
        assert_eq!(next.await, Ok(7));
    }
}
