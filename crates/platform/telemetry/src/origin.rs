//! What the work at hand belongs to: one traced request, or a batch of messages of which some are traced. Kept beside the task, so
//! that nothing has to be handed through use cases and stores; where there is none, nothing is looked up, made or copied.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use contracts::Envelope;
use kernel::OrderId;

use super::context::TraceContext;
use super::span;

tokio::task_local! {
    static OF_TASK: Option<Arc<Origin>>;
}

thread_local! {
    /// For what runs outside of the task: a store's own thread, or the task that commits for all.
    static OF_THREAD: RefCell<Option<Arc<Origin>>> = const { RefCell::new(None) };
}

/// See the module.
#[derive(Debug)]
pub(crate) enum Origin {
    /// A request, or a part of one.
    One {
        context: TraceContext,
        /// The order that it turned out to be about.
        order: OnceLock<OrderId>,
    },
    /// Messages, by the orders that they are about.
    Batch(HashMap<OrderId, TraceContext>),
}

impl Origin {
    pub(super) fn one(context: TraceContext) -> Arc<Self> {
        Arc::new(Self::One {
            context,
            order: OnceLock::new(),
        })
    }

    /// The span that work on `order` belongs to.
    fn of(&self, order: OrderId) -> Option<TraceContext> {
        match self {
            Self::One { context, .. } => Some(*context),
            Self::Batch(contexts) => contexts.get(&order).copied(),
        }
    }

    /// The only span that the work belongs to, if there is but one.
    fn only(&self) -> Option<TraceContext> {
        match self {
            Self::One { context, .. } => Some(*context),
            Self::Batch(contexts) if contexts.len() == 1 => contexts.values().next().copied(),
            Self::Batch(_) => None,
        }
    }

    /// All spans that the work belongs to.
    pub(super) fn all(&self) -> Vec<TraceContext> {
        match self {
            Self::One { context, .. } => vec![*context],
            Self::Batch(contexts) => contexts.values().copied().collect(),
        }
    }

    /// The order that a request turned out to be about.
    pub(super) fn noted_order(&self) -> Option<OrderId> {
        match self {
            Self::One { order, .. } => order.get().copied(),
            Self::Batch(_) => None,
        }
    }
}

/// What the work at hand belongs to.
pub(super) fn current() -> Option<Arc<Origin>> {
    OF_THREAD
        .with_borrow(Clone::clone)
        .or_else(|| OF_TASK.try_with(Clone::clone).ok().flatten())
}

/// The only span that the work at hand belongs to: what a log line names.
pub(super) fn only() -> Option<TraceContext> {
    current()?.only()
}

/// Runs `work` as belonging to `origin`.
pub(super) async fn scope<F: Future>(origin: Option<Arc<Origin>>, work: F) -> F::Output {
    OF_TASK.scope(origin, work).await
}

/// Makes what this thread does belong to `origin`, until the guard is dropped.
pub(super) fn enter(origin: Arc<Origin>) -> Entered {
    Entered {
        before: OF_THREAD.replace(Some(origin)),
    }
}

/// Puts back what was there before. Not to be held over an await.
pub struct Entered {
    before: Option<Arc<Origin>>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        OF_THREAD.set(self.before.take());
    }
}

/// Until the guard is dropped, log lines of this thread are about `message`. Not to be held over an await.
pub fn about(message: &Envelope) -> Option<Entered> {
    if !span::is_on() {
        return None;
    }
    let context = TraceContext::followed(message.traceparent.as_deref()?)?;
    Some(enter(Origin::one(context)))
}

/// `traceparent` of a message about `order` that the work at hand sends.
#[must_use]
pub fn traceparent(order: OrderId) -> Option<String> {
    Some(current()?.of(order)?.to_string())
}

/// Notes which order the traced request at hand is about.
pub fn note_order(order: OrderId) {
    if let Some(origin) = current()
        && let Origin::One { order: noted, .. } = &*origin
    {
        // The first one stands.
        let _ = noted.set(order);
    }
}

/// Where work is to be done as a part of what is at hand here.
pub(super) fn context_of(order: OrderId) -> Option<TraceContext> {
    current()?.of(order)
}
