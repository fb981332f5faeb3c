//! Black-box tests of the order service alone. The wallet is a stub with scripted replies, and the desk is a stub for reservations.
//! The marketplace and e2e tests cover the real services together.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that finds something else has failed"
)]

mod addressing;
mod bad_cases;
mod bad_input;
mod bad_moves;
mod commenting;
mod creating;
mod dead_letters;
mod deadlines;
mod disputing;
mod idempotency;
mod metrics;
mod moving;
mod refunding;
#[cfg(feature = "mongo")]
mod replicas;
#[cfg(feature = "http-client")]
mod reserving_over_http;
mod returning;
mod seeing;
mod selling;
mod variants;
mod world;
