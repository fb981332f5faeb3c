//! Stores: writes per commit and commit duration, read duration, queue length, and repeated messages.

use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;

use super::exposed::{Exposed, Label, Labels};
use super::{gauge_of, short_times};

/// The stores of a process. A store is named after the last word of its database or file: `users`, `products`, `orders`, `wallet`.
#[derive(Clone)]
pub struct StoreMetrics {
    batches: Family<Labels<1>, Histogram>,
    gathered: Family<Labels<1>, Histogram>,
    commits: Family<Labels<1>, Histogram>,
    reads: Family<Labels<2>, Histogram>,
    waiting: Family<Labels<2>, Gauge>,
    capacity: Family<Labels<2>, Gauge>,
    conflicts: Family<Labels<1>, Counter>,
    repeated: Family<Labels<1>, Counter>,
    connections: Family<Labels<2>, Gauge>,
    connections_max: Family<Labels<1>, Gauge>,
    exposed: Exposed,
}

impl Default for StoreMetrics {
    fn default() -> Self {
        Self::new(&Exposed::default())
    }
}

fn sizes() -> Histogram {
    Histogram::new([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0])
}

impl StoreMetrics {
    pub(super) fn new(exposed: &Exposed) -> Self {
        Self {
            batches: exposed.histograms(
                "store_write_batch_size",
                "Writes that shared one commit",
                sizes,
            ),
            gathered: exposed.histograms(
                "store_get_batch_size",
                "Rows that one query to MongoDB asked for by their keys",
                sizes,
            ),
            commits: exposed.histograms(
                "store_commit_duration_seconds",
                "Time from the begin of a transaction to its commit, with all its writes",
                short_times,
            ),
            reads: exposed.histograms(
                "store_read_duration_seconds",
                "Time from asking for a read to its answer, with the wait for a reader or connection",
                short_times,
            ),
            waiting: exposed.family(
                "store_queue_waiting",
                "Writes or reads that wait for the store",
            ),
            capacity: exposed.family(
                "store_queue_capacity",
                "Writes or reads that may wait for the store; more are refused",
            ),
            conflicts: exposed.family(
                "store_write_conflicts",
                "Tries of a transaction that lost against another one",
            ),
            repeated: exposed.family(
                "inbox_duplicates",
                "Messages that were handled before and changed nothing",
            ),
            connections: exposed.family("mongodb_connections", "Connections to MongoDB, by state"),
            connections_max: exposed.family(
                "mongodb_connections_max",
                "Connections to each MongoDB server that there may be",
            ),
            exposed: exposed.clone(),
        }
    }

    /// The observer of `store`.
    #[must_use]
    pub fn of(&self, store: &str) -> StoreWatch {
        let store = store.rsplit('_').next().unwrap_or(store).to_owned();
        let label: Label = ("store", store.into());
        let labels = [label.clone()];
        StoreWatch {
            sizes: Sizes(self.batches.get_or_create_owned(&labels)),
            commits: self.commits.get_or_create_owned(&labels),
            repeated: self.repeated.get_or_create_owned(&labels),
            conflicts: self.conflicts.get_or_create_owned(&labels),
            metrics: self.clone(),
            label,
        }
    }
}

/// Observes one store.
#[derive(Clone)]
pub struct StoreWatch {
    metrics: StoreMetrics,
    label: Label,
    sizes: Sizes,
    commits: Histogram,
    repeated: Counter,
    conflicts: Counter,
}

impl StoreWatch {
    /// Counts one commit of `size` writes, which found that `repeated` messages had been handled before.
    pub fn committed(&self, size: usize, took: Duration, repeated: u64) {
        self.sizes.observe(size);
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
        let labels = [self.label.clone(), ("queue", queue.into())];
        let limit = self.metrics.capacity.get_or_create_owned(&labels);
        limit.set(gauge_of(capacity));
        let gauge = self.metrics.waiting.get_or_create_owned(&labels);
        self.metrics.exposed.watch(move || {
            if let Some(waiting) = waiting() {
                gauge.set(gauge_of(waiting));
            }
        });
    }

    /// An observer of its reads.
    #[must_use]
    pub fn reads(&self) -> ReadTimes {
        let of = |kind: &'static str| {
            let labels = [self.label.clone(), ("kind", kind.into())];
            self.metrics.reads.get_or_create_owned(&labels)
        };
        ReadTimes {
            get: of("get"),
            list: of("list"),
            sweep: of("sweep"),
            check: of("check"),
        }
    }

    /// An observer of how many rows its queries by key request.
    #[must_use]
    pub fn gets(&self) -> Sizes {
        let labels = [self.label.clone()];
        Sizes(self.metrics.gathered.get_or_create_owned(&labels))
    }

    /// An observer of its connections.
    #[must_use]
    pub fn pool(&self) -> PoolWatch {
        let of = |state: &'static str| {
            let labels = [self.label.clone(), ("state", state.into())];
            self.metrics.connections.get_or_create_owned(&labels)
        };
        let max = &self.metrics.connections_max;
        PoolWatch {
            open: of("open"),
            in_use: of("in_use"),
            max: max.get_or_create_owned(&[self.label.clone()]),
        }
    }
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

/// Numbers of rows or writes that one store handled together.
#[derive(Debug, Clone)]
pub struct Sizes(Histogram);

impl Sizes {
    /// Records `size` of them.
    pub fn observe(&self, size: usize) {
        self.0
            .observe(f64::from(u32::try_from(size).unwrap_or(u32::MAX)));
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
