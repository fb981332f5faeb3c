//! The gateway's configuration, run by the real nginx: what it answers itself, what it forwards, what it retries.
//! The services behind it are stubs that record the requests they receive.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking; indexing a JSON value gives null where nothing is"
)]

mod files;
mod forwarding;
mod headers;
mod origins;
mod refusals;
mod world;
