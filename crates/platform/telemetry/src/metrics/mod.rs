//! The metrics registry and the metric families that every service has, with a file for each subject. Names and units follow the
//! Prometheus conventions. Label values come from fixed sets (routes, queues, message names), never from clients. `docs/OPERATIONS.md`
//! lists every family, and a test compares the list with what is exposed.
//!
//! Handling a request or message never looks up a metric by name: the code that counts holds the counter. Values that are cheap to read
//! but costly to track (the length of a queue) are read at scrape time, see [`Exposed::watch`].

mod bus;
mod exposed;
mod http;
mod process;
mod store;

pub use bus::BusMetrics;
pub use exposed::{Exposed, Label, Labels, NoLabels};
pub use http::HttpMetrics;
pub use store::{PoolWatch, Read, ReadTimes, Sizes, StoreMetrics, StoreWatch};

use std::ops::Deref;

use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;

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
        metrics.add(
            "build",
            "What runs: the version of the program",
            Info::new([("version", env!("CARGO_PKG_VERSION"))]),
        );
        let process = Box::new(Process);
        metrics.lock().registry.register_collector(process);
        metrics
    }
}

impl Deref for Metrics {
    type Target = Exposed;

    fn deref(&self) -> &Exposed {
        &self.exposed
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
