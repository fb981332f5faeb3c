//! Spans that are recorded by OpenTelemetry's SDK and sent over OTLP.

mod client;
mod export;

use std::borrow::Cow;
use std::sync::OnceLock;

use kernel::IdSource;
use opentelemetry::trace::{
    Span as _, SpanBuilder, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags,
    TraceId, TraceState, TracerProvider as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{
    IdGenerator, RandomIdGenerator, Sampler, SdkTracer, SdkTracerProvider, Span,
};

use super::attribute::{Kind, Value};
use super::config::TelemetryConfig;
use super::context::TraceContext;

use crate::metrics::Metrics;
use export::Exporting;

/// What records spans in this process.
struct Recorder {
    tracer: SdkTracer,
    /// Of all requests, those that begin a trace.
    share: f64,
    draws: RandomIdGenerator,
}

static RECORDER: OnceLock<Recorder> = OnceLock::new();

pub(super) fn is_on() -> bool {
    RECORDER.get().is_some()
}

/// Draws whether a request begins a trace. Not by its trace id, as samplers do that trust their clients: it may be the client's.
pub(super) fn is_chosen() -> bool {
    RECORDER.get().is_some_and(|recorder| {
        recorder.share >= 1.0 || (recorder.share > 0.0 && recorder.draw() < recorder.share)
    })
}

impl Recorder {
    /// From 0 to less than 1.
    fn draw(&self) -> f64 {
        let [a, b, c, d, ..] = self.draws.new_span_id().to_bytes();
        f64::from(u32::from_be_bytes([a, b, c, d])) / (f64::from(u32::MAX) + 1.0)
    }
}

/// Traces that are being sent.
pub struct Traces(Option<Exporting>);

/// Starts to record spans, if the settings say where to send them. The first call in a process wins: tests start many services in one.
/// Has to be called on a tokio runtime.
///
/// # Errors
/// A sentence about the setting that cannot be used.
pub fn start(
    config: &TelemetryConfig,
    service: &'static str,
    ids: &dyn IdSource,
    metrics: &Metrics,
) -> Result<Traces, String> {
    let Some(url) = config.traces_url()? else {
        return Ok(Traces(None));
    };
    let resource = Resource::builder_empty()
        .with_attributes([
            KeyValue::new("service.namespace", "marketplace"),
            KeyValue::new("service.name", service),
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
            KeyValue::new("service.instance.id", ids.next().to_string()),
        ])
        .build();
    let exporter = client::exporter(&url, &resource)?;
    let (processor, exporting) = export::start(exporter, metrics);
    // Whether a span is recorded was decided before it is made.
    let provider = SdkTracerProvider::builder()
        .with_resource(resource)
        .with_sampler(Sampler::AlwaysOn)
        .with_span_processor(processor)
        .build();
    let recorder = Recorder {
        tracer: provider.tracer("marketplace"),
        share: config.sample_ratio,
        draws: RandomIdGenerator::default(),
    };
    if RECORDER.set(recorder).is_err() {
        tracing::debug!("traces were started before");
    }
    Ok(Traces(Some(exporting)))
}

impl Traces {
    /// Sends what is recorded and not sent yet, for at most three seconds.
    pub async fn stop(self) {
        if let Some(exporting) = self.0 {
            exporting.stop().await;
        }
    }
}

/// A span of the SDK. It ends, and is queued to be sent, when it is dropped.
pub(super) struct Recorded(Box<Span>);

impl Recorded {
    pub(super) fn start(
        parent: Option<TraceContext>,
        kind: Kind,
        name: Cow<'static, str>,
    ) -> Option<Self> {
        let recorder = RECORDER.get()?;
        let parent = parent.map_or_else(Context::new, |parent| {
            Context::new().with_remote_span_context(SpanContext::new(
                TraceId::from(parent.trace),
                SpanId::from(parent.span),
                TraceFlags::SAMPLED,
                // It may be the parent of this process or of another; nothing we show depends on which.
                true,
                TraceState::default(),
            ))
        });
        let span = SpanBuilder::from_name(name)
            .with_kind(match kind {
                Kind::Server => SpanKind::Server,
                Kind::Client => SpanKind::Client,
                Kind::Producer => SpanKind::Producer,
                Kind::Consumer => SpanKind::Consumer,
                Kind::Internal => SpanKind::Internal,
            })
            .start_with_context(&recorder.tracer, &parent);
        Some(Self(Box::new(span)))
    }

    pub(super) fn context(&self) -> TraceContext {
        let context = self.0.span_context();
        TraceContext {
            trace: u128::from_be_bytes(context.trace_id().to_bytes()),
            span: u64::from_be_bytes(context.span_id().to_bytes()),
        }
    }

    pub(super) fn rename(&mut self, name: String) {
        self.0.update_name(name);
    }

    pub(super) fn set(&mut self, key: &'static str, value: Value) {
        self.0.set_attribute(match value {
            Value::Text(Cow::Borrowed(text)) => KeyValue::new(key, text),
            Value::Text(Cow::Owned(text)) => KeyValue::new(key, text),
            Value::Number(number) => KeyValue::new(key, number),
        });
    }

    pub(super) fn fail(&mut self) {
        self.0.set_status(Status::error(""));
    }
}
