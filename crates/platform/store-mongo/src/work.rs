//! Works that wait to be committed.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::locks::Locks;
use super::unit::{Keep, Unit};
use store::StoreError;

/// One work that waits, whatever it returns.
pub(super) trait Job: Send {
    /// Runs it on the unit, once more.
    fn run(&mut self, unit: &mut Unit);
    /// Tells whoever waits what came of it.
    fn finish(self: Box<Self>, committed: Result<(), StoreError>);
    /// When it began to wait.
    fn since(&self) -> Instant;
    /// The rows that it was going to change when a try with it lost; none if none has.
    fn locks(&self) -> &Locks;
    /// Notes these.
    fn keep(&mut self, locks: Locks);
}

pub(super) type Jobs = Vec<Box<dyn Job>>;

struct Work<T, E, F> {
    run: F,
    result: Option<Result<T, E>>,
    answer: oneshot::Sender<Result<T, E>>,
    since: Instant,
    locks: Locks,
}

/// A work that begins to wait now, and where its result will be told.
pub(super) fn waiting<T, E, F>(run: F) -> (Box<dyn Job>, oneshot::Receiver<Result<T, E>>)
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
    F: FnMut(&mut Unit) -> Result<T, E> + Send + 'static,
{
    let (answer, answered) = oneshot::channel();
    let work = Work {
        run,
        result: None,
        answer,
        since: Instant::now(),
        locks: Locks::default(),
    };
    (Box::new(work), answered)
}

impl<T, E, F> Job for Work<T, E, F>
where
    T: Send,
    E: From<StoreError> + Send,
    F: FnMut(&mut Unit) -> Result<T, E> + Send,
{
    fn run(&mut self, unit: &mut Unit) {
        let result = catch_unwind(AssertUnwindSafe(|| (self.run)(unit)))
            .unwrap_or_else(|panic| Err(E::from(panicked(&*panic))));
        unit.end(if result.is_ok() {
            Keep::Changes
        } else {
            Keep::Nothing
        });
        self.result = Some(result);
    }

    fn finish(self: Box<Self>, committed: Result<(), StoreError>) {
        let result = match (committed, self.result) {
            (Ok(()), Some(result)) => result,
            (Ok(()), None) => Err(E::from(StoreError::Unavailable(
                "it did not run".to_owned(),
            ))),
            // Even a refusal: it was decided on a snapshot that nobody has confirmed.
            (Err(error), _) => Err(E::from(error)),
        };
        // Whoever asked may be gone.
        drop(self.answer.send(result));
    }

    fn since(&self) -> Instant {
        self.since
    }

    fn locks(&self) -> &Locks {
        &self.locks
    }

    fn keep(&mut self, locks: Locks) {
        self.locks = locks;
    }
}

fn panicked(panic: &(dyn Any + Send)) -> StoreError {
    let said = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    tracing::error!(panic = said, "a write panicked");
    StoreError::Corrupt("a write panicked".to_owned())
}

/// Tells all of them the same.
pub(super) fn finish(jobs: Jobs, outcome: impl Fn() -> Result<(), StoreError>) {
    for job in jobs {
        job.finish(outcome());
    }
}
