//! Traces in both modes, as a collector receives them over OTLP: one order is one trace, and private data is not recorded.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod away;
mod collector;
mod distributed;
mod embedded;
mod order;
mod tree;
