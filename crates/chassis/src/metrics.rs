//! The metrics registry and the families that every service has. Names and units follow the Prometheus conventions; label
//! values come from fixed sets (routes, queues, message names), never from clients.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry};

/// A process's metrics.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Mutex<Registry>>,
    /// Requests answered.
    pub http: HttpMetrics,
    /// Messages handled.
    pub bus: BusMetrics,
    /// Writes committed.
    pub store: StoreMetrics,
}

impl Default for Metrics {
    fn default() -> Self {
        let metrics = Self {
            registry: Arc::new(Mutex::new(Registry::with_prefix("marketplace"))),
            http: HttpMetrics::default(),
            bus: BusMetrics::default(),
            store: StoreMetrics::default(),
        };
        metrics.register(
            "http_requests",
            "Requests answered",
            metrics.http.requests.clone(),
        );
        metrics.register(
            "http_request_duration_seconds",
            "Time from a request's head to its answer",
            metrics.http.durations.clone(),
        );
        metrics.register(
            "messages_handled",
            "Messages handled, by outcome",
            metrics.bus.handled.clone(),
        );
        metrics.register(
            "store_write_batch_size",
            "Writes that shared one commit",
            metrics.store.batches.clone(),
        );
        metrics
    }
}

impl Metrics {
    /// Adds a metric of a service. Its name gets the prefix `marketplace_`.
    pub fn register(&self, name: &str, help: &str, metric: impl Metric) {
        self.registry
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .register(name, help, metric);
    }

    /// All metrics in the text format that Prometheus reads.
    ///
    /// # Errors
    /// Never in practice: writing to a string does not fail.
    pub fn render(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(
            &mut text,
            &self.registry.lock().unwrap_or_else(PoisonError::into_inner),
        )?;
        Ok(text)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: String,
    method: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: String,
    method: String,
}

type Durations = Family<RouteLabels, Histogram, fn() -> Histogram>;
type Batches = Family<StoreLabels, Histogram, fn() -> Histogram>;

/// Rate, errors and duration of requests, by route.
#[derive(Clone)]
pub struct HttpMetrics {
    requests: Family<RequestLabels, Counter>,
    durations: Durations,
}

impl Default for HttpMetrics {
    fn default() -> Self {
        Self {
            requests: Family::default(),
            durations: Family::new_with_constructor(|| {
                Histogram::new([
                    0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 30.0,
                ])
            }),
        }
    }
}

impl HttpMetrics {
    /// Counts one answered request.
    pub fn answered(&self, route: &str, method: &str, status: u16, took: Duration) {
        let (route, method) = (route.to_owned(), method.to_owned());
        self.durations
            .get_or_create(&RouteLabels {
                route: route.clone(),
                method: method.clone(),
            })
            .observe(took.as_secs_f64());
        self.requests
            .get_or_create(&RequestLabels {
                route,
                method,
                status,
            })
            .inc();
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MessageLabels {
    queue: &'static str,
    message: String,
    outcome: &'static str,
}

/// Messages handled, by queue, name and outcome.
#[derive(Clone, Default)]
pub struct BusMetrics {
    handled: Family<MessageLabels, Counter>,
}

impl BusMetrics {
    pub(crate) fn handled(
        &self,
        queue: &'static str,
        counts: &HashMap<(String, &'static str), u64>,
    ) {
        for ((message, outcome), count) in counts {
            let labels = MessageLabels {
                queue,
                message: message.clone(),
                outcome,
            };
            self.handled.get_or_create(&labels).inc_by(*count);
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StoreLabels {
    store: String,
}

/// How many writes share a commit, by store.
#[derive(Clone)]
pub struct StoreMetrics {
    batches: Batches,
}

impl Default for StoreMetrics {
    fn default() -> Self {
        Self {
            batches: Family::new_with_constructor(|| {
                Histogram::new([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0])
            }),
        }
    }
}

/// The batch sizes of one store.
pub struct BatchSizes {
    batches: Batches,
    labels: StoreLabels,
}

impl StoreMetrics {
    /// The observer for `store`.
    #[must_use]
    pub fn batch_sizes(&self, store: &str) -> BatchSizes {
        BatchSizes {
            batches: self.batches.clone(),
            labels: StoreLabels {
                store: store.to_owned(),
            },
        }
    }
}

impl BatchSizes {
    /// Counts one commit of `size` writes.
    pub fn observe(&self, size: usize) {
        let size = f64::from(u32::try_from(size).unwrap_or(u32::MAX));
        self.batches.get_or_create(&self.labels).observe(size);
    }
}
