//! The metrics registry and the metric families that every service has, with a file for each subject. Names and units follow the
//! Prometheus conventions. Label values come from fixed sets (routes, queues, message names), never from clients. `docs/OPERATIONS.md`
//! lists every family, and a test compares the list with what is exposed.
//!
//! Handling a request or message never looks up a metric by name: the code that counts holds the counter. Values that are cheap to read
//! but costly to track (the length of a queue) are read at scrape time, see [`Metrics::watch`].

mod bus;
mod http;
mod process;
mod store;
mod watches;

pub use bus::{BusMetrics, Publication, Tally};
pub use http::HttpMetrics;
pub use store::{GetSizes, PoolWatch, Read, ReadTimes, StoreMetrics, StoreWatch};

use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Metric, Registry};

use self::process::Process;
use self::watches::Watches;

/// A process's metrics.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Mutex<Registry>>,
    names: Arc<Mutex<Vec<String>>>,
    watches: Watches,
    /// Answered requests.
    pub http: HttpMetrics,
    /// Messages handled and sent.
    pub bus: BusMetrics,
    /// Reads and commits of the stores.
    pub store: StoreMetrics,
}

impl Default for Metrics {
    fn default() -> Self {
        let metrics = Self {
            registry: Arc::new(Mutex::new(Registry::default())),
            names: Arc::default(),
            watches: Watches::default(),
            http: HttpMetrics::default(),
            bus: BusMetrics::default(),
            store: StoreMetrics::default(),
        };
        metrics.http.register(&metrics);
        metrics.bus.register(&metrics);
        metrics.store.register(&metrics);
        metrics.register(
            "build",
            "What runs: the version of the program",
            Info::new([("version", env!("CARGO_PKG_VERSION"))]),
        );
        metrics
            .registry
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .register_collector(Box::new(Process));
        metrics
    }
}

impl Metrics {
    /// Registers a metric of a service. Its name gets the prefix `marketplace_`.
    pub fn register(&self, name: &str, help: &str, metric: impl Metric) {
        let suffix = match metric.metric_type() {
            MetricType::Counter => "_total",
            MetricType::Info => "_info",
            MetricType::Gauge | MetricType::Histogram | MetricType::Unknown => "",
        };
        self.names
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(format!("marketplace_{name}{suffix}"));
        self.registry
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .register(format!("marketplace_{name}"), help, metric);
    }

    /// The names of all registered metrics, as Prometheus stores them. Includes metrics without a sample, which are not exposed yet.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let names = self.names.lock();
        names.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Runs `look` at every scrape to set gauges whose value is cheap to read. It must not block.
    pub fn watch(&self, look: impl Fn() + Send + Sync + 'static) {
        self.watches.add(look);
    }

    /// All metrics in the text format that Prometheus reads.
    ///
    /// # Errors
    /// Never in practice: writing to a string does not fail.
    pub fn render(&self) -> Result<String, std::fmt::Error> {
        for watches in [
            &self.watches,
            self.http.watches(),
            self.bus.watches(),
            self.store.watches(),
        ] {
            watches.look();
        }
        let mut text = String::new();
        encode_registry(
            &mut text,
            &self.registry.lock().unwrap_or_else(PoisonError::into_inner),
        )?;
        encode_eof(&mut text)?;
        Ok(text)
    }
}

/// The labels of a family with a single, optional metric.
pub type NoLabels = [(&'static str, &'static str); 0];

/// A histogram for durations from a tenth of a millisecond to seconds: reads and commits of a store.
#[must_use]
pub fn short_times() -> Histogram {
    Histogram::new([
        0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0,
        2.5,
    ])
}

/// A histogram for durations from a millisecond to half a minute: requests, messages, hashes.
#[must_use]
pub fn times() -> Histogram {
    Histogram::new([
        0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 30.0,
    ])
}

/// Converts a count to a gauge's value.
#[must_use]
pub fn gauge_of(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
