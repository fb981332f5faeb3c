//! Traces of either shape, as a collector receives them over OTLP: one order is one trace, and what is not to be recorded is not.

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
