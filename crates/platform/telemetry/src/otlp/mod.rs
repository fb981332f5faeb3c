//! Exports spans over OTLP: `tracing-opentelemetry` hands them to OpenTelemetry's SDK, which sends them.

mod export;

use std::collections::HashMap;
use std::sync::OnceLock;

use kernel::{IdSource as _, SystemIds};
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{TraceContextExt as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{
    IdGenerator as _, RandomIdGenerator, Sampler, SdkTracer, SdkTracerProvider,
};
use tracing::Span;
use tracing::level_filters::LevelFilter;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;

use crate::config::TelemetryConfig;
use crate::layer::{BoxedLayer, TARGET};
use crate::metrics::Metrics;
use export::Exporting;

/// The share of requests that begin a trace. Not set while no spans are recorded.
static SHARE: OnceLock<f64> = OnceLock::new();

/// Whether spans are recorded in this process. Checked before any tracing work.
pub(crate) fn is_on() -> bool {
    SHARE.get().is_some()
}

/// Begins a trace if the request is sampled by the settings' ratio. `client` is the `traceparent` of a client. Its trace continues here,
/// but the settings decide whether it is recorded, not the client.
pub(crate) fn begin(client: Option<&str>, span: impl FnOnce() -> Span) -> Option<Span> {
    // Not sampled by trace id, as samplers that trust their clients do: the client may have chosen that id.
    let [a, b, c, d, ..] = RandomIdGenerator::default().new_span_id().to_bytes();
    let drawn = f64::from(u32::from_be_bytes([a, b, c, d])) / (f64::from(u32::MAX) + 1.0);
    let chosen = SHARE.get().is_some_and(|share| drawn < *share);
    chosen.then(|| match client.and_then(parse) {
        Some(parent) => child(parent, span()),
        None => span(),
    })
}

/// Continues a trace of one of our own services, unless its `traceparent` says that it is not recorded.
pub(crate) fn follow(traceparent: &str, span: impl FnOnce() -> Span) -> Option<Span> {
    let parent = parse(traceparent)?;
    let sampled = parent.span().span_context().is_sampled();
    sampled.then(|| child(parent, span()))
}

fn child(parent: Context, span: Span) -> Span {
    if let Err(error) = span.set_parent(parent) {
        tracing::debug!(%error, "a span has no parent");
    }
    span
}

/// The `traceparent` that `span` passes on (W3C Trace Context). `None` if the span is not recorded.
pub(crate) fn traceparent(span: &Span) -> Option<String> {
    let context = span.context();
    let span = context.span();
    let place = span.span_context();
    let (trace, id) = (place.trace_id(), place.span_id());
    place.is_sampled().then(|| format!("00-{trace}-{id}-01"))
}

fn parse(traceparent: &str) -> Option<Context> {
    let header = HashMap::from([("traceparent".to_owned(), traceparent.to_owned())]);
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &header);
    context.has_active_span().then_some(context)
}

/// The running export of traces, if the settings enable it.
pub struct Traces(Option<Exporting>);

/// Starts to record spans, if the settings say where to send them. Must be called on a tokio runtime.
pub(crate) fn start(
    config: &TelemetryConfig,
    service: &'static str,
) -> Result<(Traces, Option<BoxedLayer>), String> {
    let Some(url) = config.traces_url().map_err(|error| error.to_string())? else {
        return Ok((Traces(None), None));
    };
    let resource = Resource::builder_empty()
        .with_attributes([
            KeyValue::new("service.namespace", "marketplace"),
            KeyValue::new("service.name", service),
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
            KeyValue::new(
                "service.instance.id",
                SystemIds::default().next().to_string(),
            ),
        ])
        .build();
    let (processor, exporting) = export::start(&url, &resource)?;
    // Sampling is decided before a span is created.
    let provider = SdkTracerProvider::builder()
        .with_resource(resource)
        .with_sampler(Sampler::AlwaysOn)
        .with_span_processor(processor)
        .build();
    if SHARE.set(config.sample_ratio).is_err() {
        tracing::debug!("traces were started before");
    }
    let layer = layer(provider.tracer("marketplace"));
    Ok((Traces(Some(exporting)), Some(layer)))
}

/// Exports the spans of traces and nothing else: no foreign spans, no log lines, no attributes that our spans do not name.
fn layer(tracer: SdkTracer) -> BoxedLayer {
    tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_context_activation(false)
        .with_location(false)
        .with_target(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_filter(Targets::new().with_target(TARGET, LevelFilter::INFO))
        .boxed()
}

impl Traces {
    /// Exposes the outcomes of spans in `metrics`.
    pub(crate) fn count_in(&self, metrics: &Metrics) {
        if let Some(exporting) = &self.0 {
            metrics.register(
                "trace_spans",
                "Spans, by what became of them: exported, failed (the collector did not take them), dropped (the queue was full)",
                exporting.counts.clone(),
            );
        }
    }

    /// Sends the recorded spans that are still queued, for at most three seconds.
    pub async fn stop(self) {
        if let Some(exporting) = self.0 {
            exporting.stop().await;
        }
    }
}
