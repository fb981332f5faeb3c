//! SIGKILL of the process that serves everything, from one data directory: under load, between two steps of a refund or a release, and
//! while returns are received.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking; it looks into the files of a process that it has killed"
)]

mod between;
mod burst;
mod load;
mod received;
