//! A store's commit as spans: one for each traced request or message whose write is in it. What the write belongs to goes along to
//! the thread that runs it, so that the messages which it puts into the outbox carry on the trace.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tracing::field::Empty;
use tracing::{Span, info_span};

use crate::layer::TARGET;
use crate::spans::{self, Here};

thread_local! {
    /// Writes in the commit that this thread is making.
    static TOGETHER: Cell<usize> = const { Cell::new(1) };
}

/// Says how many writes share the commit whose works this thread runs next.
pub fn committing(writes: usize) {
    TOGETHER.set(writes);
}

/// Which database, in the words of OpenTelemetry.
#[derive(Debug, Clone, Copy)]
pub struct Database<'a> {
    /// The kind of database.
    pub system: &'static str,
    /// Its name.
    pub name: &'a str,
    /// What it calls a commit.
    pub operation: &'static str,
}

/// A write on its way to its commit; empty if it belongs to no trace. Its spans end when the last clone is dropped.
#[derive(Clone)]
pub struct Commit(Option<Arc<Write>>);

struct Write {
    spans: Vec<Span>,
    asked: Here,
    together: AtomicUsize,
}

impl Commit {
    /// Begins a span for each traced request or message that the write at hand belongs to.
    #[must_use]
    pub fn begin(database: Database<'_>) -> Self {
        let parents = spans::all();
        if parents.is_empty() {
            return Self(None);
        }
        let span = |parent: &Span| {
            info_span!(
                target: TARGET, parent: parent, "commit",
                otel.name = format!("{} {}", database.operation, database.name), otel.kind = "client",
                db.system.name = database.system, db.namespace = database.name,
                db.operation.name = database.operation, db.operation.batch.size = Empty,
            )
        };
        Self(Some(Arc::new(Write {
            spans: parents.iter().map(span).collect(),
            asked: Here::capture(),
            together: AtomicUsize::new(1),
        })))
    }

    /// The same, for the thread that runs the write.
    #[must_use]
    pub fn carried(&self) -> Self {
        self.clone()
    }

    /// Runs the write there.
    pub fn within<T>(&self, work: impl FnOnce() -> T) -> T {
        let Some(write) = &self.0 else {
            return work();
        };
        write.together.store(TOGETHER.get(), Ordering::Relaxed);
        write.asked.run(work)
    }

    /// The commit is over. The span around its spans tells what came of it.
    pub fn end(self) {
        let Some(write) = self.0 else {
            return;
        };
        let together = i64::try_from(write.together.load(Ordering::Relaxed)).unwrap_or(i64::MAX);
        // OpenTelemetry has it that a single write is no batch.
        if together > 1 {
            for span in &write.spans {
                span.record("db.operation.batch.size", together);
            }
        }
    }
}
