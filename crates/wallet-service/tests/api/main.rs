//! Black-box tests of the wallet service, over HTTP and over the bus that delivers its commands.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod audit;
mod bad_input;
mod idempotency;
mod metrics;
mod orders;
mod statement;
mod support;
mod transfers;
