//! Metrics of the ledger: whether its invariants held at the last audit, and when it ran.
//!
//! An audit reads the whole ledger. One replica at a time runs it periodically. Audits take at most 5% of the time, however large the
//! ledger grows.

use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use store::StoreResult;
use telemetry::metrics::{Metrics, NoLabels};

use crate::app::App;
use crate::audit::{AuditReport, Invariant};

/// Minimum pause after an audit, as a multiple of its duration.
const PAUSE: u32 = 19;
/// Maximum interval between checks for a due audit.
const LOOK: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct InvariantLabels {
    invariant: &'static str,
}

/// The ledger's gauges, and when the next audit is due.
pub(crate) struct LedgerMetrics {
    interval: Duration,
    holds: Family<InvariantLabels, Gauge>,
    findings: Family<NoLabels, Gauge>,
    audited_at: Family<NoLabels, Gauge>,
    took: Family<NoLabels, Gauge<f64, AtomicU64>>,
    postings: Family<NoLabels, Gauge>,
    failures: Counter,
    next: Mutex<Option<Instant>>,
}

impl LedgerMetrics {
    /// Registers the metrics. They have no values before the first audit. An `interval` of 0 disables audits.
    pub(crate) fn register(metrics: &Metrics, interval: Duration) -> Self {
        let gauge = |name, help| {
            let gauge = Family::<NoLabels, Gauge>::default();
            metrics.register(name, help, gauge.clone());
            gauge
        };
        let ledger = Self {
            interval,
            holds: Family::default(),
            findings: gauge(
                "ledger_findings",
                "Violations that the last audit of this replica found",
            ),
            audited_at: gauge(
                "ledger_audit_timestamp_seconds",
                "When this replica last audited the ledger, in seconds since 1970",
            ),
            took: Family::default(),
            postings: gauge(
                "ledger_postings",
                "Postings that the last audit of this replica read",
            ),
            failures: Counter::default(),
            next: Mutex::default(),
        };
        metrics.register(
            "ledger_invariant_ok",
            "Whether an invariant of the ledger held (1) or not (0) at the last audit of this replica",
            ledger.holds.clone(),
        );
        metrics.register(
            "ledger_audit_duration_seconds",
            "How long the last audit of this replica took",
            ledger.took.clone(),
        );
        metrics.register(
            "ledger_audit_failures",
            "Audits that failed to read the ledger",
            ledger.failures.clone(),
        );
        let shown = Gauge::<i64>::default();
        shown.set(i64::try_from(interval.as_secs()).unwrap_or(i64::MAX));
        metrics.register(
            "ledger_audit_interval_seconds",
            "Configured time between two audits, 0 if they are switched off",
            shown,
        );
        ledger
    }

    /// Interval between checks for a due audit. None if audits are disabled.
    pub(crate) fn period(&self) -> Option<Duration> {
        (!self.interval.is_zero()).then(|| self.interval.min(LOOK))
    }

    /// Runs an audit if one is due.
    pub(crate) async fn look(&self, app: &App) -> StoreResult<()> {
        let begun = Instant::now();
        if self.lock().is_some_and(|next| begun < next) {
            return Ok(());
        }
        let report = app.ledger.audit().await;
        let took = begun.elapsed();
        let pause = self.interval.max(took.saturating_mul(PAUSE));
        *self.lock() = Instant::now().checked_add(pause);
        match report {
            Ok(report) => {
                let now = app.clock.now().as_seconds();
                self.show(&report, now, took);
                Ok(())
            }
            Err(error) => {
                self.failures.inc();
                Err(error)
            }
        }
    }

    fn show(&self, report: &AuditReport, now: i64, took: Duration) {
        for invariant in Invariant::ALL {
            let broken = report
                .violations
                .iter()
                .any(|one| one.invariant == invariant);
            let labels = InvariantLabels {
                invariant: invariant.as_str(),
            };
            self.holds.get_or_create(&labels).set(i64::from(!broken));
        }
        let findings = report.findings();
        if findings > 0 {
            tracing::error!(
                findings,
                first = report.details().first(),
                "the ledger breaks an invariant"
            );
        }
        let shown = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        self.findings.get_or_create(&[]).set(shown(findings));
        self.postings.get_or_create(&[]).set(shown(report.postings));
        self.audited_at.get_or_create(&[]).set(now);
        self.took.get_or_create(&[]).set(took.as_secs_f64());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
