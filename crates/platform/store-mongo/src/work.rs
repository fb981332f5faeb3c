//! Writes that are queued for a commit.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use store::{Keep, StoreError, StoreResult};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::locks::Locks;
use super::unit::Unit;

/// What a write does to a unit. It may run more than once.
pub(super) type Run = Box<dyn FnMut(&mut Unit) -> StoreResult<()> + Send>;

/// One queued write.
pub(super) struct Work {
    run: Run,
    result: Option<StoreResult<()>>,
    answer: oneshot::Sender<StoreResult<()>>,
    /// When it was queued.
    pub(super) since: Instant,
    /// The records that it was going to change when an attempt with it lost; empty if none has.
    pub(super) locks: Locks,
    /// Items that the server refused, and why.
    refused: BTreeMap<usize, StoreError>,
}

pub(super) type Works = Vec<Work>;

impl Work {
    /// A newly queued write, and the receiver of its result.
    pub(super) fn waiting(run: Run) -> (Self, oneshot::Receiver<StoreResult<()>>) {
        let (answer, answered) = oneshot::channel();
        let work = Self {
            run,
            result: None,
            answer,
            since: Instant::now(),
            locks: Locks::default(),
            refused: BTreeMap::new(),
        };
        (work, answered)
    }

    /// Whether its caller is gone.
    pub(super) fn is_abandoned(&self) -> bool {
        self.answer.is_closed()
    }

    /// Runs it on the unit once more.
    pub(super) fn run(&mut self, unit: &mut Unit) {
        unit.begin(&self.refused);
        let result = catch_unwind(AssertUnwindSafe(|| (self.run)(unit)))
            .unwrap_or_else(|panic| Err(panicked(&*panic)));
        unit.end(Keep::of(&result));
        self.result = Some(result);
    }

    /// Records that the server refused an item's changes; the item is skipped from now on.
    pub(super) fn refuse(&mut self, item: usize, error: StoreError) {
        self.refused.insert(item, error);
    }

    /// Sends the outcome to the caller.
    pub(super) fn finish(self, committed: StoreResult<()>) {
        let result = match (committed, self.result) {
            (Ok(()), Some(result)) => result,
            (Ok(()), None) => Err(StoreError::Unavailable("it did not run".to_owned())),
            // This replaces even a refusal, which was decided on an unconfirmed snapshot.
            (Err(error), _) => Err(error),
        };
        // The caller may be gone.
        drop(self.answer.send(result));
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

/// Finishes all of them with the same outcome.
pub(super) fn finish(works: Works, outcome: impl Fn() -> StoreResult<()>) {
    for work in works {
        work.finish(outcome());
    }
}
