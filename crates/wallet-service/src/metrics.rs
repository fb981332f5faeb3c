//! Metrics of the ledger: whether its invariants held at the last audit, and when it ran; what users owe; and earnings that did not fit a
//! balance.
//!
//! An audit reads the whole ledger. One replica at a time runs it periodically. Audits take at most 5% of the time, however large the
//! ledger grows.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use kernel::Currency;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use store::StoreResult;
use telemetry::metrics;
use telemetry::metrics::{Labels, Metrics, NoLabels};

use crate::app::{App, Swept};
use crate::audit::{AuditReport, Invariant};

/// Minimum pause after an audit, as a multiple of its duration.
const PAUSE: u32 = 19;
/// Maximum interval between checks for a due audit.
const LOOK: Duration = Duration::from_secs(60);

metrics! {
    /// The ledger's metrics.
    struct Gauges {
        /// Whether an invariant of the ledger held (1) or not (0) at the last audit of this replica
        ledger_invariant_ok: Family<Labels<1>, Gauge> = Family::default(),
        /// Violations that the last audit of this replica found
        ledger_findings: Family<NoLabels, Gauge> = Family::default(),
        /// Postings that the last audit of this replica read
        ledger_postings: Family<NoLabels, Gauge> = Family::default(),
        /// When this replica last audited the ledger, in seconds since 1970
        ledger_audit_timestamp_seconds: Family<NoLabels, Gauge> = Family::default(),
        /// How long the last audit of this replica took
        ledger_audit_duration_seconds: Family<NoLabels, Gauge<f64, AtomicU64>> = Family::default(),
        /// Audits that failed to read the ledger
        ledger_audit_failures: Counter = Counter::default(),
        /// What users owed at the last audit of this replica, in minor units
        ledger_debt: Family<Labels<1>, Gauge> = Family::default(),
        /// Attempts to make earnings available that the seller's balance has no room for
        earnings_postponed: Counter = Counter::default(),
        /// Configured time between two audits, 0 if they are switched off
        ledger_audit_interval_seconds: Gauge = Gauge::default(),
    }
}

/// The ledger's metrics, and when the next audit is due.
pub(crate) struct LedgerMetrics {
    interval: Duration,
    gauges: Gauges,
    next: Mutex<Option<Instant>>,
}

impl LedgerMetrics {
    /// Registers the metrics. They have no values before the first audit. An `interval` of 0 disables audits.
    pub(crate) fn register(metrics: &Metrics, interval: Duration) -> Self {
        let gauges = Gauges::new(metrics);
        let shown = i64::try_from(interval.as_secs()).unwrap_or(i64::MAX);
        gauges.ledger_audit_interval_seconds.set(shown);
        Self {
            interval,
            gauges,
            next: Mutex::default(),
        }
    }

    /// Counts what a sweep of the earnings could not make available.
    pub(crate) fn swept(&self, swept: Swept) {
        let postponed = u64::try_from(swept.postponed).unwrap_or(u64::MAX);
        self.gauges.earnings_postponed.inc_by(postponed);
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
                self.show(&report, app.currency, now, took);
                Ok(())
            }
            Err(error) => {
                self.gauges.ledger_audit_failures.inc();
                Err(error)
            }
        }
    }

    fn show(&self, report: &AuditReport, currency: Currency, now: i64, took: Duration) {
        let gauges = &self.gauges;
        for invariant in Invariant::ALL {
            let is_sound = report.violations_of(invariant).is_empty();
            let labels = [("invariant", invariant.as_str().into())];
            let holds = gauges.ledger_invariant_ok.get_or_create(&labels);
            holds.set(i64::from(is_sound));
        }
        // The report leaves out currencies without debts.
        gauges.ledger_debt.clear();
        let nobody_owes = BTreeMap::from([(currency.to_string(), 0)]);
        for (currency, owed) in nobody_owes.iter().chain(&report.debts) {
            let labels = [("currency", currency.clone().into())];
            let owed = i64::try_from(*owed).unwrap_or(i64::MAX);
            gauges.ledger_debt.get_or_create(&labels).set(owed);
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
        let set = |gauge: &Family<NoLabels, Gauge>, value| gauge.get_or_create(&[]).set(value);
        set(&gauges.ledger_findings, shown(findings));
        set(&gauges.ledger_postings, shown(report.postings));
        set(&gauges.ledger_audit_timestamp_seconds, now);
        let duration = &gauges.ledger_audit_duration_seconds;
        duration.get_or_create(&[]).set(took.as_secs_f64());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
