//! Black-box tests of the order service alone. Its neighbours are scripted: a wallet that answers as it is told to, and a desk that
//! holds whatever it has. How the real ones play together is tested by the marketplace and by e2e.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that finds something else has failed"
)]

mod bad_input;
mod creating;
mod deadlines;
mod idempotency;
mod metrics;
#[cfg(feature = "mongo")]
mod replicas;
#[cfg(feature = "http-client")]
mod reserving_over_http;
mod seeing;
mod world;
