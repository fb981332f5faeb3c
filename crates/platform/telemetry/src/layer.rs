//! The layers of the subscriber: one writes log lines, one exports the spans that make up traces.

use tracing_subscriber::{Layer, Registry};

pub(crate) type BoxedLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// Target of the spans that make up traces. No other span is exported, and log lines do not show these.
pub(crate) const TARGET: &str = "marketplace::trace";
