//! A store's commit as spans: one for each traced request or message whose write is part of it. The trace context travels with the write
//! to the thread that runs it, so messages written to the outbox continue the trace.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tracing::field::Empty;
use tracing::{Span, info_span};

use crate::layer::TARGET;
use crate::spans::{self, Here};

thread_local! {
    /// Number of writes in the commit that this thread is making.
    static TOGETHER: Cell<usize> = const { Cell::new(1) };
}

/// Sets how many writes share the commit that this thread runs next.
pub fn committing(writes: usize) {
    TOGETHER.set(writes);
}

/// The database, as OpenTelemetry describes it.
#[derive(Debug, Clone, Copy)]
pub struct Database<'a> {
    /// The kind of database.
    pub system: &'static str,
    /// Its name.
    pub name: &'a str,
    /// Its name for a commit.
    pub operation: &'static str,
}

/// A write on its way to its commit; empty if it belongs to no trace. A clone goes to the thread that runs the write; its spans end when
/// the last one is dropped.
#[derive(Clone)]
pub struct Commit(Option<Arc<Write>>);

struct Write {
    spans: Vec<Span>,
    asked: Here,
    together: AtomicUsize,
}

impl Commit {
    /// Begins a span for each traced request or message that the current write belongs to.
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

    /// Runs the write on that thread, in the trace context of its request or message.
    pub fn within<T>(&self, work: impl FnOnce() -> T) -> T {
        let Some(write) = &self.0 else {
            return work();
        };
        write.together.store(TOGETHER.get(), Ordering::Relaxed);
        write.asked.run(work)
    }

    /// Ends the spans after the commit. The parent span records the outcome.
    pub fn end(self) {
        let Some(write) = self.0 else {
            return;
        };
        let together = i64::try_from(write.together.load(Ordering::Relaxed)).unwrap_or(i64::MAX);
        // OpenTelemetry does not count a single write as a batch.
        if together > 1 {
            for span in &write.spans {
                span.record("db.operation.batch.size", together);
            }
        }
    }
}
