//! What a scrape shows: the registered metrics, and values that are read only then.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Metric, Registry};

/// The name of a label and its value.
pub type Label = (&'static str, Cow<'static, str>);
/// The labels of one metric of a family.
pub type Labels<const N: usize> = [Label; N];
/// The labels of a family with a single, optional metric.
pub type NoLabels = Labels<0>;

/// Declares a struct of metrics. A field is a metric: its name, its help text (the comment), its type, and how it is made. `new` registers
/// them, and `exposed` is where.
#[macro_export]
macro_rules! metrics {
    ($(#[$doc:meta])* $vis:vis struct $name:ident {
        $(#[doc = $help:literal] $field:ident: $metric:ty = $new:expr,)+
    }) => {
        $(#[$doc])*
        #[derive(Clone)]
        $vis struct $name { $(#[doc = $help] $field: $metric,)+
            #[allow(dead_code, reason = "only some are watched")]
            exposed: $crate::metrics::Exposed,
        }

        impl $name {
            pub(super) fn new(exposed: &$crate::metrics::Exposed) -> Self {
                Self {
                    $($field: exposed.register(stringify!($field), $help.trim(), $new),)+
                    exposed: exposed.clone(),
                }
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new(&$crate::metrics::Exposed::default())
            }
        }
    };
}

/// The metrics of a process.
#[derive(Clone, Default)]
pub struct Exposed(Arc<Mutex<Inner>>);

#[derive(Default)]
pub(super) struct Inner {
    pub(super) registry: Registry,
    names: Vec<String>,
    /// What to run before a scrape; each sets gauges.
    looks: Vec<Box<dyn Fn() + Send + Sync>>,
}

impl Exposed {
    /// Registers a metric of a service and returns it. Its name gets the prefix `marketplace_`.
    pub fn register<M: Metric + Clone>(&self, name: &str, help: &str, metric: M) -> M {
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

    /// The names of all registered metrics, as Prometheus stores them. Includes metrics without a sample, which are not exposed yet.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.lock().names.clone()
    }

    /// Runs `look` at every scrape to set gauges whose value is cheap to read. It must not block.
    pub fn watch(&self, look: impl Fn() + Send + Sync + 'static) {
        self.lock().looks.push(Box::new(look));
    }

    /// All metrics in the text format that Prometheus reads.
    ///
    /// # Errors
    /// Never in practice: writing to a string does not fail.
    pub fn render(&self) -> Result<String, std::fmt::Error> {
        let inner = self.lock();
        inner.looks.iter().for_each(|look| look());
        let mut text = String::new();
        encode(&mut text, &inner.registry)?;
        Ok(text)
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
