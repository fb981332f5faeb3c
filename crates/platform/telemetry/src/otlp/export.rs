//! From ended spans to the collector: a short queue, batches, one at a time. Whoever ends a span never waits: when the queue is full,
//! because the collector is slow or away, the span is dropped and counted.
//!
//! The SDK has a processor that does nearly this; it runs on a thread of its own, waits for an HTTP client there, and tells nobody but
//! its log what it dropped.

use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanExporter, SpanProcessor};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::metrics::Metrics;

/// Ended spans that may wait: about 4 MiB.
const QUEUE: usize = 8192;
/// Most spans in one request to the collector.
const BATCH: usize = 512;
/// How long the first span of a batch waits for others.
const GATHER: Duration = Duration::from_millis(500);
/// Time to send what is left at the end.
const FINISH: Duration = Duration::from_secs(3);

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

/// Spans by what became of them.
#[derive(Debug, Clone)]
struct Counts {
    exported: Counter,
    failed: Counter,
    dropped: Counter,
}

impl Counts {
    fn registered_with(metrics: &Metrics) -> Self {
        let family = Family::<Outcome, Counter>::default();
        metrics.register(
            "trace_spans",
            "Spans, by what became of them: exported, failed (the collector did not take them), dropped (the queue was full)",
            family.clone(),
        );
        let of = |outcome| family.get_or_create(&Outcome { outcome }).clone();
        Self {
            exported: of("exported"),
            failed: of("failed"),
            dropped: of("dropped"),
        }
    }
}

/// Takes ended spans to the queue.
#[derive(Debug)]
pub(super) struct Queue {
    spans: mpsc::Sender<SpanData>,
    counts: Counts,
}

impl SpanProcessor for Queue {
    fn on_start(&self, _span: &mut Span, _context: &Context) {}

    fn on_end(&self, span: SpanData) {
        if self.spans.try_send(span).is_err() {
            self.counts.dropped.inc();
        }
    }

    /// Nobody asks: [`Exporting::stop`] does this.
    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// The task that sends them.
pub(super) struct Exporting {
    task: JoinHandle<()>,
    stop: CancellationToken,
}

impl Exporting {
    pub(super) async fn stop(self) {
        self.stop.cancel();
        if timeout(FINISH, self.task).await.is_err() {
            tracing::warn!(
                "the trace collector did not take the last spans in time; they are lost"
            );
        }
    }
}

/// Starts to send what is put into the queue.
pub(super) fn start<E: SpanExporter + 'static>(
    exporter: E,
    metrics: &Metrics,
) -> (Queue, Exporting) {
    let (spans, waiting) = mpsc::channel(QUEUE);
    let counts = Counts::registered_with(metrics);
    let stop = CancellationToken::new();
    let task = tokio::spawn(export(exporter, waiting, counts.clone(), stop.clone()));
    (Queue { spans, counts }, Exporting { task, stop })
}

async fn export<E: SpanExporter>(
    exporter: E,
    mut waiting: mpsc::Receiver<SpanData>,
    counts: Counts,
    stop: CancellationToken,
) {
    let mut was_away = false;
    loop {
        let first = tokio::select! {
            first = waiting.recv() => first,
            () = stop.cancelled() => {
                // From here on what is left, and nothing new.
                waiting.close();
                waiting.recv().await
            }
        };
        let Some(first) = first else {
            return;
        };
        let mut batch = vec![first];
        tokio::select! {
            () = gather(&mut waiting, &mut batch) => {}
            () = sleep(GATHER) => {}
            () = stop.cancelled() => {}
        }
        while batch.len() < BATCH
            && let Ok(span) = waiting.try_recv()
        {
            batch.push(span);
        }
        let count = u64::try_from(batch.len()).unwrap_or(u64::MAX);
        match exporter.export(batch).await {
            Ok(()) => {
                counts.exported.inc_by(count);
                if std::mem::take(&mut was_away) {
                    tracing::info!("the trace collector takes spans again");
                }
            }
            Err(error) => {
                counts.failed.inc_by(count);
                // Once an outage, not once a batch.
                if !std::mem::replace(&mut was_away, true) {
                    tracing::warn!(%error, "the trace collector does not take spans; they are lost until it does");
                }
            }
        }
    }
}

/// Fills `batch`, or never returns.
async fn gather(waiting: &mut mpsc::Receiver<SpanData>, batch: &mut Vec<SpanData>) {
    while batch.len() < BATCH {
        match waiting.recv().await {
            Some(span) => batch.push(span),
            None => return,
        }
    }
}
