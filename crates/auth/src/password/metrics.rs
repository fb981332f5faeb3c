//! How long hashes take, and how many are queued.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use telemetry::metrics::{Metrics, gauge_of, times};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WorkLabels {
    work: &'static str,
}

/// The metrics of a hasher.
#[derive(Debug)]
pub(super) struct HashTimes {
    /// Of setting a password.
    pub(super) hash: Histogram,
    /// Of verifying an attempt.
    pub(super) verify: Histogram,
    all: Family<WorkLabels, Histogram, fn() -> Histogram>,
    /// Counts passwords that found the queue full.
    pub(super) refused: Counter,
}

impl Default for HashTimes {
    fn default() -> Self {
        let all = Family::<_, _, fn() -> Histogram>::new_with_constructor(times);
        let of = |work| all.get_or_create_owned(&WorkLabels { work });
        Self {
            hash: of("hash"),
            verify: of("verify"),
            refused: Counter::default(),
            all,
        }
    }
}

impl HashTimes {
    pub(super) fn register(
        &self,
        metrics: &Metrics,
        capacity: usize,
        waiting: impl Fn() -> Option<usize> + Send + Sync + 'static,
    ) {
        let (waits, most) = (Gauge::<i64>::default(), Gauge::<i64>::default());
        most.set(gauge_of(capacity));
        metrics.register(
            "password_hash_duration_seconds",
            "Time that a thread spends on one password",
            self.all.clone(),
        );
        metrics.register(
            "password_hashes_waiting",
            "Passwords that wait for a thread",
            waits.clone(),
        );
        metrics.register(
            "password_hashes_waiting_limit",
            "Passwords that may wait for a thread; more are refused with 503",
            most,
        );
        metrics.register(
            "password_hashes_refused",
            "Passwords that were refused because too many waited",
            self.refused.clone(),
        );
        metrics.watch(move || {
            if let Some(waiting) = waiting() {
                waits.set(gauge_of(waiting));
            }
        });
    }
}
