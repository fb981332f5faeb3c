//! What the order service shows of its orders: how many sagas begin and end, how long they take, what is still open, which moves are
//! made, and whether the timers keep up.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use kernel::Timestamp;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use telemetry::metrics::{Metrics, NoLabels, times};

use crate::domain::{Fact, Order, OrderState, Role, TABLE};
use crate::store::OpenOrders;

/// What is shown of the open sagas is one replica's to find out. After so long without news it is not shown any more: another
/// replica has taken over.
const FRESH: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabels {
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MoveLabels {
    r#move: &'static str,
    role: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CaseLabels {
    case: &'static str,
}

/// The counters of orders.
pub(crate) struct OrderMetrics {
    placed: Counter,
    settled: Family<StateLabels, Counter>,
    durations: Family<StateLabels, Histogram, fn() -> Histogram>,
    moves: Family<MoveLabels, Counter>,
    open: Arc<Open>,
    overdue: Arc<Overdue>,
}

/// What one replica at a time finds out.
#[derive(Default)]
struct Open {
    unsettled: Family<StateLabels, Gauge>,
    oldest: Family<NoLabels, Gauge<f64, AtomicU64>>,
    to_review: Family<NoLabels, Gauge>,
    undecided: Family<CaseLabels, Gauge>,
    oldest_undecided: Family<CaseLabels, Gauge<f64, AtomicU64>>,
    seen: Mutex<Option<Instant>>,
}

impl Open {
    fn forget_if_old(&self) {
        let seen = *self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.is_none_or(|seen| seen.elapsed() > FRESH) {
            self.unsettled.clear();
            self.oldest.clear();
            self.to_review.clear();
            self.undecided.clear();
            self.oldest_undecided.clear();
        }
    }
}

/// How far behind the sweep is, as the replica that sweeps finds out.
#[derive(Default)]
struct Overdue {
    age: Family<NoLabels, Gauge<f64, AtomicU64>>,
    seen: Mutex<Option<Instant>>,
}

impl Overdue {
    fn forget_if_old(&self) {
        let seen = *self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.is_none_or(|seen| seen.elapsed() > FRESH) {
            self.age.clear();
        }
    }
}

impl OrderMetrics {
    /// Registers them.
    pub(crate) fn register(metrics: &Metrics) -> Self {
        let orders = Self {
            placed: Counter::default(),
            settled: Family::default(),
            durations: Family::new_with_constructor(times),
            moves: Family::default(),
            open: Arc::default(),
            overdue: Arc::default(),
        };
        // Present from the start, so that the first of a kind is a rise.
        for state in OrderState::ALL.into_iter().filter(|one| one.is_settled()) {
            let state = state.as_str();
            drop(orders.settled.get_or_create(&StateLabels { state }));
        }
        for row in TABLE.iter().filter(|row| row.timer.is_some()) {
            let (r#move, role) = (row.name.as_str(), Role::Timer.as_str());
            drop(orders.moves.get_or_create(&MoveLabels { r#move, role }));
        }
        metrics.register("orders_placed", "Orders placed", orders.placed.clone());
        metrics.register(
            "orders_settled",
            "Orders whose saga came to an end, by the state it ended in",
            orders.settled.clone(),
        );
        metrics.register(
            "order_settle_duration_seconds",
            "Time from placing an order to the end of its saga, by the state it ended in",
            orders.durations.clone(),
        );
        metrics.register(
            "orders_unsettled",
            "Orders whose saga is under way, by state; at least, where there are very many",
            orders.open.unsettled.clone(),
        );
        metrics.register(
            "orders_oldest_unsettled_age_seconds",
            "Time since the order that is longest in an unsettled state came into it, 0 if there is none",
            orders.open.oldest.clone(),
        );
        metrics.register(
            "orders_needing_review",
            "Orders that an operator has to look at",
            orders.open.to_review.clone(),
        );
        metrics.register(
            "order_cases_undecided",
            "Returns that their seller has not answered, and disputes that no operator has decided; at least, where there are very many",
            orders.open.undecided.clone(),
        );
        metrics.register(
            "order_cases_oldest_undecided_age_seconds",
            "Time since the oldest of them was requested or opened, 0 if there is none",
            orders.open.oldest_undecided.clone(),
        );
        metrics.register(
            "order_moves",
            "What happened to parts of orders, by the word that their timeline has for it and who did it; those of the role timer are the timers'",
            orders.moves.clone(),
        );
        metrics.register(
            "orders_overdue_seconds",
            "How long the most overdue order had been due when the last sweep of timers and resends began, 0 if none was due",
            orders.overdue.age.clone(),
        );
        let (open, overdue) = (orders.open.clone(), orders.overdue.clone());
        metrics.watch(move || {
            open.forget_if_old();
            overdue.forget_if_old();
        });
        orders
    }

    /// Counts an order that was placed.
    pub(crate) fn placed(&self) {
        self.placed.inc();
    }

    /// Counts an order whose saga came to its end at `now`.
    pub(crate) fn settled(&self, order: &Order, now: Timestamp) {
        let state = order.state.as_str();
        self.settled.get_or_create(&StateLabels { state }).inc();
        self.durations
            .get_or_create(&StateLabels { state })
            .observe(now.since(order.created_at).as_secs_f64());
    }

    /// Counts what was added to a timeline.
    pub(crate) fn happened(&self, facts: &[Fact]) {
        for fact in facts {
            let (r#move, role) = (fact.what.as_str(), fact.actor.role.as_str());
            self.moves.get_or_create(&MoveLabels { r#move, role }).inc();
        }
    }

    /// Shows how long the most overdue order was due when a sweep began.
    pub(crate) fn overdue(&self, age: Duration) {
        let Overdue { age: gauge, seen } = &*self.overdue;
        gauge.get_or_create(&[]).set(age.as_secs_f64());
        *seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Shows what is open at `now`.
    pub(crate) fn open(&self, orders: &OpenOrders, now: Timestamp) {
        for (state, count) in &orders.unsettled {
            let state = state.as_str();
            let labels = StateLabels { state };
            self.open.unsettled.get_or_create(&labels).set(*count);
        }
        let age = orders.oldest.map(|oldest| now.since(oldest));
        self.open
            .oldest
            .get_or_create(&[])
            .set(age.unwrap_or_default().as_secs_f64());
        self.open.to_review.get_or_create(&[]).set(orders.to_review);
        for undecided in &orders.undecided {
            let case = undecided.state.kind();
            let labels = CaseLabels { case };
            let count = self.open.undecided.get_or_create(&labels);
            count.set(undecided.count);
            let age = undecided.oldest.map(|oldest| now.since(oldest));
            let oldest = self.open.oldest_undecided.get_or_create(&labels);
            oldest.set(age.unwrap_or_default().as_secs_f64());
        }
        *self
            .open
            .seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }
}
