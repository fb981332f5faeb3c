//! Sends ended spans to the collector: a short queue, batches one at a time, OTLP protobuf over HTTP. Ending a span never blocks. If the
//! collector is slow or unavailable and the queue is full, spans are dropped and counted.
//!
//! The SDK has a similar processor. It blocks a thread of its own on an HTTP client and does not count dropped spans.

use std::mem;
use std::pin::pin;
use std::time::Duration;

use kernel::SecretUri;
use opentelemetry::Context;
use opentelemetry_otlp::{Protocol, RetryPolicy, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanExporter as _, SpanProcessor};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use reqwest::Client;
use reqwest::redirect::Policy;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;

/// Maximum number of queued spans: about 4 MiB.
const QUEUE: usize = 8192;
/// Maximum number of spans in one request to the collector.
const BATCH: usize = 512;
/// How long a batch collects further spans.
const GATHER: Duration = Duration::from_millis(500);
/// Time limit for sending the remaining spans at shutdown.
const FINISH: Duration = Duration::from_secs(3);
/// Time limit for connecting to the collector.
const CONNECT: Duration = Duration::from_secs(2);
/// Time limit for one batch.
const TOTAL: Duration = Duration::from_secs(5);

/// Number of spans by outcome.
type Counts = Family<[(&'static str, &'static str); 1], Counter>;

fn count(counts: &Counts, outcome: &'static str) -> Counter {
    counts.get_or_create_owned(&[("outcome", outcome)])
}

/// Queues ended spans.
#[derive(Debug)]
pub(super) struct Queue {
    spans: mpsc::WeakSender<SpanData>,
    dropped: Counter,
}

impl SpanProcessor for Queue {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        let queue = self.spans.upgrade();
        if queue.is_none_or(|queue| queue.try_send(span).is_err()) {
            self.dropped.inc();
        }
    }

    /// Never called: [`Exporting::stop`] flushes the queue.
    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// The task that sends the spans.
pub(super) struct Exporting {
    task: JoinHandle<()>,
    /// Keeps the queue open for as long as it is held.
    spans: mpsc::Sender<SpanData>,
    pub(super) counts: Counts,
}

impl Exporting {
    pub(super) async fn stop(self) {
        drop(self.spans);
        if timeout(FINISH, self.task).await.is_err() {
            tracing::warn!(
                "the trace collector did not take the last spans in time; they are lost"
            );
        }
    }
}

/// Starts a task that sends queued spans to `url`, as spans of `resource`.
pub(super) fn start(url: &SecretUri, resource: &Resource) -> Result<(Queue, Exporting), String> {
    let client = Client::builder()
        .connect_timeout(CONNECT)
        .timeout(TOTAL)
        .redirect(Policy::none())
        .no_proxy()
        .build()
        .map_err(|error| format!("no HTTP client can be made: {error}"))?;
    let mut exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(client)
        .with_endpoint(url.expose())
        .with_protocol(Protocol::HttpBinary)
        .with_timeout(TOTAL)
        // A batch that fails is lost and counted: the queue behind it is short, and losing spans is acceptable.
        .with_retry_policy(RetryPolicy::disabled())
        .build()
        .map_err(|error| {
            let reason = url.hide_in(&error.to_string());
            format!("telemetry.otlp_endpoint cannot be used: {reason}")
        })?;
    exporter.set_resource(resource);
    let (spans, waiting) = mpsc::channel(QUEUE);
    let counts = Counts::default();
    let queue = Queue {
        spans: spans.downgrade(),
        dropped: count(&counts, "dropped"),
    };
    let exporting = Exporting {
        task: tokio::spawn(export(exporter, waiting, counts.clone(), url.clone())),
        spans,
        counts,
    };
    Ok((queue, exporting))
}

async fn export(
    exporter: SpanExporter,
    waiting: mpsc::Receiver<SpanData>,
    counts: Counts,
    url: SecretUri,
) {
    let (taken, failed) = (count(&counts, "exported"), count(&counts, "failed"));
    let mut was_away = false;
    let mut batches = pin!(ReceiverStream::new(waiting).chunks_timeout(BATCH, GATHER));
    while let Some(batch) = batches.next().await {
        let spans = u64::try_from(batch.len()).unwrap_or(u64::MAX);
        match exporter.export(batch).await {
            Ok(()) => {
                taken.inc_by(spans);
                if mem::take(&mut was_away) {
                    tracing::info!("the trace collector takes spans again");
                }
            }
            Err(error) => {
                failed.inc_by(spans);
                // Once per outage, not once per batch.
                if !mem::replace(&mut was_away, true) {
                    let error = url.hide_in(&error.to_string());
                    tracing::warn!(
                        error,
                        "the trace collector does not take spans; they are lost until it does"
                    );
                }
            }
        }
    }
}
