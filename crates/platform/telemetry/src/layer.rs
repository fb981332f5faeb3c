//! The layers of the subscriber: one writes log lines, one exports the spans that make up traces.

use tracing::Metadata;
use tracing_subscriber::{Layer, Registry};

pub(crate) type BoxedLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// Target of the spans that make up traces.
pub(crate) const TARGET: &str = "trace";

/// Whether `metadata` is of a span that belongs to a trace. No other span is exported.
pub(crate) fn is_traced(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && metadata.target() == TARGET
}
