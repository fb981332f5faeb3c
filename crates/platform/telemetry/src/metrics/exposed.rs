//! What a scrape shows: the registered metrics, and values that are read only then.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry};

/// The name of a label and its value.
pub(super) type Label = (&'static str, Cow<'static, str>);
/// The labels of one metric of a family.
pub type Labels<const N: usize> = [Label; N];
/// The labels of a family with a single, optional metric.
pub type NoLabels = Labels<0>;

/// The metrics of a process.
#[derive(Clone, Default)]
pub(super) struct Exposed(Arc<Mutex<Inner>>);

#[derive(Default)]
pub(super) struct Inner {
    pub(super) registry: Registry,
    /// Names of all metrics, as Prometheus stores them.
    pub(super) names: Vec<String>,
    /// What to run before a scrape; each sets gauges.
    pub(super) looks: Vec<Box<dyn Fn() + Send + Sync>>,
}

impl Exposed {
    pub(super) fn register<M: Metric + Clone>(&self, name: &str, help: &str, metric: M) -> M {
        self.add(name, help, metric.clone());
        metric
    }

    pub(super) fn add(&self, name: &str, help: &str, metric: impl Metric) {
        let suffix = match metric.metric_type() {
            MetricType::Counter => "_total",
            MetricType::Info => "_info",
            MetricType::Gauge | MetricType::Histogram | MetricType::Unknown => "",
        };
        let name = format!("marketplace_{name}");
        let mut inner = self.lock();
        inner.names.push(format!("{name}{suffix}"));
        inner.registry.register(name, help, metric);
    }

    /// Registers a family of counters or gauges.
    pub(super) fn family<const N: usize, M>(&self, name: &str, help: &str) -> Family<Labels<N>, M>
    where
        M: Default + 'static,
        Family<Labels<N>, M>: Metric + Clone,
    {
        self.register(name, help, Family::default())
    }

    /// Registers a family of histograms, each made by `new`.
    pub(super) fn histograms<const N: usize>(
        &self,
        name: &str,
        help: &str,
        new: fn() -> Histogram,
    ) -> Family<Labels<N>, Histogram> {
        self.register(name, help, Family::new_with_constructor(new))
    }

    pub(super) fn watch(&self, look: impl Fn() + Send + Sync + 'static) {
        self.lock().looks.push(Box::new(look));
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
