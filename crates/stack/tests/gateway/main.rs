//! The gateway's configuration, run by the real nginx: what it answers by itself, what it hands on, what it sends again.
//! The services behind it are stand-ins that note what they are sent.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking; indexing a JSON value gives null where nothing is"
)]

mod files;
mod forwarding;
mod refusals;
mod world;
