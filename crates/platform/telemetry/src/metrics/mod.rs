//! The metrics registry and the metric families that every service has, with a file for each subject. Names and units follow the
//! Prometheus conventions. Label values come from fixed sets (routes, queues, message names), never from clients. `docs/OPERATIONS.md`
//! lists every family, and a test compares the list with what is exposed.
//!
//! Handling a request or message never looks up a metric by name: the code that counts holds the counter. Values that are cheap to read
//! but costly to track (the length of a queue) are read at scrape time, see [`Metrics::watch`].

mod bus;
mod exposed;
mod http;
mod process;
mod store;

pub use bus::BusMetrics;
pub use exposed::{Labels, NoLabels};
pub use http::HttpMetrics;
pub use store::{PoolWatch, Read, ReadTimes, Sizes, StoreMetrics, StoreWatch};

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Metric;

use self::exposed::Exposed;
use self::process::Process;

/// A process's metrics.
#[derive(Clone)]
pub struct Metrics {
    exposed: Exposed,
    /// Answered requests.
    pub http: HttpMetrics,
    /// Messages handled and sent.
    pub bus: BusMetrics,
    /// Reads and commits of the stores.
    pub store: StoreMetrics,
}

impl Default for Metrics {
    fn default() -> Self {
        let exposed = Exposed::default();
        let metrics = Self {
            http: HttpMetrics::new(&exposed),
            bus: BusMetrics::new(&exposed),
            store: StoreMetrics::new(&exposed),
            exposed,
        };
        metrics.exposed.add(
            "build",
            "What runs: the version of the program",
            Info::new([("version", env!("CARGO_PKG_VERSION"))]),
        );
        let process = Box::new(Process);
        metrics.exposed.lock().registry.register_collector(process);
        metrics
    }
}

impl Metrics {
    /// Registers a metric of a service and returns it. Its name gets the prefix `marketplace_`.
    pub fn register<M: Metric + Clone>(&self, name: &str, help: &str, metric: M) -> M {
        self.exposed.register(name, help, metric)
    }

    /// The names of all registered metrics, as Prometheus stores them. Includes metrics without a sample, which are not exposed yet.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.exposed.lock().names.clone()
    }

    /// Runs `look` at every scrape to set gauges whose value is cheap to read. It must not block.
    pub fn watch(&self, look: impl Fn() + Send + Sync + 'static) {
        self.exposed.watch(look);
    }

    /// All metrics in the text format that Prometheus reads.
    ///
    /// # Errors
    /// Never in practice: writing to a string does not fail.
    pub fn render(&self) -> Result<String, std::fmt::Error> {
        let exposed = self.exposed.lock();
        exposed.looks.iter().for_each(|look| look());
        let mut text = String::new();
        encode(&mut text, &exposed.registry)?;
        Ok(text)
    }
}

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
