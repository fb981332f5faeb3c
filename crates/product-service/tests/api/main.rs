//! Black-box tests of this service alone: HTTP and messages in, HTTP and messages out, a real store on the disk.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that finds something else has failed"
)]

mod access;
mod bad_input;
mod creating;
mod docs;
mod editing;
mod internal;
mod listing;
mod metrics;
mod reading;
mod removing;
mod reservations;
mod world;
