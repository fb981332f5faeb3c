//! A store's commit as spans: one for each traced request or message whose write is in it. It also takes what the write belongs to
//! to wherever the store runs it, so that messages it puts into the outbox carry on the trace.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::attribute::Kind;
use super::origin::{self, Origin};
use super::span::Span;

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

/// A write on its way to its commit. Nothing at all if it belongs to no trace.
pub struct Commit {
    spans: Vec<Span>,
    carried: Carried,
}

/// What the write belongs to, for where it runs.
#[derive(Clone, Default)]
pub struct Carried(Option<Arc<Write>>);

struct Write {
    origin: Arc<Origin>,
    together: AtomicUsize,
}

impl Carried {
    /// Runs the write there.
    pub fn within<T>(&self, work: impl FnOnce() -> T) -> T {
        let Some(write) = &self.0 else {
            return work();
        };
        write.together.store(TOGETHER.get(), Ordering::Relaxed);
        let _entered = origin::enter(write.origin.clone());
        work()
    }
}

impl Commit {
    /// Begins a span for each traced request or message that the write at hand belongs to.
    #[must_use]
    pub fn begin(database: Database<'_>) -> Self {
        let Some(origin) = origin::current() else {
            return Self {
                spans: Vec::new(),
                carried: Carried::default(),
            };
        };
        let spans = origin.all().into_iter().filter_map(|parent| {
            let name = format!("{} {}", database.operation, database.name);
            let mut span = Span::child(parent, Kind::Client, name)?;
            span.set("db.system.name", database.system);
            span.set("db.namespace", database.name.to_owned());
            span.set("db.operation.name", database.operation);
            Some(span)
        });
        Self {
            spans: spans.collect(),
            carried: Carried(Some(Arc::new(Write {
                origin,
                together: AtomicUsize::new(1),
            }))),
        }
    }

    /// What the write belongs to, for where the store runs it.
    #[must_use]
    pub fn carried(&self) -> Carried {
        self.carried.clone()
    }

    /// The commit is through, or is not going to be: whoever asked for the write says what that means, in the span around this one.
    pub fn end(mut self) {
        let Some(write) = &self.carried.0 else {
            return;
        };
        let together = write.together.load(Ordering::Relaxed);
        // As the convention has it: a batch of one is none.
        for span in self.spans.iter_mut().filter(|_| together > 1) {
            span.set("db.operation.batch.size", together);
        }
    }
}
