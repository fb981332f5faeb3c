//! Stores: writes per commit and commit duration, read duration, queue length, and repeated messages.

use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;

use super::{Label, Labels, gauge_of, short_times};
use crate::metrics;

metrics! {
    /// The stores of a process. A store is named after the last word of its database or file: `users`, `products`, `orders`, `wallet`.
    pub struct StoreMetrics {
        /// Writes that shared one commit
        store_write_batch_size: Family<Labels<1>, Histogram> = Family::new_with_constructor(sizes),
        /// Rows that one query to MongoDB asked for by their keys
        store_get_batch_size: Family<Labels<1>, Histogram> = Family::new_with_constructor(sizes),
        /// Time from the begin of a transaction to its commit, with all its writes
        store_commit_duration_seconds: Family<Labels<1>, Histogram> = Family::new_with_constructor(short_times),
        /// Time from asking for a read to its answer, with the wait for a reader or connection
        store_read_duration_seconds: Family<Labels<2>, Histogram> = Family::new_with_constructor(short_times),
        /// Writes or reads that wait for the store
        store_queue_waiting: Family<Labels<2>, Gauge> = Family::default(),
        /// Writes or reads that may wait for the store; more are refused
        store_queue_capacity: Family<Labels<2>, Gauge> = Family::default(),
        /// Tries of a transaction that lost against another one
        store_write_conflicts: Family<Labels<1>, Counter> = Family::default(),
        /// Messages that were handled before and changed nothing
        inbox_duplicates: Family<Labels<1>, Counter> = Family::default(),
        /// Connections to MongoDB, by state
        mongodb_connections: Family<Labels<2>, Gauge> = Family::default(),
        /// Connections to each MongoDB server that there may be
        mongodb_connections_max: Family<Labels<1>, Gauge> = Family::default(),
    }
}

fn sizes() -> Histogram {
    Histogram::new([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0])
}

impl StoreMetrics {
    /// The observer of `store`.
    #[must_use]
    pub fn of(&self, store: &str) -> StoreWatch {
        let store = store.rsplit('_').next().unwrap_or(store).to_owned();
        let label: Label = ("store", store.into());
        let labels = [label.clone()];
        StoreWatch {
            sizes: Sizes(self.store_write_batch_size.get_or_create_owned(&labels)),
            commits: self
                .store_commit_duration_seconds
                .get_or_create_owned(&labels),
            repeated: self.inbox_duplicates.get_or_create_owned(&labels),
            conflicts: self.store_write_conflicts.get_or_create_owned(&labels),
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
        let limit = self
            .metrics
            .store_queue_capacity
            .get_or_create_owned(&labels);
        limit.set(gauge_of(capacity));
        let gauge = self
            .metrics
            .store_queue_waiting
            .get_or_create_owned(&labels);
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
            self.metrics
                .store_read_duration_seconds
                .get_or_create_owned(&labels)
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
        Sizes(
            self.metrics
                .store_get_batch_size
                .get_or_create_owned(&labels),
        )
    }

    /// An observer of its connections.
    #[must_use]
    pub fn pool(&self) -> PoolWatch {
        let of = |state: &'static str| {
            let labels = [self.label.clone(), ("state", state.into())];
            self.metrics
                .mongodb_connections
                .get_or_create_owned(&labels)
        };
        let (max, labels) = (&self.metrics.mongodb_connections_max, [self.label.clone()]);
        PoolWatch {
            open: of("open"),
            in_use: of("in_use"),
            max: max.get_or_create_owned(&labels),
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
