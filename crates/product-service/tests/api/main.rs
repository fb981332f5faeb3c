//! Black-box tests of this service alone, over HTTP and messages, with a real store on disk.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that finds something else has failed"
)]

mod access;
mod bad_input;
mod categories;
mod creating;
mod docs;
mod editing;
mod facets;
mod images;
mod internal;
mod listing;
mod metrics;
mod publishing;
mod reading;
mod removing;
mod reservations;
mod sellers;
mod stock;
mod variants;
mod world;
