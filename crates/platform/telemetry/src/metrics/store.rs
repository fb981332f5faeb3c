//! Stores: writes per commit and commit duration, read duration, queue length, and repeated messages.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;

use super::watches::Watches;
use super::{Metrics, gauge_of, short_times};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StoreLabels {
    store: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReadLabels {
    store: String,
    kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct QueueLabels {
    store: String,
    queue: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PoolLabels {
    store: String,
    state: &'static str,
}

/// The kind of read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    /// One row or a few, by key.
    Get,
    /// A page of a list, or a count.
    List,
    /// Rows that a sweeper or the relay looks for.
    Sweep,
    /// A health check.
    Check,
}

impl Read {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Sweep => "sweep",
            Self::Check => "check",
        }
    }
}

/// The stores of a process. A store is named after the last word of its database or file: `users`, `products`, `orders`, `wallet`.
#[derive(Clone)]
pub struct StoreMetrics {
    batches: Family<StoreLabels, Histogram, fn() -> Histogram>,
    gathered: Family<StoreLabels, Histogram, fn() -> Histogram>,
    commits: Family<StoreLabels, Histogram, fn() -> Histogram>,
    reads: Family<ReadLabels, Histogram, fn() -> Histogram>,
    waiting: Family<QueueLabels, Gauge>,
    capacity: Family<QueueLabels, Gauge>,
    repeated: Family<StoreLabels, Counter>,
    conflicts: Family<StoreLabels, Counter>,
    connections: Family<PoolLabels, Gauge>,
    connections_max: Family<StoreLabels, Gauge>,
    watches: Watches,
}

impl Default for StoreMetrics {
    fn default() -> Self {
        Self {
            batches: Family::new_with_constructor(sizes),
            gathered: Family::new_with_constructor(sizes),
            commits: Family::new_with_constructor(short_times),
            reads: Family::new_with_constructor(short_times),
            waiting: Family::default(),
            capacity: Family::default(),
            repeated: Family::default(),
            conflicts: Family::default(),
            connections: Family::default(),
            connections_max: Family::default(),
            watches: Watches::default(),
        }
    }
}

fn sizes() -> Histogram {
    Histogram::new([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0])
}

fn observe_size(sizes: &Histogram, size: usize) {
    sizes.observe(f64::from(u32::try_from(size).unwrap_or(u32::MAX)));
}

impl StoreMetrics {
    pub(super) fn register(&self, metrics: &Metrics) {
        metrics.register(
            "store_write_batch_size",
            "Writes that shared one commit",
            self.batches.clone(),
        );
        metrics.register(
            "store_get_batch_size",
            "Rows that one query to MongoDB asked for by their keys",
            self.gathered.clone(),
        );
        metrics.register(
            "store_commit_duration_seconds",
            "Time from the begin of a transaction to its commit, with all its writes",
            self.commits.clone(),
        );
        metrics.register(
            "store_read_duration_seconds",
            "Time from asking for a read to its answer, with the wait for a reader or connection",
            self.reads.clone(),
        );
        metrics.register(
            "store_queue_waiting",
            "Writes or reads that wait for the store",
            self.waiting.clone(),
        );
        metrics.register(
            "store_queue_capacity",
            "Writes or reads that may wait for the store; more are refused",
            self.capacity.clone(),
        );
        metrics.register(
            "store_write_conflicts",
            "Tries of a transaction that lost against another one",
            self.conflicts.clone(),
        );
        metrics.register(
            "inbox_duplicates",
            "Messages that were handled before and changed nothing",
            self.repeated.clone(),
        );
        metrics.register(
            "mongodb_connections",
            "Connections to MongoDB, by state",
            self.connections.clone(),
        );
        metrics.register(
            "mongodb_connections_max",
            "Connections to each MongoDB server that there may be",
            self.connections_max.clone(),
        );
    }

    pub(super) const fn watches(&self) -> &Watches {
        &self.watches
    }

    /// The observer of `store`.
    #[must_use]
    pub fn of(&self, store: &str) -> StoreWatch {
        let store = store.rsplit('_').next().unwrap_or(store).to_owned();
        let labels = StoreLabels {
            store: store.clone(),
        };
        StoreWatch {
            sizes: self.batches.get_or_create_owned(&labels),
            commits: self.commits.get_or_create_owned(&labels),
            repeated: self.repeated.get_or_create_owned(&labels),
            conflicts: self.conflicts.get_or_create_owned(&labels),
            metrics: self.clone(),
            store,
        }
    }
}

/// Observes one store.
#[derive(Clone)]
pub struct StoreWatch {
    metrics: StoreMetrics,
    store: String,
    sizes: Histogram,
    commits: Histogram,
    repeated: Counter,
    conflicts: Counter,
}

impl StoreWatch {
    /// Counts one commit of `size` writes, which found that `repeated` messages had been handled before.
    pub fn committed(&self, size: usize, took: Duration, repeated: u64) {
        observe_size(&self.sizes, size);
        self.commits.observe(took.as_secs_f64());
        self.repeated.inc_by(repeated);
    }

    /// Counts an attempt that lost a conflict with another transaction.
    pub fn lost(&self) {
        self.conflicts.inc();
    }

    /// Exposes how full a queue is, for as long as `waiting` is alive.
    pub fn queue(
        &self,
        queue: &'static str,
        capacity: usize,
        waiting: impl Fn() -> Option<usize> + Send + Sync + 'static,
    ) {
        let labels = QueueLabels {
            store: self.store.clone(),
            queue,
        };
        let gauge = self.metrics.waiting.get_or_create_owned(&labels);
        self.metrics
            .capacity
            .get_or_create(&labels)
            .set(gauge_of(capacity));
        self.metrics.watches.add(move || {
            if let Some(waiting) = waiting() {
                gauge.set(gauge_of(waiting));
            }
        });
    }

    /// An observer of its reads.
    #[must_use]
    pub fn reads(&self) -> ReadTimes {
        let of = |kind: Read| {
            self.metrics.reads.get_or_create_owned(&ReadLabels {
                store: self.store.clone(),
                kind: kind.as_str(),
            })
        };
        ReadTimes {
            get: of(Read::Get),
            list: of(Read::List),
            sweep: of(Read::Sweep),
            check: of(Read::Check),
        }
    }

    /// An observer of how many rows its queries by key request.
    #[must_use]
    pub fn gets(&self) -> GetSizes {
        GetSizes(self.metrics.gathered.get_or_create_owned(&StoreLabels {
            store: self.store.clone(),
        }))
    }

    /// An observer of its connections.
    #[must_use]
    pub fn pool(&self) -> PoolWatch {
        let of = |state| {
            self.metrics.connections.get_or_create_owned(&PoolLabels {
                store: self.store.clone(),
                state,
            })
        };
        PoolWatch {
            open: of("open"),
            in_use: of("in_use"),
            max: self
                .metrics
                .connections_max
                .get_or_create_owned(&StoreLabels {
                    store: self.store.clone(),
                }),
        }
    }
}

/// Read durations of one store.
#[derive(Debug, Clone)]
pub struct ReadTimes {
    get: Histogram,
    list: Histogram,
    sweep: Histogram,
    check: Histogram,
}

impl ReadTimes {
    /// Records a read that took `took`.
    pub fn took(&self, kind: Read, took: Duration) {
        let times = match kind {
            Read::Get => &self.get,
            Read::List => &self.list,
            Read::Sweep => &self.sweep,
            Read::Check => &self.check,
        };
        times.observe(took.as_secs_f64());
    }
}

/// Number of rows that queries by key request from one store.
#[derive(Debug, Clone)]
pub struct GetSizes(Histogram);

impl GetSizes {
    /// Records a query for `rows` rows.
    pub fn asked_for(&self, rows: usize) {
        observe_size(&self.0, rows);
    }
}

/// The connections of one store.
#[derive(Clone)]
pub struct PoolWatch {
    /// Number of open connections.
    pub open: Gauge,
    /// Number of open connections in use.
    pub in_use: Gauge,
    /// Maximum number of open connections.
    pub max: Gauge,
}
