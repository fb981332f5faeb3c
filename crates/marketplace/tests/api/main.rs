//! The marketplace as a whole: its API document, access control and error format. Each route's rules are tested in its service.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking; indexing a JSON value gives null where nothing is"
)]

mod access;
mod document;
mod erasing;
mod mailbox;
mod mails;
mod metrics;
mod operation;
mod pages;
mod refusals;
mod security;
mod world;
